// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// hint is what a key tells about the value beside it. Most keys tell nothing and the value's form
// decides alone.
type hint uint8

const (
	hintNone hint = iota
	// hintDatadog: digits are decimal, whatever their number.
	hintDatadog
	// hintUber: leading zeros of the ids may be missing.
	hintUber
	// hintB3 and hintSentry: both write id-id-flag, with different flags.
	hintB3
	hintSentry
	// hintEagleEye: 25 to 64 characters, kept by their hash.
	hintEagleEye
	// hintSkyWalking: sw8, whose ids are in base64.
	hintSkyWalking
	// hintThread: the key is "tid", which is more often a thread than a SkyWalking trace.
	hintThread
	// hintGCP: the key is "trace", which is more often a stack trace or a log level.
	hintGCP
	// hintRoot: the key is "Root" or "Self", which only inside of an X-Ray header means anything.
	hintRoot
)

// ambiguous reports whether values without the form of an id are no evidence that an id was meant.
func (h hint) ambiguous() bool { return h >= hintThread }
