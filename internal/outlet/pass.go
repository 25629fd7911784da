// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// passes are the calls of the next component that their senders do not wait for any more.
type passes struct {
	mu    sync.Mutex
	late  map[*pass]struct{}
	ended bool         // what is late is lost
	count atomic.Int64 // of late
}

// pass is what goes on in the call that brought it.
type pass struct {
	items    int
	returned bool       // before its sender stopped waiting
	lost     bool       // it was given up
	answer   chan error // capacity 1: for the sender
}

// patience is how long a sender waits for the next component at most: half of the time it
// has, and a second.
func patience(ctx context.Context) time.Duration {
	if end, ok := ctx.Deadline(); ok {
		return min(time.Second, time.Until(end)/2)
	}
	return time.Second
}

// passedBytes is about what an item takes decoded.
const passedBytes = 2 << 10

// Pass has send hand items to the next component, in a context that does not end with the
// sender's, and returns what settle, which send returned, says. A sender whose deadline is
// over sends everything again, so it is not kept waiting for longer than its patience:
// then Pass returns nil, and the items are the outlet's, as if they had been held. Settle
// is told, and called once, unless the outlet gave the items up.
func (o *Outlet) Pass(ctx context.Context, items int, send func(context.Context) (settle func(owned bool) error)) error {
	p := &pass{items: items, answer: make(chan error, 1)}
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(o.tries, cancel)
	go func() {
		settle := send(sending)
		stop()
		cancel()
		o.passed(p, settle)
	}()
	t := time.NewTimer(patience(ctx))
	defer t.Stop()
	select {
	case err := <-p.answer:
		return err
	case <-t.C:
	case <-ctx.Done():
	}
	return o.own(p)
}

// own takes over what the next component has not taken yet.
func (o *Outlet) own(p *pass) error {
	o.passes.mu.Lock()
	if p.returned {
		o.passes.mu.Unlock()
		return <-p.answer
	}
	defer o.passes.mu.Unlock()
	if o.passes.ended {
		o.losePass(p)
		return nil
	}
	if o.passes.late == nil {
		o.passes.late = map[*pass]struct{}{}
	}
	o.passes.late[p] = struct{}{}
	o.passes.count.Add(1)
	o.to.Buffer.Linger(o.to.Number, int64(p.items)*passedBytes)
	return nil
}

// passed ends a call of the next component.
func (o *Outlet) passed(p *pass, settle func(owned bool) error) {
	o.passes.mu.Lock()
	if _, owned := o.passes.late[p]; !owned && !p.lost {
		p.returned = true
		o.passes.mu.Unlock()
		p.answer <- settle(false)
		return
	}
	defer o.passes.mu.Unlock()
	if !p.lost {
		_ = settle(true) // nobody waits for it
		o.left(p)
		signal(o.delivered)
	}
}

// left forgets a call that is late. The caller holds the lock.
func (o *Outlet) left(p *pass) {
	delete(o.passes.late, p)
	o.passes.count.Add(-1)
	o.to.Buffer.Linger(o.to.Number, -int64(p.items)*passedBytes)
}

// Late reports whether the next component has not returned from a call that nobody waits
// for any more.
func (o *Outlet) Late() bool { return o.passes.count.Load() > 0 }

// losePasses gives up what the next component has not taken yet.
func (o *Outlet) losePasses() {
	o.passes.mu.Lock()
	defer o.passes.mu.Unlock()
	o.passes.ended = true
	for p := range o.passes.late {
		o.losePass(p)
		o.left(p)
	}
}

func (o *Outlet) losePass(p *pass) {
	p.lost = true
	o.lose(telemetry.DropShutdown, &load{count: p.items}, context.Cause(o.tries))
}
