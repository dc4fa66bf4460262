package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"waybill/console"
	"waybill/desk"
	"waybill/ingress"
	"waybill/recorder"
	"waybill/sendcloud"
	"waybill/settings"
	"waybill/worker"
)

const aboutRefundSettings = `Refunds are decided by the people that the policy names and paid by your own endpoint
(docs/paying.md). The links in their mails are signed with keys that ingress and
workers share.

  WAYBILL_PAY_URL_<INTEGRATION>    the endpoint that pays the refunds of an integration
  WAYBILL_PAY_KEYS_<INTEGRATION>   the secret that you share with it; while it is being
                                   changed the new and the old one, a line each
  WAYBILL_LINK_KEYS                at least 32 characters, as of: openssl rand -hex 32;
                                   while it is being changed the new and the old one
  WAYBILL_PUBLIC_URL               where the ingress is reached from outside, such as
                                   https://hooks.shop.example

`

func rootCommand(env *settings.Environment, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "waybill",
		Short: "Turn Sendcloud webhooks into tracking mails, durably",
		Long: `Waybill takes Sendcloud's webhooks, follows every parcel in a Temporal workflow,
and sends its recipient the right mails through SendGrid.

A deployment runs three commands: "setup" once, then "ingress" and "worker" for
as long as you like, as many of each as you need. Settings come from the
environment; each secret can also be read from the file that <NAME>_FILE names.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: env.LogLevel()}))
	root.AddCommand(setupCommand(env, log), ingressCommand(env, log), workerCommand(env, log))
	root.AddCommand(console.Commands(env, log)...)
	return root
}

func setupCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	return &cobra.Command{
		Use:   "setup",
		Short: "Make a Temporal namespace ready: create it and register search attributes",
		Long: `Setup creates the namespace if there is none and registers the search attributes
that workers need. It changes nothing that is there and may be run again. It
ends by saying what to enter in Sendcloud's panel for each integration that it
finds in the SENDCLOUD_* settings of the ingress.

  WAYBILL_PUBLIC_URL   where the ingress is reached from outside, such as
                       https://hooks.shop.example

` + settings.AboutTemporal,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options, err := env.Temporal(log)
			if err != nil {
				return err
			}
			say := func(line string) { fmt.Fprintln(cmd.OutOrStdout(), line) }
			if err := worker.SetUp(cmd.Context(), options, log, say); err != nil {
				return err
			}
			return console.TellPanel(env, say)
		},
	}
}

// processOptions are the client options of a process that runs on: it counts
// what happens, and names its requests.
func processOptions(ctx context.Context, env *settings.Environment, log *slog.Logger) (client.Options, error) {
	options, err := env.Temporal(log)
	if err != nil {
		return client.Options{}, err
	}
	options.MetricsHandler, err = openMetrics(ctx, env.Text(settings.MetricsListen, ""), log)
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, recorder.NameRequests())
	return options, err
}

func ingressCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	return &cobra.Command{
		Use:   "ingress",
		Short: "Open the door for webhooks",
		Long: `Ingress takes webhooks at POST /webhooks/sendcloud/<integration>, verifies them and
hands them to Temporal. It may start before Temporal does. /healthz says that it
is alive, /readyz that a webhook would be recorded now.

  SENDCLOUD_KEYS_<INTEGRATION>   the webhook signature key of an integration; for a
                                 rotation the new and the old one, a line each.
                                 SENDCLOUD_KEYS_MY_SHOP is for .../sendcloud/my-shop
  SENDCLOUD_BASIC_AUTH_<INTEGRATION>   user:password, if the webhook's address has
                                 them: a second factor beside the signature
  SENDGRID_WEBHOOK_KEYS          the verification key of SendGrid's Event Webhook; while
                                 it is being changed the new and the old one, a line
                                 each. POST /webhooks/sendgrid is closed without it
  WAYBILL_LINK_KEYS              at least 32 characters, as of: openssl rand -hex 32; the
                                 same as the workers have. The pages at /refunds and the
                                 API at /api/refunds are closed without it
All of them can be read from a file that <NAME>_FILE names; a file that changes counts
within seconds, without a restart.

  WAYBILL_POLICY                 the policy file, the same as the workers have: it names
                                 those who decide about refunds
  WAYBILL_PUBLIC_URL             where the ingress is reached from outside, such as
                                 https://hooks.shop.example
  WAYBILL_TRUSTED_PROXIES        addresses or networks of proxies in front of the ingress,
                                 such as 10.0.0.0/8: their X-Forwarded-For is believed
  WAYBILL_LISTEN                 address to listen on, 127.0.0.1:8080 if unset
  WAYBILL_METRICS_LISTEN         address that shows /metrics to Prometheus, off if unset
  WAYBILL_LOG_LEVEL              debug, info (if unset), warn or error

` + settings.AboutTemporal,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, people, kept, err := env.Ingress()
			if err != nil {
				return err
			}
			options, err := processOptions(cmd.Context(), env, log)
			if err != nil {
				return err
			}
			temporal, err := client.NewLazyClient(options)
			if err != nil {
				return fmt.Errorf("prepare the connection to Temporal: %w", err)
			}
			defer temporal.Close()
			mount, err := desk.New(people, recorder.Recorder{Temporal: temporal}, log)
			if err != nil {
				return err
			}
			config.Mounts = []ingress.Mount{mount}
			go kept.Watch(cmd.Context(), log)
			return ingress.Run(cmd.Context(), config, temporal, options.MetricsHandler, log)
		},
	}
}

func workerCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	return &cobra.Command{
		Use:   "worker",
		Short: "Run the workflows and send the mails",
		Long: `Worker runs the workflows and activities. It waits for Temporal to come up and
refuses to start in a namespace that "waybill setup" has not made ready.

  SENDGRID_API_KEY     a SendGrid API key with the scope mail.send
  SENDGRID_BASE_URL    ` + worker.DefaultSendGridURL + ` if unset;
                       https://api.eu.sendgrid.com for EU subusers
  WAYBILL_MAIL_FROM    the sender, such as Example Shop <tracking@shop.example>; an
                       address alone writes in the name that the shop of each
                       integration has at Sendcloud
  WAYBILL_POLICY       the policy file: what is sent, and when. Without one, or until it
                       says "mode: live", everything is decided and recorded and
                       nothing is sent, because Sendcloud may be mailing your
                       customers already. See waybill policy --help
  WAYBILL_MAIL_TEMPLATES   a folder with your own words and layout for mails. See
                       waybill mail --help
  WAYBILL_MAIL_RATE    how many mails a second each worker posts at most, no limit if
                       unset
  WAYBILL_MAIL_SETUP_PAUSE   how long a worker posts nothing after SendGrid has refused
                       its key or sender, before one mail tries again; 1m if unset
  WAYBILL_METRICS_LISTEN   address that shows /metrics to Prometheus, off if unset
  WAYBILL_LOG_LEVEL    debug, info (if unset), warn or error

` + aboutRefundSettings + `Webhooks get lost: Sendcloud gives up after about seven hours. For an integration
that has API keys, a worker has a Temporal Schedule ask Sendcloud what changed, and
records what no webhook told. All workers of a namespace need the same keys: one that
starts without them pauses the schedule.

  SENDCLOUD_API_KEYS_<INTEGRATION>         public-key:secret-key of the integration;
                                           without it, its parcels are not asked for
  SENDCLOUD_INTEGRATION_ID_<INTEGRATION>   its number, from the address of its
                                           settings in Sendcloud's panel
  SENDCLOUD_API_VERSION_<INTEGRATION>      v3 if unset; v2 lists the parcels of the
                                           whole account: only if it has no other
                                           integration
  SENDCLOUD_BASE_URL                       ` + sendcloud.DefaultBaseURL + ` if unset
  WAYBILL_RECONCILE_EVERY                  15m if unset

` + settings.AboutTemporal,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := env.Worker()
			if err != nil {
				return err
			}
			options, err := processOptions(cmd.Context(), env, log)
			if err != nil {
				return err
			}
			return worker.Run(cmd.Context(), config, options, log)
		},
	}
}
