// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import "strings"

// isIdentifier reports a text of several parts with colons between them, which
// nobody gives an endpoint for a name: urn:isbn:0451450523, a MAC address,
// arn:aws:s3:::bucket; an algorithm and its digest, sha256:9f86d0…; or a scheme and
// a number, tel:+49170123456, localhost:8080.
func isIdentifier(seg string) bool {
	scheme, rest, found := strings.Cut(seg, ":")
	if !found {
		return false
	}
	return strings.IndexByte(rest, ':') >= 0 || isDigest(scheme, rest) || isUnlettered(rest)
}

// shortestDigest is that of 64 bits, in hexadecimal digits.
const shortestDigest = 16

func isDigest(algorithm, digest string) bool {
	if len(algorithm) < 2 || !IsAlpha(algorithm[0]) || len(digest) < shortestDigest {
		return false
	}
	kinds := Scan(digest)
	return kinds&hasNonHex == 0 || kinds&hasDigit != 0 && kinds&hasOpaque == 0 && isRandom(digest)
}

// isKeyName reports a name that a key may stand behind: Products, order-number.
func isKeyName(name string) bool {
	last := len(name) - 1
	return last >= 0 && IsAlpha(name[0]) && byteKinds[name[last]]&hasMark == 0 && Scan(name)&(hasPunct|hasOpaque) == 0
}

// isUnlettered reports digits and punctuation without a letter: a telephone
// number, a time, a range.
func isUnlettered(seg string) bool {
	kinds := Scan(seg)
	return kinds&hasDigit != 0 && kinds.Letters() == 0
}

// isMAC reports 00:1b:44:11:3a:b7, 00-1b-44-11-3a-b7 and 001b.4411.3ab7.
func isMAC(seg string) bool {
	group := 2
	switch {
	case len(seg) == 17 && (seg[2] == '-' || seg[2] == ':'):
	case len(seg) == 14 && seg[4] == '.':
		group = 4
	default:
		return false
	}
	for i := range len(seg) {
		if i%(group+1) == group {
			if seg[i] != seg[group] {
				return false
			}
		} else if !isHex(seg[i]) {
			return false
		}
	}
	return true
}

// isSize reports a width and a height: 64x64.
func isSize(seg string) bool {
	width, height, found := strings.Cut(seg, "x")
	return found && All(width, IsDigit) && All(height, IsDigit)
}

// isByte reports two hexadecimal digits, one of them a letter and one not: stores
// of files lay them out by the first bytes of their digests.
func isByte(seg string) bool {
	return len(seg) == 2 && isHex(seg[0]) && isHex(seg[1]) && IsDigit(seg[0]) != IsDigit(seg[1])
}

// holdsDate reports a name with a year and a month in it, and a day or none:
// logs-2026.01.17, report_2026-01.
func holdsDate(seg string) bool {
	for i := 1; i+7 <= len(seg); i++ {
		century := seg[i : i+2]
		if IsDigit(seg[i-1]) || century != "19" && century != "20" || byteKinds[seg[i+4]]&hasMark == 0 {
			continue
		}
		ends := i+7 == len(seg) || !IsDigit(seg[i+7])
		if ends && All(seg[i+2:i+4], IsDigit) && (seg[i+5] == '0' || seg[i+5] == '1') && IsDigit(seg[i+6]) {
			return true
		}
	}
	return false
}

// holdsRelease reports a name with a release behind a mark: lodash-4.17.21,
// numpy-1.26-cp311.
func holdsRelease(seg string) bool {
	for i := 1; i+3 < len(seg); i++ {
		if c := seg[i]; c != '-' && c != '_' || !IsDigit(seg[i+1]) {
			continue
		}
		j := i + 1
		for j < len(seg) && IsDigit(seg[j]) {
			j++
		}
		if j+1 < len(seg) && seg[j] == '.' && IsDigit(seg[j+1]) {
			return true
		}
	}
	return false
}

// unspeakable consonants in a row are in no word: the most in an English one are
// six, in latchstring. In what is shorter than shortestRandom they tell little.
const unspeakable, shortestRandom = 7, 10

// isUnspeakable reports random lower-case letters.
func isUnspeakable(seg string) bool {
	if len(seg) < shortestRandom {
		return false
	}
	row := 0
	for i := range len(seg) {
		switch seg[i] {
		case 'b', 'c', 'd', 'f', 'g', 'h', 'j', 'k', 'l', 'm', 'n', 'p', 'q', 'r', 's', 't', 'v', 'w', 'x', 'z':
			if row++; row == unspeakable {
				return true
			}
		default:
			row = 0
		}
	}
	return false
}
