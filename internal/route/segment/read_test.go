// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAPlaceCanChangeAClass(t *testing.T) {
	for _, c := range []struct {
		seg   string
		place Place
		api   bool
		want  Reading
	}{
		{"2.0", PlaceRoot, false, Reading{Head: "2.0", Class: Version}},
		{"2.0", PlaceCollection, false, Reading{Head: "2.0", Class: Token}},
		{"v2.29.3", PlaceCollection, false, Reading{Head: "v2.29.3", Class: Token}},
		{"0", PlaceRoot, true, Reading{Head: "0", Class: Version}},
		{"0", PlaceRoot, false, Reading{Head: "0", Class: Int}},
		{"example.com", PlaceCollection, false, Reading{Head: "example.com", Class: Host}},
		{"example.com", PlaceLiteral, false, Reading{Head: "example.com", Class: Word}},
		{"video_7", PlaceCollection, false, Reading{Head: "video_7", Class: Token}},
		{"video_7", PlaceValue, false, Reading{Head: "video_7", Class: Word}},
		{"7.png", PlaceLiteral, false, Reading{Head: "7", Suffix: ".png", Class: Int}},
		{"bob:cancel", PlaceCollection, false, Reading{Head: "bob", Suffix: ":cancel", Class: Word}},
	} {
		assert.Equal(t, c.want, Read(c.seg, Scan(c.seg), c.place, Hints{AfterAPI: c.api}), c)
	}
}

func TestPlaceAfterALiteral(t *testing.T) {
	for _, c := range []struct {
		label       string
		place, want Place
	}{
		{"v1", PlaceLiteral, PlaceRoot},
		{"api", PlaceRoot, PlaceRoot},
		{"api", PlaceLiteral, PlaceLiteral},
		{"users", PlaceRoot, PlaceCollection},
		{"userSettings", PlaceRoot, PlaceLiteral},
		{"search", PlaceCollection, PlaceLiteral},
	} {
		assert.Equal(t, c.want, PlaceAfter(c.place, c.label), c.label)
	}
}

func TestTheNameOfAClassReadsBack(t *testing.T) {
	for c := range classCount {
		if c != Text { // shares its name with Word
			assert.Equal(t, c, ClassOf(c.String()))
		}
	}
	assert.Equal(t, Word, ClassOf("unknown"))
}

func TestAWholeSegmentHasNoSuffix(t *testing.T) {
	for _, seg := range []string{"logo.png", "bob:cancel", "7.json"} {
		assert.Equal(t, seg, Read(seg, Scan(seg), PlaceCollection, Hints{Whole: true}).Head)
	}
}
