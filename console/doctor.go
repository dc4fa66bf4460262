package console

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/console/doctor"
	"waybill/settings"
)

func doctorCommand(env *settings.Environment) *cobra.Command {
	var only string
	var format output
	var strict bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check a deployment, and say how to mend what is wrong",
		Long: `Doctor checks whether everything that Waybill needs is there and set up. For each finding
it says what is wrong, why it matters, and the command or click that mends it. It changes
nothing: the mail that it tries is in SendGrid's sandbox mode, and endpoints that pay are
only asked whether they are there.

It reads all settings of ingress and worker. Run it where they run, with the settings of
both if you can: doctor reports each check that it had to skip. It exits with 1 if it finds a
fault, and with --strict also for a warning.

The checks, for --only:

` + checkList(),
		Example: "  waybill doctor\n  waybill doctor --only temporal,pollers --output json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			checks, err := doctor.Only(only)
			if err != nil {
				return commandline.Usage(fmt.Errorf("--only: %w", err))
			}
			deployment := doctor.Open(env)
			defer deployment.Close()
			found := doctor.Run(cmd.Context(), deployment, checks, func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), line) })
			report := doctor.ReportOf(found)
			print := func(w io.Writer) error { return report.Print(plain{w}) }
			if err := format.print(cmd.OutOrStdout(), report, print); err != nil {
				return err
			}
			if report.Counts[doctor.Fault] > 0 || strict && report.Counts[doctor.Warning] > 0 {
				return fmt.Errorf("doctor: %s", report.Counts)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&only, "only", "", "do only these `checks`, separated by commas")
	cmd.Flags().BoolVar(&strict, "strict", false, "exit with 1 for warnings too")
	format.add(cmd)
	commandline.Flag(cmd, "only", commandline.OneOf(doctor.Names()...))
	return cmd
}

func checkList() string {
	var list strings.Builder
	for _, c := range doctor.Checks() {
		fmt.Fprintf(&list, "  %-18s %s\n", c.Name, c.About)
	}
	return list.String()
}
