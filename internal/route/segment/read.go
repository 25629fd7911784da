// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import "strings"

// Reading is a segment split into what may vary and what may not: the suffix is
// a file extension (.png) or a verb (:cancel).
type Reading struct {
	Head   string
	Suffix string
	Class  Class // of the head
}

// Hints are what is known of a place, besides what it stands behind.
type Hints struct {
	AfterAPI bool // the segment in front begins with api
	Whole    bool // segments have no suffix
}

// Read classifies a segment of these kinds of bytes at a place.
func Read(seg string, kinds Kinds, place Place, hints Hints) Reading {
	if place == PlaceKey {
		return readKey(seg)
	}
	r := Reading{Head: seg}
	if kinds&hasPunct != 0 && keyAt(seg) > 0 {
		r.Class = Version // see Path.Keys
		return r
	}
	if len(seg) > MaxLiteral {
		kinds = hasPunct // too long to look at
	}
	if kinds&(hasDot|hasPunct) != 0 && !hints.Whole {
		r.Head, r.Suffix = cutSuffix(seg)
	}
	if r.Suffix != "" || len(seg) > MaxLiteral {
		r.Class = classify(r.Head, place == PlaceRoot)
	} else {
		r.Class = classifyKinds(seg, kinds, place == PlaceRoot)
	}
	r.adjust(kinds, place, hints.AfterAPI)
	return r
}

// readKey reads the key of a name: whatever it is, it is a value.
func readKey(seg string) Reading {
	r := Reading{Head: seg}
	if head, closed := strings.CutSuffix(seg, ")"); closed && head != "" {
		r.Head, r.Suffix = head, ")"
	}
	if r.Class = classify(r.Head, false); r.Class.Literal() || strings.IndexByte(r.Head, '=') >= 0 {
		r.Class = Text
	}
	return r
}

// adjust corrects the class of a segment by where it stands.
func (r *Reading) adjust(kinds Kinds, place Place, api bool) {
	switch {
	case r.Class == Version && place != PlaceRoot && strings.IndexByte(r.Head, '.') > 0:
		r.Class = Token // a release, not the version of an API
	case r.Class == Int && len(r.Head) <= 2 && place == PlaceRoot && api:
		r.Class = Version // /api/0
	case r.Class == Word && place == PlaceRoot && r.Head[0] == '@':
		r.Class = Token // somebody's page
	case r.Class == Word && place == PlaceRoot && isPrefixWord(r.Head) && r.Suffix == "":
		r.Class = Version // it leads to all of an API, whoever stands beside it
	case r.Class != Word || place != PlaceCollection && place != PlaceValue:
	case kinds&hasDot != 0 && isHostname(r.Head):
		r.Class = Host
	case place == PlaceCollection && kinds&hasDigit != 0 && isNumbered(r.Head) || isByte(r.Head):
		r.Class = Token
	}
}

// IsValue reports whether a segment is a value wherever it stands.
func IsValue(seg string) bool { return !classify(seg, false).Literal() }

// keyAt returns where the key behind a name and an equals sign or a parenthesis
// starts, or 0. In parentheses, what is no number, quoted, named or a value by its
// shape is part of a name: Mercury(planet).
func keyAt(seg string) int {
	open := strings.IndexAny(seg[:min(len(seg), MaxLiteral)], "(=")
	if open <= 0 || open+1 >= len(seg) || !isKeyName(seg[:open]) {
		return 0
	}
	if seg[open] == '=' {
		return open + 1
	}
	key, closed := strings.CutSuffix(seg[open+1:], ")")
	if closed && key != "" && (strings.ContainsAny(key, "'=,@%") || classify(key, false) != Word) {
		return open + 1
	}
	return 0
}

// WithoutExtension returns the name of a file, or the text itself.
func WithoutExtension(text string) string {
	if head, suffix := cutSuffix(text); suffix != "" && suffix[0] == '.' {
		return head
	}
	return text
}

// cutSuffix splits off a file extension or a verb behind a colon. An address has
// neither.
func cutSuffix(seg string) (head, suffix string) {
	if strings.IndexByte(seg, '@') > 0 {
		return seg, ""
	}
	for i := len(seg) - 1; i > 0 && len(seg)-i <= 32; i-- {
		switch c := seg[i]; {
		case c == '.' && isExtension(seg[i+1:]):
			return seg[:i], seg[i:]
		case c == ':' && i < len(seg)-2 && IsAlpha(seg[i+1]) && strings.IndexByte(seg[:i], ':') < 0:
			return seg[:i], seg[i:]
		case !IsAlpha(c) && !(IsDigit(c) && len(seg)-i <= 4):
			return seg, ""
		}
	}
	return seg, ""
}

// extensions are the file name endings that stay literal.
var extensions = func() map[string]struct{} {
	set := map[string]struct{}{}
	for e := range strings.FieldsSeq("png jpg jpeg gif svg webp ico bmp avif js mjs css map json xml yaml yml csv tsv txt md rst html htm xhtml php asp aspx jsp do cgi pl py rb sh pdf ps doc docx xls xlsx ppt pptx odt zip gz tgz tar bz2 xz rar jar war deb rpm iso exe dmg apk mp3 mp4 m4a m4v wav ogg webm mov avi mpg mpeg flv swf ts m3u8 woff woff2 ttf eot otf atom rss ics vcf log conf cfg sql db bin dat class wasm proto pem crt key pub sig asc torrent whl egg gem nupkg git lz4 zst br 7z parquet avro orc pom module sha1 sha256 sha512 md5 crl p12 ipynb xsd wsdl jsonl ndjson geojson deps lock map webmanifest") {
		set[e] = struct{}{}
	}
	return set
}()

func isExtension(s string) bool {
	if len(s) == 0 || len(s) > 8 {
		return false
	}
	var buf [8]byte
	for i := range len(s) {
		c := s[i]
		if IsUpper(c) {
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	_, ok := extensions[string(buf[:len(s)])]
	return ok
}
