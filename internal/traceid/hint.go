// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// Hint is what a key reveals about its value. It settles only what the value leaves open.
type Hint uint8

// The hints.
const (
	// HintNone: the key reveals nothing, as most do, and the value's form decides alone.
	HintNone Hint = iota
	// HintDatadog: digits are decimal, whatever their number.
	HintDatadog
	// HintUber: leading zeros of the ids may be missing.
	HintUber
	// HintSentry: id-id-flag is Sentry's, else B3's.
	HintSentry
	// HintEagleEye: an id of 25 to 64 characters, kept by its hash.
	HintEagleEye
	// HintSkyWalking: sw8, whose ids are in base64.
	HintSkyWalking
	// HintSWContext: SkyWalking's list of service, instance, trace, segment and span.
	HintSWContext
	// HintNewRelic: New Relic's list between bars.
	HintNewRelic

	// From here on the key is a common word, and a value without the form of an id is no evidence that
	// an id was meant.

	// HintB3: "b3" may be any variable; it also carries a bare sampling state.
	HintB3
	// HintThread: "tid" is more often a thread than a SkyWalking trace.
	HintThread
	// HintGCP: "trace" is more often a stack trace or a level.
	HintGCP
	// HintOperation: operation_Id is Application Insights' name, and that of anybody's long-running operation.
	HintOperation
	// HintRoot: "Root" means a trace only with an X-Ray id as its value.
	HintRoot
)

// ambiguous reports whether the key is a common word.
func (h Hint) ambiguous() bool { return h >= HintB3 }
