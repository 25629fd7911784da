// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Package process runs a program: its environment, its output, its end and what
// it takes of the machine.
package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	// pipeDelay is how long a process that has ended may leave its output open,
	// which it does if it left children of its own behind.
	pipeDelay = 2 * time.Second
	// poll is how often the output is looked at.
	poll = 20 * time.Millisecond
)

// Process is a child in a process group of its own: a Ctrl-C in the terminal
// reaches its parent only, which then stops its children in order.
type Process struct {
	name   string
	cmd    *exec.Cmd
	output output
	exited chan struct{} // closed when it has ended and err is set
	err    error
}

// Start starts the program at the path; errors call it by its name. The
// environment is the parent's own without the variables that would reconfigure an
// OpenTelemetry SDK, plus env. Stop or Kill it.
func Start(name, path string, args, env []string) (*Process, error) {
	p := &Process{name: name, exited: make(chan struct{})}
	p.cmd = exec.Command(path, args...)
	p.cmd.Env = append(cleanEnvironment(os.Environ()), env...)
	p.cmd.Stdout = &p.output
	p.cmd.Stderr = &p.output
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

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Failure waits for the end of the process and says how it ended, if not well.
func (p *Process) Failure() error {
	<-p.exited
	if p.err == nil || errors.Is(p.err, exec.ErrWaitDelay) {
		return nil
	}
	return fmt.Errorf("%s ended with %w%s", p.name, p.err, p.output.quote())
}

// Output is what the process has written so far.
func (p *Process) Output() string { return p.output.String() }

// Quote is the end of the output for an error message; it is empty if there is no
// output.
func (p *Process) Quote() string { return p.output.quote() }

// Line waits until the process writes a line that begins with the prefix, and
// returns the rest of it.
func (p *Process) Line(ctx context.Context, prefix string) (string, error) {
	for {
		if rest, found := p.output.line(prefix); found {
			return rest, nil
		}
		select {
		case <-p.exited:
			return "", errors.Join(fmt.Errorf("%s did not start", p.name), p.Failure())
		case <-ctx.Done():
			return "", fmt.Errorf("%s is not ready: %w%s", p.name, context.Cause(ctx), p.Quote())
		case <-time.After(poll):
		}
	}
}

// AwaitListening waits until the process, or one of its children, listens at the address.
func (p *Process) AwaitListening(ctx context.Context, address string) error {
	for {
		if conn, err := new(net.Dialer).DialContext(ctx, "tcp", address); err == nil {
			return conn.Close()
		}
		select {
		case <-p.exited:
			return errors.Join(fmt.Errorf("%s did not start", p.name), p.Failure())
		case <-ctx.Done():
			return fmt.Errorf("%s does not listen%s", p.name, p.Quote())
		case <-time.After(poll):
		}
	}
}

// Terminate asks the process to end and does not wait; that it has ended already
// is an error.
func (p *Process) Terminate() error {
	select {
	case <-p.exited:
		return fmt.Errorf("%s has ended already%s", p.name, p.Quote())
	default:
		return p.signal(syscall.SIGTERM)
	}
}

// Reload asks the process to read its configuration again, as SIGHUP does.
func (p *Process) Reload() error { return p.signal(syscall.SIGHUP) }

// Stop asks the process to end and waits for it. Stopping twice is fine.
func (p *Process) Stop(grace time.Duration) error {
	_ = p.signal(syscall.SIGTERM) // it may have ended
	return p.Wait(grace)
}

// Wait waits for the end of a process that was asked to end, and kills its whole
// group if it does not within the grace period. Its error says so, or that the
// exit status is not zero.
func (p *Process) Wait(grace time.Duration) error {
	select {
	case <-p.exited:
		p.Kill() // whatever it left behind
		return p.Failure()
	case <-time.After(grace):
	}
	p.Kill()
	return fmt.Errorf("%s did not stop within %s and was killed%s", p.name, grace, p.Quote())
}

// Kill ends the whole group at once and waits for it. It is harmless after the end.
func (p *Process) Kill() {
	_ = p.signal(syscall.SIGKILL) // the group may be gone
	<-p.exited
}

func (p *Process) signal(s syscall.Signal) error { return syscall.Kill(-p.cmd.Process.Pid, s) }
