// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/envelope"
	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/learned"
	"github.com/otelcol-correlation/correlationprocessor/internal/links"
	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/outlet"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/startup"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// tickInterval is how often due traces are decided: a wait is exact to it.
const tickInterval = 50 * time.Millisecond

// What is returned to a sender, who may try again.
var (
	errBufferFull = errors.New("correlation buffer is full: max_bytes is used up")
	errBlocked    = errors.New("the next component has not taken what waits for it: that is half of max_bytes")
)

// engine is what the pipelines of one configuration share.
type engine struct {
	cfg        *Config
	began      time.Time // what the engine's clock counts from
	telemetry  *telemetry.Instruments
	routes     *route.Table
	services   *telemetry.Services
	learned    *learned.Routes
	counted    *telemetry.RouteCounter
	rules      *rules.Rules
	plan       plan // since Start
	buffer     *tracebuffer.Buffer
	encoding   *otlpwire.Encoding
	cards      cardinality
	correlator *correlator
	links      *links.Reader
	requests   *requests
	metadata   envelope.Clients
	found      integrity.Report // of ticks
	onLast     func()

	mu        sync.Mutex
	pipelines []*pipeline
	started   int
	stopped   int
	stop      chan struct{} // closed at the first Shutdown
	ticker    sync.WaitGroup

	// inflight is read-locked while a call may put records in the buffer or
	// releases in an outlet, so that the flush at the first Shutdown is the
	// last to do so for what is held.
	inflight sync.RWMutex
}

// pipeline is the engine's end in one pipeline of the collector.
type pipeline struct {
	engine     *engine
	id         uint8
	log        *zap.Logger
	nextTraces consumer.Traces
	nextLogs   consumer.Logs
	outlet     *outlet.Outlet // nil before Start
	shutOnce   sync.Once
}

// maxPipelines is the number of pipelines one engine can serve: outlets are one byte.
const maxPipelines = math.MaxUint8

func newEngine(cfg *Config, set processor.Settings) (*engine, error) {
	rules, err := rules.New(&cfg.Sampling, rules.Options{
		Written: cfg.Routes.Written(), Pattern: cfg.Routes.Attribute, MissingPercentage: cfg.Logs.MissingTraceID.SamplingPercentage,
		MissingSampleBy: cfg.Logs.MissingTraceID.SampleBy, Now: time.Now,
	}, set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	routes, err := cfg.Routes.Table(int64(cfg.MaxBytes) / routesShare)
	if err != nil {
		return nil, err
	}
	e := &engine{cfg: cfg, began: time.Now(), rules: rules, routes: routes, stop: make(chan struct{})}
	e.cards = newCardinality(cfg)
	e.correlator = newCorrelator(&cfg.Logs, cfg.Routes.Attribute)
	e.services = telemetry.NewServices(routes, cfg.Telemetry.Attributes, int64(cfg.MaxBytes)/servicesShare)
	e.links = links.New()
	e.metadata = envelope.NewClients(cfg.MetadataKeys, cfg.MetadataCardinalityLimit)
	e.requests = newRequests(cfg)
	e.counted = telemetry.NewRouteCounter(cfg.Sampling.CountedRoutes, int64(cfg.MaxBytes)/countedShare)
	e.telemetry, err = telemetry.New(set.TelemetrySettings, rules.Policy(), rules.Drops(), e.gauges())
	return e, err
}

func (e *engine) newPipeline(set processor.Settings) (*pipeline, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.pipelines) == maxPipelines {
		return nil, fmt.Errorf("%q is in more than %d pipelines", set.ID, maxPipelines)
	}
	s := &pipeline{engine: e, id: uint8(len(e.pipelines)), log: set.Logger}
	e.pipelines = append(e.pipelines, s)
	return s, nil
}

// Capabilities says that the data is changed on its way: patterns and
// thresholds are written to it.
func (p *pipeline) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: true}
}

