// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"maps"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
)

const epoch = 1_000_000 * time.Second

func newChecker(change ...func(*Options)) *Checker {
	o := Options{Window: 10 * time.Second, MaxItems: 1000, MaxBytes: 1 << 24, Peers: peers(), Spans: true, Logs: true, Heuristics: true}
	for _, c := range change {
		c(&o)
	}
	return New(o)
}

// peers knows every service under its number as its address.
func peers() *Peers {
	p := NewPeers(1 << 20)
	for s := uint16(cart); s <= stock; s++ {
		p.Answered(epoch, uint64(s), s)
	}
	return p
}

// Numbers of services in the tests; as Names they are the same.
const (
	cart = iota + 1
	orders
	stock
)

// tree draws a trace in which nothing is wrong: every span but the root has a
// parent, children in other services are servers whose parent is a client, every
// child lies within its parent, and every span has a log.
func tree(t *rapid.T, low uint64) []Item {
	type open struct {
		link  Link
		depth int
	}
	items := []Item{item(low, Link{Span: 1, Start: 0, End: 1 << 40, Service: cart, Kind: KindServer})}
	queue := []open{{items[0].Link, 0}}
	next := uint64(2)
	span := func(parent Link, service uint16, kind Kind) Link {
		l := Link{Span: next, Parent: parent.Span, Start: parent.Start + 1, End: parent.End - 1, Service: service, Kind: kind}
		next++
		items = append(items, item(low, l))
		return l
	}
	for len(queue) > 0 && len(items) < 40 {
		at := queue[0]
		queue = queue[1:]
		for range rapid.IntRange(0, 3).Draw(t, "children") {
			if rapid.Bool().Draw(t, "call") {
				to := uint16(rapid.IntRange(cart, stock).Draw(t, "service"))
				out := span(at.link, at.link.Service, KindClient)
				items[len(items)-1].Callee = uint64(to)
				queue = append(queue, open{span(out, to, KindServer), at.depth + 1})
			} else {
				queue = append(queue, open{span(at.link, at.link.Service, KindInternal), at.depth + 1})
			}
		}
	}
	for _, it := range slices.Clone(items) {
		items = append(items, item(low, Link{Span: it.Span, Service: it.Service, Kind: KindLog}))
	}
	return items
}

func item(low uint64, l Link) Item {
	l.Name = l.Service
	if l.Kind == KindLog {
		l.Callee = uint64(l.Service)
	}
	return Item{Low: low, High: low, Link: l}
}

// checked sends the items in pieces, as they are drawn, and returns what was found.
func checked(t *rapid.T, w *Checker, items []Item) map[Finding]int {
	var r Report
	now, first := epoch, items[0]
	for len(items) > 0 {
		n := rapid.IntRange(1, len(items)).Draw(t, "batch")
		w.Add(now, items[:n], &r)
		items = items[n:]
		now += time.Duration(rapid.IntRange(0, 100).Draw(t, "ms")) * time.Millisecond
		w.Expire(now, &r)
	}
	w.Expire(epoch+time.Minute, &r)
	require.Zero(t, w.Traces())
	require.Empty(t, r.Skews)
	for f := range r.Counts() {
		if at := r.Example(f); f.What > TracesWithLogs {
			require.Equal(t, Example{first.High, first.Low, at.Span}, at, "%+v", f)
			require.NotZero(t, at.Span)
		} else {
			require.Zero(t, at, "no flaw")
		}
	}
	return maps.Collect(r.Counts())
}

func count(found map[Finding]int, what What) (n int) {
	for f, k := range found {
		if f.What == what {
			n += k
		}
	}
	return n
}

// broken leaves out what findings are measured by.
func broken(found map[Finding]int) map[Finding]int {
	out := map[Finding]int{}
	for f, n := range found {
		if f.What > TracesWithLogs {
			out[f] = n
		}
	}
	return out
}

// Whole traces trigger nothing, in whatever order and pieces their items come.
func TestWholeTracesAreWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := tree(t, 7)
		spans, calls := 0, 0
		for _, it := range items {
			if it.Kind != KindLog {
				spans++
			}
			if it.Callee != 0 && it.Kind != KindLog {
				calls++
			}
		}
		found := checked(t, newChecker(), rapid.Permutation(items).Draw(t, "order"))
		require.Empty(t, broken(found))
		require.Equal(t, 1, found[Finding{What: TracesChecked, Service: cart, Kind: KindServer}])
		require.Equal(t, spans, count(found, LogSpans))
		require.Equal(t, 1, count(found, TracesWithLogs))
		require.Equal(t, calls, count(found, ClientSpans))
	})
}

