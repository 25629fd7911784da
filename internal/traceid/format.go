// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// Format names the form an id was read from.
type Format uint8

// The formats, in the order of doc.go.
const (
	FormatNone Format = iota
	FormatW3CHex
	FormatTraceparent
	FormatUUID
	FormatHex64
	FormatB3
	FormatUber
	FormatDatadog
	FormatXRay
	FormatGCP
	FormatSkyWalking
	FormatEagleEye
	FormatSnowflake
	FormatULID
	FormatAppInsights
	FormatSentry
	FormatSpring
	FormatNewRelic
	formatCount
)

var formatNames = [formatCount]string{
	FormatNone: "none", FormatW3CHex: "w3c_hex", FormatTraceparent: "traceparent", FormatUUID: "uuid",
	FormatHex64: "hex64", FormatB3: "b3", FormatUber: "uber", FormatDatadog: "datadog", FormatXRay: "xray",
	FormatGCP: "gcp", FormatSkyWalking: "skywalking", FormatEagleEye: "eagleeye", FormatSnowflake: "snowflake",
	FormatULID: "ulid", FormatAppInsights: "appinsights", FormatSentry: "sentry",
	FormatSpring: "spring", FormatNewRelic: "newrelic",
}

// String returns the format as a metric label.
func (f Format) String() string {
	if f < formatCount {
		return formatNames[f]
	}
	return "unknown"
}
