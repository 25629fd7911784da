// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import "strings"

// IsVersion reports v1, v2.1, V3, v1beta1, v1alpha2p1, v2.0-rc1 and the like.
func IsVersion(s string) bool {
	if len(s) < 2 || len(s) > 16 || s[0] != 'v' && s[0] != 'V' || !IsDigit(s[1]) {
		return false
	}
	i := 1
	for i < len(s) && (IsDigit(s[i]) || s[i] == '.') {
		i++
	}
	if i > 7 {
		return false // v20240131…: a build or a value
	}
	if i+1 < len(s) && s[i] == 'p' && IsDigit(s[i+1]) {
		i += 2 // v1p1beta1
	}
	for _, stage := range [...]string{"alpha", "beta", "rc", "preview"} {
		rest := strings.TrimPrefix(s[i:], "-")
		if after, ok := strings.CutPrefix(rest, stage); ok {
			rest = strings.TrimPrefix(after, ".")
			return len(rest) <= 4 && (rest == "" || IsDigit(rest[0]))
		}
	}
	return i == len(s)
}

// isFrontVersion reports what is a version in front of a path only: 2.0,
// 2010-04-01.
func isFrontVersion(s string) bool {
	if len(s) == 10 && isDateStart(s) {
		return true
	}
	major, minor, ok := strings.Cut(s, ".")
	return ok && len(major) <= 3 && len(minor) <= 3 && All(major, IsDigit) && All(minor, IsDigit)
}

// isDateStart reports text that starts as 2006-01 or 2006-01-02 does.
func isDateStart(s string) bool {
	if len(s) < 7 || s[4] != '-' || s[0] != '1' && s[0] != '2' || s[5] > '1' {
		return false
	}
	if !All(s[:4], IsDigit) || !All(s[5:7], IsDigit) {
		return false
	}
	return len(s) == 7 || s[7] == '-' && len(s) >= 10 && All(s[8:10], IsDigit)
}

// isStamped reports a date behind a prefix that ends in two underscores:
// manual__2006-01-02T15:04:05.
func isStamped(s string) bool {
	cut := strings.Index(s[:min(len(s), 32)], "__")
	return cut > 0 && isDateStart(s[cut+2:])
}

func isIPv4(s string) bool {
	dots, run := 0, 0
	for i := range len(s) {
		switch {
		case s[i] == '.' && run > 0:
			dots, run = dots+1, 0
		case IsDigit(s[i]) && run < 3:
			run++
		default:
			return false
		}
	}
	return dots == 3 && run > 0
}

func isIPv6(s string) bool {
	colons := 0
	for i := range len(s) {
		switch {
		case s[i] == ':':
			colons++
		case !isHex(s[i]) && s[i] != '.':
			return false
		}
	}
	return colons >= 2
}

// isULID reports Crockford base 32 in one case; the caller checked the length.
func isULID(s string) bool {
	if s[0] > '7' {
		return false
	}
	lower, upper := false, false
	for i := range len(s) {
		c := s[i]
		if !IsDigit(c) && !IsAlpha(c) || strings.IndexByte("IiLlOoUu", c) >= 0 {
			return false
		}
		lower, upper = lower || IsLower(c), upper || IsUpper(c)
	}
	return lower != upper
}

// isJWT reports the start of a base64url JSON object and two dots.
func isJWT(s string) bool {
	return strings.HasPrefix(s, "eyJ") && strings.Count(s, ".") >= 1
}

// run counts what a piece of text between marks is made of.
type run struct {
	length, digits, lowers, uppers int
	switches                       int // between letters and digits
	humps                          int // from lower to upper case
}

// isRandom reports text that no one typed: a piece between marks switches
// between letters and digits, or between cases, as names do not.
func isRandom(s string) bool {
	var r run
	for i := range len(s) {
		if byteKinds[s[i]]&(hasMark|hasPunct) != 0 {
			if r.random() {
				return true
			}
			r = run{}
			continue
		}
		r.add(s, i)
	}
	return r.random()
}

func (r *run) add(s string, i int) {
	c := s[i]
	if r.length > 0 {
		if IsDigit(c) != IsDigit(s[i-1]) {
			r.switches++
		}
		if IsUpper(c) && IsLower(s[i-1]) {
			r.humps++
		}
	}
	r.length++
	switch {
	case IsDigit(c):
		r.digits++
	case IsLower(c):
		r.lowers++
	default:
		r.uppers++
	}
}

func (r *run) random() bool {
	switch {
	case r.length < 5:
		return false
	case r.lettersRandom():
		return true
	case r.digits == 0:
		return false
	case r.digits*2 > r.length && r.length >= 6:
		return true
	case r.switches >= 3:
		return true
	case r.lowers == 0 && (r.switches >= 2 || r.length >= 8):
		return true
	}
	return r.length >= 7 && r.lowers > 0 && r.uppers > 0 && r.switches >= 2
}

// lettersRandom: pieces of camel case are longer than two letters on average.
func (r *run) lettersRandom() bool {
	return r.lowers > 0 && r.uppers > 1 && r.humps >= 1 && r.length < 3*(r.humps+1) ||
		r.lowers > 0 && r.humps >= 1 && r.length >= 8 && r.uppers*5 >= r.length*2
}

// isNumbered reports a word, a mark and a number: video_743, eval-1.
func isNumbered(s string) bool {
	i := len(s)
	for i > 0 && IsDigit(s[i-1]) {
		i--
	}
	return i < len(s) && i >= 2 && (s[i-1] == '_' || s[i-1] == '-') && All(s[:i-1], IsAlpha)
}

// isRelease reports a number with a dot in front: 2.9.5, 5.11.18-alpha.
func isRelease(s string) bool {
	dot := strings.IndexByte(s, '.')
	return dot > 0 && dot+1 < len(s) && All(s[:dot], IsDigit) && IsDigit(s[dot+1])
}

// isHostname reports lower-case labels with a top level domain people use
// behind them.
func isHostname(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	if dot <= 0 {
		return false
	}
	switch s[dot+1:] {
	case "com", "org", "net", "io", "dev", "app", "co", "uk", "de", "fr", "eu", "us", "edu", "gov", "info", "local", "internal", "cloud", "ai":
	default:
		return false
	}
	return All(s, func(c byte) bool { return IsLower(c) || IsDigit(c) || c == '-' || c == '.' })
}

// IsCode reports a language, a locale or a currency: en, pt-BR, zh_CN, USD.
// There are few of them, and a page or a rate is one for each.
func IsCode(s string) bool {
	switch len(s) {
	case 2:
		return IsLower(s[0]) && IsLower(s[1])
	case 3:
		return IsUpper(s[0]) && IsUpper(s[1]) && IsUpper(s[2])
	case 5:
		return IsLower(s[0]) && IsLower(s[1]) && (s[2] == '-' || s[2] == '_') && IsAlpha(s[3]) && IsAlpha(s[4])
	}
	return false
}

// IsUUID reports the 8-4-4-4-12 form.
func IsUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	kinds := Scan(s[:8]) | Scan(s[9:13]) | Scan(s[14:18]) | Scan(s[19:23]) | Scan(s[24:])
	return kinds&hasNonHex == 0
}

// IsSignedInt reports decimal digits, with a sign or without.
func IsSignedInt(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	return All(s, IsDigit)
}
