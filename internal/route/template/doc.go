// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package template reads route templates as the common routers spell them: it
// promises one normal form for all of their syntaxes, and an index that finds the
// template of a path in a time that the templates bound, not the path.
//
// Parse cuts a template into tokens (lexer.go, lexer_params.go), the same for all
// syntaxes. It resolves optional parts, of which each choice becomes a Template of
// its own, and groups the tokens into segments (token.go). A segment is one of
// five things (segment.go): a literal, a parameter, a parameter with a constraint
// (constraint.go), a partial segment such as {name}.json (partial.go), or a tail.
// The normal form spells them /users/{id} and /files/{path...}.
//
// An Index (index.go) is built once and then only read, so readers need no lock.
// Find makes no garbage, except for a tail with a constraint and for an escaped
// segment of more than 128 bytes. Escape is the way back:
// it spells literal text as Parse reads it.
//
// Ranges: a template has at most 4,096 bytes, 24 segments, 32 parameters, 32
// choices and one tail. A path is compared with a partial segment up to 512 bytes,
// and in no more than 1,000 ways.
//
// Errors: Parse returns an error that names the template and the byte offset in it
// for a text that no router reads, or that two routers read differently. NewIndex
// returns one for two templates that match the same paths under different names.
//
// Sources: the syntaxes are those of net/http, gorilla/mux, chi, gin, echo, Fiber,
// Express 4 and 5, Fastify, Spring, ASP.NET, Rails, Flask, FastAPI, Django, Laravel,
// Next, gRPC's HTTP rules and OpenAPI; the tests hold an example of each.
package template
