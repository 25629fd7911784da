// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"encoding/gob"
	"fmt"
	"os"
	"syscall"
)

// Save writes the workload to a file that Load reads.
func (w *Workload) Save(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := gob.NewEncoder(f).Encode(w); err != nil {
		_ = f.Close()
		return fmt.Errorf("workload file: %w", err)
	}
	return f.Close()
}

// Load reads a workload. The bytes of its batches lie outside the Go heap, so
// that they do not lengthen the collector's cycles: a receiver does not hold
// them either.
func Load(path string) (*Workload, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	w := new(Workload)
	if err := gob.NewDecoder(f).Decode(w); err != nil {
		return nil, fmt.Errorf("workload file: %w", err)
	}
	err = w.moveOffHeap()
	return w, err
}

func (w *Workload) moveOffHeap() error {
	size := 0
	w.each(func(b *Batch) { size += len(b.Data) })
	if size == 0 {
		return nil
	}
	area, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return fmt.Errorf("workload memory: %w", err)
	}
	w.each(func(b *Batch) {
		n := copy(area, b.Data)
		b.Data, area = area[:n:n], area[n:]
	})
	return nil
}

func (w *Workload) each(fn func(*Batch)) {
	for i := range w.Batches {
		fn(&w.Batches[i])
	}
	for i := range w.Late {
		fn(&w.Late[i])
	}
}
