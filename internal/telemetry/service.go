// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

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
	// The number of a service that was forgotten goes to another one.
	ID, NameID uint16
	Address    uint64 // hash of the name, as integrity.Peers holds it

	key  string
	used atomic.Bool // in this generation
	idle int         // generations without use; guarded by Services.mu
}

// With returns the labels of a series of the service.
func (s *Service) With(attrs ...attribute.KeyValue) []attribute.KeyValue {
	return append(slices.Clip(s.Labels), attrs...)
}

// Services finds services by name and further resource attributes. Readers take
// no lock: there are many batches and few new services.
type Services struct {
	table   *route.Table
	keys    []string   // attributes of a resource; the first is service.name
	names   []string   // of the labels that these are
	limit   int64      // bytes
	mu      sync.Mutex // held to add and to forget
	rotated time.Time
	known   atomic.Pointer[knownServices]
}

// knownServices is replaced, never changed.
type knownServices struct {
	byKey map[string]*Service
	byID  numbers[*Service]
	names map[string]uint16
	list  numbers[string] // of names
	bytes int64
}

// NewServices returns no services yet, which may take maxBytes. Besides service.name,
// the attributes of a resource are labels.
func NewServices(table *route.Table, attributes []string, maxBytes int64) *Services {
	s := &Services{table: table, keys: append([]string{"service.name"}, attributes...), limit: maxBytes}
	for _, key := range s.keys {
		s.names = append(s.names, LabelName(key))
	}
	s.known.Store(&knownServices{byKey: map[string]*Service{}, names: map[string]uint16{}})
	return s
}

// number returns the service with the id, which must have come from here. For the
// id of one that was forgotten it is nobody in particular.
func (s *Services) number(id uint16) *Service {
	if svc := s.known.Load().byID.at(id); svc != nil {
		return svc
	}
	return s.find(OtherServices)
}

// nameOf returns the name with the number.
func (s *Services) nameOf(name uint16) string {
	if text := s.known.Load().list.at(name); text != "" {
		return text
	}
	return OtherServices
}

// Bytes is about the memory that the services take, their routes left out.
func (s *Services) Bytes() int64 { return s.known.Load().bytes }

// separator stands between the values of a key. No label holds it.
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
			key = appendLabel(key, v.AsString())
		}
	}
	if found, ok := s.known.Load().byKey[string(key)]; ok {
		found.use()
		return found
	}
	return s.add(key)
}

// use notes that the service sends something. To write each time would have the
// processors pass the line round.
func (s *Service) use() {
	if !s.used.Load() {
		s.used.Store(true)
	}
}

// find returns the service with the name and no further label.
func (s *Services) find(name string) *Service {
	return s.add(append([]byte(name), make([]byte, len(s.keys)-1)...))
}

func (s *Services) add(key []byte) *Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known.Load()
	values := s.capped(known, key)
	full := strings.Join(values, string(rune(separator)))
	if found, ok := known.byKey[full]; ok {
		found.use()
		return found
	}
	next := known.clone()
	added := s.create(next.name(values[0]), full, values)
	added.ID = next.byID.add(added)
	next.byKey[full] = added
	next.bytes += added.size()
	s.known.Store(next)
	return added
}

func (s *Services) create(name uint16, key string, values []string) *Service {
	labels := s.labels(values)
	svc := &Service{
		NameID:   name,
		Labels:   labels,
		Only:     metric.WithAttributeSet(attribute.NewSet(labels...)),
		Envelope: otlpwire.ServiceEnvelope(values[0]),
		Routes:   s.table.Service(values[0]),
		Address:  record.AddressOf(values[0], 0),
		key:      key,
	}
	svc.used.Store(true)
	return svc
}

// serviceBytes estimates what a service takes beside its texts: its labels, twice,
// and its places in the tables.
const serviceBytes = 1024

// size is about the memory the service takes. Its texts are in its key, its labels
// and its envelope.
func (s *Service) size() int64 { return serviceBytes + 3*int64(len(s.key)) }

func (k *knownServices) clone() *knownServices {
	return &knownServices{byKey: maps.Clone(k.byKey), names: maps.Clone(k.names), byID: k.byID.clone(), list: k.list.clone(), bytes: k.bytes}
}

// name returns the number of the name and makes one if it has none.
func (k *knownServices) name(name string) uint16 {
	n, ok := k.names[name]
	if !ok {
		n = k.list.add(name)
		k.names[name] = n
	}
	return n
}

// capped returns the values of a key, with those past a cap replaced: no more
// than MaxServices names, and no more than MaxLabelSets combinations with the
// other attributes, and one overflow for each name.
func (s *Services) capped(known *knownServices, key []byte) []string {
	values := strings.Split(string(key), string(rune(separator)))
	full := known.bytes >= s.limit
	if _, ok := known.names[values[0]]; !ok && (full || len(known.names) >= MaxServices) {
		values[0] = OtherServices
	}
	if len(s.keys) > 1 && (full || len(known.byKey) >= MaxLabelSets) {
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
			out = append(out, attribute.String(s.names[i], v))
		}
	}
	return out
}
