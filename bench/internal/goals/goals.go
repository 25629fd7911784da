// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package goals prints what a benchmark was to show, what it measured, and
// whether that is met. It prints the figure in either case.
package goals

import (
	"fmt"
	"io"
	"math"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/report"
)

// Goal is a figure and its limit.
type Goal struct {
	What     string
	Measured float64 // not a number: not measured
	Limit    float64
	AtLeast  bool // else at most
}

// AtMost is a goal that a figure does not exceed.
func AtMost(what string, measured, limit float64) Goal {
	return Goal{What: what, Measured: measured, Limit: limit}
}

// AtLeast is a goal that a figure reaches.
func AtLeast(what string, measured, limit float64) Goal {
	return Goal{What: what, Measured: measured, Limit: limit, AtLeast: true}
}

// Ratio is a over b, and not a number where one of them was not measured: a cost
// that is nil or less drowned in the noise.
func Ratio(a, b float64) float64 {
	if a <= 0 || b <= 0 {
		return math.NaN()
	}
	return a / b
}

// met is what the last column says.
func (g Goal) met() string {
	switch {
	case math.IsNaN(g.Measured):
		return "not measured"
	case g.AtLeast && g.Measured >= g.Limit, !g.AtLeast && g.Measured <= g.Limit:
		return "yes"
	}
	return "**no**"
}

// Print writes the goals as a table.
func Print(out io.Writer, list []Goal) error {
	w := report.Table(out, "goal", "measured", "wanted", "met")
	for _, g := range list {
		sign := "≤"
		if g.AtLeast {
			sign = "≥"
		}
		fmt.Fprintf(w, "| %s\t| %.3g\t| %s %.3g\t| %s\t|\n", g.What, g.Measured, sign, g.Limit, g.met())
	}
	return w.Flush()
}
