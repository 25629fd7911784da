// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package envelope

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	otelclient "go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/consumer/consumererror"

	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// Clients keeps what is configured of the metadata of clients (client.Info)
// with what is held: it is the outermost envelope of a held record, in bytes, and
// becomes a context again when the record goes on. It is immutable.
type Clients struct {
	keys  []string
	limit int // combinations of values held at a time; 0 is none
}

// NewClients returns the Clients of which the values of the keys are kept, in any case.
// So many combinations of values are held at a time; 0 does not limit.
func NewClients(keys []string, limit uint32) Clients {
	return Clients{keys: keys, limit: int(limit)}
}

// The reasons for which a call with client metadata is refused for good.
var (
	errTooManyClients = consumererror.NewPermanent(errors.New(
		"too many combinations of client metadata are held: metadata_cardinality_limit"))
	errLargeMetadata = errors.New("the client metadata of metadata_keys is larger than can be held")
)

// Intern returns the envelope of the call's metadata, which is nil without keys. It is
// the caller's until the buffer's Forget. An error is permanent: the metadata has more
// than the largest number of bytes, or too many combinations are held.
func (c *Clients) Intern(ctx context.Context, buffer *tracebuffer.Buffer, largest int) (*tracebuffer.Envelope, error) {
	if len(c.keys) == 0 {
		return nil, nil
	}
	content := c.append(nil, otelclient.FromContext(ctx).Metadata)
	if len(content) > largest {
		return nil, consumererror.NewPermanent(fmt.Errorf("%w: %d bytes of %d (a sixteenth of max_bytes)", errLargeMetadata, len(content), largest))
	}
	if e := buffer.InternOutermost(content, c.limit); e != nil {
		return e, nil
	}
	return nil, errTooManyClients
}

// append appends the values of each key: their number, and each with its length.
func (c *Clients) append(dst []byte, md otelclient.Metadata) []byte {
	for _, key := range c.keys {
		values := md.Get(key)
		dst = binary.AppendUvarint(dst, uint64(len(values)))
		for _, v := range values {
			dst = binary.AppendUvarint(dst, uint64(len(v)))
			dst = append(dst, v...)
		}
	}
	return dst
}

// read is the inverse of append.
func (c *Clients) read(content string) otelclient.Metadata {
	rest := []byte(content)
	number := func() int {
		n, size := binary.Uvarint(rest)
		rest = rest[size:]
		return int(n)
	}
	values := map[string][]string{}
	for _, key := range c.keys {
		var of []string
		for range number() {
			size := number()
			of = append(of, string(rest[:size]))
			rest = rest[size:]
		}
		if len(of) > 0 {
			values[key] = of
		}
	}
	return otelclient.NewMetadata(values)
}

// Context returns the function that makes a context of metadata that was held, or nil
// without keys.
func (c *Clients) Context() func(context.Context, string) context.Context {
	if len(c.keys) == 0 {
		return nil
	}
	return func(ctx context.Context, content string) context.Context {
		return otelclient.NewContext(ctx, otelclient.Info{Metadata: c.read(content)})
	}
}
