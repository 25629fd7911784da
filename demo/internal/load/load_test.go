// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlanFollowsFromTheSeed(t *testing.T) {
	require.Equal(t, Plan(1, 500), Plan(1, 500))
	require.NotEqual(t, Plan(1, 500), Plan(2, 500))
	require.Equal(t, Plan(1, 100), Plan(1, 500)[:100], "a longer run begins like a shorter one")
}

// What the demo has to show must be in a plan of its usual size.
func TestPlanHasEverything(t *testing.T) {
	seen := map[string]bool{}
	debug := 0
	for _, request := range Plan(1, 1500) {
		first, _, _ := strings.Cut(strings.TrimPrefix(request.Path, "/"), "/")
		first, _, _ = strings.Cut(first, "?")
		seen[first] = true
		if request.Debug {
			debug++
		}
	}
	for _, want := range []string{
		"", "healthz", "readyz", "static", "users", "products", "categories", "search",
		"carts", "checkout", "orders", "payments", "favicon.ico", "wp-login.php",
	} {
		require.True(t, seen[want], "no request to /%s", want)
	}
	require.Positive(t, debug)
	require.Less(t, debug, 75, "a debug header is the exception")
}

func TestRunSendsEachRequestOnce(t *testing.T) {
	var mu sync.Mutex
	got := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got[r.Method+" "+r.URL.RequestURI()]++
		if strings.HasPrefix(r.URL.Path, "/payments") {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer server.Close()
	plan := Plan(3, 300)
	want := map[string]int{}
	for _, request := range plan {
		want[request.Method+" "+request.Path]++
	}
	calls := 0
	driver := Driver{
		Targets:  Targets{server.URL, server.URL, server.URL},
		Progress: func(Summary) { calls++ },
	}
	summary, err := driver.Run(t.Context(), plan)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, len(plan), summary.Answers())
	require.Equal(t, len(plan), calls)
	require.Positive(t, summary.Failed)
	require.Contains(t, summary.String(), "failed")
}

func TestRunEndsWhenNobodyAnswers(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	server.Close()
	_, err := Driver{Targets: Targets{url, url, url}}.Run(t.Context(), Plan(1, 50))
	require.ErrorContains(t, err, "no answer")
}
