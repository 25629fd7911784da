// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package segment reads the segments of a URL path: it promises that any path is
// read in bounded time and without an allocation, and that the same segment at
// the same place is always read the same way.
//
// A Path cuts a path or a URL into segments (path.go). It looks at no more than
// MaxSegments segments and MaxPathBytes bytes, and tells when there was more
// (Deeper). Split reports false for a text that is no path; nothing else in this
// package can fail. The segments point into the caller's text.
//
// Read tells what one segment is (read.go): a text whose class (class.go) is found
// by its shape (shape.go, identifier.go), and the file extension or verb behind it,
// which stays literal. A name with a key, Products(5) or hour=7, is two segments of a
// path with its keys apart (Keys). Its Place (place.go), which is what it stands behind, can change the
// class: 2.0 is a version in front of a path and a release elsewhere. A text
// longer than MaxLiteral bytes is always a value, and no more than its first
// MaxClassified bytes are looked at.
//
// A segment of the class Word may be a literal or a name that somebody gave. Its
// Wording (vocabulary.go, verbs.go) is the evidence for either: the words it is
// made of, and how many of them public HTTP APIs use. Package route decides.
//
// A Key is a segment as a table of children looks it up (key.go): the last 16
// bytes in two words, and a hash with a key that nobody outside can know.
//
// Sources: the syntax of paths and escapes is that of RFC 3986, UUIDs are those of
// RFC 9562, tokens those of RFC 7519; the other shapes are those of their makers
// (ULID, KSUID, MongoDB's ObjectID). The words come from some 340 public APIs.
package segment
