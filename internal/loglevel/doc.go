// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package loglevel finds whether a log record is at ERROR or above, by what its logger wrote: under a
// key, as a word or a number, or at the head of a line. It is asked where the record has no severity of its own.
//
// One reader serves all carriers: attributes, a map body, a JSON or logfmt text, a line within a
// JSON record. [Lookup], [LookupIn] and [Enter] say what a key means, [Finder] takes the values, [Scan] does both for a text.
//
// # Words
//
// Whatever their case, and with the blanks and brackets around them: error, err, eror, erro, e; fatal, ftl, fata, f;
// critical, crit; alert; emergency, emerg; panic, pani, pnc, dpanic; severe; fail, fault; and the short names of
// OpenTelemetry's data model, ERROR2 to ERROR4 and FATAL2 to FATAL4. Words for less are known too, for
// they end the search. Any other word, such as the Metadata of a Kubernetes audit, says nothing.
//
// # Numbers
//
// A number means something else under each key, and small ones are read only where a key or a field beside it
// says whose they are:
//
//	level          50, 60             pino, bunyan, Python's CRITICAL. 40 is a warning in pino and an error in
//	                                  Python: not read as an error
//	               400, 500, 550, 600 Monolog
//	               0 to 3             syslog, only beside GELF's short_message or version 1.0 or 1.1: elsewhere 0 is
//	                                  the verbosity of Go's logr, and 3 a warning in Windows and .NET
//	levelno        from 40            Python's logging; loguru's level.no
//	level_value    from 40000         Logback, log4j 1
//	severity       1 to 3             syslog by number (Logstash); 0 is Google's DEFAULT
//	               500, 600, 700, 800 Google Cloud
//	severity_number 17 to 24          OpenTelemetry
//	severityLevel  3, 4               Application Insights
//	PRIORITY       0 to 3             journald, in capitals only. 4 to 7 say nothing: systemd writes 6 for all
//	                                  that a service prints, so the line itself is read
//	log.syslog.severity.code, syslog.severity and the like: 0 to 3; log.syslog.priority: the same, modulo 8
//	s              E, F               MongoDB, only beside its c or ctx
//
// # Lines
//
//	E0102 15:04:05.000000 1 a.go:1] ...      klog and glog
//	2026-11-21 09:53:01,123 ERROR [main] ... a level behind a time, a thread, a logger's name
//	[error] ...   fail: ...   ERROR:root:... in brackets or before a colon, also in small letters
//	<11>1 2026-11-21T09:53:01Z ...           syslog
//
// A word of prose ends the search, so an ERROR that a sentence is about is none. A prefix of a container
// runtime (CRI) is passed over. In a JSON record the line in log, message or MESSAGE is read if the record has
// no level itself; it may be JSON again.
//
// # Whose level
//
// A level of the record stands at the top or in one of the objects that loggers and agents keep a record's own
// fields in (log, fields, json, jsonPayload, attributes, ...). In req, error, params or an array it is another's. The top
// goes before what is nested, and of one object's keys the order is that of keys.go.
//
// # Sources
//
// OpenTelemetry specification, logs data model ("Displaying Severity", appendix B); RFC 5424 section 6.2.1; GELF 1.1
// (https://go2docs.graylog.org/current/getting_in_log_data/gelf.html); systemd.journal-fields(7);
// Elastic Common Schema, log.level and log.syslog; Google Cloud, LogSeverity; pino (docs/api.md, levels), bunyan
// (README, levels); Python, logging levels; Monolog (doc/01-usage.md, log levels); Logback, Level.java; Serilog,
// compact JSON format (@l); MongoDB manual, log messages; klog, header format; Application Insights, SeverityLevel.
package loglevel
