package console

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"waybill/console/doctor"
	"waybill/settings"
)

func doctorCommand(env *settings.Environment) *cobra.Command {
	var only, output string
	var strict bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check a deployment, and say how to mend what is wrong",
		Long: `Doctor checks whether everything that Waybill needs is there and set up. For each finding
it says what is wrong, why it matters, and the command or click that mends it. It changes
nothing: the mail that it tries is in SendGrid's sandbox mode, and endpoints that pay are
only asked whether they are there.

It reads all settings of ingress and worker. Run it where they run, with the settings of
both if you can: it says what it could not look at. It exits with 1 if it finds a fault,
and with --strict also for a warning.

The checks, for --only:

` + checkList(),
		Example: "  waybill doctor\n  waybill doctor --only temporal,pollers --output json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			checks, err := doctor.Only(only)
			if err != nil {
				return err
			}
			if output != "text" && output != "json" {
				return fmt.Errorf("there is no output %q: choose text or json", output)
			}
			deployment := doctor.Open(env)
			defer deployment.Close()
			found := doctor.Run(cmd.Context(), deployment, checks, func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), line) })
			if output == "json" {
				if err := doctor.WriteJSON(cmd.OutOrStdout(), found); err != nil {
					return err
				}
			} else {
				doctor.WriteText(plain{cmd.OutOrStdout()}, found)
			}
			counts := doctor.Count(found)
			if counts[doctor.Fault] > 0 || strict && counts[doctor.Warning] > 0 {
				return fmt.Errorf("doctor: %s", counts)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&only, "only", "", "do only these `checks`, separated by commas")
	cmd.Flags().StringVar(&output, "output", "text", "`format` of the report: text or json")
	cmd.Flags().BoolVar(&strict, "strict", false, "exit with 1 for warnings too")
	return cmd
}

func checkList() string {
	var list strings.Builder
	for _, c := range doctor.Checks() {
		fmt.Fprintf(&list, "  %-18s %s\n", c.Name, c.About)
	}
	return list.String()
}
