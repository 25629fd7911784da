// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package recordlog

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// An envelope lives for as long as somebody refers to it or to one in it, is the same
// for the same content in the same one, and counts as long as it lives.
func TestEnvelopesLiveWhileTheyAreReferredTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := NewEnvelopes()
		var used []*Envelope
		t.Repeat(map[string]func(*rapid.T){
			"intern": func(t *rapid.T) {
				var around *Envelope
				if len(used) > 0 && rapid.Bool().Draw(t, "in another") {
					around = rapid.SampledFrom(used).Draw(t, "around")
				}
				content := fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "content"))
				e := h.Intern(around, []byte(content), 0)
				require.Equal(t, content, e.Content)
				require.Same(t, around, e.Around)
				used = append(used, e)
			},
			"forget": func(t *rapid.T) {
				if len(used) > 0 {
					n := rapid.IntRange(0, len(used)-1).Draw(t, "which")
					h.Forget([]*Envelope{used[n], nil})
					used = append(used[:n], used[n+1:]...)
				}
			},
			"": func(t *rapid.T) {
				live := map[*Envelope]bool{}
				for _, e := range used {
					for ; e != nil; e = e.Around {
						live[e] = true
					}
				}
				var bytes int64
				outermost := 0
				for e := range live {
					require.Same(t, e, h.at(e.number))
					bytes += int64(len(e.Content)) + envelopeBytes
					if e.Around == nil {
						outermost++
					}
				}
				require.Len(t, h.byContent, len(live))
				require.Len(t, h.byNumber, len(live))
				require.Equal(t, outermost, h.outermost)
				require.Equal(t, bytes, h.Bytes()-int64(h.places)*placeBytes)
			},
		})
	})
}
