// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/consumer"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// Outlet sends what the buffer keeps to a pipeline's next component. It takes one
// batch at a time, which counts as held until it is delivered or lost.
type Outlet struct {
	to        Options
	signal    tracebuffer.Signal
	wake      chan struct{} // capacity 1: something may wait
	delivered chan struct{} // capacity 1: a batch has gone
	quit      chan struct{} // closed: deliver what waits and end
	ended     chan struct{} // closed at the end, by the goroutine or in its place
	tries     context.Context
	giveUp    context.CancelFunc // ends the tries
	takes     context.Context
	leave     context.CancelFunc // has no more be taken, and what failed not be tried again

	mu        sync.Mutex
	batch     tracebuffer.Batch
	loads     []load // of the batch, those that are neither delivered nor lost
	unsent    bool   // the batch was not delivered, and is left in the buffer
	abandoned bool   // the batch is not the goroutine's any more

	passes passes
}

// Options are where an outlet delivers to and what it does on the way.
type Options struct {
	// Traces or Logs is the next component. The other one is nil.
	Traces consumer.Traces
	Logs   consumer.Logs
	Rules  *rules.Rules           // whose thresholds are written to what is kept
	Count  *telemetry.Instruments // of what was kept, joined and lost
	Buffer *tracebuffer.Buffer    // whose outlet this is, with the number
	Number uint8
	// Keeps: what is not delivered at the end is not lost, for the buffer has it in files.
	Keeps bool
	// Client returns a context for what arrived with the client metadata, as the
	// outermost envelopes have it. It is nil where they have none; records with
	// different metadata go out apart otherwise.
	Client func(ctx context.Context, metadata string) context.Context
	Join   JoinConfig // of logs
	// Retry says when a next component that failed is tried again.
	Retry configretry.BackOffConfig
	Log   *zap.Logger
}

// New returns an outlet that delivers nothing before it is started.
func New(to Options) *Outlet {
	o := &Outlet{
		to: to, wake: make(chan struct{}, 1), delivered: make(chan struct{}, 1),
		quit: make(chan struct{}), ended: make(chan struct{}),
	}
	if to.Logs != nil {
		o.signal = tracebuffer.Log
	}
	o.tries, o.giveUp = context.WithCancel(context.Background())
	o.takes, o.leave = context.WithCancel(context.Background())
	return o
}

// Start begins to deliver. Stop must be called after it.
func (o *Outlet) Start() { go o.run() }

// Wake says that something waits for the outlet. It never blocks: decisions must not
// wait for a slow next component.
func (o *Outlet) Wake() { signal(o.wake) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (o *Outlet) run() {
	defer o.finish()
	for last := false; ; {
		for o.deliver() {
		}
		if last {
			return
		}
		select {
		case <-o.wake:
		case <-o.takes.Done():
			return
		case <-o.quit:
			last = true
		}
	}
}

// finish says that nothing is delivered any more.
func (o *Outlet) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.abandoned {
		close(o.ended)
	}
}

// deliver sends a batch and reports whether there was one.
func (o *Outlet) deliver() bool {
	if !o.take() {
		return false
	}
	for {
		l, ok := o.next()
		if !ok {
			break
		}
		o.send(l)
	}
	return o.done()
}

// take takes the next batch, if there is one.
func (o *Outlet) take() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.abandoned || o.takes.Err() != nil || !o.to.Buffer.Take(o.to.Number, o.signal, &o.batch) {
		return false
	}
	o.unsent = false
	o.loads = o.parts(o.batch.Records)
	return true
}

// next returns what is to be sent next of the batch.
func (o *Outlet) next() (l load, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.abandoned || len(o.loads) == 0 {
		return load{}, false
	}
	return o.loads[0], true
}

// done ends the batch and reports whether there may be more.
func (o *Outlet) done() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.abandoned || o.unsent {
		return false
	}
	o.to.Buffer.Delivered(&o.batch)
	signal(o.delivered)
	return true
}

// leaveBatch leaves the batch in the buffer, as a whole: nothing tells which part of it
// has arrived.
func (o *Outlet) leaveBatch() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.unsent, o.loads = true, nil
}

// settle has count count what became of the load at hand, unless somebody has counted it
// as lost. The rest, if there is some, is what is still to be sent of it.
func (o *Outlet) settle(rest *load, count func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.abandoned {
		return
	}
	count()
	if rest != nil {
		o.loads[0] = *rest
	} else {
		o.loads = o.loads[1:]
	}
}

// Leave ends the outlet, which must be one that Keeps. It takes no more; the batch on its
// way may arrive until ctx ends, and is not tried again if it fails.
func (o *Outlet) Leave(ctx context.Context) error {
	o.leave()
	select {
	case <-o.ended:
	case <-ctx.Done():
		o.end()
	}
	for o.Late() && ctx.Err() == nil {
		select {
		case <-o.delivered:
		case <-ctx.Done():
		}
	}
	o.giveUp()
	o.endPasses()
	return nil
}

// Wait returns when nothing waits for the outlet any more. When ctx ends before, what is
// left is lost and counted, unless the outlet Keeps, and Wait returns the error of ctx.
func (o *Outlet) Wait(ctx context.Context) error {
	for o.to.Buffer.Waiting(o.to.Number) > 0 {
		o.Wake()
		select {
		case <-o.delivered:
		case <-ctx.Done():
			o.end()
			return ctx.Err()
		}
	}
	return nil
}

// Stop delivers what waits and ends the outlet. When ctx ends before, what is left is
// lost and counted, unless the outlet Keeps. It is called once and returns no error.
func (o *Outlet) Stop(ctx context.Context) error {
	_ = o.Wait(ctx)
	close(o.quit)
	<-o.ended
	o.giveUp()
	o.leave()
	o.endPasses()
	return nil
}

// grace is how long a next component may take to return once its context has ended.
const grace = 500 * time.Millisecond

// end gives up what waits. The goroutine loses and counts it, or else, where the next
// component does not return, its batch is lost here. An outlet that Keeps loses nothing.
func (o *Outlet) end() {
	o.giveUp()
	t := time.NewTimer(grace)
	defer t.Stop()
	if o.to.Keeps {
		o.leave()
		select {
		case <-o.ended:
		case <-t.C:
			o.abandon()
		}
		return
	}
	for o.to.Buffer.Waiting(o.to.Number) > 0 {
		o.Wake()
		select {
		case <-o.delivered:
		case <-t.C:
			o.abandon()
			return
		}
	}
}

// abandon loses the batch on its way and all that waits, unless the outlet Keeps.
func (o *Outlet) abandon() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.abandoned {
		o.abandoned = true
		close(o.ended)
	}
	o.endPasses()
	for !o.to.Keeps {
		for i := range o.loads {
			o.lose(telemetry.DropShutdown, &o.loads[i], context.Cause(o.tries))
		}
		o.to.Buffer.Delivered(&o.batch)
		o.batch = tracebuffer.Batch{} // the old one may still be read
		if !o.to.Buffer.Take(o.to.Number, o.signal, &o.batch) {
			return
		}
		o.loads = o.parts(o.batch.Records)
	}
}