// One lost span shows as what it was to the others: each of its children is an
// orphan or has an unseen remote parent, its log dangles, its caller is without a
// server, the trace without its root is rootless, and one with a hole in it is in
// pieces. All other spans stay in peace. A log that names who called its own service
// does not dangle, so of a service that calls itself it does not tell.
func TestALostSpanShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := tree(t, 7)
		spans := len(items) / 2
		lost := items[rapid.IntRange(0, spans-1).Draw(t, "lost")]
		var children, remoteChildren, kept int
		callsItself := false
		var rest []Item
		for _, it := range items {
			if it.Kind != KindLog && it.Span == lost.Span {
				continue
			}
			rest = append(rest, it)
			if it.Kind == KindLog {
				continue
			}
			kept++
			if it.Parent == lost.Span && it.Kind == KindServer {
				remoteChildren++
				callsItself = it.Service == lost.Service
			} else if it.Parent == lost.Span {
				children++
			}
		}
		found := checked(t, newChecker(), rapid.Permutation(rest).Draw(t, "order"))
		want := map[What]int{LogSpanDangling: 1, SpansOrphan: children, SpansRemoteParentUnseen: remoteChildren}
		if callsItself {
			want[LogSpanDangling] = 0
		}
		if lost.Parent == 0 && kept > 0 {
			want[TracesRootless] = 1
		}
		if lost.Parent != 0 && children+remoteChildren > 0 {
			want[TracesDisconnected] = 1
		}
		if kept == 0 {
			want[LogsWithoutSpans] = 1
		}
		if lost.Kind == KindServer && lost.Parent != 0 {
			want[ClientWithoutServer] = 1
		}
		for what := TracesUnchecked; what < whats; what++ {
			require.Equal(t, want[what], count(found, what), "%d", what)
		}
	})
}

// Whatever comes, a trace is checked once or counted as not checked, and the
// memory stays within its bound.
func TestEveryTraceIsAccountedForOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const limit = 1 << 14
		w := newChecker(func(o *Options) { o.MaxBytes, o.MaxItems = limit, 8 })
		var r Report
		now, opened := epoch, map[uint64]bool{}
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			low := rapid.Uint64Range(1, 60).Draw(t, "trace")
			opened[low] = true
			kind := Kind(rapid.IntRange(0, int(KindLog)).Draw(t, "kind"))
			w.Add(now, []Item{item(low, Link{
				Span: rapid.Uint64Range(0, 5).Draw(t, "span"), Parent: rapid.Uint64Range(0, 5).Draw(t, "parent"),
				Service: cart, Kind: kind,
			})}, &r)
			if rapid.IntRange(0, 9).Draw(t, "wait") == 0 {
				now += 3 * time.Second
				w.Expire(now, &r)
			}
			require.LessOrEqual(t, w.Bytes(), int64(limit+len(w.shards)*2*segmentBytes))
		}
		w.Expire(now+time.Minute, &r)
		found := maps.Collect(r.Counts())
		require.Equal(t, len(opened), count(found, TracesChecked)+count(found, TracesUnchecked))
		for i := range w.shards {
			require.True(t, w.shards[i].links.empty())
			require.LessOrEqual(t, w.shards[i].links.used, 1)
		}
	})
}

// However many traces come, new ones are taken in only as far as there is room,
// and what they took is let go when they are gone.
func TestTheMemoryIsBounded(t *testing.T) {
	const limit = 400 << 10
	w := newChecker(func(o *Options) { o.MaxBytes = limit })
	var r Report
	now := epoch
	for low := range uint64(20_000) {
		w.Add(now, []Item{item(low, Link{Span: 1, Service: cart, Kind: KindServer})}, &r)
		require.LessOrEqual(t, w.Bytes(), int64(limit))
		for i := range w.shards {
			require.LessOrEqual(t, w.shards[i].held(), w.shards[i].limit)
		}
		if low%8 == 0 {
			now += 8 * time.Millisecond
		}
	}
	held := 0
	for i := range w.shards {
		held += w.shards[i].held()
	}
	require.Greater(t, held, limit/4, "half of it is for links, and tables double")
	for range 200 {
		now += time.Second
		w.Expire(now, &r)
	}
	found := maps.Collect(r.Counts())
	require.Greater(t, count(found, TracesChecked), 1000)
	require.Equal(t, 20_000, count(found, TracesChecked)+found[Finding{What: TracesUnchecked, Reason: Limit, Service: cart}])
	for i := range w.shards {
		s := &w.shards[i]
		require.LessOrEqual(t, s.bytes()-s.seen.Bytes(), 8*segmentBytes)
	}
}

