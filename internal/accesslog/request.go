// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

// Request is what a log says of the HTTP request it is about. Its strings are parts of the log.
type Request struct {
	// Method is empty if the log does not name it; else it is spelled as in the log.
	Method string
	// Path begins with a slash and has no scheme, host, query or fragment. Its percent-encoding is as it was. It is
	// empty where the log names the route only.
	Path string
	// Route is http.route, and UserAgent the client's, where they are among the fields.
	Route, UserAgent string
	// Status is 100 to 599, or 0 if the log does not tell.
	Status int
	// Start and End are the place of Path in the body.
	Start, End int
	// Line: a line of an access log says so, or fields of a record that announces a request. Fields alone may be
	// the context of any log.
	Line bool
}
