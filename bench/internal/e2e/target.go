// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"slices"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
)

// Target is a peer with the signals it is sent.
type Target struct{ Peer, Signals string }

// The targets that throw away what they received: the floors of our collector
// and of the peers'. The peers "nop" and "nop_peers" hand all of it on.
const (
	decode      = "decode"
	decodePeers = "decode_peers"
)

func (t Target) String() string { return t.Peer + ":" + t.Signals }

func (t Target) takes(signal string) bool { return t.Signals == "both" || t.Signals == signal }

// decodes reports whether the target throws away what it received.
func (t Target) decodes() bool { return t.Peer == decode || t.Peer == decodePeers }

// processors is the peer whose processors the target has.
func (t Target) processors() string {
	switch t.Peer {
	case decode:
		return peers.Floor
	case decodePeers:
		return peers.FloorOf("tail_sampling")
	}
	return t.Peer
}

// without takes the pipeline of a signal that is not sent out of a peer's text.
func (t Target) without(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		if (name == "traces" || name == "logs") && strings.HasPrefix(line, "    "+name+": {") && !t.takes(name) {
			continue
		}
		out.WriteString(line)
	}
	return out.String()
}

func parseTargets(text string) ([]Target, error) {
	var out []Target
	for name := range strings.SplitSeq(text, ",") {
		peer, signals, ok := strings.Cut(name, ":")
		t := Target{peer, signals}
		if !ok || !t.decodes() && !peers.Exists(peer) || !slices.Contains([]string{"traces", "logs", "both"}, signals) {
			return nil, fmt.Errorf("no target %q; want peer:signals with peer %s, %s or one of %s", name, decode, decodePeers, strings.Join(peers.Names(), ", "))
		}
		out = append(out, t)
	}
	return out, nil
}