// Wherever the limit is between two sizes of the table, the table stays within it.
func TestTheTableGrowsWithinTheLimit(t *testing.T) {
	for limit := int64(128 << 10); limit <= 512<<10; limit += 16 << 10 {
		w := newChecker(func(o *Options) { o.MaxBytes = limit })
		var r Report
		for low := range uint64(5000) {
			w.Add(epoch, []Item{item(low, Link{Span: 1, Service: cart})}, &r)
		}
		require.NotZero(t, count(maps.Collect(r.Counts()), TracesUnchecked), "the limit was met")
		for i := range w.shards {
			require.LessOrEqual(t, w.shards[i].held(), w.shards[i].limit, limit)
		}
	}
}

// A clock that goes back shortens no window that begins then.
func TestTheClockMayGoBack(t *testing.T) {
	w := newChecker()
	var r Report
	w.Add(epoch, []Item{item(1, Link{Span: 1, Service: cart})}, &r)
	w.Expire(epoch+10*time.Second, &r)
	require.Zero(t, w.Traces())
	for low := range uint64(100) {
		w.Add(epoch, []Item{item(2+low, Link{Span: 1, Service: cart})}, &r)
	}
	w.Expire(epoch+9*time.Second, &r)
	require.Equal(t, 100, w.Traces())
	w.Expire(epoch+10*time.Second, &r)
	require.Zero(t, w.Traces())
}

func TestALinkIsSmall(t *testing.T) {
	require.EqualValues(t, 48, unsafe.Sizeof(Link{}))
	require.EqualValues(t, 64, unsafe.Sizeof(record{}))
	require.EqualValues(t, 32-16, unsafe.Sizeof(entry{}), "with its key and the high half, half a cache line")
}

func TestSeenForgetsByAgeAndByCount(t *testing.T) {
	s := seen{Memory: idtable.NewMemory(4096)}
	n := uint64(0)
	for ; n == 0 || !s.Full(); n++ {
		s.put(1000*time.Second, n+1, n+1, 7, false)
	}
	require.EqualValues(t, 7, s.Get(1))
	s.put(1001*time.Second, n+1, n+1, 8, false)
	require.EqualValues(t, 7, s.Get(1), "the old generation still knows")
	require.EqualValues(t, 8, s.Get(n+1))
	s.put(1001*time.Second+generation+1, n+2, n+2, 9, false)
	require.Zero(t, s.Get(1), "two generations later it is forgotten")
	require.EqualValues(t, 8, s.Get(n+1))
}

func TestPeersExpireAndAreBounded(t *testing.T) {
	p := NewPeers(1 << 20)
	p.Answered(epoch, 1, cart)
	require.EqualValues(t, cart, p.Lookup(epoch+time.Hour, 1))
	require.Zero(t, p.Lookup(epoch+time.Hour+time.Second, 1), "not seen for an hour")
	p.Answered(epoch, 1, orders)
	require.EqualValues(t, orders, p.Lookup(epoch, 1), "the address has moved")
	for a := range uint64(2 * maxPeers) {
		p.Answered(epoch, a, cart)
	}
	require.Equal(t, maxPeers, p.Len())
	p.Answered(epoch+2*time.Hour, 1<<40, stock)
	require.EqualValues(t, stock, p.Lookup(epoch+2*time.Hour, 1<<40), "those long unseen make room")
	require.Equal(t, 1, p.Len())
}

