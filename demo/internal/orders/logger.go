// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"context"
	"io"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger writes one JSON object a line.
func newLogger(to io.Writer) *zap.Logger {
	encoding := zap.NewProductionEncoderConfig()
	encoding.TimeKey = "time"
	encoding.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(encoding), zapcore.Lock(zapcore.AddSync(to)), zapcore.InfoLevel))
}

// traced are the fields that tie a line to its span. Where ctx holds no span
// both are zeros, for nobody looks at IsValid.
func traced(ctx context.Context) []zap.Field {
	span := trace.SpanContextFromContext(ctx)
	return []zap.Field{
		zap.Stringer("trace_id", span.TraceID()),
		zap.Stringer("span_id", span.SpanID()),
	}
}
