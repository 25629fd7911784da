// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import "time"

// The parts of max_bytes that the tables may take that senders fill: what is
// learned of routes 1/4, at the default of 512 MiB some 100,000 patterns; services
// and their labels 1/16; the routes that are counted by name 1/32. They are not set
// aside: what the tables do not take is there for traces.
const (
	routesShare   = 4
	servicesShare = 16
	countedShare  = 32
)

// tickTables has the tables forget what nobody uses any more, and the buffer count
// what they take, so that max_bytes holds for all of them together.
func (e *engine) tickTables(now time.Time) {
	e.services.Tick(now)
	e.counted.Tick(now)
	e.buffer.Beside(e.tableBytes())
}

// tableBytes is about the memory of the tables that the buffer does not know.
func (e *engine) tableBytes() int64 {
	return e.routes.Bytes() + e.services.Bytes() + e.counted.Bytes() + e.requests.tableBytes()
}
