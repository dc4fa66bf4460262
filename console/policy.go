package console

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/parcel"
	"waybill/policy"
	"waybill/refund"
	"waybill/settings"
)

func policyCommand(env *settings.Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Check and show the merchant's policy",
		Long: `The policy is a YAML file that says which mails recipients get and when, and who decides
about refunds. It holds only what differs from the defaults, for all integrations or for
single ones:

  mode: live
  mails:
    announced: on
  integrations:
    my-shop:
      mode: shadow

Workers read the file that WAYBILL_POLICY names, and read it again within seconds
when it changes; a file with a fault changes nothing. A parcel that is under way
follows the new policy from its next decision on.`,
	}
	cmd.AddCommand(policyCheckCommand(env), policyShowCommand(env), policySchemaCommand())
	return cmd
}

func policyCheckCommand(env *settings.Environment) *cobra.Command {
	return &cobra.Command{
		ValidArgsFunction: completePolicyFiles,

		Use:   "check [file]",
		Short: "List all faults of a policy file",
		Long: `Check reads a policy file, that of WAYBILL_POLICY if none is named, and lists all its
faults, each with its file and line and the values that are allowed. For a valid file it
says what is live, how many people decide about refunds, and which of their API tokens
expire within 30 days, or never. Then it lists what cannot work: live refunds that nobody
can approve, and mails that ask for a reply if the policy has no shop.reply_to. It exits
with 1 if there is anything to correct.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := policyPath(env, args)
			if err != nil {
				return err
			}
			kept, err := policy.Keep(path)
			if err != nil {
				return err
			}
			book := kept.Book()
			fmt.Fprintf(cmd.OutOrStdout(), "%s is valid: version %s\n", path, book.For("").Version)
			for _, name := range append([]string{""}, book.Integrations()...) {
				who := "all others"
				if name != "" {
					who = name
				}
				fmt.Fprintf(cmd.OutOrStdout(), "  %s: %s, %s\n", who, book.For(name).Mode, aboutRefunds(book.For(name).Refunds))
			}
			showTokens(cmd.OutOrStdout(), book.Named(), time.Now())
			if err := book.Check(); err != nil {
				return fmt.Errorf("it is valid, but something in it cannot work:\n%w", err)
			}
			return nil
		},
	}
}

// aboutRefunds says whether refunds are live, and how many people decide.
func aboutRefunds(p refund.Policy) string {
	mode, decide := parcel.Live, "no one decides"
	if p.Shadow {
		mode = parcel.Shadow
	}
	switch n := len(p.People); {
	case n == 1:
		decide = "1 person decides"
	case n > 1:
		decide = fmt.Sprintf("%d people decide", n)
	}
	return fmt.Sprintf("refunds %s, %s", mode, decide)
}

// showTokens lists the API tokens that have expired, expire soon, or never expire.
func showTokens(out io.Writer, people []policy.Person, now time.Time) {
	for _, somebody := range people {
		if expiry := somebody.TokenExpiry(now); expiry != "" {
			fmt.Fprintf(out, "  %s\n", expiry)
		}
	}
}

func policyShowCommand(env *settings.Environment) *cobra.Command {
	var integration string
	cmd := &cobra.Command{
		ValidArgsFunction: completePolicyFiles,

		Use:   "show [file]",
		Short: "Show the value of every setting, and where it comes from",
		Long: `Show lists every setting with its value and where it comes from: a line of the file, or
the defaults. The file is that of WAYBILL_POLICY if none is named; without
either it shows the defaults.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := policyPath(env, args)
			if err != nil {
				path = "" // the defaults
			}
			kept, err := policy.Keep(path)
			if err != nil {
				return err
			}
			if err := checkIntegration(env, kept.Book(), integration); err != nil {
				return err
			}
			table := newTable(cmd.OutOrStdout())
			fmt.Fprintln(table, "SETTING\tVALUE\tFROM\tWHAT IT DOES")
			for _, line := range kept.Book().Effective(integration) {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", line.Path, line.Value, line.From, line.About)
			}
			return table.Flush()
		},
	}
	cmd.Flags().StringVar(&integration, "integration", "", "show the values for this `integration`")
	commandline.Flag(cmd, "integration", completeIntegrations(env))
	return cmd
}

func policySchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a policy file, for editors",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(policy.Schema())
			return err
		},
	}
}

func policyPath(env *settings.Environment, args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	if path := env.Text(settings.Policy); path != "" {
		return path, nil
	}
	return "", commandline.Usage(errors.New("name a policy file, or set WAYBILL_POLICY"))
}

// completePolicyFiles completes the file that a policy command is about.
var completePolicyFiles = commandline.First(commandline.Files("yaml", "yml"))
