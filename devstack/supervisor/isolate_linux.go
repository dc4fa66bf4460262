package supervisor

import (
	"os/exec"
	"runtime"
	"syscall"
)

// isolate keeps Ctrl-C from reaching the child, which is ended in its turn, and
// has the kernel kill it if the supervisor itself is killed.
func isolate(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Pdeathsig = true, syscall.SIGKILL
}

// holdThread keeps the thread that starts a child alive as long as the child:
// Pdeathsig is about the thread, not the process.
// https://github.com/golang/go/issues/27505
func holdThread() (release func()) {
	runtime.LockOSThread()
	return runtime.UnlockOSThread
}
