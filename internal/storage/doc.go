// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package storage keeps memory in files, so that it outlives the process.
//
// A [Store] is a directory that one process has at a time. Its files are set aside as a
// whole when they are made, and mapped: what is written to a piece of them is in the
// system's page cache at once, and there after a kill -9. After a crash of the machine it
// is there as far as it was written to the device, which [Store.Sync] waits for.
//
//	lock      who has the directory: process and host
//	records   a header of 4 KiB, and slots that [Store.Memory] hands out
//	verdicts  a header, and a ring of entries that check themselves ([Ring])
//
// A file that is none of this version, or whose header is damaged, is set aside under
// another name: to start is worth more than what it had. It is deleted where the device
// has no room for both.
//
// What lies in the slots is their users'. They must find out for themselves what of it is
// whole: after a crash of the machine any page may be an older one.
package storage
