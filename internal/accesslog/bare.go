// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import "strings"

// bareLine finds METHOD path that no quotes enclose. A sentence may have those too, so something around them must
// show that they are what the line is about:
//
//	GET /users/7 HTTP/1.1 200           a version and a status behind
//	START: GET /users/7                 a label before: a word with a colon, an arrow, or a verb of progress
//	Started GET "/users/7" for 10.0.0.1 the same, as Rails writes it
//	GET /users/7 200 5.1 ms - 12        at the head of a line, a status and a number or dash behind (Express's morgan)
//	[HTTP] 200 - GET /users/7 - 10.0.0.1 go-zero
//	2026-11-21 09:53:01 10.0.0.1 GET /users/7 - 80 - 10.0.0.2 curl - 200 0 0 15   the W3C's format (w3c.go)
//
// Sources: https://expressjs.com/en/resources/middleware/morgan.html; Rails::Rack::Logger; go-zero,
// rest/handler/loghandler.go; koa-logger.
func (s *scan) bareLine(in span) (Request, bool) {
	if r, ok := s.w3c(in); ok {
		return r, true
	}
	for at := in.start + 1; at < in.end; at++ {
		slash := strings.IndexByte(s.body[at:in.end], '/')
		if slash < 0 {
			break
		}
		at += slash
		if c := s.body[at-1]; c != ' ' && c != '"' {
			continue
		}
		if r, ok := s.bareAt(in, at); ok {
			return r, true
		}
	}
	return Request{}, false
}

// bareAt reads the line around the path that begins at slash.
func (s *scan) bareAt(in span, slash int) (Request, bool) {
	end := slash
	for end > in.start && (s.body[end-1] == '"' || s.body[end-1] == '\\') {
		end--
	}
	quoted := end < slash
	blank := end
	for end > in.start && s.body[end-1] == ' ' {
		end--
	}
	start := end
	for start > in.start && end-start <= maxMethodLen && s.body[start-1]-'A' < 26 {
		start--
	}
	method := span{start, end}
	if end == blank || start > in.start && s.body[start-1] > ' ' && s.body[start-1] != '[' || !isMethod(method.of(s.body)) {
		return Request{}, false
	}
	behind := slash + wordLen(s.body[slash:in.end])
	path, ok := s.pathAt(span{slash, behind})
	if !ok {
		return Request{}, false
	}
	status, ok := bareStatus(s.body[in.start:start], s.body[behind:in.end], quoted, path.end-path.start)
	return s.found(method, path, status), ok
}

// wordLen is the length of the text before the first blank or quote.
func wordLen(s string) int {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == '"' || s[i] == '\\' {
			return i
		}
	}
	return len(s)
}

// bareStatus returns the status beside METHOD path, 0 if none is there, and whether what stands before and behind
// them shows that they are a request.
func bareStatus(before, behind string, quoted bool, length int) (status int, ok bool) {
	before = strings.TrimRight(before, " ")
	if strings.HasSuffix(before, ">") && !isArrow(before) { // what curl sends
		return 0, false
	}
	rest, versioned := trimVersion(behind)
	status, next := statusAt(rest)
	switch {
	case versioned && status != 0:
		return status, true
	case quoted:
		return status, isLabel(before) && strings.HasPrefix(strings.TrimLeft(behind, `\" `), "for ")
	case isLabel(before) && (length > 1 || status != 0 || strings.TrimSpace(behind) == ""):
		return status, true
	case status != 0 && isHead(before):
		return status, next == "in" || next == "-" || next != "" && next[0]-'0' <= 9
	}
	if strings.HasSuffix(before, " -") && strings.HasPrefix(behind, " - ") {
		status, _ := parseStatus(lastWord(before[:len(before)-2]))
		return status, status != 0
	}
	return 0, false
}

// trimVersion cuts HTTP/version off the beginning of a text.
func trimVersion(s string) (rest string, ok bool) {
	v, ok := strings.CutPrefix(strings.TrimLeft(s, " "), "HTTP/")
	if !ok {
		return s, false
	}
	return strings.TrimLeft(v, "0123456789."), true
}

// statusAt reads the status at the beginning of a text, behind an arrow or a dash, and the word that follows it.
func statusAt(s string) (status int, next string) {
	w, s := word(s)
	if w == "-" || w == "|" || isArrow(w) {
		w, s = word(s)
	}
	w = strings.Trim(strings.TrimPrefix(w, "status="), "(,;)")
	if len(w) == 3 {
		status, _ = parseStatus(w)
	}
	next, _ = word(s)
	return status, next
}

// word returns the first word of a text and what is behind it.
func word(s string) (first, rest string) {
	s = strings.TrimLeft(s, " ")
	n := wordLen(s)
	return s[:n], s[n:]
}

func lastWord(s string) string {
	s = strings.TrimRight(s, " ")
	return s[strings.LastIndexByte(s, ' ')+1:]
}

// isLabel reports whether a text ends with what a logger puts before a request.
func isLabel(before string) bool {
	w := lastWord(before)
	if len(w) > 1 && w[len(w)-1] == ':' {
		return w[0]|0x20-'a' < 26
	}
	if isArrow(w) {
		return true
	}
	return isProgress(w)
}

// Announces reports whether a text says that a request begins or ends, and nothing else: START, request completed,
// incoming request.
func Announces(text string) bool {
	const maxWords = 4
	w, rest := word(text)
	for n := 0; n < maxWords && w != ""; n++ {
		if !isProgress(strings.TrimRight(w, ".:!")) {
			return false
		}
		w, rest = word(rest)
	}
	return w == "" && text != ""
}

// isProgress reports whether a word is one by which loggers say how far a request is.
func isProgress(w string) bool {
	for _, known := range [...]string{
		"start", "started", "end", "ended", "begin", "finish", "finished", "complete", "completed", "request", "response",
		"received", "incoming", "handling", "handled", "serving", "served", "processing", "processed", "http",
	} {
		if strings.EqualFold(w, known) {
			return true
		}
	}
	return false
}

// isArrow reports whether a text ends with an arrow.
func isArrow(s string) bool {
	for _, arrow := range [...]string{"->", "=>", "<-", "<--", "→", "←", ">>", "<<"} {
		if strings.HasSuffix(s, arrow) {
			return true
		}
	}
	return false
}

// maxHeadBytes is the longest text that stands before the message of a line.
const maxHeadBytes = 256

// isHead reports whether a text has only what stands before the message of a line: times, numbers, levels, and what is
// in brackets.
func isHead(s string) bool {
	if len(s) > maxHeadBytes {
		return false
	}
	for w, rest := word(s); w != ""; w, rest = word(rest) {
		first, last := w[0], w[len(w)-1]
		if strings.ContainsAny(w, "0123456789") || first == '[' || first == '(' || last == ']' || last == ')' || isUpper(w) {
			continue
		}
		if w != "-" && w != "|" {
			return false
		}
	}
	return true
}