// Who sends spans of its calls alone, as the driver of a database does under the
// database's name, sends spans but answers none.
func TestWhoSendsSpansNeedNotAnswer(t *testing.T) {
	p := NewPeers(1 << 20)
	require.False(t, p.Sends(epoch, 1))
	p.Sent(epoch, 1, cart)
	require.True(t, p.Sends(epoch+time.Hour, 1))
	require.False(t, p.Sends(epoch+time.Hour+time.Second, 1))
	require.Zero(t, p.Lookup(epoch, 1))
	p.Answered(epoch, 1, cart)
	require.EqualValues(t, cart, p.Lookup(epoch, 1))
	p.Sent(epoch+2*time.Hour, 1, cart)
	require.Zero(t, p.Lookup(epoch+2*time.Hour, 1), "it has not answered for an hour")
	require.True(t, p.Sends(epoch+2*time.Hour, 1))
}

// Logs of a service that sends no spans say nothing of lost ones. A service that logs
// before its own span begins names the span that called it.
func TestLogsThatNameTheSpansOfOthers(t *testing.T) {
	const proxy, page = 99, 77
	log := func(service uint16, span uint64) Item {
		return item(7, Link{Span: span, Service: service, Kind: KindLog})
	}
	app := item(7, Link{Span: 2, Parent: page, Service: cart, Kind: KindServer})
	for name, tt := range map[string]struct {
		items []Item
		want  map[What]int
	}{
		"a proxy names the page's span":              {[]Item{log(proxy, page), app, log(cart, 2)}, map[What]int{LogSpans: 1, TracesWithLogs: 1}},
		"a proxy answers by itself":                  {[]Item{log(proxy, page)}, map[What]int{LogsWithoutSpans: 1}},
		"a proxy and a service whose span was lost":  {[]Item{log(proxy, page), log(cart, 2)}, map[What]int{LogSpans: 1, LogSpanDangling: 1, TracesWithLogs: 1, LogsWithoutSpans: 1}},
		"a service names the page's span":            {[]Item{log(cart, page), log(cart, 2), app}, map[What]int{LogSpans: 2, TracesWithLogs: 1}},
		"a proxy names it first":                     {[]Item{log(proxy, 3), log(cart, 3), app}, map[What]int{LogSpans: 1, LogSpanDangling: 1, TracesWithLogs: 1}},
		"another service names the page's span, too": {[]Item{log(orders, page), app}, map[What]int{LogSpans: 1, LogSpanDangling: 1, TracesWithLogs: 1}},
		"a local parent that is lost is no caller":   {[]Item{log(cart, page), item(7, Link{Span: 2, Parent: page, Service: cart, Kind: KindInternal})}, map[What]int{LogSpans: 1, LogSpanDangling: 1, TracesWithLogs: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			var r Report
			w := newChecker()
			w.Add(epoch, tt.items, &r)
			w.Expire(epoch+time.Minute, &r)
			found := maps.Collect(r.Counts())
			for _, what := range []What{LogSpans, LogSpanDangling, TracesWithLogs, LogsWithoutSpans} {
				require.Equal(t, tt.want[what], count(found, what), "%d", what)
			}
		})
	}
}

func TestUnansweredCallsAreBounded(t *testing.T) {
	var c calls
	for n := range int64(10 * maxCalls) {
		_, ok := c.unanswered(&Link{Start: 10 * n, End: 10*n + 5, Service: cart}, orders)
		require.False(t, ok)
	}
	require.LessOrEqual(t, len(c.open), maxCalls)
	last := int64(10*maxCalls - 1)
	root := &Link{Name: orders, Start: 10*last + 1, End: 10*last + 4}
	require.True(t, c.began(root))
	require.False(t, c.began(root), "a call has one answer")
}

// A full registry of peers takes no more memory and no more time for each new
// address, and has room again when old ones are over.
func TestPeersAreBounded(t *testing.T) {
	p := NewPeers(100 * peerBytes)
	now := 1_000_000 * time.Second
	for a := range uint64(1000) {
		p.Answered(now, a, 1)
	}
	require.Equal(t, 100, p.Len())
	require.EqualValues(t, 100*peerBytes, p.Bytes())
	pruned := p.pruned
	now += time.Second
	p.Answered(now, 2000, 1)
	require.Equal(t, pruned, p.pruned, "old ones are not looked for each time")
	now += 2 * time.Hour
	p.Answered(now, 2000, 7)
	require.Equal(t, 1, p.Len())
	require.EqualValues(t, 7, p.Lookup(now, 2000))
}
