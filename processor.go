// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/processor"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/envelope"
	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/learned"
	"github.com/otelcol-correlation/correlationprocessor/internal/links"
	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/outlet"
	"github.com/otelcol-correlation/correlationprocessor/internal/requestid"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/startup"
	"github.com/otelcol-correlation/correlationprocessor/internal/storage"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// tickInterval is how often due traces are decided: a wait is exact to it.
const tickInterval = 50 * time.Millisecond

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
	requests   *requestid.Requests
	metadata   envelope.Clients
	found      integrity.Report // of ticks
	store      *storage.Store   // nil without storage
	only       [2]*pipeline     // with storage, that of each signal, if there is one
	onLast     func()

	mu        sync.Mutex
	pipelines []*pipeline
	started   int
	stopped   int
	stop      chan struct{} // closed at the first Shutdown
	ticker    sync.WaitGroup
	leave     chan struct{}  // closed at the first Shutdown: take in no more of what was left
	recovered chan struct{}  // closed when all of it was taken in
	storing   sync.WaitGroup // what is done beside the traffic for the storage

	// inflight is read-locked while a call may put records in the buffer or
	// releases in an outlet, so that the flush at the first Shutdown is the
	// last to do so for what is held.
	inflight sync.RWMutex
	// sending is read-locked while a call may send on logs that waited for their request,
	// so that after the first Shutdown has sent on the last ones nobody sends any more.
	sending sync.RWMutex
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
	rules, err := rules.New(&cfg.Sampling, ruleOptions(cfg), set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	routes, err := cfg.Routes.Table(int64(cfg.MaxBytes) / routesShare)
	if err != nil {
		return nil, err
	}
	e := &engine{cfg: cfg, began: time.Now(), rules: rules, routes: routes, stop: make(chan struct{}), leave: make(chan struct{}), recovered: make(chan struct{})}
	e.cards = newCardinality(cfg)
	e.correlator = newCorrelator(&cfg.Logs, cfg.Routes.Attribute)
	e.services = telemetry.NewServices(routes, cfg.Telemetry.Attributes, int64(cfg.MaxBytes)/servicesShare)
	e.links = links.New()
	e.metadata = envelope.NewClients(cfg.MetadataKeys, cfg.MetadataCardinalityLimit)
	e.requests = requestid.New(cfg.Logs.RequestIDAttributes, cfg.DecisionWait, int64(cfg.MaxBytes))
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
		Keeps: e.store != nil, Client: e.metadata.Context(), Join: e.correlator.join(e.services), Retry: e.cfg.RetryOnFailure, Log: p.log,
	})
	p.outlet.Start()
	if e.started == len(e.pipelines) {
		e.recover(p.log)
	}
	return nil
}

func (e *engine) start(log *zap.Logger) error {
	traces := slices.ContainsFunc(e.pipelines, func(p *pipeline) bool { return p.nextTraces != nil })
	logs := slices.ContainsFunc(e.pipelines, func(p *pipeline) bool { return p.nextLogs != nil })
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
	err := e.openStorage(log)
	if err != nil {
		return err
	}
	if e.buffer, err = tracebuffer.New(e.plan.bufferOptions(e.cfg, e.rules, e.store, int64(e.cfg.MaxBytes)-e.startWatching(traces, logs))); err != nil {
		log.Warn("what is held lies on Go's heap: the collector takes more memory, up to twice of max_bytes", zap.Error(err))
	}
	e.learned = learned.New(&e.cfg.Routes, e.routes, log)
	if e.store != nil {
		e.learned.Keep(filepath.Join(e.store.Directory(), "routes"))
	}
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
		Stores:             e.cfg.Storage.Enabled(),
		StorageBytes:       func() int64 { return e.buffer.Filed() },
		StorageLimitBytes:  func() int64 { return e.store.Bytes() },
		StorageSpilled:     func() int64 { return e.buffer.Spilled() },
		Recovered:          e.recovered,
		RoutePatterns: func(yield func(string, int) bool) {
			e.routes.Services(func(name string, s *route.Service) bool { return yield(name, s.Patterns()) })
		},
	}
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
	e.sendOn(e.requests.Expired(now), pcommon.TraceID{})
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

// Shutdown of the first pipeline decides and releases everything that is held, of all
// pipelines, unless the next start goes on with it: the order in which pipelines are shut
// down is arbitrary, and only now is every next component sure to be alive. What still
// arrives at the other pipelines is decided at once.
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
	if first && e.buffer != nil {
		err = e.drain(ctx)
	}
	switch {
	case p.outlet == nil:
	case e.leaves():
		err = errors.Join(err, p.outlet.Leave(ctx))
	default:
		err = errors.Join(err, p.outlet.Stop(ctx))
	}
	if last {
		e.telemetry.Shutdown()
		err = errors.Join(err, e.closeStorage())
		e.onLast()
	}
	return err
}

// drain empties the buffer into the outlets and waits until they have
// delivered, or ctx ends. What the next start goes on with is left where it lies.
func (e *engine) drain(ctx context.Context) error {
	e.stopStoring(ctx)
	close(e.stop)
	e.ticker.Wait()
	e.learned.Stop()
	if e.leaves() {
		e.stopWatching()
		return e.rules.Stop()
	}
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
