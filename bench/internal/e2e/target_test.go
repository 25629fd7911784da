// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTargetsRunInTheCollectorOfTheirPeer: a floor belongs to one collector, too.
func TestTargetsRunInTheCollectorOfTheirPeer(t *testing.T) {
	dir := t.TempDir()
	l := launch{ours: filepath.Join(dir, "ours"), peers: filepath.Join(dir, "peers")}
	_, err := l.binary("ours_tail")
	require.ErrorContains(t, err, "no collector")
	require.NoError(t, os.WriteFile(l.ours, nil, 0o600))
	require.NoError(t, os.WriteFile(l.peers, nil, 0o600))
	targets, err := parseTargets("decode:both,nop:both,ours_tail:logs,decode_peers:both,nop_peers:both,tail_sampling:traces")
	require.NoError(t, err)
	for i, want := range []string{l.ours, l.ours, l.ours, l.peers, l.peers, l.peers} {
		got, err := l.binary(targets[i].processors())
		require.NoError(t, err)
		assert.Equal(t, want, got, targets[i])
	}
	_, err = parseTargets("unknown:both")
	require.ErrorContains(t, err, "decode_peers")
}
