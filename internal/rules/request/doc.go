// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package request says what kind of request an item is about, as far as sampling asks
// for that: one of a probe or a metric scraper ([Probes]), one for a file that pages are
// made of ([IsStaticAsset]), or one to a route of the configuration ([Routes]).
//
// Requests that may have changed something are of neither of the first two kinds, nor
// are those that were answered with an error: what is not sure to be noise is not taken
// for it. Probes and Routes are immutable and safe for concurrent use. The lists are
// checked when they are compiled; the errors name the key and the value.
//
// Sources: the probes of Kubernetes, of load balancers and of the frameworks, as
// docs/sampling.md lists them.
package request
