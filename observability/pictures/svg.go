// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// colours are told apart by people who see few of them, on white and on black.
var colours = []string{"#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377"}

func colour(i int) string { return colours[i%len(colours)] }

// width of every picture.
const width = 760

// canvas is an SVG being drawn; its height is known at the end.
type canvas struct{ strings.Builder }

func (c *canvas) add(format string, args ...any) { fmt.Fprintf(c, format+"\n", args...) }

func (c *canvas) text(x, y float64, class, anchor, text string) {
	c.add(`<text x="%.0f" y="%.0f" class="%s" text-anchor="%s">%s</text>`, x, y, class, anchor, html.EscapeString(text))
}

func (c *canvas) rect(x, y, w, h float64, fill string) {
	c.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, x, y, w, h, fill)
}

// finish frames the drawing. The text's colour is grey enough for both themes.
func (c *canvas) finish(height float64, title string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %.0f" role="img" aria-label="%s">
<style>text{font:13px sans-serif;fill:#333}.t{font-size:17px;font-weight:bold}.s{fill:#666;font-size:12px}</style>
<rect width="100%%" height="100%%" rx="6" fill="#fff"/>
%s</svg>
`, width, height, html.EscapeString(title), c.String())
}

func (c *canvas) head(title, sub string) {
	c.text(20, 30, "t", "start", title)
	c.text(20, 50, "s", "start", sub)
}

// legend draws names beside their colours on one line.
func (c *canvas) legend(y float64, names []string) {
	x := 20.0
	for i, n := range names {
		c.rect(x, y-10, 12, 12, colour(i))
		c.text(x+18, y, "", "start", n)
		x += 40 + 7.2*float64(len(n))
	}
}

// bars is a chart of horizontal bars made of parts.
type bars struct {
	title, sub string
	parts      []string
	bars       []bar
	format     func(float64) string
}

type bar struct {
	name, note string
	values     []float64 // by part
}

func (b bar) sum() (s float64) {
	for _, v := range b.values {
		s += v
	}
	return s
}

func (b *bars) draw() string {
	const left, right, rowHeight, top = 120, 190, 44, 70
	var c canvas
	c.head(b.title, b.sub)
	most := 1e-9
	for _, r := range b.bars {
		most = max(most, r.sum())
	}
	y := float64(top)
	for _, r := range b.bars {
		c.text(left-12, y+19, "", "end", r.name)
		x := float64(left)
		for i, v := range r.values {
			w := v / most * (width - left - right)
			c.rect(x, y, w, 28, colour(i))
			x += w
		}
		c.text(x+8, y+13, "", "start", b.format(r.sum()))
		c.text(x+8, y+27, "s", "start", r.note)
		y += rowHeight
	}
	c.legend(y+16, b.parts)
	return c.finish(y+34, b.title)
}

// lines is a chart of lines over seconds.
type lines struct {
	title, sub string
	lines      []line
}

type line struct {
	name   string
	values []float64
}

func (l *lines) draw() string {
	const left, right, top, high = 60, 20, 70, 240
	var c canvas
	c.head(l.title, l.sub)
	most, longest := 1.0, 2
	for _, s := range l.lines {
		most, longest = max(most, slices.Max(s.values)), max(longest, len(s.values))
	}
	step := nice(most / 4)
	ceiling := step * math.Ceil(most/step)
	at := func(i int, v float64) (x, y float64) {
		return left + float64(i)/float64(longest-1)*(width-left-right), top + high - v/ceiling*high
	}
	for v := 0.0; v <= ceiling; v += step {
		_, y := at(0, v)
		c.add(`<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ddd"/>`, left, width-right, y, y)
		c.text(left-8, y+4, "s", "end", fmt.Sprintf("%.0f", v))
	}
	for i := 0; i < longest; i += max(1, int(nice(float64(longest)/8))) {
		x, _ := at(i, 0)
		c.text(x, top+high+18, "s", "middle", fmt.Sprintf("%d s", i))
	}
	var names []string
	for i, s := range l.lines {
		names = append(names, s.name)
		var points []string
		for k, v := range s.values {
			x, y := at(k, v)
			points = append(points, fmt.Sprintf("%.1f,%.1f", x, y))
		}
		c.add(`<polyline points="%s" fill="none" stroke="%s" stroke-width="2.5"/>`, strings.Join(points, " "), colour(i))
	}
	c.legend(top+high+46, names)
	return c.finish(top+high+64, l.title)
}

// nice rounds up to 1, 2 or 5 times a power of ten.
func nice(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, f := range []float64{1, 2, 5} {
		if v <= f*power {
			return f * power
		}
	}
	return 10 * power
}
