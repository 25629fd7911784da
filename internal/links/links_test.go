// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package links

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// To remember what the last span said changes nothing in what is learned and
// whom a client is taken to call.
func TestPeersAreTheSameWithoutMemo(t *testing.T) {
	now := 1_000_000 * time.Second
	names := []string{"", "orders", "shop", "shop.svc"}
	services := []*telemetry.Service{{Address: record.AddressOf("cart", 0), NameID: 1}, {Address: record.AddressOf("orders", 0), NameID: 2}}
	rapid.Check(t, func(t *rapid.T) {
		with, without := started(), started()
		var memo PeerMemo
		name, port := rapid.SampledFrom(names), rapid.SampledFrom([]int{0, 80})
		svc := services[0]
		for range rapid.IntRange(1, 50).Draw(t, "spans") {
			if rapid.IntRange(0, 9).Draw(t, "next resource") == 0 {
				svc = rapid.SampledFrom(services).Draw(t, "service")
			}
			v := record.Span{Peer: record.Peer{
				Service: name.Draw(t, "peer"), Address: name.Draw(t, "address"), Destination: name.Draw(t, "queue"), Port: port.Draw(t, "port"),
			}}
			l := integrity.Link{Kind: integrity.Kind(rapid.IntRange(0, 5).Draw(t, "kind")), Parent: rapid.Uint64Range(0, 1).Draw(t, "parent")}
			got, want := l, l
			with.peer(now, svc, &got, &v, &memo)
			without.peer(now, svc, &want, &v, new(PeerMemo))
			require.Equal(t, want, got)
		}
		require.Equal(t, without.peers.Len(), with.peers.Len())
		for _, n := range names {
			for _, p := range []int{0, 80, queuePort} {
				require.Equal(t, without.peers.Lookup(now, record.AddressOf(n, p)), with.peers.Lookup(now, record.AddressOf(n, p)), "%s:%d", n, p)
			}
		}
	})
}

// A service may call itself where a span of the same batch says it answers.
func TestACallToWhatWasJustLearnedIsKnown(t *testing.T) {
	now := 1_000_000 * time.Second
	w, svc := started(), &telemetry.Service{Address: record.AddressOf("cart", 0), NameID: 1}
	var memo PeerMemo
	see := func(kind integrity.Kind, port int) uint64 {
		l := integrity.Link{Kind: kind}
		w.peer(now, svc, &l, &record.Span{Peer: record.Peer{Address: "shop", Port: port}}, &memo)
		return l.Callee
	}
	require.Equal(t, record.AddressOf("shop", 80), see(integrity.KindClient, 80))
	see(integrity.KindServer, 0)
	require.Equal(t, record.AddressOf("shop", 0), see(integrity.KindClient, 80))
}

// started returns a reader that checks traces.
func started() *Reader {
	r := New()
	r.Start(integrity.Options{Window: time.Second, MaxItems: 10, MaxBytes: 1 << 20})
	return r
}
