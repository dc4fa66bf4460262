package console

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"waybill/settings"
)

// run runs a command in this environment, and says what it printed.
func run(t *testing.T, args, environ []string) (stdout string, err error) {
	t.Helper()
	root := &cobra.Command{Use: "waybill", SilenceUsage: true, SilenceErrors: true}
	root.AddCommand(Commands(settings.New(environ), slog.New(slog.DiscardHandler))...)
	var out bytes.Buffer
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)
	err = root.ExecuteContext(t.Context())
	return out.String(), err
}

// start runs a command in this environment, which must make it refuse.
func start(t *testing.T, args []string, environ ...string) string {
	t.Helper()
	_, err := run(t, args, environ)
	require.Error(t, err)
	return err.Error()
}

// say runs a command, which must succeed, and returns what it printed.
func say(t *testing.T, args []string, environ ...string) string {
	t.Helper()
	stdout, err := run(t, args, environ)
	require.NoError(t, err)
	return stdout
}
