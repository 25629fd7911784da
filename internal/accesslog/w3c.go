// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import "strings"

// w3cFields is how many fields of a line in the W3C's extended log format are looked at; IIS writes 15, and some more
// on demand.
const w3cFields = 24

// w3c reads a line in the W3C's extended log format, which begins with a date and a time and has blanks or tabs
// between its fields. Which fields there are stands in another line, so they are known by their order:
//
//	date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus ...
//	date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status ...
//
// Sources: https://learn.microsoft.com/windows/win32/http/w3c-logging,
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
func (s *scan) w3c(in span) (Request, bool) {
	if !isDateTime(in.of(s.body)) {
		return Request{}, false
	}
	var fields [w3cFields]span
	n := s.split(in, fields[:])
	for m := 2; m < 7 && m+3 < n; m++ {
		method := fields[m].of(s.body)
		if !isMethod(method) || !isUpper(method) {
			continue
		}
		if path, ok := s.pathAt(fields[m+1]); ok && n > m+7 { // IIS
			return s.found(fields[m], path, s.w3cStatus(fields[m+5:n])), true
		}
		if path, ok := s.pathAt(fields[m+2]); ok { // CloudFront
			status, ok := parseStatus(fields[m+3].of(s.body))
			return s.found(fields[m], path, status), ok
		}
		break
	}
	return Request{}, false
}

// isDateTime reports whether a text begins with a date and a time of day, with a blank or tab between and behind them.
func isDateTime(s string) bool {
	if len(s) < len("2026-11-21 09:53:01 ") || s[4] != '-' || s[7] != '-' || !isNumber(s[:4]) || !isNumber(s[5:7]) || !isNumber(s[8:10]) {
		return false
	}
	s = pastGap(s[10:])
	return len(s) > 8 && s[2] == ':' && s[5] == ':' && isNumber(s[:2]) && isNumber(s[3:5]) && isNumber(s[6:8]) && len(pastGap(s[8:])) < len(s)-8
}

// pastGap returns what is behind the blank or tab at the beginning of a text. In the content of a JSON string a tab is
// escaped.
func pastGap(s string) string {
	switch {
	case s[0] == ' ' || s[0] == '\t':
		return s[1:]
	case strings.HasPrefix(s, `\t`):
		return s[2:]
	}
	return s
}

// split notes the places of the fields and returns how many there are.
func (s *scan) split(in span, fields []span) int {
	n := 0
	for at := in.start; at < in.end && n < len(fields); at++ {
		start := at
		for at < in.end && s.body[at] > ' ' && s.body[at] != '\\' {
			at++
		}
		if at > start {
			fields[n] = span{start, at}
			n++
		}
		for at < in.end && s.body[at] == '\\' { // what it escapes is passed over, too
			at++
		}
	}
	return n
}

// w3cStatus returns the status among the fields from the client's address on: three digits with a number behind
// them.
func (s *scan) w3cStatus(fields []span) int {
	for i := 0; i+1 < len(fields); i++ {
		if f := fields[i].of(s.body); len(f) == 3 && isNumber(fields[i+1].of(s.body)) {
			if status, ok := parseStatus(f); ok {
				return status
			}
		}
	}
	return 0
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return s != ""
}
