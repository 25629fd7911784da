// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire

import (
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

// Walk calls resource for every resource of msg with what is around its scopes, then
// scope for each of them with what is around its records, and then record for each of
// these, in message order. What is around is borrowed until the next one of its kind,
// a record for as long as msg lives.
//
// It returns an error for a message that is not well-formed, and has then called for
// all that lies before the fault.
func Walk(msg []byte, resource, scope, record func([]byte)) error {
	w := walker{onResource: resource, onScope: scope, onRecord: record}
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
	onResource, onScope, onRecord func([]byte)

	own, ofScope []byte // scratch: the fields of the two messages but the inner list
}

// resource walks one ResourceSpans or ResourceLogs.
func (w *walker) resource(msg []byte) error {
	var err error
	if w.own, err = appendOthers(w.own[:0], msg); err != nil {
		return err
	}
	w.onResource(w.own)
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
	var err error
	if w.ofScope, err = appendOthers(w.ofScope[:0], msg); err != nil {
		return err
	}
	w.onScope(w.ofScope)
	for len(msg) > 0 {
		n, val, size, _ := field(msg)
		if n == fieldInner && val != nil {
			w.onRecord(val)
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

// Scope is a ScopeSpans or ScopeLogs: what is around its records, as Walk found it,
// and the records.
type Scope struct {
	Around  string
	Records [][]byte
}

func (s *Scope) size() int {
	n := len(s.Around)
	for _, rec := range s.Records {
		n += fieldSize(len(rec))
	}
	return n
}

// fieldSize is the size of a field of so many bytes whose number is below 16.
func fieldSize(content int) int { return 1 + protowire.SizeBytes(content) }

// AppendResource appends one ResourceSpans or ResourceLogs to an OTLP message: what is
// around its scopes, as Walk found it, and the scopes. It stays a message: protobuf
// lists concatenate.
func AppendResource(dst []byte, around string, scopes []Scope) []byte {
	size := len(around)
	for i := range scopes {
		size += fieldSize(scopes[i].size())
	}
	dst = slices.Grow(dst, fieldSize(size))
	dst = appendLength(append(dst, bytesTag(fieldTop)), size)
	dst = append(dst, around...)
	for i := range scopes {
		dst = appendLength(append(dst, bytesTag(fieldInner)), scopes[i].size())
		dst = append(dst, scopes[i].Around...)
		for _, rec := range scopes[i].Records {
			dst = appendLength(append(dst, bytesTag(fieldInner)), len(rec))
			dst = append(dst, rec...)
		}
	}
	return dst
}

// ServiceEnvelope returns what is around the scopes of a resource that has only a
// service name.
func ServiceEnvelope(service string) []byte {
	attrs := appendStringAttribute(nil, resourceAttributes, "service.name", service)
	return protowire.AppendBytes([]byte{bytesTag(resourceSpansResource)}, attrs)
}
