// Standin is the stand-in for SendGrid in a container, for docker-compose.yml. Workers reach it by TLS
// only, as they reach SendGrid. It is a program of its own, so that no image has to build Temporal's server.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/devstack/sendgrid"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	root := rootCommand()
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "standin: "+err.Error())
		os.Exit(commandline.ExitCode(err))
	}
}

// options are the flags of the command, and the file with the key.
type options struct {
	api, mailbox, certificate, key, file string
}

func rootCommand() *cobra.Command {
	var o options
	root := &cobra.Command{
		Use:   "standin",
		Short: "Run the stand-in for SendGrid, with its mailbox page",
		Long: `Standin takes POST /v3/mail/send as SendGrid does, and shows the mails at / of the
mailbox. No mail leaves the machine. SENDGRID_API_KEY_FILE names the file with the API key
that it accepts.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), o) },
	}
	root.Flags().StringVar(&o.api, "api", ":8443", "`address` for workers, which speak TLS")
	root.Flags().StringVar(&o.mailbox, "mailbox", ":8025", "`address` for browsers")
	root.Flags().StringVar(&o.certificate, "certificate", "", "`file` with the certificate for workers, as PEM")
	root.Flags().StringVar(&o.key, "certificate-key", "", "`file` with the key of the certificate, as PEM")
	root.Flags().StringVar(&o.file, "file", "", "`file` that keeps the mails; without it, they are lost at the end")
	root.AddCommand(healthCommand())
	commandline.Finish(root)
	return root
}

func healthCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "health <address of the mailbox>",
		Short: "Exit with 0 if the mailbox answers, for a container without a shell",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), 3*time.Second)
			defer cancel()
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], http.NoBody)
			if err != nil {
				return err
			}
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				return fmt.Errorf("ask the mailbox: %w", err)
			}
			defer answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				return fmt.Errorf("the mailbox answers %s", answer.Status)
			}
			return nil
		},
	}
}

// run serves workers and browsers until ctx ends.
func run(ctx context.Context, o options) error {
	key, err := os.ReadFile(os.Getenv("SENDGRID_API_KEY_FILE"))
	if err != nil {
		return fmt.Errorf("read the key that SENDGRID_API_KEY_FILE names: %w", err)
	}
	stand, err := sendgrid.New(sendgrid.Config{Key: strings.TrimSpace(string(key)), File: o.file})
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	servers := []*http.Server{newServer(ctx, o.api, stand), newServer(ctx, o.mailbox, stand)}
	go func() { ended <- servers[0].ListenAndServeTLS(o.certificate, o.key) }()
	go func() { ended <- servers[1].ListenAndServe() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, s := range servers {
		err = errors.Join(err, s.Shutdown(drain))
	}
	return err
}

func newServer(ctx context.Context, address string, handler http.Handler) *http.Server {
	return &http.Server{
		Addr: address, Handler: handler,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
}
