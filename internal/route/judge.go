// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "strings"

// cut is a segment split into what may vary and what may not: the suffix is
// a file extension (.png) or a verb (:cancel).
type cut struct {
	head   string
	suffix string
	class  class // of the head
}

// read classifies a segment that stands below n.
func (n *node) read(seg string) cut {
	head, suffix := cutSuffix(seg)
	return cut{head: head, suffix: suffix, class: classify(head, n.place == placeRoot)}
}

// cutSuffix splits off a file extension or a verb behind a colon.
func cutSuffix(seg string) (head, suffix string) {
	for i := len(seg) - 1; i > 0 && len(seg)-i <= 32; i-- {
		switch c := seg[i]; {
		case c == '.' && isExtension(seg[i+1:]):
			return seg[:i], seg[i:]
		case c == ':' && i < len(seg)-2:
			return seg[:i], seg[i:]
		case !isAlpha(c) && !(isDigit(c) && len(seg)-i <= 4):
			return seg, ""
		}
	}
	return seg, ""
}

// extensions are the file name endings that stay literal.
var extensions = func() map[string]struct{} {
	set := map[string]struct{}{}
	for e := range strings.FieldsSeq("png jpg jpeg gif svg webp ico bmp avif js mjs css map json xml yaml yml csv tsv txt md rst html htm xhtml php asp aspx jsp do cgi pl py rb sh pdf ps doc docx xls xlsx ppt pptx odt zip gz tgz tar bz2 xz rar jar war deb rpm iso exe dmg apk mp3 mp4 m4a m4v wav ogg webm mov avi mpg mpeg flv swf ts m3u8 woff woff2 ttf eot otf atom rss ics vcf log conf cfg sql db bin dat class wasm proto pem crt key pub sig asc torrent") {
		set[e] = struct{}{}
	}
	return set
}()

func isExtension(s string) bool {
	if len(s) == 0 || len(s) > 5 {
		return false
	}
	var buf [5]byte
	for i := range len(s) {
		c := s[i]
		if isUpper(c) {
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	_, ok := extensions[string(buf[:len(s)])]
	return ok
}

// isValue decides a segment that has no literal child at n. It is a pure
// function of the tree's shape and the segments, so that the same path gets
// the same answer until something is learned.
func (n *node) isValue(c cut, next string) bool {
	if c.class != classWord {
		return !c.class.literal()
	}
	return n.score(c, next) > 0
}

// score sums the evidence that a word is a value (positive) or a literal, in
// about natural log-odds.
func (n *node) score(c cut, next string) float64 {
	w := readWording(c.head)
	return placeScore[n.place] + stateScore[state(n.state.Load())] + n.wordScore(c.head, w) + n.nextScore(c, next)
}

var (
	placeScore = [...]float64{placeRoot: -2.5, placeCollection: 1.5, placeLiteral: -1.0, placeValue: -2.5}
	stateScore = [...]float64{stateOpen: 0, stateTyped: -3, stateWords: 3}
)

func (n *node) wordScore(head string, w wording) float64 {
	score := 0.0
	switch {
	case w.pieces == w.known:
		score -= 2.0
		if isPlural(head) {
			score -= 0.5
		}
	case w.known == 0:
		score += 0.7
	}
	if w.digits {
		score += 1.5
	}
	if w.leading {
		score -= 3
	}
	if w.camel {
		score--
	}
	if w.capital {
		score++
	}
	if w.marks && w.pieces > w.known {
		score += 0.5
	}
	return score
}

// nextScore: what follows a value elsewhere speaks for a value; a value right
// behind speaks for a literal.
func (n *node) nextScore(c cut, next string) float64 {
	if next == "" {
		return 0
	}
	if wild := n.valueKid(c.suffix); wild != nil && wild.kid(next, false) != nil {
		return 2.5
	}
	if k := classify(next, false); !k.literal() {
		return -1.5
	}
	return 0
}

// placeBehind returns what the segments behind a literal stand behind.
func placeBehind(parent *node, label string) place {
	switch {
	case classify(label, true) == classVersion:
		return placeRoot
	case parent.place == placeRoot && isPrefixWord(label):
		return placeRoot
	case isPlural(label):
		return placeCollection
	}
	return placeLiteral
}

// isPrefixWord reports words that stand in front of an API's own paths.
func isPrefixWord(label string) bool {
	switch label {
	case "api", "apis", "rest", "rpc", "public", "internal", "admin", "services", "service", "gateway":
		return true
	}
	return false
}
