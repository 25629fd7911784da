// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"debug/buildinfo"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
)

// Versions says which versions of the Collector the programs of these peers are
// built with: ours, and the one of all others.
func Versions(names []string, program func(name string) (string, error)) (string, error) {
	var parts []string
	seen := map[string]bool{}
	for _, name := range names {
		who := "peers"
		if Ours(name) {
			who = "ours"
		}
		if seen[who] {
			continue
		}
		seen[who] = true
		path, err := program(name)
		if err != nil {
			return "", err
		}
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return "", err
		}
		parts = append(parts, who+" on "+collector(info))
	}
	slices.Sort(parts)
	return "Collector versions: " + strings.Join(parts, ", ") + ".", nil
}

// collector names the versions of the Collector's modules: one of those that are
// stable and one of the others, unless something is wrong with the build.
func collector(info *debug.BuildInfo) string {
	versions := map[string]bool{}
	for _, m := range info.Deps {
		if strings.HasPrefix(m.Path, "go.opentelemetry.io/collector/") {
			versions[m.Version] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(versions)), " / ")
}
