// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

// MaxServices is how many services have routes and series of their own; the others
// share those of OtherServices.
const (
	MaxServices   = 1000
	OtherServices = "_other"
)

// MaxLabelSets is how many combinations of a service with the further attributes
// have series of their own. OpenTelemetry's SDK makes no more than 2000 series of
// a metric, and some metrics have a reason among their labels, too.
const MaxLabelSets = 500

// Service is the service that a resource names, in one version, deployment or
// whatever else telemetry.attributes separates. It is immutable.
type Service struct {
	Labels   []attribute.KeyValue     // of its series, in order of their keys
	Only     metric.MeasurementOption // the labels alone
	Envelope []byte                   // of a resource with no more than the service's name
	Routes   *route.Service           // the patterns of all services with the name
	// ID is the number of the labels, NameID that of the service's name; 0 is none.
	ID, NameID uint16
	Address    uint64 // hash of the name, as integrity.Peers holds it
}

// With returns the labels of a series of the service.
func (s *Service) With(attrs ...attribute.KeyValue) []attribute.KeyValue {
	return append(slices.Clip(s.Labels), attrs...)
}

// Services finds services by name and further resource attributes. Readers take
// no lock: there are many batches and few new services.
type Services struct {
	table *route.Table
	keys  []string   // of the labels; the first is service.name
	mu    sync.Mutex // held to add one
	known atomic.Pointer[knownServices]
}

type knownServices struct {
	byKey map[string]*Service
	byID  []*Service
	names map[string]uint16
	list  []string // of names; the first is none
}

// NewServices returns no services yet. Besides service.name, the attributes of a
// resource are labels.
func NewServices(table *route.Table, attributes []string) *Services {
	s := &Services{table: table, keys: append([]string{"service.name"}, attributes...)}
	s.known.Store(&knownServices{
		byKey: map[string]*Service{}, byID: []*Service{nil},
		names: map[string]uint16{}, list: []string{""},
	})
	return s
}

// number returns the service with the id, which it must have got from here.
func (s *Services) number(id uint16) *Service { return s.known.Load().byID[id] }

// nameOf returns the name with the number.
func (s *Services) nameOf(name uint16) string { return s.known.Load().list[name] }

// separator stands between the values of a key.
const separator = 0

// Of returns the service of the resource.
func (s *Services) Of(res pcommon.Resource) *Service {
	var scratch [128]byte
	key := scratch[:0]
	for i, name := range s.keys {
		if i > 0 {
			key = append(key, separator)
		}
		if v, ok := res.Attributes().Get(name); ok {
			key = append(key, v.AsString()...)
		}
	}
	if found, ok := s.known.Load().byKey[string(key)]; ok {
		return found
	}
	return s.add(key)
}

func (s *Services) add(key []byte) *Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known.Load()
	values := s.capped(known, key)
	full := strings.Join(values, string(rune(separator)))
	if found, ok := known.byKey[full]; ok {
		return found
	}
	next := &knownServices{byKey: maps.Clone(known.byKey), names: maps.Clone(known.names), list: known.list}
	added := s.create(next.number(values[0]), values)
	added.ID = uint16(len(known.byID))
	next.byKey[full] = added
	next.byID = append(slices.Clip(known.byID), added)
	s.known.Store(next)
	return added
}

func (s *Services) create(name uint16, values []string) *Service {
	labels := s.labels(values)
	return &Service{
		NameID:   name,
		Labels:   labels,
		Only:     metric.WithAttributeSet(attribute.NewSet(labels...)),
		Envelope: otlpwire.ServiceEnvelope(values[0]),
		Routes:   s.table.Service(values[0]),
		Address:  record.AddressOf(values[0], 0),
	}
}

// number returns the number of the name and makes one if it has none.
func (k *knownServices) number(name string) uint16 {
	n, ok := k.names[name]
	if !ok {
		n = uint16(len(k.list))
		k.names[name] = n
		k.list = append(slices.Clip(k.list), name)
	}
	return n
}

// capped returns the values of a key, with those past a cap replaced: no more
// than MaxServices names, and no more than MaxLabelSets combinations with the
// other attributes, and one overflow for each name.
func (s *Services) capped(known *knownServices, key []byte) []string {
	var values []string
	for v := range bytes.SplitSeq(key, []byte{separator}) {
		values = append(values, string(v))
	}
	values = values[:len(s.keys)]
	if _, ok := known.names[values[0]]; !ok && len(known.names) >= MaxServices {
		values[0] = OtherServices
	}
	if len(s.keys) > 1 && len(known.byKey) >= MaxLabelSets {
		for i := range values[1:] {
			values[i+1] = OtherServices
		}
	}
	return values
}

// labels are the attributes of a service's series. What its resource lacks is no
// label; without a name, the name is empty.
func (s *Services) labels(values []string) []attribute.KeyValue {
	var out []attribute.KeyValue
	for i, v := range values {
		if i == 0 || v != "" {
			out = append(out, attribute.String(s.keys[i], v))
		}
	}
	return out
}