// Start starts the pipeline's outlet and, for the first pipeline, the engine. All
// pipelines of a configuration exist before the first one is started.
func (p *pipeline) Start(context.Context, component.Host) error {
	e := p.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.started++; e.started == 1 {
		if err := e.start(p.log); err != nil {
			return err
		}
	}
	p.outlet = outlet.New(outlet.Options{
		Traces: p.nextTraces, Logs: p.nextLogs, Rules: e.rules, Count: e.telemetry, Buffer: e.buffer, Number: p.id,
		Client: e.metadata.Context(), Join: e.correlator.join(), Retry: e.cfg.RetryOnFailure, Log: p.log,
	})
	p.outlet.Start()
	return nil
}

func (e *engine) start(log *zap.Logger) error {
	traces, logs := e.signals()
	if !traces || !logs {
		log.Info("correlation is in pipelines of one signal only: logs are not joined to spans, and each signal is sampled by its own evidence",
			zap.Bool("traces", traces), zap.Bool("logs", logs))
	}
	e.encoding = otlpwire.NewEncoding(func(what string) {
		log.Warn("this collector's OTLP library carries more than the processor's own encoder knows: the library encodes held items from now on, which costs more CPU",
			zap.String("unknown", what))
	})
	e.encoding.Probe()
	e.plan = newPlan(e.cfg, e.rules, traces && logs)
	var err error
	if e.buffer, err = tracebuffer.New(e.plan.bufferOptions(e.cfg, e.rules, int64(e.cfg.MaxBytes)-e.startWatching(traces, logs))); err != nil {
		log.Warn("what is held lies on Go's heap: the collector takes more memory, up to twice of max_bytes", zap.Error(err))
	}
	e.learned = learned.New(&e.cfg.Routes, e.routes, log)
	s := startup.Facts{Config: e.cfg, Rules: e.rules, Traces: traces, Logs: logs, Waits: e.plan.waits, Joins: e.plan.joins, Stubs: e.plan.stubs}
	s.Warn(log)
	if err := e.rules.Start(); err != nil {
		return fmt.Errorf("adaptive samplers: %w", err)
	}
	if err := e.learned.Probe(); err != nil {
		return err
	}
	s.Announce(log)
	e.ticker.Add(1)
	go e.run()
	return nil
}

// watchShare is the part of max_bytes that links may take, 1/8: at the default
// of 512 MiB some 400,000 links, and as much again for the ids of the traces that
// were checked.
const watchShare = 8

// startWatching begins to check traces, if they are to be checked. It returns how
// many bytes of max_bytes that may take.
func (e *engine) startWatching(traces, logs bool) int64 {
	if !e.cfg.Telemetry.Integrity {
		return 0
	}
	share := int64(e.cfg.MaxBytes) / watchShare
	e.links.Start(integrity.Options{
		Window: e.cfg.DecisionWait, MaxItems: e.cfg.MaxItemsPerTrace, MaxBytes: share,
		Spans: traces, Logs: logs, Heuristics: e.cfg.Telemetry.Heuristics,
	})
	return share
}

// liveBuffer returns the buffer, or nil before Start: the gauges may be read earlier.
func (e *engine) liveBuffer() *tracebuffer.Buffer {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.buffer
}

// gauges are the engine's figures. They may be read before Start.
func (e *engine) gauges() *telemetry.Gauges {
	return &telemetry.Gauges{
		Ready:              func() bool { return e.liveBuffer() != nil },
		BufferBytes:        func() int64 { return e.buffer.Bytes() + e.links.Bytes() },
		CompressedBytes:    func() int64 { return e.buffer.Compressed() },
		LimitBytes:         func() int64 { return int64(e.cfg.MaxBytes) },
		BufferTraces:       func() int64 { return int64(e.buffer.Traces()) },
		EncodedByLibrary:   func() bool { return e.encoding.ByLibrary() },
		IntegrityBytes:     func() int64 { return e.links.Bytes() },
		IntegrityTraces:    func() int64 { return e.links.Traces() },
		RouteLimit:         func() int64 { return int64(e.cfg.Routes.MaxRoutes) },
		VerdictsRemembered: func() int64 { return int64(e.buffer.Remembered()) },
		KeysOverLimit:      e.rules.KeysOverLimit,
		RoutePatterns: func(yield func(string, int) bool) {
			e.routes.Services(func(name string, s *route.Service) bool { return yield(name, s.Patterns()) })
		},
	}
}

