package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/devstack/merchant"
	"waybill/devstack/proxy"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/devstack/temporal"
)

// The parts that "up" runs as children, each also useful on its own.

func temporalCommand() *cobra.Command {
	var c temporal.Config
	cmd := &cobra.Command{
		Use:   "temporal",
		Short: "Run Temporal's server and UI, on SQLite or on PostgreSQL",
		Long: `Temporal runs the server and the UI. With --codec, everyone who reaches the UI reads
through that codec endpoint, with the token in WAYBILL_CODEC_TOKEN.

On SQLite it is one process. With --postgres it is the topology of docker-compose.yml: it
starts a PostgreSQL on a free port of this machine, brings the databases to Temporal's
schema, and starts the services history, matching, frontend and worker, each in a process
of its own. At the end it stops them all. Their logs are in the folder, and topology.json says
where they listen. For root, PostgreSQL runs as the user postgres, who then owns the folder
and has to be able to reach it. The namespace is what "waybill setup" makes.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.Codec.Token = os.Getenv("WAYBILL_CODEC_TOKEN")
			return temporal.Run(cmd.Context(), c)
		},
	}
	cmd.Flags().StringVar(&c.File, "file", "temporal.db", "SQLite `file` that keeps the state")
	cmd.Flags().StringVar(&c.Postgres, "postgres", "", "`folder` of a PostgreSQL that keeps the state in place of the SQLite file")
	cmd.Flags().IntVar(&c.Port, "port", 7233, "`port` for clients")
	cmd.Flags().IntVar(&c.UIPort, "ui-port", 0, "`port` for browsers, 0 for no UI")
	cmd.Flags().StringVar(&c.Codec.URL, "codec", "", "`address` of the codec endpoint for the UI, such as http://127.0.0.1:8028; without it, the UI shows payloads as they are stored")
	cmd.Flags().IntVar(&c.SuggestContinueAsNewAfter, "suggest-continue-as-new-after", 0, "history `events` after which workflows continue as new, 0 for Temporal's 4,096")
	cmd.AddCommand(serviceCommand())
	return cmd
}

func serviceCommand() *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:    "service <name>",
		Short:  "Run one of Temporal's services in a process of its own",
		Hidden: true, // "temporal --postgres" starts it
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return temporal.RunService(cmd.Context(), folder, args[0])
		},
	}
	cmd.Flags().StringVar(&folder, "postgres", "", "`folder` of the PostgreSQL")
	return cmd
}

func sendgridCommand() *cobra.Command {
	var file string
	var port int
	var events string
	cmd := &cobra.Command{
		Use:   "sendgrid",
		Short: "Run the stand-in for SendGrid with its mailbox page",
		Long: `Sendgrid takes POST /v3/mail/send as SendGrid does, and shows the mails at /.
The API key that it accepts is SENDGRID_API_KEY. With this key as bearer,
POST /api/faults makes it fail:

  {"fault":"status","status":429,"times":2}      two posts are answered 429
  {"fault":"hang","times":1}                     one post gets no answer
  {"fault":"accept-then-hang","times":1}         the same, but the mail was accepted
  {"fault":"close"}, {"fault":"accept-then-close"}, {"fault":"accept-then-break"}
  {"fault":"drip"}                               accepted, and the answer comes at a byte a second

"to" limits a fault to one address; DELETE /api/faults mends everything.
GET /api/mails and GET /api/posts list what came.

With --events and the key in SENDGRID_EVENT_KEY it reports what becomes of mails, as
SendGrid's Event Webhook does. An address that begins with bounce, async-bounce,
blocked, spam or silent does that.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config := sendgrid.Config{Key: os.Getenv("SENDGRID_API_KEY"), File: file}
			if events != "" {
				key, err := readEventKey(os.Getenv("SENDGRID_EVENT_KEY"))
				if err != nil {
					return err
				}
				config.Webhook = sendgrid.Webhook{URL: events, Key: key}
			}
			stand, err := sendgrid.New(config)
			if err != nil {
				return err
			}
			if events != "" {
				go stand.PostEvents(cmd.Context())
			}
			return serve(cmd.Context(), port, stand)
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "`file` that keeps the mails; without it, they are lost at the end")
	cmd.Flags().StringVar(&events, "events", "", "`address` that events are posted to; without it, no events are posted")
	cmd.Flags().IntVar(&port, "port", 8025, "`port` to listen on")
	return cmd
}

