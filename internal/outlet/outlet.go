// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// Outlet sends what the buffer released to a pipeline's next component. Releases
// wait as bytes; those of many traces go out in one batch, merged by resource
// and scope. A next component that fails is tried again until it takes the batch or
// refuses it for good. Until then the bytes count as held, and senders are refused
// once max_bytes is reached.
type Outlet struct {
	to Options

	mu      sync.Mutex
	queue   []tracebuffer.Release
	busy    bool          // a batch is on its way
	idle    *sync.Cond    // neither queued nor busy
	wake    chan struct{} // capacity 1: there may be something in the queue
	quit    chan struct{} // closed: deliver what is queued and end
	abandon context.Context
	giveUp  context.CancelFunc // ends the tries
	ended   sync.WaitGroup
}

// The waits between two tries of a batch that the next component refused.
const (
	firstRetry   = 50 * time.Millisecond
	longestRetry = 5 * time.Second
)

// maxBatch is how many records go out in one batch, give or take a trace.
const maxBatch = 8192

// Options are where an outlet delivers to and what it does on the way.
type Options struct {
	// Traces or Logs is the next component. The other one is nil.
	Traces consumer.Traces
	Logs   consumer.Logs
	Rules  *rules.Rules           // whose thresholds are written to what is kept
	Count  *telemetry.Instruments // of what was kept, joined and lost
	// Delivered is called with each release that was delivered or lost: its
	// bytes are no longer held.
	Delivered func(*tracebuffer.Release)
	// Client returns a context for what arrived with the client metadata, as the
	// outermost envelopes have it. It is nil where they have none; records with
	// different metadata go out apart otherwise.
	Client func(ctx context.Context, metadata string) context.Context
	Join   JoinConfig // of logs
	Log    *zap.Logger
}

// New returns an outlet that delivers nothing before it is started.
func New(to Options) *Outlet {
	o := &Outlet{to: to, wake: make(chan struct{}, 1), quit: make(chan struct{})}
	o.idle = sync.NewCond(&o.mu)
	o.abandon, o.giveUp = context.WithCancel(context.Background())
	return o
}

// Start begins to deliver. Stop must be called after it.
func (o *Outlet) Start() {
	o.ended.Add(1)
	go o.run()
}

// Push queues a release, which is the outlet's from then on. It never blocks:
// decisions must not wait for a slow next component.
func (o *Outlet) Push(r tracebuffer.Release) {
	o.mu.Lock()
	o.queue = append(o.queue, r)
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *Outlet) run() {
	defer o.ended.Done()
	for {
		select {
		case <-o.wake:
			o.deliver()
		case <-o.quit:
			o.deliver()
			return
		}
	}
}

// deliver sends all that is queued.
func (o *Outlet) deliver() {
	for {
		o.mu.Lock()
		releases := o.queue
		o.queue, o.busy = nil, len(releases) > 0
		if !o.busy {
			o.idle.Broadcast()
		}
		o.mu.Unlock()
		if len(releases) == 0 {
			return
		}
		for _, p := range o.parts(releases) {
			for _, records := range inBatches(p.records) {
				o.send(p.ctx, records)
			}
		}
		for i := range releases {
			o.to.Delivered(&releases[i])
		}
	}
}

// part is what goes out with one context.
type part struct {
	ctx     context.Context
	records []tracebuffer.Record
}

// parts are the records by the client metadata that they arrived with. The companions
// of a trace go with each of its parts.
func (o *Outlet) parts(releases []tracebuffer.Release) (out []part) {
	var all []tracebuffer.Record
	for i := range releases {
		all = append(all, releases[i].Records...)
	}
	if o.to.Client == nil {
		return []part{{o.abandon, all}}
	}
	index := map[string]int{}
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Trace == all[0].Trace {
			n++
		}
		for metadata, records := range byMetadata(all[:n]) {
			at, ok := index[metadata]
			if !ok {
				at = len(out)
				index[metadata] = at
				out = append(out, part{ctx: o.to.Client(o.abandon, metadata)})
			}
			out[at].records = append(out[at].records, records...)
		}
		all = all[n:]
	}
	return out
}

