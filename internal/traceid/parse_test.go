// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// written is one way to write a trace id.
type written struct {
	hint   Hint
	format Format
	write  func(ID, uint64) string
	// low is set where the high half is not written.
	low bool
	// span is set where the span id is written.
	span bool
}

func hexOf(id ID) string { return hex.EncodeToString(id[:]) }

var writers = []written{
	{HintNone, FormatW3CHex, func(id ID, _ uint64) string { return hexOf(id) }, false, false},
	{HintNone, FormatW3CHex, func(id ID, _ uint64) string { return strings.ToUpper(hexOf(id)) }, false, false},
	{HintNone, FormatW3CHex, func(id ID, _ uint64) string { return "0x" + hexOf(id) }, false, false},
	{HintDatadog, FormatW3CHex, func(id ID, _ uint64) string { return hexOf(id) }, false, false},
	{HintNone, FormatHex64, func(id ID, _ uint64) string { return fmt.Sprintf("%016x", id.Low()) }, true, false},
	{HintDatadog, FormatDatadog, func(id ID, _ uint64) string { return strconv.FormatUint(id.Low(), 10) }, true, false},
	{HintNone, FormatUUID, func(id ID, _ uint64) string {
		return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	}, false, false},
	{HintNone, FormatTraceparent, func(id ID, s uint64) string { return fmt.Sprintf("00-%x-%016x-01", id[:], s) }, false, true},
	{HintB3, FormatB3, func(id ID, s uint64) string { return fmt.Sprintf("%x-%016x-1", id[:], s) }, false, true},
	{HintB3, FormatB3, func(id ID, s uint64) string { return fmt.Sprintf("%016x-%016x", id.Low(), s) }, true, true},
	{HintSentry, FormatSentry, func(id ID, s uint64) string { return fmt.Sprintf("%x-%016x-0", id[:], s) }, false, true},
	{HintUber, FormatUber, func(id ID, s uint64) string { return fmt.Sprintf("%x:%x:0:1", id[:], s) }, false, true},
	{HintUber, FormatUber, func(id ID, s uint64) string { return fmt.Sprintf("%x:%x:%x:3", id.Low(), s, s) }, true, true},
	{HintUber, FormatUber, func(id ID, s uint64) string { return fmt.Sprintf("%x%%3A%x%%3A0%%3A1", id[:], s) }, false, true},
	{HintNone, FormatXRay, func(id ID, _ uint64) string { return fmt.Sprintf("1-%x-%x", id[:4], id[4:]) }, false, false},
	{HintNone, FormatXRay, func(id ID, s uint64) string {
		return fmt.Sprintf("Root=1-%x-%x;Parent=%016x;Sampled=1", id[:4], id[4:], s)
	}, false, true},
	{HintGCP, FormatGCP, func(id ID, _ uint64) string { return fmt.Sprintf("projects/my-p/traces/%x", id[:]) }, false, false},
	{HintNone, FormatGCP, func(id ID, s uint64) string { return fmt.Sprintf("%x/%d;o=1", id[:], s) }, false, true},
	{HintOperation, FormatAppInsights, func(id ID, s uint64) string { return fmt.Sprintf("|%x.%016x.", id[:], s) }, false, true},
	{HintNewRelic, FormatNewRelic, func(id ID, s uint64) string { return fmt.Sprintf("NR-LINKING|g|h|%x|%016x|a|", id[:], s) }, false, true},
}

// TestParseReadsWhatIsWritten: whatever the id, each form gives it back.
func TestParseReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := newID(rapid.Uint64().Draw(t, "high"), rapid.Uint64Min(1).Draw(t, "low"))
		span := rapid.Uint64Min(1).Draw(t, "span")
		w := rapid.SampledFrom(writers).Draw(t, "writer")
		text := w.write(id, span)
		c, reason := w.hint.Parse(text)
		require.Equal(t, Found, reason, text)
		want := id
		if w.low {
			want = newID(0, id.Low())
		}
		assert.Equal(t, want, c.TraceID, text)
		assert.Equal(t, w.format, c.Format, text)
		if w.span {
			assert.Equal(t, spanID(span), c.SpanID, text)
		} else {
			assert.Zero(t, c.SpanID, text)
		}
	})
}

