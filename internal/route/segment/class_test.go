// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestClassOfASegment(t *testing.T) {
	for class, segments := range map[Class][]string{
		Int:      {"0", "7", "123456789012345678901234567890", "-5"},
		UUID:     {"3f1c8a52-9d0e-4c55-8f0a-6f1f5f0d9a11", "3F1C8A52-9D0E-4C55-8F0A-6F1F5F0D9A11"},
		Hex:      {"9a8b7c6d", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "E3B0C44298FC1C14"},
		ObjectID: {"5f6d7a8b9c0d1e2f3a4b5c6d"},
		ULID:     {"01HR9XD1Z2JD3C18GW2QVEETR8", "01hr9xd1z2jd3c18gw2qveetr8"},
		KSUID:    {"1srOrx2ZWZBpBUvZwXKQmoEYga2"},
		JWT:      {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N"},
		Date:     {"2024-05-06", "2024-05", "2024-05-06T07:08:09Z", "manual__2023-09-15T11:00:00+00:00", "scheduled__2020-08-10T23:00:00%2B00:00"},
		Email:    {"bob@example.com", "bob%40example.com"},
		IP:       {"10.226.122.35", "2001:db8::1"},
		Token: {
			"cus_9s6XKzkNRiz8i3", "thread_cxAyYABaAjHlrRvUloqGRhpT", "MH-JSVNPUSZ6QQLDNDM", "wdeNFlKH",
			"V1StGXR8_Z5jdHi6B-myT", "2.9.5", "5.11.18-alpha", strings.Repeat("a", 200),
		},
		Text:    {"Z\u00fcrich", "a%20b", "a b", "100%", "a,b"},
		Version: {"v1", "V2", "v1beta1", "v2alpha3", "v1p1beta1", "v1.2", "v2.0-rc1"},
		Word: {
			"users", "user_profile", "camelCase", "HTTPServer", "chat.postMessage", "users.api.v1.UserService", "records:batch",
			"_search", "en-US", "USD", "oauth2", "sha256", "s3", "ipv4", "x509", "projectsV2", "(group)", "$metadata", "alice",
			"validatingadmissionpolicybindings", "deadbeef2"[:8],
		},
	} {
		for _, s := range segments {
			assert.Equal(t, class, classify(s, false), s)
		}
	}
	for _, s := range []string{"2.0", "1.56", "2010-04-01"} {
		assert.Equal(t, Version, classify(s, true), s)
		assert.NotEqual(t, Version, classify(s, false), s)
	}
}

func TestIdentifiersAndFileNamesAreValues(t *testing.T) {
	for _, s := range []string{
		"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "md5:9e107d9d372bb6826bd81d3542a419d6", "blake3:af1349b9f5f9a1a6a0404dea36dcc949",
		"urn:ngsi-ld:Device:thermo", "urn:isbn:0451450523", "arn:aws:s3:::bucket", "did:example:alice", "AA:BB:CC:DD:EE:F4", "00-1b-44-11-3a-b7", "001b.4411.3ab7",
		"+4917012345678", "tel:+49-170-123", "nginx:1.25", "localhost:8080", "+1-202-555-0143", "(030)1234567", "12:30", "64x64", "1920x1080", "logs-app-2026.02.03", "report_2024-01", "metrics-2026-01-17-eu",
		"lodash-4.17.21", "numpy-1.26-cp311-cp311-manylinux_2_17", "left-pad@1.3.0", "react@next", "xkqjzvwbtrplm",
	} {
		assert.Equal(t, Token, classify(s, false), s)
		assert.True(t, IsValue(s), s)
		head, suffix := cutSuffix(s)
		assert.Equal(t, s, head+suffix)
		assert.Empty(t, suffix, s)
	}
	for _, s := range []string{"bob+tag@example.com", "@alice@example.social", "acct:alice@example.social", "mailto:bob@example.md"} {
		assert.Equal(t, Email, Read(s, Scan(s), PlaceCollection, Hints{}).Class, s)
	}
	for _, s := range []string{"fe80::1", "2001:db8::F4"} {
		assert.Equal(t, IP, Read(s, Scan(s), PlaceLiteral, Hints{}).Class, s)
	}
	for _, s := range []string{
		"records:batch", "sha256:batch", "mp4", "x509", "area-51", "iso-8859-1", "v1beta1", "ipv6", "latchstrings", "rhythms", "utf-8",
		"project-2000", "pre-20s", "validatingadmissionpolicybindings", "@me", "~home", "$count",
	} {
		assert.False(t, IsValue(s), s)
	}
}

