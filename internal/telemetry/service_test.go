// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

func services(t *testing.T, attributes ...string) *Services {
	table, err := route.New(route.Options{MaxRoutes: 10, MaxServices: MaxServices})
	require.NoError(t, err)
	return NewServices(table, attributes)
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
		svc := s.Of(resource(strings.Repeat("x", n)))
		require.Same(t, svc, s.Of(resource(strings.Repeat("x", n))), "it is the same the next time")
		require.Equal(t, svc.Labels, s.number(svc.ID).Labels)
		if s.nameOf(svc.NameID) == OtherServices {
			others++
		}
	}
	require.Equal(t, 50, others)
	require.Equal(t, "service.name=x", labels(s.Of(resource("x"))), "one that was known stays known")
}

// Deployments have labels by any resource attribute, up to a cap.
func TestLabelSetsPastTheCapShareTheRest(t *testing.T) {
	s := services(t, "service.version", "deployment.id")
	count := map[string]int{}
	for n := range MaxLabelSets + 30 {
		count[labels(s.Of(resource("cart", "deployment.id", fmt.Sprint(n))))]++
	}
	require.Equal(t, 1, count["deployment.id=17 service.name=cart"], "what the resource lacks is no label")
	require.Equal(t, 30, count["deployment.id=_other service.name=cart service.version=_other"])
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
	svc := &Service{Labels: []attribute.KeyValue{attribute.String("service.name", "a")}}
	one := svc.With(attribute.String("x", "1"))
	two := svc.With(attribute.String("x", "2"))
	require.False(t, slices.Equal(one, two))
}
