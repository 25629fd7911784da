// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIDsRepeatBySeedAndDifferByService(t *testing.T) {
	first := func(service string, seed uint64) [16]byte {
		id, span := newIDs(service, seed).NewIDs(t.Context())
		require.True(t, id.IsValid())
		require.True(t, span.IsValid())
		return id
	}
	require.Equal(t, first("orders", 1), first("orders", 1))
	require.NotEqual(t, first("orders", 1), first("orders", 2))
	require.NotEqual(t, first("orders", 1), first("catalog", 1))
}

func TestNoEndpointIsFine(t *testing.T) {
	tel, err := Start(t.Context(), Config{Service: "orders"})
	require.NoError(t, err)
	_, span := tel.Traces.Tracer("test").Start(t.Context(), "alone")
	span.End()
	require.NoError(t, tel.Shutdown(t.Context()))
}
