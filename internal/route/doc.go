// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package route turns URL paths into route patterns: /users/123 becomes
// /users/{int}. It promises three things. It is total: every path gets a
// pattern. It is bounded: a service never has more patterns than its limit, a
// table never more services, and memory and time per path do not grow with
// the traffic. And it is quick: for a path whose pattern exists a match takes
// no lock and makes no garbage, so that every span can be matched.
//
// # How a pattern is found
//
// A Table (table.go) holds a Service for each service name. A Service (service.go)
// asks, in this order:
//
//  1. The templates the user declared (package template). One parser reads
//     the syntaxes of all common routers into one normal form: literal,
//     parameter, constrained parameter, partial segment, tail. The index is an
//     immutable tree of segments; within a segment a literal wins over a
//     constrained parameter or a partial segment, that over a plain parameter,
//     that over a tail, with backtracking.
//  2. Its tree (node.go, tree.go), which grows with the paths that arrive. If a
//     framework put an http.route on an item, that is its pattern, and leads the
//     item's path through the tree (framework.go, http_route.go, observe.go); all
//     other paths are judged (walk.go). What the framework says is a value, and
//     looks like a literal, becomes an alias of the child for values.
//
// A path that the service answers with 404 or 405 teaches nothing: it has the
// pattern that is known for it, or the last resort.
//
// # The tree
//
// A node is a position: the pattern from the root to it. Its children (children.go)
// are literals, found by an open-addressing table, and one child for values, or one
// for each suffix that stays literal ({int}.png, {param}:cancel). A segment
// that is no literal child is classified by its shape (package segment): a
// number, a UUID, random text are values wherever they stand. All others are
// words, and a word may be a literal or a name that somebody gave.
//
// Words are weighed (score.go): log-odds are summed for the place of the word
// (behind a plural, a value, the root), for its wording (words that APIs use,
// actions, digits, marks), for the segment behind it, for the shape of the
// values at the same position, and for what the position has proved to be. The
// sum is a pure function of the tree and the path, so a path gets the same pattern
// until something is learned.
//
// The profile of a position (profile.go) tells what it has proved to be. Evidence
// changes it (evidence.go, candidates.go): values of a plain shape make words
// literals, many different words make words values, a few words that arrive again
// and again make these words literals. Literals are reconsidered when their number
// grows (collapse.go): made up names of which more and more arrive, that retire
// while others come (window.go), or that have the same things below them
// (likeness.go), are values after all; those among them that were well known before
// stay. And when the values next to a literal turn out to have the same below them,
// it becomes one of them (merge.go). Children that have the same below them as all others,
// and nothing of their own, are values even if none of them is new (alike.go). So a wrong
// guess is undone in either direction.
//
// Evidence is about values among requests: items of one trace count once at a
// place, and so does a segment that comes several times in a row.
//
// # Bounds
//
// The budget (budget.go, patterns.go) counts the texts handed out. When no place is
// left, a path gets a prefix with a tail, /files/{path...}, out of places kept for
// that, and in the end /{path...}. The number of nodes is bounded too (learner.go).
// Generations (generation.go) forget patterns that nobody used, sooner when room is
// short.
//
// # Concurrency
//
// Nodes, the texts they name and their tables of children lie in arenas (tree.go,
// arena.go) and name each other by index, so that the garbage collector has next
// to nothing to mark. Readers walk over atomic indices. A node's identity is set
// before it is published and never changes; a table of children is only ever
// filled, emptied of children that were cut off, or replaced; and no place in an
// arena is ever used a second time. Instead the tree is copied now and then
// (compact.go), without the nodes that were cut off, and readers that stand on the
// old one finish there.
//
// All learning happens under the service's lock, and only while a position is
// young: after settledVisits a literal, after settledValues a position of values
// is left alone, and readers have nothing to count. A literal that was judged
// wrongly is cut off a few times only (prune_limit.go), so paths that repeat bring
// the tree to rest. A reader may for a moment walk a subtree that was cut off; it
// then gives the pattern of a moment ago.
//
// A table can be exported and imported (export.go) and printed as templates
// (yaml.go).
//
// # Files
//
// Few files use a later one of this list: arena, prune_limit, source; node,
// profile, framework; tree; account, children; budget, compact; learner; window, patterns,
// score; likeness, merge, candidates; collapse, evidence; alike, walk, http_route;
// generation; service; observe, table; export, yaml.
package route
