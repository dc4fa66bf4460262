//go:build !linux

package supervisor

import (
	"os/exec"
	"syscall"
)

// isolate keeps Ctrl-C from reaching the child, which is ended in its turn.
func isolate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func holdThread() (release func()) { return func() {} }
