package console

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/policy"
	"waybill/settings"
)

// completeIntegrations completes the name of an integration.
func completeIntegrations(env *settings.Environment) cobra.CompletionFunc {
	return commandline.Lazily(func() []string { return integrationNames(env, bookAtHand(env)) })
}

// completePeople completes the name of a person of the policy, among some of it.
func completePeople(env *settings.Environment, among func(*policy.Book) []policy.Person) cobra.CompletionFunc {
	return commandline.Lazily(func() []string {
		var names []string
		for _, person := range among(bookAtHand(env)) {
			names = append(names, person.Name)
		}
		return names
	})
}

// bookAtHand is the policy of the environment, or the default one if it cannot be read:
// completion reports no faults.
func bookAtHand(env *settings.Environment) *policy.Book {
	keeper, err := env.Policy()
	if err != nil {
		return policy.Default()
	}
	return keeper.Book()
}

// integrationNames are the integrations that a policy or the environment knows, in order.
func integrationNames(env *settings.Environment, book *policy.Book) []string {
	names := slices.Concat(env.IntegrationNames(), book.Integrations())
	slices.Sort(names)
	return slices.Compact(names)
}

// checkIntegration refuses an integration that neither the policy nor the environment
// knows; empty is none, and allowed.
func checkIntegration(env *settings.Environment, book *policy.Book, name string) error {
	if name == "" {
		return nil
	}
	if err := contract.CheckIntegration(name); err != nil {
		return commandline.Usage(fmt.Errorf("--integration: %w", err))
	}
	known := integrationNames(env, book)
	if slices.Contains(known, name) {
		return nil
	}
	there := "there are none"
	if len(known) > 0 {
		there = "there are " + strings.Join(known, ", ")
	}
	return commandline.Usage(fmt.Errorf("--integration: no integration %q in the policy, nor in settings such as SENDCLOUD_KEYS_%s; %s", name, contract.VariableFor(name), there))
}
