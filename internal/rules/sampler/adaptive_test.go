// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules/fingerprint"
)

// fingerprintNumbered is one of many.
func fingerprintNumbered(n int) uint64 {
	return xxhash.Sum64([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) & fingerprint.Mask
}

// traffic sends traces of four items to the sampler for some intervals, evenly over
// the time. It returns the share of them that each interval keeps on average.
func traffic(a *Adaptive, intervals, perInterval int, fingerprint func(interval, n int) uint64) (shares []float64) {
	for i := range intervals {
		kept := 0.0
		for n := range perInterval {
			kept += 1 / float64(a.Rate(fingerprint(i, n), 4))
			time.Sleep(a.goal.interval / time.Duration(perInterval))
		}
		shares = append(shares, kept/float64(perInterval))
	}
	return shares
}

// However many fingerprints there are, and whenever they are seen for the first time:
// a goal is a goal, from the first interval on.
func TestAGoalHoldsForAnyNumberOfFingerprints(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	fingerprints := map[string]func(interval, n int) uint64{
		"one":          func(int, int) uint64 { return 1 },
		"a hundred":    func(_, n int) uint64 { return fingerprintNumbered(n % 100) },
		"five hundred": func(_, n int) uint64 { return fingerprintNumbered(n % 500) },
		"5,000":        func(_, n int) uint64 { return fingerprintNumbered(n % 5000) },
		"5,000, some far more than others": func(int, int) uint64 {
			f := random.Float64()
			return fingerprintNumbered(int(5000 * f * f * f))
		},
		"one for each trace":               func(i, n int) uint64 { return fingerprintNumbered(i*20_000 + n) },
		"others in each interval":          func(i, n int) uint64 { return fingerprintNumbered(10_000*i + n%1000) },
		"all others from the third one on": func(i, n int) uint64 { return fingerprintNumbered(max(0, i-2)*10_000 + n%10) },
	}
	for name, fingerprint := range fingerprints {
		for _, perInterval := range []int{2_000, 20_000} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := NewAdaptive(&Config{Type: AdaptivePercentage, GoalPercentage: 1}, time.Now)
					require.NoError(t, a.Start())
					defer func() { require.NoError(t, a.Stop()) }()
					for i, share := range traffic(a, 8, perInterval, fingerprint) {
						require.InDelta(t, 0.01, share, 0.003, "interval %d of %d traces", i, perInterval)
					}
				})
			})
		}
	}
}

// A throughput as well: the first interval keeps everything that the goal has room for,
// and not more, whatever arrives.
func TestAThroughputHoldsForAnyNumberOfFingerprints(t *testing.T) {
	for name, tt := range map[string]struct {
		goal, perInterval, fingerprints int
		share                           float64
	}{
		"room for all":            {1000, 1000, 10, 1},
		"room for all of many":    {1000, 1000, 5000, 1},
		"1 in 10":                 {400, 15_000, 10, 0.1},
		"1 in 10 of many":         {400, 15_000, 5000, 0.1},
		"1 in 100 of many":        {40, 15_000, 5000, 0.01},
		"1 in 100, each its own":  {40, 15_000, 1_000_000, 0.01},
		"1 in 100 of one":         {40, 15_000, 1, 0.01},
		"far below one for each":  {4, 15_000, 500, 0.001},
		"nearly all of very many": {3600, 15_000, 5000, 0.9},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := NewAdaptive(&Config{Type: AdaptiveThroughput, GoalThroughput: tt.goal}, time.Now)
				require.NoError(t, a.Start())
				defer func() { require.NoError(t, a.Stop()) }()
				shares := traffic(a, 8, tt.perInterval, func(i, n int) uint64 { return fingerprintNumbered((i*tt.perInterval + n) % tt.fingerprints) })
				for i, share := range shares {
					require.LessOrEqual(t, share, 1.5*tt.share, "interval %d", i)
					require.GreaterOrEqual(t, share, 0.4*tt.share, "interval %d", i)
				}
			})
		})
	}
}

// What is rare is kept, and what is common pays for it.
func TestRareFingerprintsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAdaptive(&Config{Type: AdaptivePercentage, GoalPercentage: 10}, time.Now)
		require.NoError(t, a.Start())
		defer func() { require.NoError(t, a.Stop()) }()
		rare, common := 0.0, 0.0
		for i := range 10 {
			for n := range 1010 {
				key, sum := uint64(1), &common
				if n%101 == 0 {
					key, sum = 2, &rare
				}
				if rate := a.Rate(key, 4); i > 1 {
					*sum += 1 / float64(rate)
				}
				time.Sleep(a.goal.interval / 1010)
			}
		}
		require.Greater(t, rare, 0.8*8*10)
		require.Less(t, common+rare, 0.12*8*1010)
		require.Greater(t, common, 0.05*8*1000)
	})
}

// The fingerprints past max_keys share one rate, and it is known how many they are. A
// place that nobody uses any more is free again.
func TestFingerprintsPastTheLimitShareOneRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAdaptive(&Config{Type: AdaptivePercentage, GoalPercentage: 1, MaxKeys: 100}, time.Now)
		require.NoError(t, a.Start())
		defer func() { require.NoError(t, a.Stop()) }()
		require.Zero(t, a.KeysOverLimit())
		for range 3 {
			traffic(a, 1, 10_000, func(_, n int) uint64 { return fingerprintNumbered(n % 5000) })
			require.InEpsilon(t, 4900, a.KeysOverLimit(), 0.02)
			places := map[uint64]bool{}
			for n := range 5000 {
				places[a.places.of(time.Now(), fingerprintNumbered(n))] = true
			}
			require.Len(t, places, 101, "a hundred have one of their own")
			require.True(t, places[sharedPlace])
		}
		time.Sleep(time.Minute)
		traffic(a, 2, 1000, func(_, n int) uint64 { return fingerprintNumbered(10_000 + n%50) })
		require.Contains(t, a.places.seen, fingerprintNumbered(10_000), "it has a place")
		require.NotContains(t, a.places.seen, fingerprintNumbered(0), "nobody has seen it for long")
	})
}

// A sampler may be asked before it is started, and stopped without having been: then it
// keeps to its goal.
func TestSamplersThatAreNotStarted(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg  Config
		rate uint32
	}{
		"percentage": {Config{Type: AdaptivePercentage, GoalPercentage: 5}, 20},
		"throughput": {Config{Type: AdaptiveThroughput, GoalThroughput: 50}, 21},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := NewAdaptive(&tt.cfg, time.Now)
				var rate uint32
				for range 1000 { // in no time, which counts as a second
					rate = a.Rate(0, 1)
				}
				require.Equal(t, tt.rate, rate)
				require.NoError(t, a.Stop())
				require.NoError(t, a.Start())
				require.NotZero(t, a.Rate(0, 0))
				require.NoError(t, a.Stop())
				require.NoError(t, a.Stop())
				require.NotZero(t, a.Rate(0, 0))
			})
		})
	}
}
