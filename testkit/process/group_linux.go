// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package process

import "syscall"

// ownGroup also has the kernel kill the child should its parent be killed
// without a chance to do it.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
