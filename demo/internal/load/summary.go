// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Summary says how the services answered. Slow answers are also counted by
// their status.
type Summary struct {
	OK, NotFound, Failed, Other int
	Slow                        int
}

// Answers is how many answers there were.
func (s Summary) Answers() int { return s.OK + s.NotFound + s.Failed + s.Other }

func (s Summary) String() string {
	return fmt.Sprintf("%d ok, %d not found, %d failed, %d other; %d of them slow",
		s.OK, s.NotFound, s.Failed, s.Other, s.Slow)
}

type scoreboard struct {
	progress func(Summary)

	mu    sync.Mutex
	total Summary
}

// add counts an answer. The callback runs under the lock so that totals reach
// it in order.
func (b *scoreboard) add(status int, took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case status < http.StatusBadRequest:
		b.total.OK++
	case status == http.StatusNotFound:
		b.total.NotFound++
	case status >= http.StatusInternalServerError:
		b.total.Failed++
	default:
		b.total.Other++
	}
	if took >= slow {
		b.total.Slow++
	}
	if b.progress != nil {
		b.progress(b.total)
	}
}
