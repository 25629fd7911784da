// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package integrity finds which traces are broken, and where.
//
// It sees of every span and log only a link: its ids, times and service. A
// trace's links are held for a window after its first item, whatever sampling
// does with the items meanwhile, and then checked once:
//
//	Add(items) ─► shard = keyed hash(low 64 bits of the id)
//	               links: a log in order of arrival
//	               table: id → entry {newest link, which leads to the others}
//	Expire(now) ─► the oldest links, whose window is over: check ─► Report
//	               and the id goes to the memory for late items
//
// It is apart from tracebuffer because the two want different things of time. A
// verdict may fall early (evidence, a root span, pressure) and then what is held
// can go; a check that falls early takes what is still on its way for
// lost. A link takes 64 bytes where a record takes some 500, so the window can
// be kept when the buffer is under pressure, and that is when the findings are
// wanted most.
//
// The package holds no clock, logger or instrument, and no text: services are
// numbers of the caller's. Time is an argument, a reading of one monotonic clock;
// findings go out in a Report.
package integrity
