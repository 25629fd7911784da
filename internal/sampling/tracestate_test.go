// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

const highest = "ffffffffffffff"

// keep is what becomes of a tracestate on a span that a stage keeps with the
// threshold, and whose trace id has the randomness.
func keep(t require.TestingT, in string, percentage float64, id string, u sampling.Unmarked) (out string, why sampling.Unwritten, noted bool) {
	th, err := sampling.PercentageThreshold(percentage)
	require.NoError(t, err)
	r, err := contrib.RValueToRandomness(id)
	require.NoError(t, err)
	s := sampling.ReadState(in)
	if s.Explicit {
		r = s.Randomness
	}
	to, noted := s.Keep(th, r, u)
	out, why = to.WriteTo(in)
	return out, why, noted
}

// numbered is a list of n members of other vendors.
func numbered(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("v%02d=x", i)
	}
	return list
}

func list(members ...[]string) string { return strings.Join(slices.Concat(members...), ",") }

func TestThresholdsInTracestates(t *testing.T) {
	tests := []struct {
		name       string
		percentage float64
		in, want   string
	}{
		{"adds a threshold", 1, "", "ot=th:fd70a"},
		{"raises a lower one", 1, "ot=th:8", "ot=th:fd70a"},
		{"leaves a higher one", 50, "ot=th:fd70a", "ot=th:fd70a"},
		{"leaves the randomness", 1, "ot=rv:ffffffffffffff", "ot=rv:ffffffffffffff;th:fd70a"},
		{"leaves unknown sub-keys", 1, "ot=xx:1", "ot=th:fd70a;xx:1"},
		{"leaves other vendors", 1, "a=b,c=d", "ot=th:fd70a,a=b,c=d"},
		{"adds nothing for all", 100, "a=b", "a=b"},
		{"keeps a threshold where all are kept", 100, "ot=th:8", "ot=th:8"},
		{"leaves the same one in its place", 1, "a=b,ot=th:fd70a,c=d", "a=b,ot=th:fd70a,c=d"},
		{"leaves the same one with zeros", 1, "a=b,ot=th:fd70a00", "a=b,ot=th:fd70a00"},
		{"leaves a higher one in its place", 50, "a=b,ot=xx:1;th:fd70a", "a=b,ot=xx:1;th:fd70a"},
		{"puts what it changes in front", 1, "a=b,ot=th:8,c=d", "ot=th:fd70a,a=b,c=d"},
		{"is not misled by other keys", 1, "boot=th:8", "ot=th:fd70a,boot=th:8"},
		{"writes over what is no threshold", 1, "ot=th:zz", "ot=th:fd70a"},
		{"and over what is too long for one", 1, "a=b,ot=rv:ffffffffffffff;th:123456789abcdef", "ot=rv:ffffffffffffff;th:fd70a,a=b"},
		{"cuts white space and empty members", 1, " a=b\t,, ,\tc=d ,", "ot=th:fd70a,a=b,c=d"},
		{"keeps white space where nothing changes", 100, " a=b\t,, ,\tc=d ,", " a=b\t,, ,\tc=d ,"},
		{"takes the younger of two", 1, "ot=th:fe,a=b,ot=th:8", "ot=th:fe,a=b,ot=th:8"},
		{"makes one of two", 1, "ot=th:8,a=b,ot=th:fe", "ot=th:fd70a,a=b"},
		{"leaves others' keys that are there twice", 1, "a=1,a=2", "ot=th:fd70a,a=1,a=2"},
		{"knows tenants", 1, "1ab@ot=x", "ot=th:fd70a,1ab@ot=x"},
		{"a member more than 31", 1, list(numbered(31)), list([]string{"ot=th:fd70a"}, numbered(31))},
		{"the oldest of 32 makes room", 1, list(numbered(32)), list([]string{"ot=th:fd70a"}, numbered(31))},
		{"and those of more", 1, list(numbered(40)), list([]string{"ot=th:fd70a"}, numbered(31))},
		{"its own of 32 needs none", 1, list(numbered(31), []string{"ot=th:8"}), list([]string{"ot=th:fd70a"}, numbered(31))},
		{"what is too long stays if nothing is noted", 100, list(numbered(40)), list(numbered(40))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, why, noted := keep(t, tt.in, tt.percentage, highest, sampling.Unknown)
			require.Equal(t, tt.want, got)
			require.Equal(t, sampling.Written, why)
			require.True(t, noted)
		})
	}
}

