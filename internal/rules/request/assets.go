// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package request

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// The extensions of the files pages are made of. Documents and data (pdf, csv, json,
// html and the like) are what somebody asked for.
var (
	mediaExtensions = set(
		"png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "avif", "woff", "woff2", "ttf", "otf", "eot",
	)
	// codeExtensions are also those of names: of packages (next.js), of people.
	codeExtensions = set("css", "js", "mjs", "map")
)

// assetFolders are folders of files that pages are made of.
var assetFolders = set(
	"static", "assets", "public", "dist", "build", "bundles", "packs", "chunks", "js", "javascript", "javascripts", "scripts",
	"css", "styles", "stylesheets", "img", "images", "icons", "fonts", "lib", "libs", "vendor", "webjars", "themes",
	"wp-content", "wp-includes", "node_modules", "_next", "_nuxt", "_astro", "cdn",
)

// assetPaths are files browsers and crawlers ask for by themselves.
var assetPaths = set("/favicon.ico", "/robots.txt", "/manifest.json", "/sw.js")

const longestAssetPath = len("/manifest.json")

// assetBeginnings are those of paths that have no extension.
var assetBeginnings = [...]string{"/_next/static/", "/apple-touch-icon"}

// deepestName is how many segments a path without an asset's folder may have, for the
// name at its end to be taken for a file by an extension that names have as well.
const deepestName = 2

// IsStaticAsset reports whether a file a page is made of was asked for and found.
func IsStaticAsset(q *record.Request) bool {
	path := q.Target()
	if path == "" || !q.Answered() || q.Method != "" && !reads(q.Method) {
		return false
	}
	for _, beginning := range assetBeginnings {
		if strings.HasPrefix(path, beginning) {
			return true
		}
	}
	if len(path) <= longestAssetPath && assetPaths[path] {
		return true
	}
	slash := strings.LastIndexByte(path, '/')
	last := path[slash+1:]
	dot := strings.LastIndexByte(last, '.')
	if dot < 0 {
		return false
	}
	extension := strings.ToLower(last[dot+1:])
	switch media := mediaExtensions[extension]; {
	case !media && !codeExtensions[extension]:
		return false
	case inAssetFolder(path[:max(slash, 0)]):
		return true
	case q.Fills():
		return false
	default:
		return media || strings.Count(path, "/") <= deepestName
	}
}

func inAssetFolder(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if assetFolders[part] {
			return true
		}
	}
	return false
}
