// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// hint is what a key reveals about its value. Most keys reveal nothing and the value's form
// decides alone.
type hint uint8

const (
	hintNone hint = iota
	// hintDatadog: digits are decimal, whatever their number.
	hintDatadog
	// hintUber: leading zeros of the ids may be missing.
	hintUber
	// hintSentry: id-id-flag is Sentry's, else B3's.
	hintSentry
	// hintEagleEye: an id of 25 to 64 characters, kept by its hash.
	hintEagleEye
	// hintSkyWalking: sw8, whose ids are in base64.
	hintSkyWalking
	// hintSWContext: SkyWalking's list of service, instance, trace, segment and span.
	hintSWContext
	// hintNewRelic: New Relic's list between bars.
	hintNewRelic

	// From here on the key is a common word, and a value without the form of an id is no evidence that
	// an id was meant.

	// hintB3: "b3" may be any variable; it also carries a bare sampling state.
	hintB3
	// hintThread: "tid" is more often a thread than a SkyWalking trace.
	hintThread
	// hintGCP: "trace" is more often a stack trace or a level.
	hintGCP
	// hintOperation: operation_Id is Application Insights' name, and that of anybody's long-running operation.
	hintOperation
	// hintRoot: "Root" means a trace only with an X-Ray id as its value.
	hintRoot
)

// ambiguous reports whether the key is a common word.
func (h hint) ambiguous() bool { return h >= hintB3 }
