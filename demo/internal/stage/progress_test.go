// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProgressInAPipeHasNoControlCharacters(t *testing.T) {
	var out bytes.Buffer
	p := &Progress{out: &out}
	p.Step("one %d", 1)
	p.Update("too soon to tell")
	p.last = time.Time{}
	p.Update("half way")
	p.Step("two")
	p.Close()
	require.Equal(t, "one 1\n  half way\ntwo\n", out.String())
}

func TestProgressInATerminalRewritesItsLine(t *testing.T) {
	var out bytes.Buffer
	p := &Progress{out: &out, terminal: true}
	p.Update("a long line")
	p.last = time.Time{}
	p.Update("short")
	p.Step("two")
	p.Close()
	require.Equal(t, "\r  a long line\r  short      \ntwo\n", out.String())
}
