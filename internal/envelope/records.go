// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package envelope

import (
	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// Records has use take the records of an OTLP message of a signal, in the client metadata,
// which may be nil, for the outlet. They are borrowed until it returns. An error says that it
// is no such message; then use is not called.
func Records(buffer *tracebuffer.Buffer, metadata *tracebuffer.Envelope, msg []byte, sig tracebuffer.Signal, outlet uint8, use func([]tracebuffer.Record)) error {
	var records []tracebuffer.Record
	var layers []*tracebuffer.Envelope
	var resource, scope *tracebuffer.Envelope
	defer func() { buffer.Forget(layers) }()
	err := otlpwire.Walk(msg, func(content []byte) {
		resource = buffer.Intern(metadata, content)
		layers = append(layers, resource)
	}, func(content []byte) {
		scope = buffer.Intern(resource, content)
		layers = append(layers, scope)
	}, func(rec []byte) {
		records = append(records, tracebuffer.Record{Envelope: scope, Data: rec, Signal: sig, Outlet: outlet})
	})
	if err == nil {
		use(records)
	}
	return err
}
