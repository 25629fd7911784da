// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package correlationprocessor is a Collector processor for traces and logs
// that share one verdict: it joins logs to spans by trace id, samples both as
// one, collapses URL paths to route patterns, and counts the signs of broken
// traces.
//
// # The way of a span and of a log
//
//	spans ─ pipeline.ConsumeTraces ─┐                              ┌─ passes → next, in the same call
//	                                ├─ decide: read → find fates ──┼─ dropped → counted
//	logs ── pipeline.ConsumeLogs ───┘                              └─ held: bytes in the trace buffer
//	                                                                      │ its wait is over, evidence,
//	   read, for each record                                              │ too little room, or Shutdown
//	     cardinality  its route pattern                                   ▼
//	     correlator   its trace, and whether it waits for its span     the trace's verdict → dropped, counted
//	     rules        what it means for the verdict                       │ kept
//	     links        who names whom, for the trace check                 ▼
//	     otlpwire     its bytes, if it is held                         outlet: decode, join, stamp → next
//
// All pipelines that name the same processor share one engine; each has an end of
// its own, a pipeline, with its next component and its outlet. What is held goes
// back to the pipeline that it arrived through.
//
// # What each folder hides
//
//   - internal/config: which configurations are good, and what unset keys mean
//   - internal/startup: which good configurations may still not be meant
//   - internal/learned: when learned patterns are forgotten, written and warned of
//   - internal/record: which attributes, old and new, mean what; walks over batches
//   - internal/mask: where raw paths hide in an item, and what stands in their place
//   - internal/rules: how the sampling configuration becomes a policy, and an item what it means for it
//   - internal/stamp: how items say with which threshold they were kept, and with which randomness
//   - internal/check: how errors of the configuration read
//   - internal/links: how spans and logs become links, and who answers at which address
//   - internal/outlet: how released bytes reach the next component, also one that fails
//   - internal/envelope: how what is around held records is kept once
//   - internal/otlpwire: how records become bytes and messages become records
//   - internal/telemetry: instruments, and the limits of their labels
//   - internal/route: how paths become patterns, by declaration and by learning
//   - internal/logtrace: where a log names its trace
//   - internal/traceid: in which notations trace ids are written
//   - internal/accesslog, internal/loglevel, internal/logfield: how lines and fields of logs are read
//   - internal/storage, internal/recovery, internal/replay: how held records outlive the process, and become items again
//   - internal/tracebuffer: how traces wait, in how many bytes, and which verdicts are remembered
//   - internal/sampling: what verdict a trace gets, as values without a clock
//   - internal/integrity: what is wrong with a trace
//   - internal/idtable: tables by id in memory without pointers
//   - internal/acceptance: the promises of the whole processor, as tests from outside
//
// docs/architecture.md has the arrows between them, the locks, and who owns which
// bytes.
//
// # Glossary
//
//   - item: a span or a log record
//   - record: an item as bytes of OTLP, or what one pass over it found
//   - verdict: whether a trace is kept, and the rule that said so
//   - evidence: an item that matches a rule which keeps every trace it matches
//   - ordinary trace: one that only sampling_percentage decides on
//   - fate: what becomes of an item in a call: it passes, is dropped, or is held
//   - release: the held records of traces that were decided, on their way to an outlet
//   - pattern: a path with its variable segments named, /users/{id}
//   - declared, learned, inferred: a pattern from the configuration, from a framework's http.route, from the path alone
//   - link: what the trace check knows of an item: its ids, times, service and kind
//   - finding: something that is wrong with a trace, or the lack of it
package correlationprocessor