// byMetadata yields the records of a trace with each metadata that one of them arrived
// with, companions left out, and all companions with them.
func byMetadata(trace []tracebuffer.Record) iter.Seq2[string, []tracebuffer.Record] {
	return func(yield func(string, []tracebuffer.Record) bool) {
		var done []string
		for i := range trace {
			metadata := trace[i].Metadata()
			if trace[i].Companion || slices.Contains(done, metadata) {
				continue
			}
			done = append(done, metadata)
			var with []tracebuffer.Record
			for j := range trace {
				if trace[j].Companion || trace[j].Metadata() == metadata {
					with = append(with, trace[j])
				}
			}
			if !yield(metadata, with) {
				return
			}
		}
	}
}

// inBatches cuts records into runs of about maxBatch, never within a trace: its logs
// look for their spans in the same batch.
func inBatches(all []tracebuffer.Record) [][]tracebuffer.Record {
	var out [][]tracebuffer.Record
	for len(all) > maxBatch {
		n := maxBatch
		for n < len(all) && all[n].Trace == all[n-1].Trace {
			n++
		}
		out, all = append(out, all[:n]), all[n:]
	}
	return append(out, all)
}

// Wait returns when the outlet has nothing left to deliver. When ctx ends before,
// the tries end too, what is left is lost, and Wait returns the error of ctx.
func (o *Outlet) Wait(ctx context.Context) error {
	stop := context.AfterFunc(ctx, o.giveUp)
	defer stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) > 0 || o.busy {
		o.idle.Wait()
	}
	return ctx.Err()
}

// Stop delivers what is queued and ends the outlet. When ctx ends before, what is
// left is lost and counted. It is called once and returns no error.
func (o *Outlet) Stop(ctx context.Context) error {
	defer context.AfterFunc(ctx, o.giveUp)()
	close(o.quit)
	o.ended.Wait()
	o.giveUp()
	return nil
}

// send hands a batch on until it is taken or given up.
func (o *Outlet) send(ctx context.Context, records []tracebuffer.Record) {
	sig, try := tracebuffer.Span, o.sendTraces
	if o.to.Logs != nil {
		sig, try = tracebuffer.Log, o.sendLogs
	}
	for wait := firstRetry; ; wait = min(2*wait, longestRetry) {
		n, err := try(ctx, records)
		if err == nil {
			o.to.Count.Kept(sig, n)
			return
		}
		if errors.Is(err, errCorrupt) {
			if records = o.loseCorrupt(sig, records, n, err); len(records) == 0 {
				return
			}
			continue
		}
		if consumererror.IsPermanent(err) || !o.sleep(wait) {
			o.Lose(sig, telemetry.DropExportFailed, records, n, err)
			return
		}
	}
}

// loseCorrupt takes the records out that cannot be decoded, so that they do not
// fail the others. The library encodes more than it decodes: pdata v1.71 refuses
// what is nested more than 100 messages deep.
func (o *Outlet) loseCorrupt(sig tracebuffer.Signal, records []tracebuffer.Record, n int, err error) (good []tracebuffer.Record) {
	var bad []tracebuffer.Record
	items := 0
	for i := range records {
		if decodes(records[i : i+1]) {
			good = append(good, records[i])
			continue
		}
		bad = append(bad, records[i])
		if !records[i].Companion {
			items++
		}
	}
	if len(bad) == 0 { // none by itself; what is wrong with all of them is not known
		o.Lose(sig, telemetry.DropCorrupt, records, n, err)
		return nil
	}
	o.Lose(sig, telemetry.DropCorrupt, bad, items, err)
	if items == n { // companions alone are nothing to send
		return nil
	}
	return good
}

// decodes reports whether a record can be decoded by itself.
func decodes(one []tracebuffer.Record) bool {
	groups := groupRecords(one, one[0].Companion)
	var err error
	if one[0].Signal == tracebuffer.Log {
		_, err = (&plog.ProtoUnmarshaler{}).UnmarshalLogs(groups.message())
	} else {
		_, err = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(groups.message())
	}
	return err == nil
}

// Lose logs and counts n records that were held and cannot be delivered, for the
// reason (a Drop constant of package telemetry). Of the records, which may be nil,
// those that are evidence are counted by their rule.
func (o *Outlet) Lose(sig tracebuffer.Signal, reason string, records []tracebuffer.Record, n int, err error) {
	o.to.Log.Error("held data is lost", zap.String("reason", reason), zap.Int("items", n), zap.Error(err))
	o.to.Count.Dropped(sig, reason, n)
	for i := range records {
		if r := &records[i]; !r.Companion && r.Verdict.Rule != sampling.NoRule && o.to.Rules.Certain(r.Verdict.Rule) {
			o.to.Count.EvidenceLost(sig, reason, r.Verdict.Rule, 1)
		}
	}
}

