// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "strings"

// class says what a segment's shape makes of it.
type class uint8

const (
	// classWord may be a literal or a value: only context can tell.
	classWord class = iota
	// classVersion stays literal: v1, v1beta1, 2.0 in front, 2010-04-01 in front.
	classVersion
	classInt
	classUUID
	classHex
	classULID
	classKSUID
	classObjectID
	classJWT
	classDate
	classTime
	classEmail
	classIP
	classHost
	// classToken is random text: nanoid, base64url, prefixed ids.
	classToken
	// classText holds bytes no literal has: escapes, spaces, non-ASCII.
	classText
	classCount
)

// classNames are the placeholder names. A class whose border to its
// neighbours is soft is called param, so that one population of values does
// not come out under two names.
var classNames = [classCount]string{
	classWord: "param", classVersion: "version", classInt: "int", classUUID: "uuid", classHex: "hex",
	classULID: "ulid", classKSUID: "ksuid", classObjectID: "objectid", classJWT: "jwt", classDate: "date",
	classTime: "time", classEmail: "email", classIP: "ip", classHost: "hostname", classToken: "param", classText: "param",
}

// named returns the class that stands for all of the same name.
func (c class) named() class {
	if classNames[c] == classNames[classWord] {
		return classWord
	}
	return c
}

// literal reports whether a segment of this class can be literal text.
func (c class) literal() bool { return c <= classVersion }

const (
	// maxLiteral is the longest segment taken for literal text.
	maxLiteral = 96
	// maxClassified is how much of a segment is looked at.
	maxClassified = 256
)

// byteSet is a set of byte kinds.
type byteSet uint8

const (
	hasDigit byteSet = 1 << iota
	hasLower
	hasUpper
	hasMark   // - _ .
	hasDot    // . beside hasMark
	hasPunct  // other printable ASCII
	hasOpaque // percent, control, space, non-ASCII
	hasNonHex // all but digits and a-f A-F
)

var byteKinds = func() (kinds [256]byteSet) {
	for i := range kinds {
		kinds[i] = kindOf(byte(i))
		if !isHex(byte(i)) {
			kinds[i] |= hasNonHex
		}
	}
	return kinds
}()

func kindOf(c byte) byteSet {
	switch {
	case isDigit(c):
		return hasDigit
	case isLower(c):
		return hasLower
	case isUpper(c):
		return hasUpper
	case c == '.':
		return hasMark | hasDot
	case c == '-' || c == '_':
		return hasMark
	case c <= ' ' || c >= 0x7f || c == '%':
		return hasOpaque
	}
	return hasPunct
}

// scan returns the kinds of bytes in s.
func scan(s string) byteSet {
	var kinds byteSet
	for i := range len(s) {
		kinds |= byteKinds[s[i]]
	}
	return kinds
}

// classify returns the class of a segment. front: it is one of the first
// segments, where versions stand.
func classify(seg string, front bool) class {
	if len(seg) > maxLiteral {
		return classifyLong(seg)
	}
	return classifyKinds(seg, scan(seg), front)
}

func classifyKinds(seg string, kinds byteSet, front bool) class {
	switch {
	case kinds&hasOpaque != 0:
		return classifyOpaque(seg)
	case kinds == hasDigit:
		return classInt
	case kinds&hasDigit == 0:
		return classifyLetters(seg, kinds)
	case kinds&hasPunct != 0:
		return classifyPunct(seg)
	case kinds&hasNonHex == 0:
		return classifyHex(seg, kinds)
	}
	return classifyMixed(seg, kinds, front)
}

func classifyLong(seg string) class {
	seg = seg[:min(len(seg), maxClassified)]
	if scan(seg)&hasOpaque != 0 {
		return classText
	}
	if isJWT(seg) {
		return classJWT
	}
	return classToken
}

// classifyOpaque: an escaped time stamp or address is still one.
func classifyOpaque(seg string) class {
	if strings.Contains(seg, "%40") {
		return classEmail
	}
	if isDateStart(seg) || isStamped(seg) {
		return classDate
	}
	return classText
}

// classifyLetters: no digit in it. Only randomness can make it a value.
func classifyLetters(seg string, kinds byteSet) class {
	if kinds&hasPunct != 0 {
		return classifyPunct(seg)
	}
	if kinds&hasUpper != 0 && isRandom(seg) {
		return classToken
	}
	return classWord
}

func classifyPunct(seg string) class {
	switch {
	case strings.IndexByte(seg, '@') > 0 && strings.IndexByte(seg, '.') > 0:
		return classEmail
	case isDateStart(seg) || isStamped(seg):
		return classDate
	case isIPv6(seg):
		return classIP
	case isWordy(seg):
		return classWord
	}
	return classText
}

// isWordy accepts the punctuation literals have: records:batch, @scope,
// (group), $metadata, ~user.
func isWordy(seg string) bool {
	for i := range len(seg) {
		c := seg[i]
		if byteKinds[c]&hasPunct != 0 && strings.IndexByte(":@$~()!+*", c) < 0 {
			return false
		}
	}
	return true
}

func classifyHex(seg string, kinds byteSet) class {
	switch {
	case kinds&hasUpper != 0 && kinds&hasLower != 0:
		return classifyMixed(seg, kinds, false)
	case len(seg) == 24:
		return classObjectID
	case len(seg) >= 7:
		return classHex
	}
	return classifyMixed(seg, kinds, false)
}

// classifyMixed: digits among letters and marks.
func classifyMixed(seg string, kinds byteSet, front bool) class {
	switch {
	case isVersion(seg):
		return classVersion
	case front && isFrontVersion(seg):
		return classVersion
	case kinds&(hasLower|hasUpper) == 0:
		return classifyNumeric(seg)
	case isUUID(seg):
		return classUUID
	case isDateStart(seg):
		return classDate
	case len(seg) == 26 && isULID(seg):
		return classULID
	case len(seg) == 27 && kinds&hasMark == 0 && kinds&hasUpper != 0 && kinds&hasLower != 0:
		return classKSUID
	case isJWT(seg):
		return classJWT
	case isRelease(seg) || isRandom(seg):
		return classToken
	case isStamped(seg):
		return classDate
	}
	return classWord
}

// classifyNumeric: digits and marks only.
func classifyNumeric(seg string) class {
	switch {
	case isDateStart(seg):
		return classDate
	case isIPv4(seg):
		return classIP
	case seg[0] == '-' && isSignedInt(seg):
		return classInt
	}
	return classToken
}
