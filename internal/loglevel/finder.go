// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package loglevel

import "strings"

// Finder finds a record's level among its fields. The zero value is ready for use.
type Finder struct {
	level Level
	rank  uint8
	// small and letter are levels that count only if a field beside them says whose they are.
	small, letter   Level
	isGELF, isMongo bool
}

// nested is added to the rank of a key for each object that it lies in.
const nested = 64

// Offer takes a text that stands under the key, in the given number of objects.
func (f *Finder) Offer(k Key, v string, depth int) {
	if n, ok := numberIn(v); ok {
		f.OfferInt(k, n, depth)
		if k.kind != kindVersion && k.kind != kindGELF && k.kind != kindComponent {
			return
		}
	}
	switch k.kind {
	case kindLevel, kindSeverity, kindWord, kindSyslog, kindJournal:
		level := Parse(v)
		if k.kind == kindJournal && level == Below {
			return
		}
		f.take(k, level, depth)
	case kindMongo:
		if v == "E" || v == "F" {
			f.letter = Error
		}
	case kindGELF:
		f.isGELF = true
	case kindVersion:
		f.isGELF = f.isGELF || v == "1.1" || v == "1.0"
	case kindComponent:
		f.isMongo = true
	}
}

// numberIn reads a whole number of at most five digits.
func numberIn(v string) (n int64, ok bool) {
	if v == "" || v[0] > '9' { // nearly all
		return 0, false
	}
	v = strings.TrimSpace(v)
	if v == "" || len(v) > 5 || !isDigits(v) {
		return 0, false
	}
	for i := range len(v) {
		n = 10*n + int64(v[i]-'0')
	}
	return n, true
}

// OfferInt takes a number that stands under the key, in the given number of objects.
func (f *Finder) OfferInt(k Key, n int64, depth int) {
	if k.kind == kindLevel && 0 <= n && n <= 7 {
		f.small = below(n, 0, 3)
		return
	}
	f.take(k, numbered(k.kind, n), depth)
}

// numbered returns the level that a number under a key of the kind stands for.
func numbered(k kind, n int64) Level {
	switch k {
	case kindLevel:
		return loggerLevel(n)
	case kindSeverity:
		return severity(n)
	case kindSyslog:
		return below(n, 0, 3)
	case kindJournal:
		if below(n, 0, 3) == Error {
			return Error
		}
	case kindPriority:
		return below(n&7, 0, 3)
	case kindPython:
		return below(n, 40, 1000)
	case kindLogback:
		return below(n, 40_000, 1_000_000)
	case kindOTel:
		return below(n, 17, 24)
	case kindAzure:
		return below(n, 3, 4)
	}
	return Unknown
}

// below is Error for the numbers from first to last, and Below for others.
func below(n, first, last int64) Level {
	if first <= n && n <= last {
		return Error
	}
	return Below
}

// loggerLevel reads the numbers of pino, bunyan, Python and Monolog.
func loggerLevel(n int64) Level {
	switch n {
	case 50, 60, 400, 500, 550, 600:
		return Error
	case 10, 20, 30, 40, 100, 200, 250, 300:
		return Below
	}
	return Unknown
}

// severity reads the numbers of syslog, in which small ones are worse, and of Google Cloud.
func severity(n int64) Level {
	switch n {
	case 1, 2, 3, 500, 600, 700, 800:
		return Error
	case 4, 5, 6, 7, 100, 200, 300, 400:
		return Below
	}
	return Unknown
}

// take notes a level, unless one with a better rank is known.
func (f *Finder) take(k Key, level Level, depth int) {
	rank := k.rank + uint8(nested*depth)
	if level != Unknown && (f.level == Unknown || rank < f.rank) {
		f.level, f.rank = level, rank
	}
}

// sure reports whether no further field can change the level.
func (f *Finder) sure() bool { return f.level != Unknown && f.rank == 1 }

// Level returns the level that was found.
func (f *Finder) Level() Level {
	switch {
	case f.level != Unknown:
		return f.level
	case f.isGELF && f.small != Unknown:
		return f.small
	case f.isMongo:
		return f.letter
	}
	return Unknown
}
