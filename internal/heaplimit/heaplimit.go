// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package heaplimit keeps Go's heap out of memory that is taken outside of it.
//
// Without a limit the heap grows to twice of what is in use before it is collected (GOGC),
// as if a container's memory were its own. What is mapped beside it is not seen by the
// runtime, so the process is killed for memory that could have been collected. Therefore,
// in a control group with a memory limit, Go's soft limit (GOMEMLIMIT) is set to what is
// left of that, unless it was set by somebody else. A container of 512 MiB at full speed
// with 256 MiB of held data, whose next component stalls, is killed without it.
package heaplimit

import (
	"math"
	"os"
	"runtime/debug"
	"sync"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

var (
	mu       sync.Mutex
	reserved int64 // bytes taken outside the heap
	ours     int64 // the limit that was set here, 0 for none
)

// Reserve has the heap leave room for so many bytes until release is called.
func Reserve(bytes int64) (release func()) {
	adjust(bytes)
	return sync.OnceFunc(func() { adjust(-bytes) })
}

// Ours is the limit in bytes that was set here, 0 for none.
func Ours() int64 {
	mu.Lock()
	defer mu.Unlock()
	return ours
}

func adjust(by int64) {
	mu.Lock()
	defer mu.Unlock()
	reserved += by
	set := debug.SetMemoryLimit(-1)
	if set != ours && (ours != 0 || set != math.MaxInt64) || os.Getenv("GOMEMLIMIT") != "" {
		return // GOMEMLIMIT, "off" too, or a call of somebody else's
	}
	if reserved <= 0 {
		ours = 0
		debug.SetMemoryLimit(math.MaxInt64)
		return
	}
	if group := groupLimit(); group > 0 {
		ours = within(group, reserved)
		debug.SetMemoryLimit(ours)
	}
}

// groupLimit is the memory limit of the process' control group in bytes, 0 for none.
func groupLimit() int64 {
	group, err := memlimit.FromCgroup()
	if err != nil {
		return 0
	}
	if machine, err := memlimit.FromSystem(); err != nil || group >= machine {
		return 0 // it is no limit
	}
	return int64(group)
}

// within is the heap's limit in a group where so many bytes are reserved. A twentieth is for
// what is neither, such as the system's buffers. A quarter is the heap's in any case: with
// less than a collector needs, the runtime would do nothing but collect.
func within(group, reserved int64) int64 {
	return max(group-group/20-reserved, group/4)
}
