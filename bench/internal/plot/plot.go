// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package plot draws what curve measured: cost and memory against the number of
// traces held.
package plot

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/component"
)

// panel is one diagram: the number of traces held to the right, logarithmic,
// and a figure upwards.
type panel struct {
	title  string
	left   float64 // of the area within the axes
	log    bool    // the vertical axis, too
	top    float64 // the largest value shown
	bottom float64
	ticks  []float64
	label  func(v float64) string
	value  func(p component.Point) float64
}

// Sizes of the picture, in its own units.
const (
	width, height = 860, 380
	areaWidth     = 320.0
	areaHeight    = 250.0
	areaTop       = 60.0
	fewest, most  = 600.0, 1.6e6 // traces
)

// lines are how each peer is drawn: told apart by colour, dash and name.
var lines = map[string]struct{ name, colour, dash string }{
	"ours_tail":     {"correlation", "#0b6e4f", ""},
	"tail_sampling": {"tail_sampling", "#c1440e", "7 4"},
}

// Main reads points and writes the picture.
func Main(_ context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("plot", flag.ContinueOnError)
	from := fs.String("points", "../build/curve.json", "file that curve or goals wrote")
	to := fs.String("svg", "../docs/pictures/held.svg", "file to write")
	if err := fs.Parse(args); err != nil {
		return err
	}
	data, err := os.ReadFile(*from)
	if err != nil {
		return err
	}
	var measured component.Measured
	if err := json.Unmarshal(data, &measured); err != nil {
		return fmt.Errorf("%s: %w", *from, err)
	}
	if err := os.WriteFile(*to, []byte(Draw(measured)), 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "wrote", *to)
	return err
}

// keptUp leaves out the points of a peer that did not keep up with the traffic:
// it held less than it should have, and spent its time otherwise.
func keptUp(points []component.Point) []component.Point {
	rate := 0.0
	for _, p := range points {
		rate = max(rate, p.Rate)
	}
	return slices.DeleteFunc(slices.Clone(points), func(p component.Point) bool { return p.Rate < 0.9*rate })
}

// Draw returns the picture as SVG.
func Draw(measured component.Measured) string {
	points := keptUp(measured.Points)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="#222">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	panels := []panel{cost(points), memory()}
	for i := range panels {
		panels[i].axes(&b)
		for _, peer := range peersOf(points) {
			panels[i].curve(&b, peer, points)
		}
	}
	legend(&b, peersOf(points))
	fmt.Fprintf(&b, `<text x="70" y="%d" fill="#666">%s</text>`+"\n", height-8, measured.Versions)
	b.WriteString("</svg>\n")
	return b.String()
}

func cost(points []component.Point) panel {
	p := panel{
		title: "CPU above decoding, µs per span", left: 70,
		label: func(v float64) string { return fmt.Sprint(v) },
		value: func(p component.Point) float64 { return p.CPU / 1e3 },
	}
	for _, point := range points {
		p.top = max(p.top, math.Ceil(p.value(point)/2)*2)
	}
	for v := 0.0; v <= p.top; v += 2 {
		p.ticks = append(p.ticks, v)
	}
	return p
}

func memory() panel {
	return panel{
		title: "live heap, MB", left: 500, log: true, bottom: 1, top: 20_000, ticks: []float64{1, 10, 100, 1000, 10_000},
		label: func(v float64) string { return fmt.Sprint(v) },
		value: func(p component.Point) float64 { return max(p.Live/1e6, 1) },
	}
}

func peersOf(points []component.Point) []string {
	var out []string
	for _, p := range points {
		if !slices.Contains(out, p.Peer) {
			out = append(out, p.Peer)
		}
	}
	return out
}

func (p *panel) x(traces float64) float64 {
	return p.left + areaWidth*math.Log(traces/fewest)/math.Log(most/fewest)
}

func (p *panel) y(v float64) float64 {
	share := (v - p.bottom) / (p.top - p.bottom)
	if p.log {
		share = math.Log(v/p.bottom) / math.Log(p.top/p.bottom)
	}
	return areaTop + areaHeight*(1-share)
}

func (p *panel) axes(b *strings.Builder) {
	right, bottom := p.left+areaWidth, areaTop+areaHeight
	fmt.Fprintf(b, `<text x="%.0f" y="%.0f" font-weight="bold">%s</text>`+"\n", p.left, areaTop-14, p.title)
	for _, v := range p.ticks {
		y := p.y(v)
		fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#ddd"/>`, p.left, y, right, y)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="end">%s</text>`+"\n", p.left-8, y+4, p.label(v))
	}
	for _, tick := range []struct {
		traces float64
		label  string
	}{{1e3, "1,000"}, {1e4, "10,000"}, {1e5, "100,000"}, {1e6, "1 million"}} {
		x := p.x(tick.traces)
		fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#888"/>`, x, bottom, x, bottom+5)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", x, bottom+20, tick.label)
	}
	fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1fH%.1f" fill="none" stroke="#888"/>`+"\n", p.left, areaTop, bottom, right)
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">traces held, two spans each</text>`+"\n", p.left+areaWidth/2, bottom+42)
}

func (p *panel) curve(b *strings.Builder, peer string, points []component.Point) {
	style := lines[peer]
	var path []string
	for _, point := range points {
		if point.Peer != peer {
			continue
		}
		x, y := p.x(point.Traces), p.y(p.value(point))
		path = append(path, fmt.Sprintf("%.1f,%.1f", x, y))
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`, x, y, style.colour)
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`+"\n", strings.Join(path, " "), style.colour, style.dash)
}

func legend(b *strings.Builder, peers []string) {
	x := 70.0
	for _, peer := range peers {
		style := lines[peer]
		fmt.Fprintf(b, `<line x1="%.0f" y1="20" x2="%.0f" y2="20" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`, x, x+34, style.colour, style.dash)
		fmt.Fprintf(b, `<text x="%.0f" y="24">%s</text>`+"\n", x+42, style.name)
		x += 170
	}
}
