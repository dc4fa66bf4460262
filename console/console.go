// Package console is where operators work: the questions and orders that they have,
// on the command line.
package console

import (
	"log/slog"

	"github.com/spf13/cobra"

	"waybill/settings"
)

// Commands are all commands of operators.
func Commands(env *settings.Environment, log *slog.Logger) []*cobra.Command {
	return []*cobra.Command{policyCommand(env), explainCommand(env, log), rehearseCommand(env, log), mailCommand(env), refundsCommand(env, log)}
}
