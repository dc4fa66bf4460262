package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"waybill/codec"
	"waybill/commandline"
	"waybill/console"
	"waybill/desk"
	"waybill/ingress"
	"waybill/monitoring"
	"waybill/recorder"
	"waybill/settings"
	"waybill/version"
	"waybill/worker"
)

func rootCommand(env *settings.Environment, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:     "waybill",
		Version: version.Read().Version,
		Short:   "Turn Sendcloud webhooks into tracking mails, durably",
		Long: `Waybill takes Sendcloud's webhooks, follows every parcel in a Temporal workflow,
and sends its recipient the right mails through SendGrid.

A deployment runs three commands: "setup" once, then "ingress" and "worker" for
as long as you like, as many of each as you need. Settings come from the
environment; each secret can also be read from the file that <NAME>_FILE names.`,
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	log := newLog(env, stderr)
	root.AddCommand(setupCommand(env, log), ingressCommand(env, log), workerCommand(env, log))
	root.AddCommand(console.Commands(env, log)...)
	commandline.Finish(root)
	return root
}

func setupCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Make a Temporal namespace ready: create it, set its retention, register search attributes",
		Long: `Setup creates the namespace if there is none and registers the search attributes
that workers need. It has the namespace keep closed workflows for as long as
WAYBILL_RETENTION says. If that is not set, it leaves a longer retention as it is.
You can run it again at any time. At the end it prints what to enter in Sendcloud's
panel for each integration that it finds in the SENDCLOUD_* settings of the ingress.

` + settings.Help("setup") + "\n" + settings.AboutTemporal,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return setUp(cmd.Context(), env, dryRun, log, func(line string) { fmt.Fprintln(cmd.OutOrStdout(), line) })
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would change, and change nothing")
	return cmd
}

func setUp(ctx context.Context, env *settings.Environment, dryRun bool, log *slog.Logger, say func(line string)) error {
	options, err := env.Temporal(ctx, log)
	if err != nil {
		return err
	}
	retention, err := env.Retention()
	if err != nil {
		return err
	}
	if err := worker.SetUp(ctx, options, retention, dryRun, log, say); err != nil {
		return err
	}
	return console.ShowPanel(env, say)
}

func ingressCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	return &cobra.Command{
		Use:   "ingress",
		Short: "Receive webhooks, and serve the pages and APIs of parcels and refunds",
		Long: `Ingress takes webhooks at POST /webhooks/sendcloud/<integration>, verifies them and
hands them to Temporal. It may start before Temporal does. /healthz says that it
is alive, /readyz that a webhook would be recorded now. People begin at /, and work at
/parcels and /refunds. With WAYBILL_CODEC_LISTEN, it also serves the codec endpoint of
Temporal's UI and command line, on an address of its own.

` + settings.Help("ingress") + `
Each secret can be read from a file that <NAME>_FILE names; a file that changes counts
within seconds, without a restart.

` + settings.AboutTemporal,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runIngress(cmd.Context(), env, log) },
	}
}

// runIngress opens the ingress with the desk on it.
func runIngress(ctx context.Context, env *settings.Environment, log *slog.Logger) error {
	config, people, keeper, err := env.Ingress()
	if err := withCodec(env, err); err != nil {
		return err
	}
	options, seen, err := processOptions(ctx, "ingress", env, log)
	if err != nil {
		return err
	}
	defer seen.closeTraces()
	// The ingress may start before Temporal does.
	temporal, err := client.NewLazyClient(options)
	if err != nil {
		return fmt.Errorf("prepare the connection to Temporal: %w", err)
	}
	defer temporal.Close()
	mount, err := desk.New(people, recorder.Recorder{
		Temporal: temporal, Namespace: options.Namespace, Converter: options.DataConverter, Erased: recorder.NewErased(temporal, options.DataConverter),
	}, log)
	if err != nil {
		return err
	}
	config.Mounts, config.Converter = []ingress.Mount{mount}, options.DataConverter
	config.Codec.Codec, config.Codec.Namespace = codec.Of(options.DataConverter), cmp.Or(options.Namespace, client.DefaultNamespace)
	go keeper.Watch(ctx, log)
	seen.begin(ctx, temporal, options.Namespace)
	return ingress.Run(ctx, config, temporal, options.MetricsHandler, log)
}

func workerCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	return &cobra.Command{
		Use:   "worker",
		Short: "Run the workflows and send the mails",
		Long: `Worker runs the workflows and activities. It waits for Temporal to come up and
refuses to start in a namespace that "waybill setup" has not made ready.

Refunds are decided by the people that the policy names and paid by your own endpoint.

Webhooks get lost: Sendcloud gives up after about seven hours. For an integration
that has API keys, a worker has a Temporal Schedule ask Sendcloud what changed, and
records what no webhook reported. All workers of a namespace need the same keys: one that
starts without them pauses the schedule.

` + settings.Help("worker") + `
Each secret can be read from a file that <NAME>_FILE names; a file that changes counts
within seconds, without a restart.

` + settings.AboutTemporal,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runWorker(cmd.Context(), env, log) },
	}
}

func runWorker(ctx context.Context, env *settings.Environment, log *slog.Logger) error {
	config, err := env.Worker()
	if err := withCodec(env, err); err != nil {
		return err
	}
	options, seen, err := processOptions(ctx, "worker", env, log)
	if err != nil {
		return err
	}
	defer seen.closeTraces()
	config.Meter = monitoring.With(options.MetricsHandler)
	config.Began = func(temporal client.Client) { seen.begin(ctx, temporal, options.Namespace) }
	return worker.Run(ctx, config, options, log)
}

// withCodec adds the faults of the codec's settings to the others: all are told at once.
func withCodec(env *settings.Environment, others error) error {
	_, _, err := env.Codec()
	return errors.Join(others, err)
}

// processOptions are the client options of ingress and worker, which are watched and name
// their requests.
func processOptions(ctx context.Context, program string, env *settings.Environment, log *slog.Logger) (client.Options, *watch, error) {
	options, err := env.Temporal(ctx, log)
	if err != nil {
		return client.Options{}, nil, err
	}
	seen, err := openWatch(ctx, env.Text(settings.MetricsListen), log)
	if err == nil {
		options.Interceptors, err = seen.openTraces(ctx, program, env)
	}
	if err != nil {
		return client.Options{}, nil, err
	}
	options.MetricsHandler = seen.handler
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, recorder.NameRequests())
	return options, seen, nil
}
