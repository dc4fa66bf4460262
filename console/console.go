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
		parcelsCommand(env, log), mailsCommand(env, log), batchesCommand(env, log), integrationsCommand(env, log), refundsCommand(env, log),
		policyCommand(env), templatesCommand(env), tokenCommand(env), exportCommand(env, log), eraseCommand(env, log), keysCommand(env, log), healthCommand(env), doctorCommand(env),
		deploymentsCommand(env, log), versionCommand(),
	}
}
