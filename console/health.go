package console

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"waybill/httpclient"
	"waybill/settings"
)

const (
	// healthTimeout is more than a process gives Temporal to answer.
	healthTimeout = 5 * time.Second
	// mostHealth is more than a process says of its health.
	mostHealth = 1 << 10
)

func healthCommand(env *settings.Environment) *cobra.Command {
	path := "/healthz"
	var ready bool
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask the ingress or worker on this machine whether it is alive",
		Long: `Health is for containers without a shell: with the settings of an ingress or a worker, it
asks that process whether it is alive. It exits with 0 if so, and with 1 if not.

It asks the listener of WAYBILL_METRICS_LISTEN. Without that, it asks an ingress at
WAYBILL_LISTEN; a worker has no other listener.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if ready {
				path = "/readyz"
			}
			address, err := nearby(cmp.Or(env.Text(settings.MetricsListen), env.Text(settings.Listen)))
			if err != nil {
				return err
			}
			r, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, "http://"+address+path, nil)
			if err != nil {
				return err
			}
			resp, err := httpclient.New(healthTimeout, mostHealth).Do(r)
			if err != nil {
				return fmt.Errorf("no process answers at %s (%s): it does not run, or WAYBILL_METRICS_LISTEN is not the one that it was started with", address, httpclient.Fault(err))
			}
			defer resp.Body.Close()
			said, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusOK {
				return fmt.Errorf("%s answers %s: %s", path, resp.Status, printable(string(said)))
			}
			fmt.Fprintln(cmd.OutOrStdout(), "healthy")
			return nil
		},
	}
	cmd.Flags().BoolVar(&ready, "ready", false, "ask whether it can work now: Temporal answers, and a worker polls for tasks")
	return cmd
}

// nearby is where this machine reaches a listener that may listen on all addresses.
func nearby(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", errors.New("WAYBILL_METRICS_LISTEN or WAYBILL_LISTEN is not of the form host:port")
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port), nil
}