// What cannot take a threshold stays as it is, and says why.
func TestThresholdsThatCannotBeWritten(t *testing.T) {
	full := "ot=xx:" + strings.Repeat("a", 253)
	for in, want := range map[string]sampling.Unwritten{
		"not a tracestate":                        sampling.InvalidTraceState,
		"\x00,,==":                                sampling.InvalidTraceState,
		"ot=th:8,Upper=1":                         sampling.InvalidTraceState,
		"a=b,=c":                                  sampling.InvalidTraceState,
		"a=" + strings.Repeat("x", 257):           sampling.InvalidTraceState,
		strings.Repeat("a", 257) + "=x":           sampling.InvalidTraceState,
		"tenant@" + strings.Repeat("a", 15) + "=": sampling.InvalidTraceState,
		"a=é":       sampling.InvalidTraceState,
		"ot=th":     sampling.InvalidOT,
		"ot=th:8;":  sampling.InvalidOT,
		"ot=;;,a=b": sampling.InvalidOT,
		"ot=TH:8":   sampling.InvalidOT,
		full:        sampling.FullOT,
	} {
		got, why, _ := keep(t, in, 1, highest, sampling.Unknown)
		require.Equal(t, want, why, in)
		require.Equal(t, in, got)
		got, why, _ = keep(t, in, 100, highest, sampling.Unknown)
		require.Equal(t, sampling.Written, why, "%s: nothing is to be written", in)
		require.Equal(t, in, got)
	}
	in := "a=b,ot=th:8;xx:" + strings.Repeat("a", 248)
	got, why, _ := keep(t, in, 1, highest, sampling.Unknown)
	require.Equal(t, sampling.FullOT, why)
	require.Equal(t, "ot=xx:"+strings.Repeat("a", 248)+",a=b", got, "50 % would be wrong")
	require.Equal(t, []string{"", "invalid_tracestate", "invalid_ot", "full_ot", "below_threshold"}, []string{
		sampling.Written.String(), sampling.InvalidTraceState.String(), sampling.InvalidOT.String(),
		sampling.FullOT.String(), sampling.BelowThreshold.String(),
	})
}

// A threshold that the item's randomness is below is never there.
func TestThresholdsAboveTheRandomness(t *testing.T) {
	const low, middle = "00000000000001", "90000000000000"
	for _, tt := range []struct {
		in         string
		percentage float64
		id         string
		u          sampling.Unmarked
		want       string
		noted      bool
	}{
		{"", 1, low, sampling.Unknown, "", false},
		{"ot=rv:" + low, 1, highest, sampling.Unknown, "ot=rv:" + low, false},
		{"a=b,ot=rv:" + low + ";xx:1", 1, highest, sampling.Unknown, "a=b,ot=rv:" + low + ";xx:1", false},
		{"ot=th:8", 1, middle, sampling.Unknown, "", false}, // it was kept with less than 50 %
		{"ot=th:c;xx:1,a=b", 100, middle, sampling.Unknown, "ot=xx:1,a=b", true},
		{"ot=th:c", 100, middle, sampling.Unsampled, "", true}, // something sampled, so it was not unsampled
		{"ot=th:c", 50, middle, sampling.Unsampled, "ot=th:8", true},
		{"ot=th:8", 100, middle, sampling.Unsampled, "ot=th:8", true},
		{"", 100, low, sampling.Unsampled, "ot=th:0", true},
		{"a=b", 100, low, sampling.Unsampled, "ot=th:0,a=b", true},
		{"ot=rv:" + low, 100, highest, sampling.Unsampled, "ot=rv:" + low + ";th:0", true},
		{"ot=th:8", 0, highest, sampling.Unsampled, "", true}, // nobody knows the probability
		{"ot=rv:" + low + ";th:0", 0, highest, sampling.Unknown, "ot=rv:" + low, true},
	} {
		got, why, noted := keep(t, tt.in, tt.percentage, tt.id, tt.u)
		require.Equal(t, tt.want, got, "%+v", tt)
		require.Equal(t, tt.noted, noted, "%+v", tt)
		require.Equal(t, sampling.Written, why)
	}
}

func TestStatesOfTracestates(t *testing.T) {
	for in, want := range map[string]string{
		"ot=rv:00000000000001":           "rv:00000000000001",
		"v=1,ot=th:8;rv:ffffffffffffff":  "rv:ffffffffffffff th:8",
		"ot=rv:123":                      "",
		"ot=rv:ffffffffffffff;th:zz":     "rv:ffffffffffffff",
		"other=rv:00000000000001":        "",
		"":                               "",
		"ot=rv:00000000000001,not valid": "",
		list(numbered(31), []string{"ot=rv:" + highest}):                           "rv:" + highest,
		list([]string{"ot=rv:" + highest}, numbered(31)):                           "rv:" + highest,
		list([]string{"ot=rv:" + highest}, numbered(60)):                           "rv:" + highest,
		"a=" + strings.Repeat("x", 256) + ",ot=th:8,b=" + strings.Repeat("y", 256): "th:8",
	} {
		s := sampling.ReadState(in)
		var got []string
		if s.Explicit {
			got = append(got, "rv:"+s.Randomness.RValue())
		}
		if s.Sampled {
			got = append(got, "th:"+s.Threshold.TValue())
		}
		require.Equal(t, want, strings.Join(got, " "), in)
	}
}

