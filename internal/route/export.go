// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// learnedPatterns lists the patterns handed out, sorted.
func (s *Service) learnedPatterns() []string {
	s.learner.mu.Lock()
	defer s.learner.mu.Unlock()
	var out []string
	for text := range s.learner.budget.texts {
		if text != overflowPattern {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return out
}

// learnedByService returns the services in order of their names.
func (t *Table) learnedByService() (names []string, patterns map[string][]string) {
	patterns = map[string][]string{}
	for name, s := range t.Services {
		if learned := s.learnedPatterns(); len(learned) > 0 && name != "" {
			names = append(names, name)
			patterns[name] = learned
		}
	}
	slices.Sort(names)
	return names, patterns
}

func writeYAML(w io.Writer, t *Table) error {
	names, patterns := t.learnedByService()
	if _, err := fmt.Fprintln(w, "services:"); err != nil {
		return err
	}
	for _, name := range names {
		if _, err := fmt.Fprintf(w, "  %s:\n    templates:\n", strconv.Quote(name)); err != nil {
			return err
		}
		for _, p := range patterns[name] {
			if _, err := fmt.Fprintf(w, "      - %s\n", strconv.Quote(p)); err != nil {
				return err
			}
		}
	}
	return nil
}

// exported is the stored form of a table.
type exported struct {
	Version  int                 `json:"version"`
	Services map[string][]string `json:"services"`
}

// Export returns what was learned, to be given to Import of a later table.
func (t *Table) Export() []byte {
	_, patterns := t.learnedByService()
	data, err := json.Marshal(exported{Version: 1, Services: patterns})
	if err != nil {
		panic(err) // strings and maps of strings always marshal
	}
	return data
}

// Import takes up what Export gave.
func (t *Table) Import(data []byte) error {
	var e exported
	if err := json.Unmarshal(data, &e); err != nil {
		return fmt.Errorf("learned routes: %w", err)
	}
	if e.Version != 1 {
		return fmt.Errorf("learned routes: version %d is not 1", e.Version)
	}
	return nil
}
