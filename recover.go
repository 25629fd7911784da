// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/replay"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/storage"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// errPipelines says why storage serves one pipeline of a signal.
var errPipelines = errors.New("storage::directory: the processor is in more than one pipeline of a signal, and pipelines have no name " +
	"that lasts: after a restart nobody could tell which of them held data goes back to; give each pipeline a processor of its own " +
	"(correlation/name), each with a directory of its own")

// openStorage opens what outlives the process, if there is a directory.
func (e *engine) openStorage(log *zap.Logger) (err error) {
	cfg := &e.cfg.Storage
	if !cfg.Enabled() {
		return nil
	}
	for _, p := range e.pipelines {
		sig := tracebuffer.Span
		if p.nextLogs != nil {
			sig = tracebuffer.Log
		}
		if e.only[sig] != nil {
			return errPipelines
		}
		e.only[sig] = p
	}
	e.store, err = storage.Open(storage.Options{
		Directory: cfg.Directory, MaxBytes: int64(cfg.MaxBytes),
		Warn: func(text string, err error) { log.Warn(text, zap.Error(err)) },
	})
	if err != nil {
		return fmt.Errorf("storage::directory %q: %w", cfg.Directory, err)
	}
	e.telemetry.Damaged(e.store.Damaged())
	return nil
}

// leaves reports whether what is held at the end is left to the next start.
func (e *engine) leaves() bool { return e.store != nil && !e.cfg.Storage.DrainOnShutdown }

// recover begins to take in again what an earlier process held, beside the traffic. All
// pipelines have been started.
func (e *engine) recover(log *zap.Logger) {
	if e.store == nil {
		return
	}
	e.storing.Go(func() {
		defer close(e.recovered)
		e.takeBack(log)
	})
	if e.cfg.Storage.SyncInterval > 0 {
		e.storing.Go(func() { e.sync(log) })
	}
}

func (e *engine) takeBack(log *zap.Logger) {
	began := time.Now()
	to := [2]int{-1, -1}
	for sig, p := range e.only {
		if p != nil {
			to[sig] = int(p.id)
		}
	}
	found := e.buffer.Recover(&tracebuffer.Recovery{
		Outlets: to, Now: func() time.Duration { return e.reading(time.Now()) },
		Held: e.telemetry.Recovered, Replay: e.replay, CarryOut: e.carryOut, Stop: e.leave,
	})
	e.telemetry.Damaged(found.Lost + found.LostParts)
	for sig, n := range found.Redelivered {
		e.telemetry.Redelivered(tracebuffer.Signal(sig), n)
	}
	if found.Lost+found.LostParts > 0 {
		log.Warn("a part of what an earlier process held was damaged, or has no pipeline any more, and is lost", zap.Int("records", found.Lost), zap.Int("segments", found.LostParts))
	}
	if found.Bytes == 0 {
		return
	}
	log.Info("recovered what an earlier process held",
		zap.Ints("undecided", found.Undecided[:]), zap.Ints("to_deliver", found.Kept[:]), zap.Ints("redelivered", found.Redelivered[:]),
		zap.Ints("dropped", found.Dropped[:]), zap.Int("verdicts", found.Verdicts), zap.Int64("bytes", found.Bytes), zap.Duration("took", time.Since(began)))
}

// sync has the device have what is held, every interval.
func (e *engine) sync(log *zap.Logger) {
	t := time.NewTicker(e.cfg.Storage.SyncInterval)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-e.leave:
			return
		}
		if err := e.store.Sync(); err != nil {
			e.telemetry.SyncFailed()
			log.Warn("the storage cannot be written to its device", zap.Error(err))
		}
	}
}

// stopStoring ends the recovery; what it has not taken in yet is left, unless all is to be
// delivered before ctx ends.
func (e *engine) stopStoring(ctx context.Context) {
	if e.store != nil && !e.leaves() && e.started == len(e.pipelines) {
		select {
		case <-e.recovered:
		case <-ctx.Done():
		}
	}
	close(e.leave)
	e.storing.Wait()
}

