// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package envelope

import (
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	otelclient "go.opentelemetry.io/collector/client"
	"pgregory.net/rapid"
)

func TestMetadataIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := NewClients([]string{"a", "B", "c"}, 0)
		values := map[string][]string{}
		for _, key := range []string{"a", "b", "c", "d"} {
			if of := rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, key); len(of) > 0 {
				values[key] = of
			}
		}
		got := c.read(string(c.append(nil, otelclient.NewMetadata(values))))
		read := map[string][]string{}
		for key := range got.Keys() {
			read[key] = got.Get(key)
		}
		delete(values, "d")
		require.True(t, maps.EqualFunc(values, read, func(a, b []string) bool { return fmt.Sprintf("%q", a) == fmt.Sprintf("%q", b) }), "%q %q", values, read)
	})
}
