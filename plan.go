// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"cmp"
	"math"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/storage"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// plan is what an engine does with items, as its configuration and its pipelines
// have it. It does not change once the engine has started.
type plan struct {
	waits  bool // traces wait for their verdict
	drops  bool // traces can be dropped
	joins  bool // logs get attributes from their spans
	stubs  bool // spans pass at once, and what a join needs of them stays
	counts bool // spans get the number of their logs
	writes bool // the processor's edits are written before the user's rules look
	links  bool // traces keep those that they are joined to
	wholes bool // a rule asks for what traces are as a whole
	sizes  bool // the sizes of records are counted
	// largest is how many bytes of a record, or of what is around it, can be held,
	// and atOnce how many of a batch are encoded before they are decided on: so a
	// batch may be larger than the buffer.
	largest, atOnce int
}

// The parts of the buffer's limit that largest and atOnce are.
const (
	largestShare = 16
	atOnceShare  = 64
)

// maxAtOnce is the most that is encoded at once. Typical batches have less.
const maxAtOnce = 4 << 20

// typicalRecord is about what a record takes, in bytes of OTLP.
const typicalRecord = 512

// The parts of max_bytes that the tables may take that senders fill: what is
// learned of routes 1/4, at the default of 512 MiB some 100,000 patterns; services
// and their labels 1/16; the routes that are counted by name 1/32. They are not set
// aside: what the tables do not take is there for traces.
const (
	routesShare   = 4
	servicesShare = 16
	countedShare  = 32
	verdictShare  = 16
)

// ruleOptions are what the sampling rules depend on besides their own configuration.
func ruleOptions(cfg *Config) rules.Options {
	return rules.Options{
		Written: cfg.Routes.Written(), Pattern: cfg.Routes.Attribute, MissingPercentage: cfg.Logs.MissingTraceID.SamplingPercentage,
		MissingSampleBy: cfg.Logs.MissingTraceID.SampleBy, Now: time.Now,
	}
}

// newPlan returns the plan of an engine that is in pipelines of both signals or
// of one.
func newPlan(cfg *Config, r *rules.Rules, both bool) plan {
	p := plan{
		waits:  r.Waits(),
		drops:  r.Drops(),
		counts: both && cfg.Logs.CountOnSpans,
		writes: r.ReadsEdits(),
		links:  cfg.Sampling.FollowLinks,
		wholes: r.AsksForWhole(),
		sizes:  r.Drops() || cfg.Sampling.CountedRoutes > 0 || r.SamplesMissing(),
	}
	p.joins = both && cfg.Logs.NeedsSpans() && (p.waits || cfg.Logs.JoinWait > 0)
	p.stubs = p.joins && !p.waits
	p.largest = int(min(cfg.MaxBytes/largestShare, math.MaxInt32))
	p.atOnce = int(min(cfg.MaxBytes/atOnceShare, maxAtOnce))
	return p
}

// expected is about how many bytes of a batch of n records are encoded at once.
func (p *plan) expected(n int) int { return min(n*typicalRecord, p.atOnce) }

// decides reports whether the buffer finds the fates of items. Otherwise all of
// them pass.
func (p *plan) decides() bool { return p.drops || p.waits || p.joins }

// bufferOptions are those of a buffer that may take maxBytes, and lies in the store if
// there is one.
func (p *plan) bufferOptions(cfg *Config, r *rules.Rules, store *storage.Store, maxBytes int64) tracebuffer.Options {
	o := tracebuffer.Options{
		Policy:        r.Policy(),
		Wait:          cfg.DecisionWait,
		WaitAfterRoot: cfg.DecisionWaitAfterRoot,
		MaxItems:      cfg.MaxItemsPerTrace,
		MaxBytes:      maxBytes,
		VerdictBytes:  cmp.Or(int64(cfg.VerdictMemory), maxBytes/verdictShare),
		Hindsight:     cfg.Hindsight,
		DryRun:        cfg.Sampling.DryRun,
		Join:          p.joins,
		Count:         p.counts,
		Storage:       store,
	}
	if o.FollowLinks = p.links; p.links {
		o.Linked = r.Linked()
	}
	if p.wholes {
		o.Whole = r.Whole
	}
	if !p.waits {
		o.Wait = cfg.Logs.JoinWait
	}
	return o
}