func (e *engine) signals() (traces, logs bool) {
	for _, s := range e.pipelines {
		traces = traces || s.nextTraces != nil
		logs = logs || s.nextLogs != nil
	}
	return traces, logs
}

// run decides what is due until the first Shutdown.
func (e *engine) run() {
	defer e.ticker.Done()
	t := time.NewTicker(tickInterval)
	defer t.Stop()
	for {
		select {
		case <-e.stop:
			return
		case at := <-t.C:
			e.tick(at)
		}
	}
}

// reading is the engine's clock at an instant that time.Now returned: the time since
// the engine was made, by the monotonic clock. All that waits or ages does so by it.
// The wall clock may be set back or forward at any time.
func (e *engine) reading(at time.Time) time.Duration { return at.Sub(e.began) }

func (e *engine) tick(at time.Time) {
	now := e.reading(at)
	var out tracebuffer.Outcome
	e.buffer.Expire(now, &out)
	e.carryOut(&out)
	e.sendOn(e.requests.expired(now), pcommon.TraceID{})
	e.checkTraces(now)
	e.learned.Tick(at)
	e.tickTables(at)
}

// carryOut counts an outcome and wakes the outlets for which something waits.
func (e *engine) carryOut(out *tracebuffer.Outcome) {
	e.telemetry.Outcome(out)
	e.telemetry.RuleErrors(e.rules.WholeFailed())
	for id := range out.Ready.Each {
		e.pipelines[id].outlet.Wake()
	}
	if len(out.Linked) > 0 {
		var linked tracebuffer.Outcome
		e.buffer.KeepLinked(out.Linked, &linked)
		e.carryOut(&linked)
	}
}

// ConsumeTraces takes a batch of spans. What is held of it is safe in the buffer when
// it returns. It returns an error of the next component only for a batch of which
// nothing was held: a sender that tries again sends nothing twice.
func (p *pipeline) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	n := p.receivedSpans(td)
	c, err := p.admit(ctx, tracebuffer.Span, n, func() bool { return p.needRoomSpans(td) })
	if err != nil {
		return err
	}
	defer p.leave(&c)
	p.requestsOfSpans(c, td)
	done, err := decide(p, &c, tracebuffer.Span, n, td, (*batch).readSpans, (*batch).takeOutSpans)
	if err != nil || done.passed == 0 {
		return err
	}
	again := td // what is sent again if the next component fails
	if done.held && p.nextTraces.Capabilities().MutatesData {
		again = ptrace.NewTraces()
		td.CopyTo(again)
	}
	if err = p.nextTraces.ConsumeTraces(ctx, td); err == nil {
		p.engine.telemetry.Kept(tracebuffer.Span, done.passed)
		return nil
	}
	if failed, ok := errors.AsType[consumererror.Traces](err); ok {
		again = failed.Data()
	}
	return p.failed(&c, tracebuffer.Span, done, again.SpanCount(), err, func() ([]byte, error) {
		return (&ptrace.ProtoMarshaler{}).MarshalTraces(again)
	})
}

// ConsumeLogs takes a batch of log records as ConsumeTraces does one of spans.
func (p *pipeline) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	n := p.receivedLogs(ld)
	c, err := p.admit(ctx, tracebuffer.Log, n, func() bool { return p.needRoomLogs(ld) })
	if err != nil {
		return err
	}
	defer p.leave(&c)
	waiting := p.requestsOfLogs(c, ld)
	done, err := decide(p, &c, tracebuffer.Log, n-waiting, ld, (*batch).readLogs, (*batch).takeOutLogs)
	if err != nil || done.passed == 0 {
		return err
	}
	done.held = done.held || waiting > 0
	again := ld
	if done.held && p.nextLogs.Capabilities().MutatesData {
		again = plog.NewLogs()
		ld.CopyTo(again)
	}
	if err = p.nextLogs.ConsumeLogs(ctx, ld); err == nil {
		p.engine.telemetry.Kept(tracebuffer.Log, done.passed)
		return nil
	}
	if failed, ok := errors.AsType[consumererror.Logs](err); ok {
		again = failed.Data()
	}
	return p.failed(&c, tracebuffer.Log, done, again.LogRecordCount(), err, func() ([]byte, error) {
		return (&plog.ProtoMarshaler{}).MarshalLogs(again)
	})
}

