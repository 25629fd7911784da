// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"time"
)

// parentPoll is how often a run looks whether somebody still waits for it.
const parentPoll = 500 * time.Millisecond

// withParent cancels the context when the parent process is gone: killing make
// or "go run" does not reach the program they started.
func withParent(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	parent := os.Getppid()
	go func() {
		for os.Getppid() == parent {
			select {
			case <-time.After(parentPoll):
			case <-ctx.Done():
				return
			}
		}
		cancel(errors.New("the process that started the demo is gone"))
	}()
	return ctx, func() { cancel(nil) }
}
