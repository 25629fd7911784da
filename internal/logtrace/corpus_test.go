// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// corpusCase is one text of testdata and what it must give.
type corpusCase struct {
	name  string
	attrs [][2]string
	body  string
	want  string
}

// result reads the case as the processor would: attributes through a Finder, a body by ScanBody.
func (c corpusCase) result(k *Keys) (traceid.Context, traceid.Reason) {
	if c.attrs == nil {
		return k.ScanBody(c.body)
	}
	var f Finder
	for _, a := range c.attrs {
		f.Offer(k.Lookup(a[0]), a[1])
	}
	return f.Result()
}

func hexOf(id traceid.ID) string { return hex.EncodeToString(id[:]) }

// describe writes a result in the form of the corpus.
func describe(c traceid.Context, r traceid.Reason) string {
	if r != traceid.Found {
		return r.String()
	}
	s := hexOf(c.TraceID)
	if c.SpanID != [8]byte{} {
		s += " span=" + hex.EncodeToString(c.SpanID[:])
	}
	if c.HasFlags {
		s += fmt.Sprintf(" flags=%02x", c.Flags)
	}
	s += " format=" + c.Format.String()
	if c.Debug {
		s += " debug"
	}
	if c.NonRandom {
		s += " nonrandom"
	}
	return s
}

func readCorpus(tb testing.TB, file string) []corpusCase {
	text, err := os.ReadFile("testdata/" + file)
	require.NoError(tb, err)
	var all []corpusCase
	var c corpusCase
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		kind, rest, _ := strings.Cut(lines.Text(), " ")
		switch kind {
		case "=":
			c = corpusCase{name: rest}
		case "attr:":
			key, value, ok := strings.Cut(rest, " = ")
			require.True(tb, ok, rest)
			c.attrs = append(c.attrs, [2]string{key, value})
		case "body:":
			c.body = rest
		case ">":
			c.want = rest
			all = append(all, c)
		}
	}
	require.NotEmpty(tb, all)
	return all
}

func TestCorpus(t *testing.T) {
	k := NewKeys(nil)
	for _, file := range []string{"corpus.txt", "lookalikes.txt"} {
		for _, c := range readCorpus(t, file) {
			t.Run(file+"/"+c.name, func(t *testing.T) {
				assert.Equal(t, c.want, describe(c.result(k)), "%v %s", c.attrs, c.body)
			})
		}
	}
}

// TestCorpusIsBroad keeps the corpus from shrinking below what it promises.
func TestCorpusIsBroad(t *testing.T) {
	formats, carriers := map[string]bool{}, map[string]bool{}
	for _, c := range readCorpus(t, "corpus.txt") {
		_, after, ok := strings.Cut(c.want, "format=")
		require.True(t, ok, c.name)
		format, _, _ := strings.Cut(after, " ")
		formats[format] = true
		carrier, _, _ := strings.Cut(c.body, "{")
		switch {
		case len(c.attrs) > 0:
			carrier = c.attrs[0][0]
		case carrier == "":
			carrier = "json"
		default:
			carrier = "text"
		}
		carriers[format+" "+carrier] = true
	}
	for f := traceid.FormatNone + 1; f.String() != "unknown"; f++ {
		assert.True(t, formats[f.String()], "%s has no case", f)
	}
	assert.Greater(t, len(carriers), 60)
	assert.Greater(t, len(readCorpus(t, "lookalikes.txt")), 100)
}
