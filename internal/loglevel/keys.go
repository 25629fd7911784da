// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package loglevel

import "github.com/otelcol-correlation/correlationprocessor/internal/logfield"

// kind says how the value of a key is to be read.
type kind uint8

const (
	kindNone      kind = iota
	kindLevel          // a word, or a number of many loggers
	kindSeverity       // a word, or a number of syslog or Google Cloud
	kindWord           // a word only
	kindJournal        // journald's PRIORITY
	kindSyslog         // a number or a word of syslog
	kindPriority       // syslog's facility and severity in one number
	kindPython         // Python's numbers
	kindLogback        // Logback's numbers
	kindOTel           // OpenTelemetry's numbers
	kindAzure          // Application Insights' numbers
	kindMongo          // MongoDB's letter
	kindGELF           // not a level: this record is GELF
	kindVersion        // not a level: GELF's version, or a version of something else
	kindComponent      // not a level: this record may be MongoDB's
)

// Key is what a name means. The zero value is that of a name that means nothing.
type Key struct {
	kind kind
	rank uint8 // of several levels in one object the one with the lowest counts
}

// Known reports whether a value under the key is to be offered.
func (k Key) Known() bool { return k.kind != kindNone }

// names are in the order of their rank. Matching ignores case, separators and nesting, so log_level stands for
// LogLevel, log.level and {"log":{"level":...}} too.
var names = []struct {
	name string
	kind kind
}{
	{"level", kindLevel},         // nearly all
	{"log.level", kindLevel},     // Elastic Common Schema; .NET's LogLevel
	{"severity", kindSeverity},   // Google Cloud, Logstash
	{"@l", kindWord},             // Serilog's compact format
	{"@level", kindWord},         // hclog
	{"levelname", kindWord},      // Python; Monolog's level_name
	{"lvl", kindWord},            // log15, geth
	{"level.name", kindWord},     // loguru
	{"severity_text", kindWord},  // OpenTelemetry
	{"severity_label", kindWord}, // Logstash
	{"severity_number", kindOTel},
	{"log.severity", kindSeverity},
	{"severityLevel", kindAzure},
	{"log.syslog.severity.code", kindSyslog}, // Elastic Common Schema
	{"log.syslog.severity.name", kindWord},
	{"syslog.severity.code", kindSyslog},
	{"syslog.severity", kindSyslog}, // rsyslog's syslogseverity
	{"syslog.level", kindSyslog},
	{"syslogseverity-text", kindWord},
	{journalPriority, kindJournal},
	{"log.syslog.priority", kindPriority},
	{"syslog5424_pri", kindPriority}, // Logstash
	{"syslog_pri", kindPriority},
	{"levelno", kindPython},
	{"level.no", kindPython},
	{"level_value", kindLogback}, // logstash-logback-encoder
	{"s", kindMongo},
	{"short_message", kindGELF},
	{"version", kindVersion},
	{"c", kindComponent},
	{"ctx", kindComponent},
}

// journalPriority is journald's key, which counts only in capitals: priority alone is that of a task or ticket.
const journalPriority = "PRIORITY"

// containers are the objects in which loggers and agents keep a record's own fields: ECS and parsed docker lines
// (log, message), Logstash (fields, @fields), Filebeat (json), Google Cloud (jsonPayload, labels), Fluent Bit (log_processed),
// loguru (record), OTLP as JSON (attributes, body). Those that users fill, such as context and extra, are not here.
var containers = []string{
	"log", "message", "fields", "@fields", "json", "jsonPayload", "labels", "log_processed", "record", "attributes", "body",
}

// dict is read-only.
var dict = newDict()

func newDict() *logfield.Dict[Key] {
	d := &logfield.Dict[Key]{}
	for i, n := range names {
		d.Add(n.name, Key{n.kind, uint8(i + 1)})
	}
	for _, c := range containers {
		d.AddContainer(c)
		for _, name := range [...]string{"level", "severity"} { // as attributes have it
			d.Add(c+"."+name, d.Lookup(name))
		}
	}
	return d
}

// Scope is the path of a nested object inside of which keys are looked up. The zero value is the top.
type Scope = logfield.Scope

// Lookup returns what a key at the top means. Case is ignored, and so are the separators . _ - and /.
func Lookup(key string) Key { return own(dict.Lookup(key), key) }

// LookupIn returns what a key inside of a nested object means. Where it is inlined into another package, the compiler does
// not see that the dictionary keeps no scope, and moves it to the heap.
//
//go:noinline
func LookupIn(s *Scope, key string) Key { return own(dict.LookupIn(s, key), key) }

// Enter returns the scope of the object under key in s, or false if no level of the record can be in it.
func Enter(s Scope, key string) (Scope, bool) { return dict.Enter(s, key) }

// own takes journald's key only as journald writes it.
func own(k Key, key string) Key {
	if k.kind == kindJournal && key != journalPriority {
		return Key{}
	}
	return k
}

// IsMessage reports whether a key of a record may hold a line that another program wrote, with its level in it.
func IsMessage(key string) bool {
	switch key {
	case "log", "message", "Message", "MESSAGE", "@message", "line", "textPayload", "body", "event", "_raw", "content":
		return true
	}
	return false
}
