// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// load is what goes out in one call of the next component: records as they were held
// or, once the next component has taken a part, what it has refused of them.
type load struct {
	ctx     context.Context
	records []tracebuffer.Record
	count   int // of them, those to be sent: companions are not
	traces  ptrace.Traces
	logs    plog.Logs
	partly  bool // traces or logs are what is left
}

// parts are the records by the client metadata that they arrived with. The companions
// of a trace go with each of its parts.
func (o *Outlet) parts(all []tracebuffer.Record) (out []load) {
	if o.to.Client == nil {
		return append(o.loads[:0], newLoad(o.tries, all))
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
				out = append(out, load{ctx: o.to.Client(o.tries, metadata)})
			}
			out[at].add(records)
		}
		all = all[n:]
	}
	return out
}

func newLoad(ctx context.Context, records []tracebuffer.Record) load {
	l := load{ctx: ctx}
	l.add(records)
	return l
}

func (l *load) add(records []tracebuffer.Record) {
	if l.records == nil {
		l.records = records
	} else {
		l.records = append(l.records, records...)
	}
	for i := range records {
		if !records[i].Companion {
			l.count++
		}
	}
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

// send hands a load on until it is taken or given up.
func (o *Outlet) send(l load) {
	wait, began := o.backOff(), time.Now()
	for {
		if err := o.tries.Err(); err != nil && !o.to.Keeps {
			o.settle(nil, func() { o.lose(telemetry.DropShutdown, &l, err) })
			return
		}
		rest, err := o.try(&l)
		switch {
		case err == nil:
			return
		case errors.Is(err, errCorrupt):
			if l = o.loseCorrupt(l, err); l.count == 0 {
				return
			}
			continue
		case rest != nil:
			l = *rest
		}
		if o.takes.Err() != nil {
			o.leaveBatch()
			return
		}
		pause := wait.NextBackOff()
		longest := o.to.Retry.MaxElapsedTime
		if consumererror.IsPermanent(err) || !o.to.Retry.Enabled || longest > 0 && time.Since(began)+pause > longest {
			o.settle(nil, func() { o.lose(telemetry.DropExportFailed, &l, err) })
			return
		}
		o.to.Log.Info("the next component failed and is tried again", zap.Int("items", l.count), zap.Duration("interval", pause), zap.Error(err))
		o.sleep(pause)
		if o.takes.Err() != nil {
			o.leaveBatch()
			return
		}
	}
}

// backOff returns the pauses between the tries of a load, as exporterhelper makes them.
func (o *Outlet) backOff() *backoff.ExponentialBackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval:     o.to.Retry.InitialInterval,
		RandomizationFactor: o.to.Retry.RandomizationFactor,
		Multiplier:          o.to.Retry.Multiplier,
		MaxInterval:         o.to.Retry.MaxInterval,
	}
}

// sleep waits, or until there is no point in trying any more.
func (o *Outlet) sleep(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-o.tries.Done():
	case <-o.takes.Done():
	}
}

// try hands the load on once. If the next component takes a part, the rest is what it
// did not take.
func (o *Outlet) try(l *load) (rest *load, err error) {
	if o.signal == tracebuffer.Log {
		return o.tryLogs(l)
	}
	return o.tryTraces(l)
}

// tryTraces decodes and sends spans. They are decoded for each try: a next component
// that failed may have changed what it was given.
func (o *Outlet) tryTraces(l *load) (rest *load, err error) {
	td, noted := ptrace.NewTraces(), func() {}
	if l.partly {
		l.traces.CopyTo(td)
	} else if td, noted, err = o.spans(l.records); err != nil {
		return nil, err
	}
	err = o.to.Traces.ConsumeTraces(l.ctx, td)
	var failed consumererror.Traces
	switch {
	case err == nil:
		o.settle(nil, func() { noted(); o.to.Count.Kept(o.signal, l.count) })
	case errors.As(err, &failed) && failed.Data().SpanCount() < l.count:
		rest = &load{ctx: l.ctx, records: l.records, partly: true, count: failed.Data().SpanCount(), traces: ptrace.NewTraces()}
		failed.Data().CopyTo(rest.traces)
		o.settle(rest, func() { noted(); o.to.Count.Kept(o.signal, l.count-rest.count) })
	}
	return rest, err
}

