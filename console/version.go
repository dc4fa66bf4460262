package console

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"waybill/version"
	"waybill/workflows"
)

// versionAnswer is what "waybill version" says.
type versionAnswer struct {
	version.Info
	Histories schemas `json:"histories"`
}

// schemas are the histories of workflows that a build replays.
type schemas struct {
	Oldest int `json:"oldest"`
	Newest int `json:"newest"`
}

func versionCommand() *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print which build this is, and which workflow histories it replays",
		Long: `Version prints the version, the commit, and with what the program was built. A program that was
built at a commit without a tag has a version that ends in the time and the hash of that commit.
One that was built without git does not know its version, unless the build was told.

Histories are the schemas of workflow histories that this build replays: one number, or a
range. Open workflows go on only in a build that replays their histories, so compare the numbers
before you replace a build by another, also by an older one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			answer := versionAnswer{Info: version.Read()}
			answer.Histories.Oldest, answer.Histories.Newest = workflows.Histories()
			return format.print(cmd.OutOrStdout(), answer, answer.table)
		},
	}
	format.add(cmd)
	return cmd
}

// table prints one line a fact.
func (a versionAnswer) table(w io.Writer) error {
	commit := a.Commit
	if a.Modified {
		commit += ", modified"
	}
	table := newTable(w)
	for _, fact := range [][2]string{
		{"version", a.Version}, {"commit", commit}, {"go", a.Go}, {"temporal sdk", a.Temporal}, {"platform", a.Platform}, {"histories", a.Histories.String()},
	} {
		fmt.Fprintf(table, "%s\t%s\n", fact[0], fact[1])
	}
	return table.Flush()
}

// String is one number, or "2 to 4".
func (s schemas) String() string {
	if s.Oldest == s.Newest {
		return strconv.Itoa(s.Newest)
	}
	return fmt.Sprintf("%d to %d", s.Oldest, s.Newest)
}
