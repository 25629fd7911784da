// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// passes are the calls of the next component that their senders do not wait for any more.
type passes struct {
	mu    sync.Mutex
	late  map[*pass]struct{}
	ended bool         // what is late is given up
	count atomic.Int64 // of late
}

// pass is what goes on in the call that brought it.
type pass struct {
	Passage
	returned bool              // before its sender stopped waiting
	given    bool              // up
	held     tracebuffer.Batch // what it brought, once nobody waits for it
	answer   chan error        // capacity 1: for the sender
}

// Passage is what is done with so many items that go on in the call that brought them.
type Passage struct {
	Items int
	// Send hands them to the next component.
	Send func(context.Context) error
	// Hold has the buffer hold them, as on their way in the batch. It may be called while
	// Send is under way.
	Hold func(*tracebuffer.Batch) error
	// Settle is told what Send returned, and says what the sender gets. What is owned is the
	// processor's by now: the sender got nil.
	Settle func(err error, owned bool) error
}

// patience is how long a sender waits for the next component at most: half of the time it
// has, and a second.
func patience(ctx context.Context) time.Duration {
	if end, ok := ctx.Deadline(); ok {
		return min(time.Second, time.Until(end)/2)
	}
	return time.Second
}

// Pass has items go on in a context that does not end with the sender's. A sender whose
// deadline is over sends everything again, so it is not kept waiting for longer than its
// patience: then the items are held, and Pass returns nil. Settle is called once, unless
// the outlet has given the items up.
func (o *Outlet) Pass(ctx context.Context, passage Passage) error {
	p := &pass{Passage: passage, answer: make(chan error, 1)}
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(o.tries, cancel)
	go func() {
		err := p.Send(sending)
		stop()
		cancel()
		o.passed(p, err)
	}()
	t := time.NewTimer(patience(ctx))
	defer t.Stop()
	select {
	case err := <-p.answer:
		return err
	case <-t.C:
	case <-ctx.Done():
	}
	if o.own(p) {
		return nil
	}
	return <-p.answer
}

// own takes over what the next component has not taken yet, and reports whether it did.
func (o *Outlet) own(p *pass) bool {
	o.passes.mu.Lock()
	defer o.passes.mu.Unlock()
	if !p.returned && o.passes.ended {
		o.losePass(p)
		return true
	}
	if p.returned || p.Hold(&p.held) != nil {
		return false
	}
	if o.passes.late == nil {
		o.passes.late = map[*pass]struct{}{}
	}
	o.passes.late[p] = struct{}{}
	o.passes.count.Add(1)
	return true
}

// passed ends a call of the next component.
func (o *Outlet) passed(p *pass, err error) {
	o.passes.mu.Lock()
	if _, owned := o.passes.late[p]; !owned && !p.given {
		p.returned = true
		o.passes.mu.Unlock()
		p.answer <- p.Settle(err, false)
		return
	}
	defer o.passes.mu.Unlock()
	if !p.given {
		_ = p.Settle(err, true) // nobody waits for it
		o.left(p)
	}
}

// left forgets a call that is late. The caller holds the lock.
func (o *Outlet) left(p *pass) {
	delete(o.passes.late, p)
	o.passes.count.Add(-1)
	o.to.Buffer.Delivered(&p.held)
	signal(o.delivered)
}

// Late reports whether the next component has not returned from a call that nobody waits
// for any more.
func (o *Outlet) Late() bool { return o.passes.count.Load() > 0 }

// endPasses gives up what the next component has not taken yet: it is lost, unless the
// outlet Keeps.
func (o *Outlet) endPasses() {
	o.passes.mu.Lock()
	defer o.passes.mu.Unlock()
	o.passes.ended = true
	for p := range o.passes.late {
		p.given = true
		if !o.to.Keeps {
			o.losePass(p)
			o.left(p)
		}
	}
}

func (o *Outlet) losePass(p *pass) {
	p.given = true
	o.lose(telemetry.DropShutdown, &load{count: p.Items}, context.Cause(o.tries))
}
