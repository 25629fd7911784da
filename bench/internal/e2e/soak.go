// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// soak keeps one collector at full speed for long, with little room, and checks
// what has to hold all the time. Its exporter does not batch: in v0.160.0 one that
// does crashes with pdata.useProtoPooling, also without any processor before it.
type soak struct {
	launch
	duration time.Duration
	warm     time.Duration // not judged: tables and heap grow to their size
	every    time.Duration
	senders  int
	stall    time.Duration // of each minute, as long as is sent

	collector *collector.Collector
	sender    *sender
	began     time.Time
	log       io.Writer
}

// soakTarget is what a soak runs.
var soakTarget = Target{"ours_soak", "both"}

// SoakMain runs a soak and fails if a check does.
func SoakMain(ctx context.Context, args []string, out io.Writer) error {
	s := &soak{log: os.Stderr}
	fs := flag.NewFlagSet("soak", flag.ContinueOnError)
	s.flags(fs)
	s.items = 20_000 // what waits while the sink stalls shall wait in the processor
	fs.DurationVar(&s.duration, "duration", 10*time.Minute, "how long to send, the warm-up included")
	fs.DurationVar(&s.warm, "warm", time.Minute, "how much of it is warm-up")
	fs.DurationVar(&s.every, "every", 5*time.Second, "how often to look")
	fs.DurationVar(&s.wait, "wait", 10*time.Second, "how long traces wait for their verdict; more than there is room for")
	fs.StringVar(&s.gates, "gates", "", "the collector's --feature-gates")
	fs.IntVar(&s.senders, "senders", 4, "connections that send")
	fs.DurationVar(&s.stall, "stall", 0, "how long of each minute the sink answers no call")
	if err := fs.Parse(args); err != nil {
		return err
	}
	versions, err := s.versions(soakTarget)
	if err != nil {
		return err
	}
	report, err := s.run(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n\n", versions)
	report.print(out)
	return report.judge()
}

// run starts the collector, sends, watches, and counts what came out.
func (s *soak) run(ctx context.Context) (*soakReport, error) {
	load, err := workload.New(workload.Default())
	if err != nil {
		return nil, err
	}
	truth, err := newTruth(load, evidence)
	if err != nil {
		return nil, err
	}
	sink, err := newSink(evidence)
	if err != nil {
		return nil, err
	}
	defer sink.Close()
	s.began, sink.stall = time.Now(), s.stalls
	if s.dir, err = os.MkdirTemp("", "bench-soak"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(s.dir)
	if s.collector, err = s.start(ctx, soakTarget, sink.Addr()); err != nil {
		return nil, err
	}
	s.sender = &sender{load: load, target: soakTarget, senders: s.senders, retries: true}
	report, err := s.watch(ctx)
	if err != nil {
		return nil, errors.Join(err, s.collector.Stop(stopLimit))
	}
	sink.quiet(s.wait + 3*time.Second)
	end, err := s.look(ctx)
	if err != nil {
		return nil, errors.Join(err, s.collector.Stop(stopLimit))
	}
	report.end, report.came = end, counts{int(sink.spans.Load()), int(sink.logs.Load())}
	err = s.collector.Stop(stopLimit)
	report.missing, report.said = truth.missing(sink.traces, s.sender.rounds), s.collector.Output()
	report.rounds, report.retried = s.sender.rounds, s.sender.retried.Load()
	return report, err
}

// stalls reports whether the sink answers no call now: at the end of each minute.
func (s *soak) stalls() bool {
	at := time.Since(s.began)
	return at < s.duration && at%time.Minute >= time.Minute-s.stall
}

// watch sends for the duration and looks at the collector again and again.
func (s *soak) watch(ctx context.Context) (*soakReport, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a collector that has ended takes no call any more
	ended := make(chan error, 1)
	go func() { ended <- s.sender.run(ctx, s.collector.Endpoints.GRPC) }()
	report := &soakReport{warm: s.warm}
	for time.Since(s.began) < s.duration {
		if err := s.pause(ctx, ended); err != nil {
			return nil, err
		}
		l, err := s.look(ctx)
		if err != nil {
			return nil, err
		}
		report.looks = append(report.looks, l)
		fmt.Fprintf(s.log, "%v\n", l)
	}
	s.sender.stop.Store(true)
	return report, <-ended
}

// pause waits until it is time to look again, unless something ends before.
func (s *soak) pause(ctx context.Context, ended <-chan error) error {
	select {
	case err := <-ended:
		return errors.Join(err, errors.New("the sender ended early"))
	case <-s.collector.Exited():
		return errors.Join(errors.New("the collector ended early"), s.collector.Failure())
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.every):
		return nil
	}
}

// look takes one look. The sum of the fates is exact only if nothing is between
// two counters while they are read, so no call is on its way meanwhile; and since
// traces are decided all the time and a page is not read in an instant, it is read
// again until the sum is right, at most until all that is held has been decided.
func (s *soak) look(ctx context.Context) (look, error) {
	s.sender.calls.Lock()
	defer s.sender.calls.Unlock()
	l := look{at: time.Since(s.began)}
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		m, err := scrape.Fetch(ctx, s.collector.Endpoints.MetricsURL())
		if err != nil {
			return l, err
		}
		l.reads++
		l.spans, l.logs = m.Tally("spans"), m.Tally("logs")
		l.balanced = balanced(l.spans, s.sender.spans.Load()) && balanced(l.logs, s.sender.logs.Load())
		l.buffer = max(l.buffer, int64(m.Sum("buffer_bytes")))
		l.limit, l.lost = int64(m.Sum("buffer_limit_bytes")), int64(m.Sum("evidence_lost"))
		if l.balanced || time.Since(began) > s.wait+5*time.Second {
			break
		}
	}
	var err error
	l.rss, err = s.collector.RSS()
	l.retried = s.sender.retried.Load()
	return l, err
}

// balanced reports whether every item has one fate, and those that were not
// refused are the acknowledged ones.
func balanced(t scrape.Tally, acknowledged int64) bool {
	return t.Balanced() && int64(t.Received-t.Refused) == acknowledged
}