// result is what became of the records of a batch.
type result struct {
	passed int  // so many go on in the call
	held   bool // some are held
}

// decide takes n records through the engine: read turns them into items, and takeOut
// leaves in the data what passes and returns how many that are. An error is for good:
// the batch would fail again.
func decide[D any](p *pipeline, c *call, sig tracebuffer.Signal, n int, data D, read func(*batch, D), takeOut func(*batch, D) int) (r result, err error) {
	b := newBatch(p, sig, n, c.metadata)
	defer b.done()
	read(b, data)
	if b.match.Err != nil {
		b.envelopes.Forget()
		b.tally.Fates(b.fates)
		b.tally.Flush(p.engine.telemetry, sig)
		p.engine.telemetry.Refused(sig, b.refused(n))
		return result{}, consumererror.NewPermanent(b.match.Err)
	}
	b.decide()
	p.keepPromise(c)
	return result{takeOut(b, data), b.holds()}, nil
}

// call is a batch that was let in.
type call struct {
	metadata *tracebuffer.Envelope // nil without metadata_keys
	promised int64                 // bytes it is expected to add
}

// admit lets a batch of n records in if there is room for it, or if it needs none, and
// counts it as refused otherwise.
func (p *pipeline) admit(ctx context.Context, sig tracebuffer.Signal, n int, needsRoom func() bool) (c call, err error) {
	e := p.engine
	e.inflight.RLock()
	defer e.inflight.RUnlock()
	if e.plan.waits {
		c.promised = int64(e.plan.expected(n))
		e.buffer.Promise(c.promised)
	}
	var out tracebuffer.Outcome
	room := e.buffer.MakeRoom(&out)
	switch {
	case e.buffer.Blocked(p.id):
		err = errBlocked
	case !room && needsRoom():
		err = errBufferFull
	case e.plan.waits || e.plan.joins:
		c.metadata, err = e.metadata.Intern(ctx, e.buffer, e.plan.largest)
	}
	e.carryOut(&out)
	if err != nil {
		e.telemetry.Refused(sig, n)
		p.leave(&c)
	}
	return c, err
}

// needRoomSpans reports whether one of the spans may be held.
func (p *pipeline) needRoomSpans(td ptrace.Traces) bool {
	for _, s := range record.EachSpan(td) {
		if !s.TraceID().IsEmpty() {
			return true
		}
	}
	return false
}

// needRoomLogs reports whether one of the logs may be held.
func (p *pipeline) needRoomLogs(ld plog.Logs) bool {
	if p.engine.requests.enabled() {
		return true
	}
	for res, lr := range record.EachLog(ld) {
		if id := p.engine.correlator.traceOf(res, lr); !id.IsEmpty() {
			return true
		}
	}
	return false
}

// keepPromise says that what a call adds has been added.
func (p *pipeline) keepPromise(c *call) {
	p.engine.buffer.Promise(-c.promised)
	c.promised = 0
}

// leave ends a call.
func (p *pipeline) leave(c *call) {
	p.keepPromise(c)
	if c.metadata != nil {
		p.engine.buffer.Forget([]*tracebuffer.Envelope{c.metadata})
	}
}

// failed says what becomes of the last n of the records that passed, which the next
// component has not taken. They go back to the sender unless others of their batch are
// held: then the batch was taken in, and they wait, in the message, like what is held.
func (p *pipeline) failed(c *call, sig tracebuffer.Signal, done result, n int, err error, message func() ([]byte, error)) error {
	n = min(n, done.passed)
	p.engine.telemetry.Kept(sig, done.passed-n)
	if !done.held {
		p.engine.telemetry.Refused(sig, n)
		return err
	}
	if consumererror.IsPermanent(err) {
		p.lose(sig, telemetry.DropExportFailed, n, err)
		return nil
	}
	msg, broken := message()
	if broken == nil {
		broken = p.adopt(c.metadata, sig, msg, sampling.Verdict{Rule: sampling.NoRule})
	}
	if broken != nil {
		p.lose(sig, telemetry.DropCorrupt, n, broken)
	}
	return nil
}