func proxyCommand() *cobra.Command {
	var port int
	var to []string
	cmd := &cobra.Command{
		Use:   "proxy",
		Short: "Run a load balancer in front of several ingresses",
		Long: `Proxy shares requests out among ingresses in turn. One that does not say at /readyz that
it is ready gets none.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := proxy.New(to...)
			go p.Watch(cmd.Context())
			return serve(cmd.Context(), port, p)
		},
	}
	cmd.Flags().StringSliceVar(&to, "to", nil, "`addresses` of the ingresses, such as 127.0.0.1:9001")
	cmd.Flags().IntVar(&port, "port", 8080, "`port` to listen on")
	return cmd
}

// integrationNumber is what the simulator calls the stack's integration.
const integrationNumber = 7

func sendcloudCommand() *cobra.Command {
	var file, webhook string
	var port int
	cmd := &cobra.Command{
		Use:   "sendcloud",
		Short: "Run the simulator of Sendcloud's API",
		Long: `Sendcloud answers Sendcloud's API, in version 2 and 3, about the parcels that it was
told about. The API keys that it accepts are SENDCLOUD_API_KEYS (public:secret). With
these as basic auth, POST /simulator/changes gives a parcel a status, and POST
/simulator/returns makes or changes a return without a webhook.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			public, secret, ok := strings.Cut(os.Getenv("SENDCLOUD_API_KEYS"), ":")
			if !ok || public == "" || secret == "" {
				return errors.New("SENDCLOUD_API_KEYS is not of the form public:secret")
			}
			account := sendcloud.NewAccount(sendcloud.AccountConfig{
				PublicKey: public, SecretKey: secret, Integration: integrationNumber, ShopName: "Demo Shop", WebhookURL: webhook,
			})
			defer account.Close()
			if file != "" {
				if err := account.Remember(file); err != nil {
					return err
				}
			}
			return serve(cmd.Context(), port, account)
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "`file` that keeps parcels and returns; without it, they are lost at the end")
	cmd.Flags().StringVar(&webhook, "webhook", "", "webhook `address` that the panel shows")
	cmd.Flags().IntVar(&port, "port", 8026, "`port` to listen on")
	return cmd
}

func merchantCommand() *cobra.Command {
	var file string
	var port int
	cmd := &cobra.Command{
		Use:   "merchant",
		Short: "Run the stand-in for the merchant's payment endpoint",
		Long: `Merchant takes POST ` + merchant.Path + ` as the endpoint of docs/paying.md does, and shows what it
paid at /. The secret that posts are signed with is WAYBILL_PAY_KEY. With it as
bearer, POST /api/faults makes it fail:

  {"fault":"status","status":503,"times":2}      two posts are answered 503
  {"fault":"hang","times":1}                     one post gets no answer
  {"fault":"pay-then-hang","times":1}            the same, but it was paid
  {"fault":"close"}, {"fault":"pay-then-close"}, {"fault":"pay-then-break"}
  {"fault":"page"}, {"fault":"pay-then-page"}    200 with a web page in place of the answer
  {"fault":"drip"}                               paid, and the answer comes at a byte a second

"key" limits a fault to one refund; DELETE /api/faults mends everything.
GET /api/payments lists what was paid, GET /api/posts what was asked.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			stand, err := merchant.New(merchant.Config{Key: os.Getenv("WAYBILL_PAY_KEY"), File: file})
			if err != nil {
				return err
			}
			return serve(cmd.Context(), port, stand)
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "`file` that keeps the payments; without it, they are lost at the end")
	cmd.Flags().IntVar(&port, "port", 8027, "`port` to listen on")
	return cmd
}

// serve serves until ctx ends; posts that hang on purpose end with it.
func serve(ctx context.Context, port int, handler http.Handler) error {
	server := &http.Server{
		Addr:              net.JoinHostPort(temporal.Host, strconv.Itoa(port)),
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(drain)
	})
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on port %d: %w", port, err)
	}
	return <-stopped
}
