// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package startup

import (
	"cmp"
	"fmt"
	"math"
	"runtime/debug"
	"slices"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
)

// memoryBound bounds what this process can use, and says what does.
type memoryBound struct {
	bytes uint64
	of    string
}

// memoryBounds are the bounds that are known: none need be.
func memoryBounds() (bounds []memoryBound) {
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		bounds = append(bounds, memoryBound{uint64(limit), "GOMEMLIMIT"})
	}
	if limit, err := memlimit.FromCgroup(); err == nil {
		bounds = append(bounds, memoryBound{limit, "the memory limit of its control group"})
	}
	if total, err := memlimit.FromSystem(); err == nil && total > 0 {
		bounds = append(bounds, memoryBound{total, "the memory of this machine"})
	}
	return bounds
}

// memoryWarning tells if the lowest of the bounds leaves no room for anything besides
// maxBytes: the process would end before it comes to decide traces early.
func memoryWarning(maxBytes config.ByteSize, bounds []memoryBound) string {
	if len(bounds) == 0 {
		return ""
	}
	lowest := slices.MinFunc(bounds, func(a, b memoryBound) int { return cmp.Compare(a.bytes, b.bytes) })
	if uint64(maxBytes) < lowest.bytes {
		return ""
	}
	return fmt.Sprintf("max_bytes %s is not below the memory that the collector may use: %s is %s",
		maxBytes, lowest.of, config.ByteSize(min(lowest.bytes, math.MaxInt64)))
}