// lose logs and counts n records that were taken in and go no further.
func (p *pipeline) lose(sig tracebuffer.Signal, reason string, n int, err error) {
	p.log.Error("data is lost that was taken in", zap.String("reason", reason), zap.Int("items", n), zap.Error(err))
	p.engine.telemetry.Dropped(sig, reason, n)
}

// adopt has the records of a message wait for the next component. They are marked with
// the verdict, if there is one.
func (p *pipeline) adopt(metadata *tracebuffer.Envelope, sig tracebuffer.Signal, msg []byte, v sampling.Verdict) error {
	buffer := p.engine.buffer
	var records []tracebuffer.Record
	var layers []*tracebuffer.Envelope
	var resource, scope *tracebuffer.Envelope
	defer func() { buffer.Forget(layers) }()
	err := otlpwire.Walk(msg, func(content []byte) {
		resource = buffer.Intern(metadata, content)
		layers = append(layers, resource)
	}, func(content []byte) {
		scope = buffer.Intern(resource, content)
		layers = append(layers, scope)
	}, func(rec []byte) {
		records = append(records, tracebuffer.Record{Envelope: scope, Data: rec, Signal: sig, Outlet: p.id, Verdict: v})
	})
	if err == nil {
		buffer.Adopt(p.id, records)
		p.outlet.Wake()
	}
	return err
}

// Shutdown of the first pipeline decides and releases everything that is held, of
// all pipelines: the order in which pipelines are shut down is arbitrary, and
// only now is every next component sure to be alive. What still arrives at the
// other pipelines is decided at once.
func (p *pipeline) Shutdown(ctx context.Context) error {
	var err error
	p.shutOnce.Do(func() { err = p.shutdown(ctx) })
	return err
}

func (p *pipeline) shutdown(ctx context.Context) error {
	e := p.engine
	if _, ok := ctx.Deadline(); !ok { // the Collector's has none
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.cfg.ShutdownTimeout)
		defer cancel()
	}
	e.mu.Lock()
	e.stopped++
	first, last := e.stopped == 1, e.stopped == len(e.pipelines)
	e.mu.Unlock()
	var err error
	if first && e.started > 0 {
		err = e.drain(ctx)
	}
	if p.outlet != nil {
		err = errors.Join(err, p.outlet.Stop(ctx))
	}
	if last {
		e.telemetry.Shutdown()
		if e.buffer != nil {
			err = errors.Join(err, e.buffer.Close())
		}
		e.onLast()
	}
	return err
}

// drain empties the buffer into the outlets and waits until they have
// delivered, or ctx ends.
func (e *engine) drain(ctx context.Context) error {
	close(e.stop)
	e.ticker.Wait()
	e.learned.Write()
	e.sendOnAll()
	var out tracebuffer.Outcome
	e.inflight.Lock()
	e.buffer.Flush(&out)
	e.inflight.Unlock()
	e.carryOut(&out)
	e.stopWatching()
	err := e.rules.Stop()
	for _, s := range e.pipelines {
		if s.outlet != nil {
			err = errors.Join(err, s.outlet.Wait(ctx))
		}
	}
	return err
}

// receivedSpans counts what arrives, before anything can happen to it.
func (p *pipeline) receivedSpans(td ptrace.Traces) (total int) {
	for _, rs := range td.ResourceSpans().All() {
		n := 0
		for _, ss := range rs.ScopeSpans().All() {
			n += ss.Spans().Len()
		}
		total += n
		p.engine.telemetry.Received(tracebuffer.Span, p.engine.services.Of(rs.Resource()), n)
	}
	return total
}

// receivedLogs does for logs what receivedSpans does for spans.
func (p *pipeline) receivedLogs(ld plog.Logs) (total int) {
	for _, rl := range ld.ResourceLogs().All() {
		n := 0
		for _, sl := range rl.ScopeLogs().All() {
			n += sl.LogRecords().Len()
		}
		total += n
		p.engine.telemetry.Received(tracebuffer.Log, p.engine.services.Of(rl.Resource()), n)
	}
	return total
}
