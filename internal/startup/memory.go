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
	"github.com/otelcol-correlation/correlationprocessor/internal/heaplimit"
)

// memoryBound bounds what this process can use, and says what does.
type memoryBound struct {
	bytes uint64
	of    string
}

// memoryBounds are the bounds that are known: none need be.
func memoryBounds() (bounds []memoryBound) {
	if limit, err := memlimit.FromCgroup(); err == nil {
		bounds = append(bounds, memoryBound{limit, "the memory limit of its control group"})
	}
	if total, err := memlimit.FromSystem(); err == nil && total > 0 {
		bounds = append(bounds, memoryBound{total, "the memory of this machine"})
	}
	return bounds
}

// heapLimit is what the operator keeps Go's heap below (GOMEMLIMIT), 0 for no limit.
func heapLimit() uint64 {
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 && limit != heaplimit.Ours() {
		return uint64(limit)
	}
	return 0
}

// memoryWarning tells if the lowest of the bounds does not have room for maxBytes, which
// lie outside Go's heap, and for the heap: the process would be killed before it comes
// to decide traces early. A heap without a limit may take half as much as maxBytes.
func memoryWarning(maxBytes config.ByteSize, heap uint64, bounds []memoryBound) string {
	if len(bounds) == 0 {
		return ""
	}
	lowest := slices.MinFunc(bounds, func(a, b memoryBound) int { return cmp.Compare(a.bytes, b.bytes) })
	size := func(n uint64) config.ByteSize { return config.ByteSize(min(n, math.MaxInt64)) }
	held := uint64(maxBytes)
	switch {
	case held >= lowest.bytes:
		return fmt.Sprintf("max_bytes %s is not below the memory that the collector may use: %s is %s", maxBytes, lowest.of, size(lowest.bytes))
	case heap > 0 && held+heap > lowest.bytes:
		return fmt.Sprintf("max_bytes %s and GOMEMLIMIT %s are together more than %s, %s: held data lies outside Go's heap, so set GOMEMLIMIT to at most %s",
			maxBytes, size(heap), lowest.of, size(lowest.bytes), size(lowest.bytes-held))
	case heap == 0 && held+held/2 > lowest.bytes:
		return fmt.Sprintf("max_bytes %s leaves little for the rest of the collector: %s is %s", maxBytes, lowest.of, size(lowest.bytes))
	default:
		return ""
	}
}
