// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package learned

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"go.uber.org/zap"
)

// How often what was learned is kept at most: every second, and no more bytes a second
// than take about a fiftieth of a core.
const (
	keepInterval = time.Second
	keepRate     = 2 << 20 // bytes of the file a second
)

// kept is what was kept of the table, as far as it shows that there is more by now.
type kept struct {
	patterns int
	bytes    int64
}

// Keep has the table learn what an earlier process kept in the file, and keeps there what
// is learned from now on, until the last second before a kill. What cannot be read is
// logged, set aside as .bad, and learned again.
func (r *Routes) Keep(file string) {
	r.file = file
	defer func() { r.kept = r.state() }()
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = r.table.Import(data)
	}
	if err != nil {
		r.log.Warn("the learned routes of the last process cannot be read, and are learned again",
			zap.String("file", file), zap.Error(err))
		_ = os.Rename(file, file+".bad") // the next Keep writes a new one anyway
	}
}

func (r *Routes) state() (k kept) {
	k.bytes = r.table.Bytes()
	for _, s := range r.table.Services {
		k.patterns += s.Patterns()
	}
	return k
}

// keepSome keeps what was learned, if there is more and it is time.
func (r *Routes) keepSome(now time.Time) {
	if r.file == "" || now.Before(r.keepNext) {
		return
	}
	r.keepNext = now.Add(keepInterval)
	if n := r.keepAll(); n > 0 {
		r.keepNext = now.Add(max(keepInterval, time.Duration(n)*time.Second/keepRate))
	}
}

// keepAll keeps what was learned, if there is more, and returns how many bytes that took.
func (r *Routes) keepAll() int {
	state := r.state()
	if r.file == "" || state == r.kept {
		return 0
	}
	data := r.table.Export()
	if err := replace(r.file, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}); err != nil {
		r.log.Warn("the learned routes cannot be kept for the next process", zap.String("file", r.file), zap.Error(err))
		return 0
	}
	r.kept = state
	return len(data)
}
