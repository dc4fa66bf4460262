//go:build !linux

package supervisor

import (
	"os/exec"
	"syscall"
)

// isolate keeps Ctrl-C from reaching the child, which is ended in its turn.
func isolate(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}

func holdThread() (release func()) { return func() {} }
