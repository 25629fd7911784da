module github.com/otelcol-correlation/correlationprocessor/internal/route/bench

go 1.26.0

require (
	github.com/grafana/clusterurl v0.3.0
	github.com/otelcol-correlation/correlationprocessor v0.0.0
)

require github.com/hashicorp/golang-lru/v2 v2.0.7 // indirect

replace github.com/otelcol-correlation/correlationprocessor => ../../..
