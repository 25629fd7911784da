// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
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
