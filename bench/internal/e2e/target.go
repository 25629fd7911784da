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

// decode is the target that throws away what it received; the floor of every
// collector. The peer "nop" hands all of it on.
const decode = "decode"

func (t Target) String() string { return t.Peer + ":" + t.Signals }

func (t Target) takes(signal string) bool { return t.Signals == "both" || t.Signals == signal }

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
		if !ok || peer != decode && !peers.Exists(peer) || !slices.Contains([]string{"traces", "logs", "both"}, signals) {
			return nil, fmt.Errorf("no target %q; want peer:signals with peer %s or one of %s", name, decode, strings.Join(peers.Names(), ", "))
		}
		out = append(out, Target{peer, signals})
	}
	return out, nil
}
