// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package component

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strconv"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
	"github.com/otelcol-correlation/correlationprocessor/bench/internal/report"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/run"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
)

// instructionBudgets are the instructions a configuration may take for an item
// of both signals, above decoding it, in units of those that decoding it takes.
// They are what was measured when they were last set; a tenth more passes. Lower
// them with what they bound; raise them only for something that is worth it.
var instructionBudgets = []struct {
	peer   string
	budget float64
}{
	{"ours_tail", 0.731},
}

// instructionSlack is what passes beyond a budget: more than the runtime's own
// work differs from run to run, which is under a hundredth of decoding.
const instructionSlack = 1.1

// A short run sends fewBatches and a long one twice as many; what they differ by
// is the work on the second half, without the start, and with caches warm.
const fewBatches = 40

// InstructionsMain counts the instructions of the configurations that have a
// budget, and of the floor, and fails if one takes more than it may.
func InstructionsMain(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("instructions", flag.ContinueOnError)
	rounds := fs.Int("rounds", 1, "times each is counted; the figures are medians")
	if err := fs.Parse(args); err != nil {
		return err
	}
	spec := workload.Default()
	spec.Traces = 4000 // so many batches that no trace id comes twice
	w, done, err := save(spec)
	if err != nil {
		return err
	}
	defer done()
	floor, err := perItem(ctx, w, peers.Floor, *rounds)
	if err != nil {
		return err
	}
	if err := printVersions(out, []Target{{Peer: peers.Floor}}); err != nil {
		return err
	}
	t := report.Table(out, "peer", "instructions/item above decode", "of decode", "budget")
	fmt.Fprintf(t, "| decode\t| %.0f\t| 1\t| \t|\n", floor)
	var over error
	for _, b := range instructionBudgets {
		all, err := perItem(ctx, w, b.peer, *rounds)
		if err != nil {
			return err
		}
		ratio := (all - floor) / floor
		fmt.Fprintf(t, "| %s\t| %.0f\t| %.3f\t| %.3f\t|\n", b.peer, all-floor, ratio, b.budget)
		over = errors.Join(over, judgeInstructions(b.peer, ratio, b.budget))
	}
	return errors.Join(t.Flush(), over)
}

func judgeInstructions(peer string, ratio, budget float64) error {
	if ratio <= budget*instructionSlack {
		return nil
	}
	return fmt.Errorf("%s takes %.3f of the instructions of decoding, its budget is %.3f and a tenth", peer, ratio, budget)
}

// perItem is the instructions for an item, decoding included.
func perItem(ctx context.Context, w saved, peer string, rounds int) (float64, error) {
	items := 0
	for _, b := range w.Batches[fewBatches : 2*fewBatches] {
		items += b.Items
	}
	var all []float64
	for range rounds {
		r := run.Run{Peer: peer, Signals: "both", Load: w.path, Batches: fewBatches}
		short, err1 := count(ctx, &r)
		r.Batches *= 2
		long, err2 := count(ctx, &r)
		if err := cmp.Or(err1, err2); err != nil {
			return 0, fmt.Errorf("%s: %w", peer, err)
		}
		all = append(all, float64(long-short)/float64(items))
		fmt.Fprintf(os.Stderr, "%s: %d instructions for %d batches, %d for %d: %.0f an item\n",
			peer, short, fewBatches, long, r.Batches, all[len(all)-1])
	}
	return report.Median(all), nil
}

// count carries the run out under callgrind. The garbage collector is off, because
// when it runs depends on time; what it costs is bounded by the budgets of
// allocations. Signals for goroutines that run long, and the instruction by which
// the runtime times a lock it has to wait for, are off because valgrind survives
// neither.
func count(ctx context.Context, r *run.Run) (int64, error) {
	cmd, err := command(ctx, r, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
	if err != nil {
		return 0, err
	}
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=off", "GODEBUG=asyncpreemptoff=1,cpu.rdtscp=off")
	said, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("valgrind on %s: %w\n%s", runtime.GOARCH, err, said)
	}
	return collected(said)
}

var collectedLine = regexp.MustCompile(`(?m)^==\d+== Collected : (\d+)$`)

// collected reads the sum that callgrind prints at its end.
func collected(said []byte) (int64, error) {
	m := collectedLine.FindSubmatch(said)
	if m == nil {
		return 0, fmt.Errorf("callgrind printed no sum:\n%s", said)
	}
	return strconv.ParseInt(string(m[1]), 10, 64)
}
