// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-correlation/correlationprocessor"
	"github.com/otelcol-correlation/correlationprocessor/internal/metadatatest"
)

// inDirectory has the processor store what it holds.
func inDirectory(directory string, changes ...func(*Config)) func(*Config) {
	return func(c *Config) {
		c.Storage.Directory, c.Storage.MaxBytes = directory, 32<<20
		for _, change := range changes {
			change(c)
		}
	}
}

// stop ends a processor that may leave something.
func (p *pipelines) stop() {
	require.NoError(p.t, p.traces.Shutdown(context.Background()))
	require.NoError(p.t, p.logs.Shutdown(context.Background()))
	require.NoError(p.t, p.telemetry.Shutdown(context.Background()))
}

// asKilled copies the directory as it would be after a kill at this moment.
func asKilled(t *testing.T, directory, to string) {
	require.NoError(t, filepath.WalkDir(directory, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "lock" {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(filepath.Join(to, d.Name()), b, 0o600)
		}
		return err
	}))
}

// recovered waits until what an earlier process left was taken in, and checks the books.
func (p *pipelines) recovered(items int64) {
	synctest.Wait()
	now := p.reading()
	require.Zero(p.t, now["storage_recovering"])
	require.Zero(p.t, now["storage_damaged"])
	require.Equal(p.t, items, now["spans_recovered"]+now["logs_recovered"])
	for name, taken := range map[string]int64{"spans": p.spansTaken.Load(), "logs": p.logsTaken.Load()} {
		require.Equal(p.t, taken, now[name+"_kept"])
		require.Equal(p.t, now[name+"_received"]+now[name+"_recovered"],
			now[name+"_kept"]+now[name+"_dropped"]+now[name+"_refused"]+now[name+"_held"], name)
	}
}

// What waits when the processor ends, or is killed, is decided by the next one, once, not
// early, and by what came before as well.
func TestTheNextProcessGoesOn(t *testing.T) {
	for name, killed := range map[string]bool{"ended": false, "killed": true} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			process := func(directory string, run func(*testing.T, *pipelines)) {
				synctest.Test(t, func(t *testing.T) {
					p := newPipelines(t, inDirectory(directory, onePercent))
					run(t, p)
					p.stop()
				})
			}
			next := directory
			if killed {
				next = t.TempDir()
			}
			process(directory, func(t *testing.T, p *pipelines) {
				p.send(spanOf(1, 1, failed), logOf(1, 2), spanOf(2, 3), logOf(2, 4), spanOf(3, 5))
				time.Sleep(time.Second)
				require.Len(t, p.spans(), 1, "an error need not wait")
				require.Empty(t, p.records())
				if killed {
					asKilled(t, directory, next)
				}
			})
			process(next, func(t *testing.T, p *pipelines) {
				p.recovered(4)
				require.Empty(t, p.spans(), "nothing is decided early")
				p.send(spanOf(1, 6), spanOf(2, 7, root, failed), spanOf(3, 8, root), logOf(1, 9))
				time.Sleep(20 * time.Second)
				p.recovered(4)
				require.Len(t, p.spans(), 3, "one of the first trace, and both of the second")
				require.Len(t, p.records(), 3)
				require.Zero(t, p.sum("spans_redelivered")+p.sum("logs_redelivered"))
				require.Equal(t, int64(2), p.sum("spans_dropped"))
			})
			process(next, func(t *testing.T, p *pipelines) {
				p.recovered(0)
				p.send(spanOf(2, 10), spanOf(3, 11))
				time.Sleep(20 * time.Second)
				require.Len(t, p.spans(), 1, "late items meet the verdict of an earlier process")
			})
		})
	}
}

// What is on its way at a kill comes once more: what was released, and what passes in a
// call that its sender does not wait for any more.
func TestWhatWasOnItsWayComesOnceMore(t *testing.T) {
	directory, killed := t.TempDir(), t.TempDir()
	everything := func(c *Config) { c.Sampling.SamplingPercentage = 99.9 }
	synctest.Test(t, func(t *testing.T) {
		next := new(stuck)
		var p pipelines
		p.start(t, inDirectory(directory, everything), consumertest.NewNop(), next)
		next.stick()
		p.send(logOf(0, 1, noID), logOf(1, 2, failedLog)) // one passes, one has its verdict at once
		time.Sleep(15 * time.Second)
		require.Equal(t, int64(2), p.sum("logs_held"))
		asKilled(t, directory, killed)
		next.free()
		p.stop()
		require.Equal(t, 2, next.LogRecordCount())
	})
	synctest.Test(t, func(t *testing.T) {
		p := newPipelines(t, inDirectory(killed, everything))
		time.Sleep(15 * time.Second)
		p.recovered(2)
		require.Equal(t, int64(2), p.sum("logs_redelivered"))
		require.Len(t, p.records(), 2)
		p.stop()
	})
	synctest.Test(t, func(t *testing.T) {
		p := newPipelines(t, inDirectory(directory, everything))
		time.Sleep(15 * time.Second)
		p.recovered(0)
		require.Empty(t, p.records(), "what was delivered does not come again")
		p.stop()
	})
}

