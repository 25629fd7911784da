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
func (n *node) read(seg string) cut { return n.readKinds(seg, scan(seg[:min(len(seg), maxLiteral)])) }

// readKinds does so for a segment whose kinds of bytes are known.
func (n *node) readKinds(seg string, kinds byteSet) cut {
	c := cut{head: seg}
	if len(seg) > maxLiteral {
		kinds = hasPunct // too long to look at
	}
	if kinds&(hasDot|hasPunct) != 0 {
		c.head, c.suffix = cutSuffix(seg)
	}
	if c.suffix != "" || len(seg) > maxLiteral {
		c.class = classify(c.head, n.place == placeRoot)
	} else {
		c.class = classifyKinds(seg, kinds, n.place == placeRoot)
	}
	n.adjust(&c, kinds)
	return c
}

// adjust corrects the class of a segment by where it stands.
func (n *node) adjust(c *cut, kinds byteSet) {
	head := c.head
	switch {
	case c.class == classVersion && n.place != placeRoot && strings.IndexByte(head, '.') > 0:
		c.class = classToken // a release, not the version of an API
	case c.class == classInt && len(head) <= 2 && n.place == placeRoot && n.has(markAPI):
		c.class = classVersion // /api/0
	case c.class != classWord || n.place != placeCollection && n.place != placeValue:
	case kinds&hasDot != 0 && isHostname(head):
		c.class = classHost
	case n.place == placeCollection && kinds&hasDigit != 0 && isNumbered(head):
		c.class = classToken
	}
}

// cutSuffix splits off a file extension or a verb behind a colon.
func cutSuffix(seg string) (head, suffix string) {
	for i := len(seg) - 1; i > 0 && len(seg)-i <= 32; i-- {
		switch c := seg[i]; {
		case c == '.' && isExtension(seg[i+1:]):
			return seg[:i], seg[i:]
		case c == ':' && i < len(seg)-2 && isAlpha(seg[i+1]):
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
func (t *tree) isValue(n *node, c cut, next string) bool {
	if c.class != classWord {
		return !c.class.literal()
	}
	return t.score(n, c, next) > 0
}

// score sums the evidence that a word is a value (positive) or a literal, in
// about natural log-odds.
func (t *tree) score(n *node, c cut, next string) float64 {
	w, p := readWording(c.head), t.known(n)
	score := wordScore(c.head, w)
	switch {
	case p.state < stateWords:
		score += placeScore[n.place] + stateScore[p.state]
	case n.place == placeCollection:
		score += stateScore[p.state] + membersScore
	case n.place == placeRoot:
		score += stateScore[p.state] + placeScore[placeRoot]/2
	default:
		score += stateScore[p.state]
	}
	if p.fits(c.head, w) {
		score += fitScore
	}
	if c.suffix != "" && c.suffix[0] == ':' && !isPlural(c.head) {
		score += verbScore // a verb is for one thing
	}
	return score + t.nextScore(n, c, next)
}

// The weights. Each is about the logarithm of how many times likelier the
// observation is for a value than for a literal. They were set by reasoning
// and then halved and doubled one by one; see docs/routes.md.
var (
	placeScore = [...]float64{placeRoot: -2.5, placeCollection: 1.5, placeLiteral: -1.3, placeValue: -2.5}
	stateScore = [...]float64{stateOpen: 0, stateLeaning: -1.5, stateLiteral: -2.5, stateWords: 2, stateMany: 3.3}
)

const (
	membersScore    = 1.5
	fitScore        = 4.0
	knownScore      = -1.7
	actionScore     = -2.2
	pluralScore     = -0.7
	unknownScore    = 0.7
	digitScore      = 1.5
	knownDigitScore = 0.0
	leadingScore    = -3.0
	camelScore      = -1.0
	capitalScore    = 1.0
	codeScore       = -2.5
	longScore       = -1.5
	verbScore       = 1.5
	slugScore       = 0.5
	sameNextScore   = 3.0
	cameAgainScore  = -2.0
	valueNextScore  = -2.2
)

// longName words are more than people give a thing for a name.
const longName = 4

func wordScore(head string, w wording) float64 {
	score := 0.0
	switch {
	case w.pieces == w.known:
		score += knownScore
	case w.known == 0:
		score += unknownScore
	}
	if isPlural(head) {
		score += pluralScore
	}
	if w.acts() {
		score += actionScore
	}
	if w.digits {
		if w.pieces == w.known {
			score += knownDigitScore
		} else {
			score += digitScore
		}
	}
	if w.leading {
		score += leadingScore
	}
	if w.camel {
		score += camelScore
	}
	if w.capital {
		score += capitalScore
	}
	if w.marks && w.pieces > w.known {
		score += slugScore
	}
	if isCode(head) {
		score += codeScore
	}
	if w.pieces > longName {
		score += longScore
	}
	return score
}

// nextScore: what follows a value elsewhere speaks for a value; a value right
// behind speaks for a literal.
func (t *tree) nextScore(n *node, c cut, next string) float64 {
	if next == "" {
		return 0
	}
	if wild := t.valueKid(n, c.suffix, c.class); !n.pure && wild != nil && t.kid(wild, next) != nil {
		return sameNextScore
	}
	if k := classify(next, false); !k.literal() {
		return valueNextScore
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
	case isPlural(label) && !massNouns[strings.ToLower(lastWord(label))]:
		return placeCollection
	}
	return placeLiteral
}

// isPrefixWord reports words that stand in front of an API's own paths.
func isPrefixWord(label string) bool {
	switch label {
	case "api", "apis", "rest", "rpc", "public", "internal", "admin", "gateway":
		return true
	}
	return false
}

// massNouns end like plurals but name one thing with fixed parts.
var massNouns = func() map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq("settings stats statistics metrics analytics preferences permissions insights options details docs graphics ops sms dns css aws js ios https tls oss news series params credentials diagnostics logistics basics") {
		set[w] = true
	}
	return set
}()

// lastWord returns the last of the words a label is made of.
func lastWord(label string) string {
	for i := len(label) - 1; i > 0; i-- {
		if !isAlpha(label[i]) {
			return label[i+1:]
		}
		if isUpper(label[i]) && isLower(label[i-1]) {
			return label[i:]
		}
	}
	return label
}