// sleep waits and reports whether there is still a point in trying.
func (o *Outlet) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-o.abandon.Done():
		return false
	}
}

// errCorrupt means that held bytes are no OTLP message any more.
var errCorrupt = errors.New("held data cannot be decoded")

// sendTraces decodes and sends spans, and returns how many. They are decoded for
// each try: a next component that failed may have changed what it was given.
func (o *Outlet) sendTraces(ctx context.Context, records []tracebuffer.Record) (int, error) {
	groups := groupRecords(records, false)
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(groups.message())
	if err != nil {
		return groups.count, errors.Join(errCorrupt, err)
	}
	st, verdicts := rules.NewStamper(o.to.Rules), groups.verdicts()
	logs := o.companionLogs(withoutCopies(records))
	counts := countLogs(record.TraceIDsOf(td, logs), logs, o.to.Join.PathAttributes)
	for _, s := range record.EachSpan(td) {
		counts.write(s)
		st.Span(s, verdicts[0])
		verdicts = verdicts[1:]
	}
	if err := o.to.Traces.ConsumeTraces(ctx, td); err != nil {
		return groups.count, err
	}
	o.to.Count.Stamped(tracebuffer.Span, st)
	return groups.count, nil
}

// sendLogs does for logs what sendTraces does for spans, and joins them.
func (o *Outlet) sendLogs(ctx context.Context, records []tracebuffer.Record) (int, error) {
	groups := groupRecords(records, false)
	ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(groups.message())
	if err != nil {
		return groups.count, errors.Join(errCorrupt, err)
	}
	st, verdicts := rules.NewStamper(o.to.Rules), groups.verdicts()
	for _, lr := range record.EachLog(ld) {
		st.Log(lr, verdicts[0])
		verdicts = verdicts[1:]
	}
	spans := o.companionSpans(records)
	ids := record.TraceIDsOf(spans, ld)
	var rep dedup
	if o.to.Join.repeats() {
		rep = newDedup(&o.to.Join, o.to.Rules.DryRun(), ids, ld, spans)
		rep.takeOut(ld)
	}
	j := newJoiner(&o.to.Join, ids, spans)
	for res, lr := range record.EachLog(ld) {
		j.join(res, lr)
	}
	left := ld.LogRecordCount() // counted here, for the next component may take them out
	if err := o.hand(ctx, ld, left); err != nil {
		return groups.count, err
	}
	o.to.Count.Joined(j.joined)
	o.to.Count.Stamped(tracebuffer.Log, st)
	for why, n := range rep.dropped {
		o.to.Count.Dropped(tracebuffer.Log, why, n)
	}
	return left, nil
}

// hand hands logs on, if there are any.
func (o *Outlet) hand(ctx context.Context, ld plog.Logs, records int) error {
	if records == 0 {
		return nil
	}
	ld.ResourceLogs().RemoveIf(func(rl plog.ResourceLogs) bool {
		rl.ScopeLogs().RemoveIf(func(sl plog.ScopeLogs) bool { return sl.LogRecords().Len() == 0 })
		return rl.ScopeLogs().Len() == 0
	})
	return o.to.Logs.ConsumeLogs(ctx, ld)
}

// companionSpans decodes the spans that are there for the logs' sake, as far as a
// join looks at them.
func (o *Outlet) companionSpans(records []tracebuffer.Record) ptrace.Traces {
	groups := groupRecords(records, true)
	groups.trim(o.to.Join.SpanAttributes)
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(groups.message())
	if err != nil {
		o.to.Log.Error("spans held for a join cannot be decoded; the logs go without", zap.Error(err))
		return ptrace.NewTraces()
	}
	return td
}

// companionLogs decodes the logs that are there for the spans' sake.
func (o *Outlet) companionLogs(records []tracebuffer.Record) plog.Logs {
	groups := groupRecords(records, true)
	ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(groups.message())
	if err != nil {
		o.to.Log.Error("logs held for a join cannot be decoded; the spans go without", zap.Error(err))
		return plog.NewLogs()
	}
	return ld
}
