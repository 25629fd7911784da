// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import "strings"

// Class says what a segment's shape makes of it.
type Class uint8

const (
	// Word may be a literal or a value: only context can tell.
	Word Class = iota
	// Version stays literal: v1, v1beta1, in front also 2.0, 2010-04-01 and api.
	Version
	Int      // decimal digits, with a sign or without
	UUID     // 8-4-4-4-12 hexadecimal digits
	Hex      // 7 or more hexadecimal digits
	ULID     // 26 letters and digits of Crockford's base 32
	KSUID    // 27 letters and digits
	ObjectID // 24 hexadecimal digits, as MongoDB makes them
	JWT
	Date // a day or a month, with a time or without
	Time
	Email
	IP
	Host
	// Token is random text: nanoid, base64url, prefixed ids.
	Token
	// Text holds bytes no literal has: escapes, spaces, non-ASCII.
	Text
	classCount
)

// classNames are the placeholder names. A class whose border to its
// neighbours is soft is called param, so that one population of values does
// not get two names.
var classNames = [classCount]string{
	Word: "param", Version: "version", Int: "int", UUID: "uuid", Hex: "hex",
	ULID: "ulid", KSUID: "ksuid", ObjectID: "objectid", JWT: "jwt", Date: "date",
	Time: "time", Email: "email", IP: "ip", Host: "hostname", Token: "param", Text: "param",
}

// Placeholder returns the name of a placeholder for values of the class.
func (c Class) Placeholder() string { return classNames[c] }

// String returns the class's own name; several share the placeholder param.
func (c Class) String() string {
	if c == Token {
		return "token"
	}
	return classNames[c]
}

// ClassOf is the inverse of String. It returns Word for a name it does not know.
func ClassOf(name string) Class {
	for c := range classCount {
		if c.String() == name {
			return c
		}
	}
	return Word
}

// Named returns the class that stands for all of the same placeholder.
func (c Class) Named() Class {
	if classNames[c] == classNames[Word] {
		return Word
	}
	return c
}

// Literal reports whether a segment of this class can be literal text.
func (c Class) Literal() bool { return c <= Version }

const (
	// MaxLiteral is the longest segment taken for literal text.
	MaxLiteral = 96
	// MaxClassified is how much of a segment is looked at.
	MaxClassified = 256
)

// classify returns the class of a segment. front: it is one of the first
// segments, where versions stand.
func classify(seg string, front bool) Class {
	if len(seg) > MaxLiteral {
		return classifyLong(seg)
	}
	return classifyKinds(seg, Scan(seg), front)
}

func classifyKinds(seg string, kinds Kinds, front bool) Class {
	switch {
	case kinds&hasOpaque != 0:
		return classifyOpaque(seg)
	case kinds == hasDigit:
		return Int
	case kinds&hasDigit == 0:
		return classifyLetters(seg, kinds)
	case kinds&hasPunct != 0:
		return classifyPunct(seg)
	case kinds&hasNonHex == 0:
		return classifyHex(seg, kinds)
	}
	return classifyMixed(seg, kinds, front)
}

func classifyLong(seg string) Class {
	seg = seg[:min(len(seg), MaxClassified)]
	if Scan(seg)&hasOpaque != 0 {
		return Text
	}
	if isJWT(seg) {
		return JWT
	}
	return Token
}

// classifyOpaque: an escaped time stamp or address is still one.
func classifyOpaque(seg string) Class {
	if strings.Contains(seg, "%40") {
		return Email
	}
	if isDateStart(seg) || isStamped(seg) {
		return Date
	}
	return Text
}

// classifyLetters: no digit in it. Only randomness can make it a value.
func classifyLetters(seg string, kinds Kinds) Class {
	if kinds&hasPunct != 0 {
		return classifyPunct(seg)
	}
	if kinds&hasUpper != 0 && isRandom(seg) || kinds&hasMark == 0 && isUnspeakable(seg) {
		return Token
	}
	return Word
}

func classifyPunct(seg string) Class {
	switch {
	case strings.LastIndexByte(seg, '@') > 0:
		return classifyAt(seg)
	case isDateStart(seg) || isStamped(seg):
		return Date
	case isMAC(seg):
		return Token
	case isIPv6(seg):
		return IP
	case seg[len(seg)-1] == '(' || seg[len(seg)-1] == '=' && isKeyName(seg[:len(seg)-1]):
		return Version // of a name with a key behind it
	case isIdentifier(seg) || isUnlettered(seg):
		return Token
	case isWordy(seg):
		return Word
	}
	return Text
}

// classifyAt: bob@example.com is an address, left-pad@1.3.0 is not.
func classifyAt(seg string) Class {
	host := seg[strings.LastIndexByte(seg, '@')+1:]
	dot := strings.LastIndexByte(host, '.')
	if dot > 0 && len(host)-dot > 2 && All(host[dot+1:], IsAlpha) {
		return Email
	}
	return Token
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

func classifyHex(seg string, kinds Kinds) Class {
	switch {
	case kinds&hasUpper != 0 && kinds&hasLower != 0:
		return classifyMixed(seg, kinds, false)
	case len(seg) == 24:
		return ObjectID
	case len(seg) >= 7:
		return Hex
	}
	return classifyMixed(seg, kinds, false)
}

// classifyMixed: digits among letters and marks.
func classifyMixed(seg string, kinds Kinds, front bool) Class {
	switch {
	case IsVersion(seg):
		return Version
	case front && isFrontVersion(seg):
		return Version
	case kinds&(hasLower|hasUpper) == 0:
		return classifyNumeric(seg)
	case IsUUID(seg):
		return UUID
	case isDateStart(seg):
		return Date
	case len(seg) == 26 && isULID(seg):
		return ULID
	case len(seg) == 27 && kinds&hasMark == 0 && kinds&hasUpper != 0 && kinds&hasLower != 0:
		return KSUID
	case isJWT(seg):
		return JWT
	case isRelease(seg) || isRandom(seg) || isSize(seg) || kinds&hasMark != 0 && (isMAC(seg) || holdsDate(seg) || holdsRelease(seg)):
		return Token
	case isStamped(seg):
		return Date
	}
	return Word
}

// classifyNumeric: digits and marks only.
func classifyNumeric(seg string) Class {
	switch {
	case isDateStart(seg):
		return Date
	case isIPv4(seg):
		return IP
	case seg[0] == '-' && IsSignedInt(seg):
		return Int
	}
	return Token
}