// closeStorage closes the buffer and its files.
func (e *engine) closeStorage() (err error) {
	if e.cfg.Storage.SyncInterval > 0 && e.store != nil {
		err = e.store.Sync()
	}
	if e.buffer != nil {
		err = errors.Join(err, e.buffer.Close())
	}
	if e.store != nil {
		err = errors.Join(err, e.store.Close())
	}
	return err
}

// again is what a call needs whose records were taken in earlier: by an earlier process, or
// as logs that waited for their request.
type again struct {
	origins []tracebuffer.Origin // of the records, in the order of the data
	edited  bool                 // they have their edits
	passed  []passing            // those of the records that pass
}

// passing is a record that passes later than in the call that brought it.
type passing struct {
	verdict sampling.Verdict
	origin  tracebuffer.Origin
}

// made reports whether the records have their edits.
func (b *batch) made() bool { return b.again != nil && b.again.edited }

// origin is that of the record at hand.
func (b *batch) origin() tracebuffer.Origin {
	if b.again == nil {
		return 0
	}
	return b.again.origins[len(b.records)-1]
}

// passesLater notes that the n-th record goes out through the outlet, which stamps it.
func (b *batch) passesLater(r *outcome, n int) {
	v := sampling.Verdict{Rule: sampling.NoRule}
	if r.item != noItem {
		v = b.fates[r.item].Verdict
	}
	b.again.passed = append(b.again.passed, passing{v, b.again.origins[n]})
}

// replay decides anew on records that an earlier process held undecided, by the rules of
// now. They go in by the front door: those that are spans teach the requests of logs.
func (e *engine) replay(sig tracebuffer.Signal, metadata *tracebuffer.Envelope, records []tracebuffer.Record) {
	p := e.only[sig]
	if sig == tracebuffer.Span {
		td, good := replay.Traces(records)
		p.loseBroken(sig, len(records)-len(good))
		c := call{metadata: metadata, again: &again{edited: true, origins: replay.Origins(good)}}
		p.requestsOfSpans(c, td)
		decideAgain(p, &c, sig, td, (*batch).readSpans, (*batch).takeOutSpans, (&ptrace.ProtoMarshaler{}).MarshalTraces)
		return
	}
	ld, good := replay.Logs(records)
	p.loseBroken(sig, len(records)-len(good))
	good, waited := replay.Apart(ld, good)
	p.replayLogs(metadata, ld, good, true)
	if len(waited) > 0 {
		ld, waited = replay.Logs(waited)
		p.replayLogs(metadata, ld, waited, false)
	}
}

// replayLogs replays logs that have their edits or, because they waited for their request,
// have not.
func (p *pipeline) replayLogs(metadata *tracebuffer.Envelope, ld plog.Logs, records []tracebuffer.Record, edited bool) {
	c := call{metadata: metadata, again: &again{edited: edited, origins: replay.Origins(records)}}
	p.requestsOfLogs(c, ld)
	p.logsAgain(&c, ld)
}

func (p *pipeline) loseBroken(sig tracebuffer.Signal, n int) {
	if n > 0 {
		p.lose(sig, telemetry.DropCorrupt, n, errors.New("held data cannot be decoded"))
	}
}

// logsAgain decides on logs that were taken in earlier.
func (p *pipeline) logsAgain(c *call, ld plog.Logs) {
	decideAgain(p, c, tracebuffer.Log, ld, (*batch).readLogs, (*batch).takeOutLogs, (&plog.ProtoMarshaler{}).MarshalLogs)
}

// decideAgain is decide for records that were taken in earlier. What passes goes out through
// the outlet, which stamps it with its verdict, if it has one: no sender waits for it.
func decideAgain[D any](p *pipeline, c *call, sig tracebuffer.Signal, data D, read func(*batch, D), takeOut func(*batch, D) int, marshal func(D) ([]byte, error)) {
	done, err := decide(p, c, sig, len(c.again.origins), data, read, takeOut)
	if err != nil {
		p.log.Error("data that was taken in earlier is refused", zap.Error(err))
	}
	if done.passed == 0 {
		return
	}
	p.adoptOrLose(c.metadata, sig, remainder{done.passed, func() ([]byte, error) { return marshal(data) }}, c.again.passed)
}
