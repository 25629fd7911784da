// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package mapped hands out memory outside Go's heap.
//
// What the collector holds for seconds is most of its memory, and has no pointers in it.
// On the heap it would count twice: the garbage collector lets the heap grow to twice
// of what is in use (GOGC), and gives back to the system what was freed only later.
// Mapped memory takes what it takes, and is the system's again when it is put back.
//
// A [Memory] is one mapping, reserved as a whole and backed by the system page by
// page when it is first written to, cut into slots of one size.
package mapped
