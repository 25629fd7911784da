// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers shared by both signals: the repeated list of the top message,
// and the one of every level below it.
const (
	fieldTop   protowire.Number = 1
	fieldInner protowire.Number = 2
)

// Field numbers of what is around a span.
const (
	resourceSpansResource protowire.Number = 1
	resourceAttributes    protowire.Number = 1
)

// ErrEnvelope is returned for an envelope that Walk did not make.
var ErrEnvelope = errors.New("malformed envelope")

// Walk calls envelope for every scope of msg and then record for each of the
// scope's records, in message order. The envelope is borrowed until the next one,
// a record for as long as msg lives.
//
// It returns an error for a message that is not well-formed, and has then called for
// all that lies before the fault.
func Walk(msg []byte, envelope, record func([]byte)) error {
	w := walker{envelope: envelope, record: record}
	for len(msg) > 0 {
		n, val, size, err := field(msg)
		if err != nil {
			return err
		}
		if n == fieldTop && val != nil {
			if err := w.resource(val); err != nil {
				return err
			}
		}
		msg = msg[size:]
	}
	return nil
}

type walker struct {
	envelope, record func([]byte)
	own              []byte // the fields of the resource's message but the scopes
	scratch          []byte
}

// resource walks one ResourceSpans or ResourceLogs.
func (w *walker) resource(msg []byte) error {
	var err error
	if w.own, err = appendOthers(w.own[:0], msg); err != nil {
		return err
	}
	for len(msg) > 0 {
		n, val, size, _ := field(msg) // appendOthers has found no fault
		if n == fieldInner && val != nil {
			if err := w.scope(val); err != nil {
				return err
			}
		}
		msg = msg[size:]
	}
	return nil
}

// scope walks one ScopeSpans or ScopeLogs.
func (w *walker) scope(msg []byte) error {
	w.scratch = binary.AppendUvarint(w.scratch[:0], uint64(len(w.own)))
	w.scratch = append(w.scratch, w.own...)
	var err error
	if w.scratch, err = appendOthers(w.scratch, msg); err != nil {
		return err
	}
	w.envelope(w.scratch)
	for len(msg) > 0 {
		n, val, size, _ := field(msg)
		if n == fieldInner && val != nil {
			w.record(val)
		}
		msg = msg[size:]
	}
	return nil
}

// appendOthers appends every field of msg but the inner list, tags included.
func appendOthers(dst, msg []byte) ([]byte, error) {
	for len(msg) > 0 {
		n, val, size, err := field(msg)
		if err != nil {
			return dst, err
		}
		if n != fieldInner || val == nil {
			dst = append(dst, msg[:size]...)
		}
		msg = msg[size:]
	}
	return dst, nil
}

// field reads the first field of msg: its number, its value where that is
// length-delimited (never nil then), and its size with the tag.
func field(msg []byte) (protowire.Number, []byte, int, error) {
	n, typ, size := protowire.ConsumeTag(msg)
	if size < 0 {
		return 0, nil, 0, fault(size)
	}
	if typ != protowire.BytesType {
		vsize := protowire.ConsumeFieldValue(n, typ, msg[size:])
		if vsize < 0 {
			return 0, nil, 0, fault(vsize)
		}
		return n, nil, size + vsize, nil
	}
	length, lsize := protowire.ConsumeVarint(msg[size:])
	if lsize < 0 {
		return 0, nil, 0, fault(lsize)
	}
	rest := msg[size+lsize:]
	if length > uint64(len(rest)) {
		return 0, nil, 0, fault(-1)
	}
	return n, rest[:length:length], size + lsize + int(length), nil
}

func fault(code int) error {
	return fmt.Errorf("malformed OTLP message: %w", protowire.ParseError(code))
}

// AppendGroup appends one ResourceSpans or ResourceLogs, which is the records in the
// envelope, to an OTLP message. That stays a message: protobuf lists concatenate. The
// error is ErrEnvelope.
func AppendGroup(dst, envelope []byte, records ...[]byte) ([]byte, error) {
	length, n := binary.Uvarint(envelope)
	if n <= 0 || length > uint64(len(envelope)-n) {
		return dst, ErrEnvelope
	}
	resource, scope := envelope[n:n+int(length)], envelope[n+int(length):]
	size := len(scope)
	for _, rec := range records {
		size += protowire.SizeTag(fieldInner) + protowire.SizeBytes(len(rec))
	}
	total := len(resource) + protowire.SizeTag(fieldInner) + protowire.SizeBytes(size)
	dst = slices.Grow(dst, protowire.SizeTag(fieldTop)+protowire.SizeBytes(total))
	dst = protowire.AppendTag(dst, fieldTop, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(total))
	dst = append(dst, resource...)
	dst = protowire.AppendTag(dst, fieldInner, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(size))
	dst = append(dst, scope...)
	for _, rec := range records {
		dst = protowire.AppendTag(dst, fieldInner, protowire.BytesType)
		dst = protowire.AppendBytes(dst, rec)
	}
	return dst, nil
}

// ServiceEnvelope returns an envelope, as Walk makes them, of a resource that has
// only a service name.
func ServiceEnvelope(service string) []byte {
	attrs := appendStringAttribute(nil, resourceAttributes, "service.name", service)
	resource := protowire.AppendBytes([]byte{bytesTag(resourceSpansResource)}, attrs)
	return append(binary.AppendUvarint(nil, uint64(len(resource))), resource...)
}
