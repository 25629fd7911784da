// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package stage

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// pipeDelay is how long a process that has ended may leave its output open,
// which it does if it left children of its own behind.
const pipeDelay = 2 * time.Second

// process is a child in a process group of its own: a Ctrl-C in the terminal
// reaches the driver only, which then stops its children in order.
type process struct {
	name   string
	cmd    *exec.Cmd
	output *output
	exited chan struct{} // closed when it has ended and err is set
	err    error
}

// launch starts a program. The environment is the driver's own without the
// variables that would reconfigure an OpenTelemetry SDK, plus env.
func launch(name, path string, args, env []string) (*process, error) {
	p := &process{name: name, output: newOutput(), exited: make(chan struct{})}
	p.cmd = exec.Command(path, args...)
	p.cmd.Env = append(cleanEnvironment(os.Environ()), env...)
	p.cmd.Stdout = p.output
	p.cmd.Stderr = p.output
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.WaitDelay = pipeDelay
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

func cleanEnvironment(environment []string) []string {
	var clean []string
	for _, variable := range environment {
		if !strings.HasPrefix(variable, "OTEL_") {
			clean = append(clean, variable)
		}
	}
	return clean
}

// stop asks the process to end and kills its whole group if it does not within
// the grace period. Its error tells of either, or of an exit status other than
// zero. Stopping twice is fine.
func (p *process) stop(grace time.Duration) error {
	p.signal(syscall.SIGTERM)
	select {
	case <-p.exited:
		p.signal(syscall.SIGKILL) // whatever it left behind
		return p.failure()
	case <-time.After(grace):
	}
	p.signal(syscall.SIGKILL)
	<-p.exited
	return fmt.Errorf("%s did not stop within %s and was killed%s", p.name, grace, p.output.quote())
}

// signal reaches the whole group. A group that is gone already is no error.
func (p *process) signal(s syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, s) }

// failure says how the process ended, if not well. It must have exited.
func (p *process) failure() error {
	if p.err == nil || errors.Is(p.err, exec.ErrWaitDelay) {
		return nil
	}
	return fmt.Errorf("%s ended with %w%s", p.name, p.err, p.output.quote())
}