// TestParseRefusesWhatIsDamaged: with one byte lost, doubled or changed to one outside of all
// alphabets, a text gives either nothing or, where its form has no fixed length, no part that was not written. Plain hex
// that lost a digit is left out: it may have lost a leading zero.
func TestParseRefusesWhatIsDamaged(t *testing.T) {
	fixed := writers[:3]
	fixed = append(fixed, writers[6], writers[7], writers[14])
	rapid.Check(t, func(t *rapid.T) {
		id := newID(rapid.Uint64().Draw(t, "high"), rapid.Uint64Min(1).Draw(t, "low"))
		text := rapid.SampledFrom(fixed).Draw(t, "writer").write(id, 1)
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		damaged := text[:at] + text[at+1:]
		least := 0
		if len(text) <= len("0x")+32 {
			least = 1
		}
		switch rapid.IntRange(least, 2).Draw(t, "damage") {
		case 1:
			damaged = text[:at+1] + text[at:]
		case 2:
			damaged = text[:at] + "~" + text[at+1:]
		}
		c, reason := HintNone.Parse(damaged)
		assert.NotEqual(t, Found, reason, "%s gave %x", damaged, c.TraceID)
		assert.Equal(t, Context{}, c)
	})
}

// TestHex8 compares the eight digits at a time with the table, for every byte in every place.
func TestHex8(t *testing.T) {
	for place := range 8 {
		for c := range 256 {
			digits := []byte("0a9Ff1C7")
			digits[place] = byte(c)
			got, ok := hex8(string(digits))
			want, err := strconv.ParseUint(string(digits), 16, 64)
			require.Equal(t, err == nil, ok, "%q", digits)
			if ok {
				require.Equal(t, want, got, "%q", digits)
			}
		}
	}
}

func TestHexUint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching("[0-9a-fA-F]{0,18}|[0-9a-zA-Z]{0,17}").Draw(t, "s")
		got, ok := HexUint(s)
		want, err := strconv.ParseUint(s, 16, 64)
		assert.Equal(t, err == nil && len(s) <= 16, ok, s)
		if ok {
			assert.Equal(t, want, got, s)
		}
	})
}

func TestDecimalUint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching("[0-9]{0,21}|184467440737095516[0-9]{2}|[0-9x]{3}").Draw(t, "s")
		got, ok := decimalUint(s)
		want, err := strconv.ParseUint(s, 10, 64)
		assert.Equal(t, err == nil && len(s) <= 20, ok, s)
		if ok {
			assert.Equal(t, want, got, s)
		}
	})
}

// TestNonRandom: a sampler must not trust the low bits of ids that count.
func TestNonRandom(t *testing.T) {
	for version := range 10 {
		id := fmt.Sprintf("de5980b8-fce3-%da37-aab9-b4ac3af7eedd", version)
		c, reason := HintNone.Parse(id)
		require.Equal(t, Found, reason)
		assert.Equal(t, version == 1 || version == 2 || version == 6, c.NonRandom, id)
	}
	// Of a decimal with the top bit, which no Snowflake has, the low bits are as good as of any random id.
	for text, nonRandom := range map[string]bool{"9223372036854775807": true, "9223372036854775808": false} {
		c, reason := HintNone.Parse(text)
		require.Equal(t, Found, reason)
		assert.Equal(t, nonRandom, c.NonRandom, text)
	}
}

// TestSnowflakeKeepsItsLowBits: the id is the number itself, not a hash of it.
func TestSnowflakeKeepsItsLowBits(t *testing.T) {
	c, _ := HintNone.Parse("1541815603606036480")
	assert.Equal(t, uint64(1541815603606036480), c.TraceID.Low())
	assert.Zero(t, c.TraceID.High())
}

