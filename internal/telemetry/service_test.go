// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

func services(t *testing.T, attributes ...string) *Services {
	table, err := route.New(route.Options{MaxRoutes: 10, MaxServices: MaxServices})
	require.NoError(t, err)
	return NewServices(table, attributes, 64<<20)
}

func resource(name string, attrs ...string) pcommon.Resource {
	res := pcommon.NewResource()
	res.Attributes().PutStr("service.name", name)
	for i := 0; i < len(attrs); i += 2 {
		res.Attributes().PutStr(attrs[i], attrs[i+1])
	}
	return res
}

// labels are those of a service, in order of their keys.
func labels(s *Service) string {
	var out []string
	for _, kv := range s.Labels {
		out = append(out, string(kv.Key)+"="+kv.Value.AsString())
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestServicesPastTheCapShareOneName(t *testing.T) {
	s := services(t)
	others := 0
	for n := range MaxServices + 50 {
		svc := s.Of(resource(fmt.Sprint("x", n)))
		require.Same(t, svc, s.Of(resource(fmt.Sprint("x", n))), "it is the same the next time")
		require.Equal(t, svc.Labels, s.number(svc.ID).Labels)
		if s.nameOf(svc.NameID) == OtherServices {
			others++
		}
	}
	require.Equal(t, 50, others)
	require.Equal(t, "service_name=x17", labels(s.Of(resource("x17"))), "one that was known stays known")
}

// Deployments have labels by any resource attribute, up to a cap.
func TestLabelSetsPastTheCapShareTheRest(t *testing.T) {
	s := services(t, "service.version", "deployment.id")
	count := map[string]int{}
	for n := range MaxLabelSets + 30 {
		count[labels(s.Of(resource("cart", "deployment.id", fmt.Sprint(n))))]++
	}
	require.Equal(t, 1, count["deployment_id=17 service_name=cart"], "what the resource lacks is no label")
	require.Equal(t, 30, count["deployment_id=_other service_name=cart service_version=_other"])
	require.Len(t, count, MaxLabelSets+1)
	for n := range MaxServices {
		count[s.nameOf(s.Of(resource(fmt.Sprint("s", n))).NameID)]++
	}
	require.Equal(t, 1, count[OtherServices], "1000 names besides cart are one too many")
	require.Equal(t, s.Of(resource("cart", "deployment.id", "17")).NameID, s.Of(resource("cart", "deployment.id", "18")).NameID)
	require.NotEqual(t, s.Of(resource("cart", "deployment.id", "17")).ID, s.Of(resource("cart", "deployment.id", "18")).ID)
}

// A value with the separator in it makes no other service.
func TestSeparatorsInValues(t *testing.T) {
	s := services(t, "service.version")
	require.NotPanics(t, func() {
		a, b := s.Of(resource("a\x00b")), s.Of(resource("a", "service.version", "b\x00c"))
		require.NotNil(t, a)
		require.NotNil(t, b)
	})
}

func TestServicesAreFoundAtTheSameTime(t *testing.T) {
	s := services(t)
	var all sync.WaitGroup
	found := make([][]*Service, 4)
	for i := range found {
		all.Go(func() {
			for n := range 200 {
				found[i] = append(found[i], s.Of(resource(fmt.Sprint(n))))
			}
		})
	}
	all.Wait()
	for i := range found {
		for n := range found[i] {
			require.Same(t, found[0][n], found[i][n])
		}
	}
}

func TestLabelsOfAServiceAreNotShared(t *testing.T) {
	svc := &Service{Labels: []attribute.KeyValue{attribute.String("service_name", "a")}}
	one := svc.With(attribute.String("x", "1"))
	two := svc.With(attribute.String("x", "2"))
	require.False(t, slices.Equal(one, two))
}

// A thousand long names do not take more than the limit, and give up their places
// when nobody uses them.
func TestServicesStayWithinTheirLimit(t *testing.T) {
	const limit = 256 << 10
	table, err := route.New(route.Options{MaxRoutes: 10, MaxServices: MaxServices})
	require.NoError(t, err)
	s := NewServices(table, []string{"service.version"}, limit)
	for n := range 2000 {
		s.Of(resource(fmt.Sprint(n)+strings.Repeat("x", 1<<18), "service.version", fmt.Sprint(n)+strings.Repeat("y", 1<<10)))
	}
	require.LessOrEqual(t, s.Bytes(), int64(limit)+8<<10)
	require.Less(t, len(s.known.Load().names), 500)
	full := s.Of(resource("late"))
	require.Equal(t, OtherServices, s.nameOf(full.NameID))

	used := s.Of(resource("0" + strings.Repeat("x", 1<<18)))
	now := time.Unix(0, 0)
	for range pressedLifetime + 2 {
		s.Tick(now)
		now = now.Add(route.Generation)
		s.Of(resource("0" + strings.Repeat("x", 1<<18)))
	}
	require.Less(t, s.Bytes(), int64(3*serviceBytes+4*3*MaxLabelBytes), "who sends nothing is forgotten")
	require.Equal(t, used.NameID, s.Of(resource("0"+strings.Repeat("x", 1<<18))).NameID, "who sends stays")
	require.Equal(t, "late", s.nameOf(s.Of(resource("late")).NameID), "there is room for others")
}

// A service that is forgotten leaves nothing: its routes are forgotten too, and its
// number is somebody else's at most.
func TestForgottenServices(t *testing.T) {
	s := services(t)
	old := s.Of(resource("old"))
	require.Equal(t, "/users/{int}", old.Routes.Match(route.Request{Method: "GET", Path: "/users/1"}).Pattern)
	now := time.Unix(0, 0)
	for range lifetime + 2 {
		s.Tick(now)
		now = now.Add(route.Generation)
	}
	require.Zero(t, s.Bytes())
	require.Equal(t, OtherServices, s.nameOf(old.NameID))
	require.Equal(t, "service_name="+OtherServices, labels(s.number(old.ID)), "a finding about it is nobody's")
	again := s.Of(resource("old"))
	require.NotSame(t, old.Routes, again.Routes)
	require.Zero(t, again.Routes.Patterns())
}

// A service that had to share routes gets its own when there is room.
func TestServicesGetRoutesOfTheirOwn(t *testing.T) {
	table, err := route.New(route.Options{MaxRoutes: 10, MaxServices: MaxServices, MaxBytes: 64 << 10})
	require.NoError(t, err)
	s := NewServices(table, nil, 64<<20)
	for n := range 100 {
		s.Of(resource(fmt.Sprint(n)))
	}
	require.Less(t, table.Bytes(), int64(128<<10))
	require.True(t, table.Shared(s.Of(resource("99")).Routes))
	now := time.Unix(0, 0)
	for range lifetime + 3 {
		s.Tick(now)
		table.Tick(now)
		s.Of(resource("99"))
		now = now.Add(route.Generation)
	}
	require.False(t, table.Shared(s.Of(resource("99")).Routes))
}
