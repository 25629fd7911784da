// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package conditions compiles OTTL conditions and evaluates them. A path's prefix says
// what a [Condition] looks at ([Context]): an [Item], which is a span with its events or
// a log record; the item's resource; or the trace as a whole, which has a context of its
// own here. A condition is not met by what it does not look at.
//
// A [Set] compiles the conditions of all rules, and evaluates those on resources once
// for each resource and not for each of its items. It is immutable once the last
// condition is parsed. An Item is for one goroutine.
//
// Sources: contrib's pkg/ottl, with the functions of ottlfuncs.
package conditions