func TestPlacesTellNamesOfPeopleAndBytesOfDigests(t *testing.T) {
	read := func(seg string, place Place) Class { return Read(seg, Scan(seg), place, Hints{}).Class }
	assert.Equal(t, Token, read("@alice", PlaceRoot))
	assert.Equal(t, Word, read("@me", PlaceCollection))
	assert.Equal(t, Token, read("a3", PlaceCollection))
	assert.Equal(t, Token, read("6c", PlaceValue))
	assert.Equal(t, Word, read("s3", PlaceValue))
	assert.Equal(t, Word, read("3d", PlaceLiteral))
	assert.Equal(t, Version, read("api", PlaceRoot), "it leads to the API, whoever stands beside it")
}

func TestKeysStandApart(t *testing.T) {
	for path, want := range map[string][]string{
		"/odata/Products(5)/Category":            {"odata", "Products(", "5)", "Category"},
		"/odata/Products('a-b')":                 {"odata", "Products(", "'a-b')"},
		"/users(userPrincipalName='a@b')":        {"users(", "userPrincipalName='a@b')"},
		"/OrderLines(OrderId=1,LineId=2)/$value": {"OrderLines(", "OrderId=1,LineId=2)", "$value"},
		"/lake/dt=2026-08-05/hour=7/a=b=c":       {"lake", "dt=", "2026-08-05", "hour=", "7", "a=", "b=c"},
		"/f(%27x%27)":                            {"f(", "%27x%27)"},
		"/(group)/page()/wiki/Mercury_(planet)":  {"(group)", "page()", "wiki", "Mercury_(planet)"},
		"/a(b)/x_(5)/(5)":                        {"a(b)", "x_(5)", "(5)"},
	} {
		var p Path
		assert.True(t, p.Split(path))
		keys := p.Keys()
		assert.Equal(t, want, keys.Segments(), path)
	}
	var p Path
	for _, path := range []string{"/(group)/page()", "/x_(5)", "/=a/a=/-=1", "/1=2", "/a b=1"} {
		p.Split(path)
		assert.False(t, p.Keyed(), path)
	}
	p.Split(strings.Repeat("/a(1)", MaxSegments))
	keys := p.Keys()
	assert.True(t, keys.Deeper())
	p.Split("/a/b")
	assert.False(t, p.Keyed())
}

func TestAKeyIsAValueWhateverItIs(t *testing.T) {
	for seg, want := range map[string]Reading{
		"5)":                  {"5", ")", Int},
		"word)":               {"word", ")", Text},
		"mail='a@b.example')": {"mail='a@b.example'", ")", Text},
		"v1)":                 {"v1", ")", Text},
	} {
		assert.Equal(t, want, Read(seg, Scan(seg), PlaceKey, Hints{}))
	}
}

// TestAnyPathReadsTheSameWithItsKeysApart: the segments are the path's, cut further.
func TestAnyPathReadsTheSameWithItsKeysApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p Path
		if !p.Split("/" + rapid.StringMatching(`[a-z()0-9'=/,%;]{0,40}`).Draw(t, "path")) {
			return
		}
		keys := p.Keys()
		assert.Equal(t, strings.ReplaceAll(p.Join(0, p.Len()), "/", ""), strings.ReplaceAll(keys.Join(0, keys.Len()), "/", ""))
	})
}

func TestSuffixStaysLiteral(t *testing.T) {
	for seg, want := range map[string]string{
		"a.png": ".png", "a.b.tar": ".tar", "x.JPG": ".JPG", "12:cancel": ":cancel", "a:batchGet": ":batchGet",
		"1.2": "", "a.unknown": "", ".json": "", "plain": "", "a:": "", "12:30": "", "chat.post": "",
	} {
		head, suffix := cutSuffix(seg)
		assert.Equal(t, want, suffix, seg)
		assert.Equal(t, seg, head+suffix)
	}
}

func TestPluralAndSingular(t *testing.T) {
	for plural, singularForm := range map[string]string{
		"users": "user", "policies": "policy", "addresses": "address", "boxes": "box", "branches": "branch",
	} {
		assert.True(t, IsPlural(plural), plural)
		assert.Equal(t, singularForm, Singular(plural))
	}
	for _, s := range []string{"status", "address", "user", "as", "analysis", "v1s"[:2]} {
		assert.False(t, IsPlural(s), s)
	}
}
