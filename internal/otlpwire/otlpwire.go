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

// ErrHeader is returned for a header that Walk did not make.
var ErrHeader = errors.New("malformed header")

// Walk calls header for every scope of msg and then record for each of the
// scope's records, in message order. The header is borrowed until the next one,
// a record for as long as msg lives.
//
// A message that is not well-formed is an error; what came before the fault has
// been reported by then.
func Walk(msg []byte, header, record func([]byte)) error {
	w := walker{header: header, record: record}
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
	header, record func([]byte)
	own            []byte // the fields of the resource's message but the scopes
	scratch        []byte
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
	w.header(w.scratch)
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

// AppendGroup appends one ResourceSpans or ResourceLogs with the records under
// the header to an OTLP message, which stays one: protobuf lists concatenate.
func AppendGroup(dst, header []byte, records ...[]byte) ([]byte, error) {
	length, n := binary.Uvarint(header)
	if n <= 0 || length > uint64(len(header)-n) {
		return dst, ErrHeader
	}
	resource, scope := header[n:n+int(length)], header[n+int(length):]
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
