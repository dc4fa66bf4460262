// Package console has the commands of operators.
package console

import (
	"log/slog"

	"github.com/spf13/cobra"

	"waybill/settings"
)

// Commands are all of them.
func Commands(env *settings.Environment, log *slog.Logger) []*cobra.Command {
	return []*cobra.Command{
		policyCommand(env), explainCommand(env, log), rehearseCommand(env, log), mailCommand(env), refundsCommand(env, log), tokenCommand(), healthCommand(env),
	}
}
