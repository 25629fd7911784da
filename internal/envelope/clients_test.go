// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package envelope

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	otelclient "go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// buffer is an empty one.
func buffer(t *testing.T) *tracebuffer.Buffer {
	policy, err := sampling.NewPolicy(sampling.Rule{Name: "default", Threshold: contrib.AlwaysSampleThreshold})
	require.NoError(t, err)
	b, err := tracebuffer.New(tracebuffer.Options{Policy: policy, Wait: time.Minute, MaxItems: 100, MaxBytes: 4 << 20})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

// from is the context of a request with the header X-Tenant.
func from(tenants ...string) context.Context {
	return otelclient.NewContext(context.Background(), otelclient.Info{
		Metadata: otelclient.NewMetadata(map[string][]string{"X-Tenant": tenants, "other": {"lost"}}),
	})
}

// No more combinations are held at a time than the limit says. What is one too many is
// refused for good; when others are gone it is taken.
func TestCombinationsAreLimited(t *testing.T) {
	c, b := NewClients([]string{"x-tenant"}, 2), buffer(t)
	one, err := c.Intern(from("a"), b, 1000)
	require.NoError(t, err)
	_, err = c.Intern(from("b", "c"), b, 1000)
	require.NoError(t, err)
	again, err := c.Intern(from("a"), b, 1000)
	require.NoError(t, err)
	require.Same(t, one, again)
	_, err = c.Intern(from("c"), b, 1000)
	require.True(t, consumererror.IsPermanent(err))
	require.ErrorContains(t, err, "metadata_cardinality_limit")
	b.Forget([]*tracebuffer.Envelope{one, again})
	_, err = c.Intern(from("c"), b, 1000)
	require.NoError(t, err)
}

// Values that are too large are refused, those of many requests with one value take one
// place, and what nobody names is gone.
func TestMetadataIsBounded(t *testing.T) {
	c, b := NewClients([]string{"x-tenant"}, 0), buffer(t)
	_, err := c.Intern(from(strings.Repeat("x", 1000)), b, 1000)
	require.True(t, consumererror.IsPermanent(err))
	require.EqualError(t, err, "Permanent error: the client metadata of metadata_keys is larger than can be held: 1003 bytes of 1000 (a sixteenth of max_bytes)")
	before := b.Bytes()
	var interned []*tracebuffer.Envelope
	for range 100 {
		e, err := c.Intern(from(strings.Repeat("x", 200<<10)), b, 1<<20)
		require.NoError(t, err)
		interned = append(interned, e)
	}
	require.InDelta(t, 200<<10, b.Bytes()-before, 50<<10)
	b.Forget(interned)
	require.InDelta(t, before, b.Bytes(), 50<<10)
}

// Without keys nothing is kept of the clients.
func TestWithoutKeysNoMetadataIsKept(t *testing.T) {
	c := NewClients(nil, 2)
	e, err := c.Intern(from("a"), buffer(t), 1000)
	require.NoError(t, err)
	require.Nil(t, e)
	require.Nil(t, c.Context())
}

func TestMetadataIsReadAsItWasWritten(t *testing.T) {
	c, b := NewClients([]string{"a", "B", "c"}, 0), buffer(t)
	rapid.Check(t, func(rt *rapid.T) {
		values := map[string][]string{}
		for _, key := range []string{"a", "b", "c", "d"} {
			if of := rapid.SliceOfN(rapid.String(), 0, 3).Draw(rt, key); len(of) > 0 {
				values[key] = of
			}
		}
		e, err := c.Intern(otelclient.NewContext(context.Background(), otelclient.Info{Metadata: otelclient.NewMetadata(values)}), b, 1<<20)
		require.NoError(rt, err)
		got := otelclient.FromContext(c.Context()(context.Background(), e.Content)).Metadata
		read := map[string][]string{}
		for key := range got.Keys() {
			read[key] = got.Get(key)
		}
		delete(values, "d")
		require.True(rt, maps.EqualFunc(values, read, func(a, b []string) bool { return fmt.Sprintf("%q", a) == fmt.Sprintf("%q", b) }), "%q %q", values, read)
	})
}