// Of any list: never more than 32 members where something was written, the others in
// their order, unknown sub-keys and the randomness as they were, a threshold never
// above the randomness, and what need not change unchanged.
func TestWhatWasWrittenBesides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vendors := numbered(rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(30, 33)).Draw(t, "members"))
		for i := range vendors {
			vendors[i] += strings.Repeat("a:;", rapid.IntRange(0, 80).Draw(t, "length"))
		}
		rv := rapid.SampledFrom([]string{"", "rv:abcdefabcdefab", "rv:fffffffffffff0"}).Draw(t, "rv")
		before := rapid.SampledFrom([]string{"", "th:8", "th:a", "th:fd70a", "th:fe"}).Draw(t, "th")
		extra := rapid.SampledFrom([]string{"", "xx:1", "p:8;r:62"}).Draw(t, "extra")
		ot := strings.Join(slices.DeleteFunc([]string{rv, before, extra}, func(key string) bool { return key == "" }), ";")
		at := rapid.IntRange(0, len(vendors)).Draw(t, "place")
		members := slices.Clone(vendors)
		if ot != "" {
			members = slices.Insert(members, at, "ot="+ot)
		}
		in := list(members)
		percentage := rapid.SampledFrom([]float64{0, 1, 10, 50, 100}).Draw(t, "percentage")
		u := rapid.SampledFrom([]sampling.Unmarked{sampling.Unknown, sampling.Unsampled}).Draw(t, "unmarked")
		id := rapid.SampledFrom([]string{"00000000000001", "90000000000000", highest}).Draw(t, "id")

		out, why, noted := keep(t, in, percentage, id, u)
		require.Equal(t, sampling.Written, why)
		s, was := sampling.ReadState(out), sampling.ReadState(in)
		require.Equal(t, was.Explicit, s.Explicit)
		require.Equal(t, was.Randomness, s.Randomness)
		r, err := contrib.RValueToRandomness(id)
		require.NoError(t, err)
		if s.Explicit {
			r = s.Randomness
		}
		require.True(t, s.Consistent(r))
		if th, err := sampling.PercentageThreshold(percentage); err == nil && noted && s.Sampled {
			require.False(t, contrib.ThresholdGreater(th, s.Threshold), "not below that of the stage")
		}
		if s == was {
			require.Equal(t, in, out)
			return
		}
		got := strings.Split(out, ",")
		require.LessOrEqual(t, len(got), 32)
		if strings.HasPrefix(out, "ot=") {
			if extra != "" {
				require.Contains(t, got[0], extra)
			}
			got = got[1:]
		}
		if out == "" {
			got = nil
		}
		require.Equal(t, list(vendors[:len(got)]), list(got))
		require.GreaterOrEqual(t, len(got), min(len(vendors), 31))
		again, _, _ := keep(t, out, percentage, id, u)
		if noted && percentage > 0 && was.Consistent(r) {
			require.Equal(t, out, again, "once is enough")
		}
	})
}

// Whatever the text: where contrib's parser accepts it, it says the same, and what is
// written is a tracestate.
func FuzzTracestate(f *testing.F) {
	for _, seed := range []string{
		"", "ot=th:8", "a=b,ot=rv:ffffffffffffff;th:fd70a;xx:1,c=d", " a=b\t,, ,\tc=d ,", "ot=th:zz", "ot=th:8;",
		"1ab@sys=x", "a=b=c", "ot=th:8,ot=th:9", list(numbered(32)), "a=\x00", "ot=rv:FFFFFFFFFFFFFF", "A=b",
	} {
		f.Add(seed, uint64(1<<56-1), 1.0)
	}
	f.Fuzz(func(t *testing.T, in string, id uint64, percentage float64) {
		th, err := sampling.PercentageThreshold(percentage)
		if err != nil {
			return
		}
		r, err := contrib.UnsignedToRandomness(id & (contrib.MaxAdjustedCount - 1))
		require.NoError(t, err)
		s := sampling.ReadState(in)
		if theirs, err := contrib.NewW3CTraceState(in); err == nil && strings.Count(in, "ot=") < 2 {
			theirR, explicit := theirs.OTelValue().RValueRandomness()
			theirT, sampled := theirs.OTelValue().TValueThreshold()
			require.Equal(t, sampling.State{Randomness: theirR, Explicit: explicit, Threshold: theirT, Sampled: sampled}, s)
		}
		if s.Explicit {
			r = s.Randomness
		}
		to, _ := s.Keep(th, r, sampling.Unknown)
		require.True(t, to.Consistent(r))
		out, why := to.WriteTo(in)
		if why == sampling.InvalidTraceState || why == sampling.InvalidOT || to == s {
			require.Equal(t, in, out)
			return
		}
		got := sampling.ReadState(out)
		require.True(t, got.Consistent(r))
		if why == sampling.Written {
			require.Equal(t, to, got)
		}
		members := strings.Split(out, ",")
		require.LessOrEqual(t, len(members), 32)
		if len(members) < 32 && len(out) <= 1024 { // contrib's own limits
			_, err := contrib.NewW3CTraceState(out)
			require.NoError(t, err)
		}
	})
}
