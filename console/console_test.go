package console

import (
	"bytes"
	"log/slog"
	"regexp"
	"slices"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"waybill/commandline"
	"waybill/settings"
)

// run runs a command in this environment, and says what it printed.
func run(t *testing.T, args, environ []string) (stdout string, err error) {
	t.Helper()
	root := &cobra.Command{Use: "waybill"}
	root.AddCommand(Commands(settings.New(environ), slog.New(slog.DiscardHandler))...)
	commandline.Finish(root)
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

// What a command says of its settings, and what the list says of them, is the same.
func TestTheHelpOfACommandNamesItsSettings(t *testing.T) {
	for _, command := range Commands(settings.New(nil), nil) {
		help, settingsOf := "", ""
		for _, cmd := range append([]*cobra.Command{command}, command.Commands()...) {
			help += cmd.Long + cmd.Flags().FlagUsages()
			settingsOf += settings.Help(cmd.CommandPath())
		}
		var listed []string
		said := regexp.MustCompile(`\b(?:WAYBILL|SENDGRID|SENDCLOUD)_[A-Z_]+`).FindAllString(help, -1)
		for _, name := range regexp.MustCompile(`(?m)^  ([A-Z_]+)(?:<INTEGRATION>)?$`).FindAllStringSubmatch(settingsOf, -1) {
			listed = append(listed, name[1])
		}
		slices.Sort(said)
		require.ElementsMatch(t, slices.Compact(said), listed, command.Name())
	}
}
