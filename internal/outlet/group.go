// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// recordGroups are records by resource and scope, in order of first appearance.
type recordGroups struct {
	list  []resourceGroup
	count int
	// places has the scopes met so far. An envelope that was forgotten meanwhile and
	// interned again is another one with the same content, so what is new is
	// looked for by content.
	places    map[*tracebuffer.Envelope]place
	resources map[string]int
	scopes    map[scopeKey]int
}

type resourceGroup struct {
	around  string
	scopes  []otlpwire.Scope
	origins [][]origin // of the records of each scope
}

// place is a scope of a resource in the list.
type place struct{ resource, scope int }

type scopeKey struct {
	resource int
	around   string
}

// groupRecords groups either the records that go out or the context.
func groupRecords(records []tracebuffer.Record, companions bool) recordGroups {
	g := recordGroups{places: map[*tracebuffer.Envelope]place{}, resources: map[string]int{}, scopes: map[scopeKey]int{}}
	for i := range records {
		r := &records[i]
		if r.Companion != companions {
			continue
		}
		at, ok := g.places[r.Envelope]
		if !ok {
			at = g.place(r.Envelope)
			g.places[r.Envelope] = at
		}
		res := &g.list[at.resource]
		res.scopes[at.scope].Records = append(res.scopes[at.scope].Records, r.Data)
		res.origins[at.scope] = append(res.origins[at.scope], origin{r.Verdict, r.Restored})
		g.count++
	}
	return g
}

// place finds or makes the place of a scope.
func (g *recordGroups) place(scope *tracebuffer.Envelope) (at place) {
	around := scope.Around.Content
	var ok bool
	if at.resource, ok = g.resources[around]; !ok {
		at.resource = len(g.list)
		g.resources[around] = at.resource
		g.list = append(g.list, resourceGroup{around: around})
	}
	key, res := scopeKey{at.resource, scope.Content}, &g.list[at.resource]
	if at.scope, ok = g.scopes[key]; !ok {
		at.scope = len(res.scopes)
		g.scopes[key] = at.scope
		res.scopes = append(res.scopes, otlpwire.Scope{Around: scope.Content})
		res.origins = append(res.origins, nil)
	}
	return at
}

// origin is what the trace of a record adds to it.
type origin struct {
	verdict  sampling.Verdict
	restored bool
}

// attrHindsight marks what had been dropped before evidence came for its trace.
const attrHindsight = "sampling.hindsight"

func (f origin) mark(attrs pcommon.Map) {
	if f.restored {
		attrs.PutBool(attrHindsight, true)
	}
}

// origins are those of the records, in the order of the message.
func (g *recordGroups) origins() []origin {
	all := make([]origin, 0, g.count)
	for i := range g.list {
		for _, of := range g.list[i].origins {
			all = append(all, of...)
		}
	}
	return all
}

// trim leaves of each span what a stub of it would hold.
func (g *recordGroups) trim(keys []string) {
	var arena []byte
	for i := range g.list {
		for j := range g.list[i].scopes {
			for k, rec := range g.list[i].scopes[j].Records {
				start := len(arena)
				arena = otlpwire.AppendTrimmedStub(arena, rec, keys)
				g.list[i].scopes[j].Records[k] = arena[start:]
			}
		}
	}
}

// message returns the groups as one OTLP message.
func (g *recordGroups) message() []byte {
	var msg []byte
	for i := range g.list {
		msg = otlpwire.AppendResource(msg, g.list[i].around, g.list[i].scopes)
	}
	return msg
}
