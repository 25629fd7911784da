// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package prometheus

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestShorten(t *testing.T) {
	require.Equal(t, "interval: 1s\nexpr: rate(a:ratio_rate5m[20s]) > sum_over_time(b[400s])\nfor: 5s",
		Shorten("interval: 1m\nexpr: rate(a:ratio_rate5m[15m]) > sum_over_time(b[1d])\nfor: 10m", 20*time.Second))
}

func TestQuery(t *testing.T) {
	answer := `{"status":"success","data":{"result":[
		{"metric":{"alertname":"B","service_name":"cart"},"value":[1,"2"]},{"metric":{"alertname":"A"},"value":[1,"1"]}]}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
	defer server.Close()
	s := &Server{url: server.URL}
	fired, err := s.Fired(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"A", "B cart"}, fired)
	answer = `{"status":"error","error":"no such thing"}`
	_, err = s.Fired(t.Context())
	require.ErrorContains(t, err, "no such thing")
}

func TestStartTellsWhyAServerDoesNotStart(t *testing.T) {
	_, err := Start(t.Context(), Options{Binary: "/bin/false"})
	require.ErrorContains(t, err, "did not start")
}
