// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import "strings"

// Fields gathers the request from the fields of a log, whatever carries them: attributes, a map, a JSON or logfmt text.
// Of several fields that say the same the best key counts, and of one key the first field. The zero value is ready
// for use.
type Fields struct {
	method, path, route, agent       string
	methodRank, pathRank, statusRank uint8 // 0: nothing was found
	pathSure, statusSure, pathLike   bool
	later                            uint8 // is added to the rank of what is offered
	pathAt                           int   // in the body, for a path that is there
	status                           int
}

// ofLater is behind the rank of every key.
const ofLater = 128

// Later ends a carrier: what is offered from now on counts only where nothing was found before.
func (f *Fields) Later() { f.later = ofLater }

// Offer takes a text that stands under the key.
func (f *Fields) Offer(k Key, v string) { f.offer(k, v, 0) }

// OfferInt takes a number that stands under the key.
func (f *Fields) OfferInt(k Key, n int64) {
	if k.kind == kindStatus && 100 <= n && n <= 599 {
		k.rank |= f.later
		f.setStatus(k, int(n))
	}
}

// offer takes a text that is at a place in the body.
func (f *Fields) offer(k Key, v string, at int) {
	k.rank |= f.later
	switch k.kind {
	case kindMethod:
		f.offerMethod(k, v)
	case kindVerb:
		f.offerMethod(k, methodOfVerb(v))
	case kindStatus:
		if status, ok := parseStatus(v); ok && len(v) == 3 {
			f.setStatus(k, status)
		}
	case kindPath:
		f.offerPath(k, v, at)
	case kindLine:
		f.offerLine(k, v, at)
	case kindRoute:
		if f.route == "" && strings.IndexByte(v, '\\') < 0 {
			f.route = v
		}
	case kindAgent:
		if f.agent == "" {
			f.agent = v
		}
	}
}

// better reports whether a rank goes before the one there is.
func better(rank, than uint8) bool { return than == 0 || rank < than }

func (f *Fields) setStatus(k Key, status int) {
	f.statusSure = f.statusSure || k.sure
	if better(k.rank, f.statusRank) {
		f.status, f.statusRank = status, k.rank
	}
}

func (f *Fields) offerMethod(k Key, v string) {
	if better(k.rank, f.methodRank) && (isMethod(v) || k.sure && v == "_OTHER") {
		f.method, f.methodRank = v, k.rank
	}
}

func (f *Fields) offerPath(k Key, v string, at int) {
	f.pathLike = f.pathLike || strings.IndexByte(v, '/') >= 0
	if !better(k.rank, f.pathRank) {
		return
	}
	if start, end, ok := pathIn(v, k.absolute); ok {
		f.path, f.pathRank, f.pathSure, f.pathAt = v[start:end], k.rank, k.sure, at+start
	}
}

// offerLine takes a request line without quotes around it, or what of it is a path. Both are behind the keys
// that hold one part only.
func (f *Fields) offerLine(k Key, v string, at int) {
	request, _, versioned := strings.Cut(v, " HTTP/")
	if !versioned {
		f.offerPath(k, v, at)
		return
	}
	method, start, end, ok := target(request)
	if !ok {
		return
	}
	if better(k.rank, f.pathRank) {
		f.path, f.pathRank, f.pathSure, f.pathAt = v[start:end], k.rank, true, at+start
	}
	if better(k.rank, f.methodRank) {
		f.method, f.methodRank = method, k.rank
	}
}

// Request returns the request if the fields are enough to say that there is one: a path under a
// key that means a request, any path with a method, or a route.
func (f *Fields) Request() (Request, bool) {
	r := Request{Method: f.method, Route: f.route, UserAgent: f.agent, Status: f.Status()}
	switch {
	case f.pathRank != 0 && (f.pathSure || f.methodRank != 0):
		r.Path, r.Start, r.End = f.path, f.pathAt, f.pathAt+len(f.path)
	case f.route == "":
		return Request{}, false
	}
	return r, true
}

// Method returns the method of the request, or "".
func (f *Fields) Method() string { return f.method }

// UserAgent returns the client's, or "".
func (f *Fields) UserAgent() string { return f.agent }

// Status returns the status of the response, 100 to 599, or 0. A field called status or code is one of HTTP only
// beside a method or a path.
func (f *Fields) Status() int {
	if f.statusSure || f.methodRank != 0 || f.pathLike || f.route != "" {
		return f.status
	}
	return 0
}
