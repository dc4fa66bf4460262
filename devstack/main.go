// Devstack is Waybill's workshop: Temporal with its UI, a stand-in for SendGrid
// with a mailbox page, a simulator of Sendcloud, a stand-in for the merchant who
// pays refunds, and a supervisor that runs them together with the same waybill
// program that runs in production.
//
// It is a Go module of its own, so that the weight of Temporal's server never
// enters the product.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"waybill/commandline"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	root := &cobra.Command{
		Use:   "devstack",
		Short: "Waybill's workshop: everything that Waybill needs, on this machine",
		Long: `Devstack runs a whole Waybill on this machine, with nothing to install and no
account anywhere. "make run" is "devstack up", "make demo" is "devstack play", "make
where" is "devstack where".`,
	}
	root.AddCommand(upCommand(), playCommand(), temporalCommand(), sendgridCommand(), sendcloudCommand(), merchantCommand(), proxyCommand(), tellCommand(), whereCommand(), doctorCommand())
	commandline.Finish(root)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "devstack: "+err.Error())
		os.Exit(commandline.ExitCode(err))
	}
}
