// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// sums adds up the series of each metric of integers, in one reading of the page.
func (p *page) sums() map[string]int64 {
	var all metricdata.ResourceMetrics
	require.NoError(p.t, p.tel.Reader.Collect(context.Background(), &all))
	out := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			var points []metricdata.DataPoint[int64]
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				points = data.DataPoints
			case metricdata.Gauge[int64]:
				points = data.DataPoints
			}
			for _, dp := range points {
				out[strings.TrimPrefix(m.Name, "otelcol_processor_correlation_")] += dp.Value
			}
		}
	}
	return out
}

// However fast items move, no reading of the page finds one in two places or in none.
func TestBooksBalanceInEveryReading(t *testing.T) {
	tel, page := instruments(t, true, nil)
	svcs := services(t)
	const workers, rounds, batch = 4, 5000, 8
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			svc, sig := svcs.Of(resource(fmt.Sprint(w))), tracebuffer.Signal(w%2)
			for range rounds {
				tel.Received(sig, svc, batch)
				tel.Kept(sig, 5)
				tel.Refused(sig, 1)
				tel.Dropped(sig, DropCorrupt, 2)
			}
		})
	}
	moved := make(chan struct{})
	go func() {
		all.Wait()
		close(moved)
	}()
	readings := 0
	for moving := true; moving; readings++ {
		select {
		case <-moved:
			moving = false
		default:
		}
		now := page.sums()
		for _, sig := range []string{"spans", "logs"} {
			held := now[sig+"_held"]
			require.Equal(t, now[sig+"_received"], now[sig+"_kept"]+now[sig+"_refused"]+now[sig+"_dropped"]+held, sig)
			require.GreaterOrEqual(t, held, int64(0), sig)
			require.LessOrEqual(t, held, int64(batch*workers/2), "%s: what two workers hold at most", sig)
		}
	}
	require.Greater(t, readings, 1, "it was read while items moved")
	require.EqualValues(t, rounds*batch*workers/2, page.sums()["spans_received"])
	require.Zero(t, page.sums()["spans_held"])
}

// A series appears with its first item, and is there to stay.
func TestSeriesOfTheBooks(t *testing.T) {
	tel, page := instruments(t, true, nil)
	svcs := services(t, "service.version")
	read := func() map[string]map[string]float64 {
		out := map[string]map[string]float64{}
		for _, name := range []string{"received", "kept", "refused", "dropped", "held"} {
			out[name] = page.points("logs_" + name)
		}
		return out
	}
	tel.Received(tracebuffer.Log, svcs.Of(resource("cart")), 0)
	tel.Dropped(tracebuffer.Log, DropCorrupt, 0)
	tel.Kept(tracebuffer.Log, 0)
	require.Equal(t, map[string]map[string]float64{"received": nil, "kept": nil, "refused": nil, "dropped": nil, "held": {"": 0}}, read())
	tel.Received(tracebuffer.Log, svcs.Of(resource("cart")), 5)
	tel.Received(tracebuffer.Log, svcs.Of(resource("cart", "service.version", "2")), 6)
	tel.Received(tracebuffer.Log, svcs.Of(resource("cart")), 5)
	tel.Kept(tracebuffer.Log, 2)
	tel.Refused(tracebuffer.Log, 3)
	tel.Dropped(tracebuffer.Log, DropCorrupt, 4)
	tel.Dropped(tracebuffer.Log, dropSampling, 1)
	want := map[string]map[string]float64{
		"received": {"cart": 10, "cart 2": 6}, "kept": {"": 2}, "refused": {"": 3}, "dropped": {"corrupt": 4, "sampling": 1}, "held": {"": 6},
	}
	require.Equal(t, want, read())
	require.Equal(t, want, read(), "it is the same the next time")
	require.Nil(t, page.points("spans_received"))
	tel.Shutdown()
	require.Equal(t, want, read(), "an exporter reads once more at the end")
}

// Services past the limit share a series, whoever has been forgotten meanwhile, and no
// sum goes down.
func TestReceivedItemsHaveSoManySeriesAtMost(t *testing.T) {
	named := func(name string) *Service {
		return &Service{key: name, Only: metric.WithAttributes(attribute.String("service_name", name))}
	}
	for _, first := range []*Service{named("0"), services(t, "service.version").find(OtherServices)} {
		tel, page := instruments(t, true, nil)
		tel.Received(tracebuffer.Span, first, 1)
		before := map[string]float64{}
		for n := range 3000 {
			tel.Received(tracebuffer.Span, named(strconv.Itoa(n)), 1)
			if n%1000 == 999 {
				now := page.points("spans_received")
				for labels, sum := range before {
					require.GreaterOrEqual(t, now[labels], sum, labels)
				}
				before = now
			}
		}
		tel.Received(tracebuffer.Span, named("17"), 1)
		points := page.points("spans_received")
		require.InDelta(t, maxReceived, len(points), 1)
		require.Len(t, tel.books[tracebuffer.Span].figures.received, len(points), "each series is observed once")
		require.InDelta(t, 2, points["17"], 0, "one that is known stays known")
		require.NotContains(t, points, "2500")
		require.Greater(t, points[OtherServices], 1000.0)
		require.EqualValues(t, 3002, page.sums()["spans_received"])
	}
}
