// Waybill turns Sendcloud's webhooks into durable work: tracking mails that go
// out once, at the right time, and can be accounted for.
//
// This is the one program. Its subcommands are the processes of a deployment;
// this package wires and stops them.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"waybill/commandline"
	"waybill/settings"
)

func main() {
	// The first signal asks the program to stop, a second one kills it.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the program as a value, for tests: it returns the exit code.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	cmd := rootCommand(settings.New(environ), stderr)
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	if err := cmd.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(stderr, "waybill: "+err.Error())
		return commandline.ExitCode(err)
	}
	return 0
}