// A next component that is down at the end has what waits for it after the next start.
func TestWhatWaitsOutlivesTheEnd(t *testing.T) {
	directory := t.TempDir()
	keepAll := func(c *Config) { c.Sampling.SamplingPercentage = 99.9 }
	synctest.Test(t, func(t *testing.T) {
		var p pipelines
		p.start(t, inDirectory(directory, keepAll), consumertest.NewErr(errNext), consumertest.NewErr(errNext))
		p.send(spanOf(1, 1, root), logOf(1, 2))
		time.Sleep(15 * time.Second)
		p.stop()
		require.Zero(t, p.sum("spans_dropped")+p.sum("logs_dropped"))
	})
	synctest.Test(t, func(t *testing.T) {
		p := newPipelines(t, inDirectory(directory, keepAll))
		time.Sleep(15 * time.Second)
		p.recovered(2)
		require.Len(t, p.spans(), 1)
		require.Len(t, p.records(), 1)
		p.stop()
	})
}

// An instance that is taken away decides and delivers all at its end.
func TestDrainedAtTheEnd(t *testing.T) {
	directory := t.TempDir()
	drained := func(c *Config) { c.Storage.DrainOnShutdown = true }
	synctest.Test(t, func(t *testing.T) {
		p := newPipelines(t, inDirectory(directory, onePercent, drained))
		p.send(spanOf(1, 1, failed), logOf(1, 2), spanOf(2, 3))
		p.stop()
		require.Len(t, p.spans(), 1)
		require.Len(t, p.records(), 1)
	})
	synctest.Test(t, func(t *testing.T) {
		p := newPipelines(t, inDirectory(directory, onePercent))
		p.recovered(0)
		p.stop()
	})
}

// Logs that wait for their request go on waiting, and get their trace from a span that
// comes to the next process.
func TestRequestsOutliveTheEnd(t *testing.T) {
	directory := t.TempDir()
	byRequest := func(c *Config) {
		c.Logs.RequestIDAttributes, c.Sampling.SamplingPercentage = []string{"request_id"}, 99.9
	}
	request := func(m pcommon.Map) { m.PutStr("request_id", "r-1") }
	synctest.Test(t, func(t *testing.T) {
		p := newPipelines(t, inDirectory(directory, byRequest))
		p.send(logOf(0, 1, noID, func(lr plog.LogRecord) { request(lr.Attributes()) }))
		time.Sleep(time.Second)
		p.stop()
		require.Empty(t, p.records())
	})
	synctest.Test(t, func(t *testing.T) {
		p := newPipelines(t, inDirectory(directory, byRequest))
		p.recovered(1)
		p.send(spanOf(1, 2, root, func(s ptrace.Span) { request(s.Attributes()) }))
		time.Sleep(15 * time.Second)
		require.Len(t, p.records(), 1)
		require.Equal(t, p.spans()[0].TraceID(), p.records()[0].TraceID())
		p.stop()
	})
}

// Two that would share a directory, and two pipelines of a signal, are refused at start
// with their reason.
func TestStorageIsRefused(t *testing.T) {
	f := correlationprocessor.NewFactory()
	started := func(cfg *Config, second bool) (component.Component, error) {
		telemetry := componenttest.NewTelemetry()
		t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.Background())) })
		set := metadatatest.NewSettings(telemetry)
		p, err := f.CreateLogs(t.Context(), set, cfg, consumertest.NewNop())
		require.NoError(t, err)
		if second {
			_, err := f.CreateLogs(t.Context(), set, cfg, consumertest.NewNop())
			require.NoError(t, err)
		}
		return p, p.Start(t.Context(), componenttest.NewNopHost())
	}
	config := func(directory string) *Config {
		cfg := f.CreateDefaultConfig().(*Config)
		inDirectory(directory)(cfg)
		require.NoError(t, confmap.Validate(cfg))
		return cfg
	}
	directory := t.TempDir()
	first, err := started(config(directory), false)
	require.NoError(t, err)
	p, err := started(config(directory), false)
	require.ErrorContains(t, err, directory)
	require.ErrorContains(t, err, "the directory is in use")
	require.NoError(t, p.Shutdown(t.Context()))
	require.NoError(t, first.Shutdown(t.Context()))
	_, err = started(config(t.TempDir()), true)
	require.ErrorContains(t, err, "more than one pipeline of a signal")
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = started(config(file), false)
	require.ErrorContains(t, err, "storage::directory")
}

// A directory with anything in it is no reason not to start: what is no file of the
// processor's is set aside and counted.
func TestDamagedFilesAreNoReasonNotToStart(t *testing.T) {
	directory := t.TempDir()
	for _, name := range []string{"records", "verdicts", "routes"} {
		require.NoError(t, os.WriteFile(filepath.Join(directory, name), []byte("not of ours"), 0o600))
	}
	core, logged := observer.New(zap.WarnLevel)
	synctest.Test(t, func(t *testing.T) {
		p := pipelines{logger: zap.New(core), spanSink: new(consumertest.TracesSink), logSink: new(consumertest.LogsSink)}
		p.start(t, inDirectory(directory, onePercent), p.spanSink, p.logSink)
		require.Equal(t, int64(2), p.sum("storage_damaged"))
		p.send(spanOf(1, 1, failed, root))
		time.Sleep(15 * time.Second)
		require.Len(t, p.spans(), 1)
		p.stop()
	})
	require.Equal(t, 3, logged.Len(), "%v", logged.All())
	for _, name := range []string{"records", "verdicts", "routes"} {
		require.FileExists(t, filepath.Join(directory, name+".bad"))
	}
}
