// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

// maxServices is how many services have routes and series of their own; the
// others share those of otherServices.
const (
	maxServices   = 1000
	otherServices = "_other"
)

// service is what is known of the service a resource names.
type service struct {
	label  attribute.KeyValue
	only   metric.MeasurementOption // the label alone
	header []byte                   // of a resource with no more than the service's name
	routes *route.Service
}

// services finds services by name. Readers take no lock: there are many
// batches and few new services.
type services struct {
	table *route.Table
	mu    sync.Mutex // held to add one
	known atomic.Pointer[map[string]*service]
}

func newServices(table *route.Table) *services {
	s := &services{table: table}
	s.known.Store(&map[string]*service{})
	return s
}

// of returns the service of the resource.
func (s *services) of(res pcommon.Resource) *service {
	name := ""
	if v, ok := res.Attributes().Get("service.name"); ok {
		name = v.AsString()
	}
	if found, ok := (*s.known.Load())[name]; ok {
		return found
	}
	return s.add(name)
}

func (s *services) add(name string) *service {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := *s.known.Load()
	if len(known) >= maxServices {
		name = otherServices
	}
	if found, ok := known[name]; ok {
		return found
	}
	name = strings.Clone(name)
	label := attribute.String("service.name", name)
	added := &service{
		label:  label,
		only:   metric.WithAttributeSet(attribute.NewSet(label)),
		header: appendServiceHeader(nil, name),
		routes: s.table.Service(name),
	}
	next := maps.Clone(known)
	next[name] = added
	s.known.Store(&next)
	return added
}