func TestParseSpanID(t *testing.T) {
	want := spanID(0x00f067aa0ba902b7)
	for _, c := range []struct {
		hint  Hint
		value string
		want  [8]byte
	}{
		{HintNone, "00f067aa0ba902b7", want},
		{HintNone, "00F067AA0BA902B7", want},
		{HintNone, "0x00f067aa0ba902b7", want},
		{HintNone, " 00f067aa0ba902b7 ", want},
		{HintDatadog, "67667974448284343", want},
		{HintNone, "67667974448284343", want},
		{HintDatadog, "1234567890123456", spanID(1234567890123456)},
		{HintNone, "1234567890123456", spanID(0x1234567890123456)},
		{HintDatadog, "7", spanID(7)},
		{HintNone, "f067aa0ba902b7", want},
		{HintNone, "0xf067aa0ba902b7", want},
		{HintNone, "700019aa17cc5e1", spanID(0x700019aa17cc5e1)},
		{HintNone, "19aa17cc5e102", spanID(0x19aa17cc5e102)},
		{HintNone, "0x1234567890123", spanID(0x1234567890123)},
	} {
		got, ok := c.hint.ParseSpanID(c.value)
		assert.True(t, ok, c)
		assert.Equal(t, c.want, got, c)
	}
	for _, bad := range []string{"", "0", "-", "null", "0000000000000000", "067aa0ba902b7", "67aa0ba902b7", "0x67aa0ba902b7", "1790000000000", "179000000000000", "7", "x0f067aa0ba902b7", "4bf92f3577b34da6a3ce929d0e0e4736", "18446744073709551616"} {
		_, ok := HintNone.ParseSpanID(bad)
		assert.False(t, ok, bad)
	}
	for _, bad := range []string{"0", "18446744073709551616", "-1"} {
		_, ok := HintDatadog.ParseSpanID(bad)
		assert.False(t, ok, bad)
	}
}

func TestParseFlags(t *testing.T) {
	for value, want := range map[string]byte{"1": 1, "01": 1, "00": 0, "0": 0, "03": 3, "ff": 0xff, "0x01": 1, "true": 1, "True": 1, "false": 0, "Recorded": 1, "None": 0} {
		got, debug, ok := HintNone.ParseFlags(value)
		assert.True(t, ok, value)
		assert.False(t, debug, value)
		assert.Equal(t, want, got, value)
	}
	for _, value := range []string{"", "-", "yes", "001", "g"} {
		_, _, ok := HintNone.ParseFlags(value)
		assert.False(t, ok, value)
	}
}

// TestLabels: each format and reason has its own label, for they tell metrics apart.
func TestLabels(t *testing.T) {
	seen := map[string]bool{}
	for f := range formatCount {
		assert.NotEmpty(t, f.String())
		assert.False(t, seen[f.String()], f.String())
		seen[f.String()] = true
	}
	assert.Equal(t, "unknown", formatCount.String())
	assert.Equal(t, "unknown", Reason(200).String())
	assert.Equal(t, []string{"found", "absent", "placeholder", "invalid_zero", "malformed"}, reasonNames[:])
}

// FuzzWideDecimal agrees with arithmetic of any width.
func FuzzWideDecimal(f *testing.F) {
	for _, s := range []string{
		"136226328892407683857640016887932994919", "340282366920938463463374607431768211455",
		"340282366920938463463374607431768211456", "999999999999999999999999999999999999999", "000000000000000000000000000000000000",
	} {
		f.Add(s)
	}
	limit := new(big.Int).Lsh(big.NewInt(1), 128)
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := wideDecimal(s)
		n, isNumber := new(big.Int).SetString(s, 10)
		want := isNumber && len(s) >= minWide && len(s) <= maxWide && s[0] != '+' && s[0] != '-' &&
			!strings.Contains(s, "_") && n.Cmp(limit) < 0
		if ok != want {
			t.Fatalf("%t for %q", ok, s)
		}
		if ok && new(big.Int).SetBytes(id[:]).Cmp(n) != 0 {
			t.Fatalf("%x for %q", id, s)
		}
	})
}

// TestTrimmedIDs: an id printed as a number is the id, as long as three digits are missing at most.
func TestTrimmedIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lost := rapid.IntRange(0, 3).Draw(t, "lost")
		high := rapid.Uint64Range(1<<(60-4*lost), 1<<(64-4*lost)-1).Draw(t, "high")
		id := newID(high, rapid.Uint64().Draw(t, "low"))
		span := rapid.Uint64Range(1<<(60-4*lost), 1<<(64-4*lost)-1).Draw(t, "span")
		digits := fmt.Sprintf("%x", new(big.Int).SetBytes(id[:]))
		if _, decimal := parseEagleEye(digits); !decimal {
			c, reason := HintNone.Parse(digits)
			assert.Equal(t, Found, reason, digits)
			assert.Equal(t, id, c.TraceID, digits)
		}
		c, reason := HintNone.Parse("0x" + digits)
		assert.Equal(t, Found, reason, digits)
		assert.Equal(t, id, c.TraceID, digits)
		s, ok := HintNone.ParseSpanID(fmt.Sprintf("0x%x", span))
		assert.True(t, ok)
		assert.Equal(t, spanID(span), s)
	})
}