// spans decodes spans, with what is noted on them on their way. What is counted of that
// is to be counted once.
func (o *Outlet) spans(records []tracebuffer.Record) (td ptrace.Traces, count func(), err error) {
	groups := groupRecords(records, false)
	if td, err = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(groups.message()); err != nil {
		return td, nil, errors.Join(errCorrupt, err)
	}
	st, from := stamp.New(o.to.Rules.Stamp()), groups.origins()
	logs := o.companionLogs(withoutCopies(records))
	counts := countLogs(record.TraceIDsOf(td, logs), logs, o.to.Join.PathAttributes)
	for _, s := range record.EachSpan(td) {
		counts.write(s)
		st.Span(s, from[0].verdict)
		from[0].mark(s.Attributes())
		from = from[1:]
	}
	return td, func() { o.to.Count.Stamped(tracebuffer.Span, st) }, nil
}

// tryLogs does for logs what tryTraces does for spans, and joins them.
func (o *Outlet) tryLogs(l *load) (rest *load, err error) {
	ld, left, noted := plog.NewLogs(), l.count, func() {}
	if l.partly {
		l.logs.CopyTo(ld)
	} else if ld, left, noted, err = o.logRecords(l.records); err != nil {
		return nil, err
	}
	if left > 0 {
		err = o.to.Logs.ConsumeLogs(l.ctx, ld)
	}
	var failed consumererror.Logs
	switch {
	case err == nil:
		o.settle(nil, func() { noted(); o.to.Count.Kept(o.signal, left) })
	case errors.As(err, &failed) && failed.Data().LogRecordCount() < left:
		rest = &load{ctx: l.ctx, records: l.records, partly: true, count: failed.Data().LogRecordCount(), logs: plog.NewLogs()}
		failed.Data().CopyTo(rest.logs)
		o.settle(rest, func() { noted(); o.to.Count.Kept(o.signal, left-rest.count) })
	}
	return rest, err
}

// logRecords decodes logs, with what they get on their way. Of them, some may be taken
// out, and left are what is left to be sent.
func (o *Outlet) logRecords(records []tracebuffer.Record) (ld plog.Logs, left int, count func(), err error) {
	groups := groupRecords(records, false)
	if ld, err = (&plog.ProtoUnmarshaler{}).UnmarshalLogs(groups.message()); err != nil {
		return ld, 0, nil, errors.Join(errCorrupt, err)
	}
	st, from := stamp.New(o.to.Rules.Stamp()), groups.origins()
	for _, lr := range record.EachLog(ld) {
		st.Log(lr, from[0].verdict)
		from[0].mark(lr.Attributes())
		from = from[1:]
	}
	spans := o.companionSpans(records)
	ids := record.TraceIDsOf(spans, ld)
	var rep dedup
	if o.to.Join.repeats() {
		rep = newDedup(&o.to.Join, o.to.Rules.DryRun(), ids, ld, spans)
		rep.takeOut(ld)
		removeEmpty(ld)
	}
	j := newJoiner(&o.to.Join, ids, spans)
	for res, lr := range record.EachLog(ld) {
		j.join(res, lr)
	}
	return ld, ld.LogRecordCount(), func() {
		o.to.Count.Joined(j.joined)
		o.to.Count.Stamped(tracebuffer.Log, st)
		for why, n := range rep.dropped {
			o.to.Count.Dropped(tracebuffer.Log, why, n)
		}
	}, nil
}

// removeEmpty removes what lies around no log any more.
func removeEmpty(ld plog.Logs) {
	ld.ResourceLogs().RemoveIf(func(rl plog.ResourceLogs) bool {
		rl.ScopeLogs().RemoveIf(func(sl plog.ScopeLogs) bool { return sl.LogRecords().Len() == 0 })
		return rl.ScopeLogs().Len() == 0
	})
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
