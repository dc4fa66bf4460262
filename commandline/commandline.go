// Package commandline is what the commands of all our programs share: a mistyped command exits
// with 2 and suggests what was probably meant, shells complete known values, and colours are
// for terminals.
package commandline

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Exit codes of our programs.
const (
	exitFault = 1
	exitUsage = 2
)

// usageError is a mistake in what was typed.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage marks an error as a mistake in what was typed: a command, a flag or an argument. It
// leaves nil as it is.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// ExitCode is the exit code of a program that ends with this error.
func ExitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return exitUsage
	}
	return exitFault
}

// Colours reports whether what is printed to w may have colours: on a terminal, unless
// NO_COLOR says otherwise. https://no-color.org
func Colours(w io.Writer, noColor string) bool { return Terminal(w) && noColor == "" }

// Terminal reports whether w is a terminal.
func Terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// Finish has all commands of a program do what the package promises. Call it after the last
// command was added.
func Finish(root *cobra.Command) {
	root.SilenceUsage, root.SilenceErrors = true, true
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return Usage(seeHelp(cmd, err)) })
	finish(root)
}

func finish(cmd *cobra.Command) {
	check := cmd.Args
	switch {
	case cmd.Name() == "help" && !cmd.Parent().HasParent():
		cmd.Run, cmd.RunE = nil, help
	case cmd.HasSubCommands() && !cmd.Runnable():
		// Without these, cobra answers any word after a group with the help of the group.
		check = unknownCommand
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		cmd.DisableFlagsInUseLine = true
	}
	if check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error { return Usage(seeHelp(cmd, check(cmd, args))) }
		if cmd.ValidArgsFunction == nil && check(cmd, []string{"a word"}) != nil {
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { completeNoFiles(cmd, f) })
	for _, below := range cmd.Commands() {
		finish(below)
	}
}

// completeNoFiles keeps shells from offering files for a flag that takes none. A flag that
// takes a file says so in its help.
func completeNoFiles(cmd *cobra.Command, f *pflag.Flag) {
	kind, _ := pflag.UnquoteUsage(f)
	if _, known := cmd.GetFlagCompletionFunc(f.Name); !known && kind != "file" && kind != "folder" && kind != "program" {
		_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.NoFileCompletions) // it fails only for flags that are not there
	}
}

// unknownCommand refuses a word after a group of commands, and suggests what was probably meant.
func unknownCommand(group *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	meant := ""
	group.SuggestionsMinimumDistance = 2 // letters that differ; cobra's own default
	if near := group.SuggestionsFor(args[0]); len(near) > 0 {
		meant = ": did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q for %q%s", args[0], group.CommandPath(), meant)
}

// seeHelp adds the command that prints the help.
func seeHelp(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w\nsee: %s --help", err, cmd.CommandPath())
}

// help is the help command. Cobra's own succeeds for a topic that it does not know.
func help(cmd *cobra.Command, args []string) error {
	about, rest, err := cmd.Root().Find(args)
	switch {
	case err != nil:
		return Usage(err)
	case len(rest) > 0:
		return Usage(seeHelp(about, unknownCommand(about, rest)))
	}
	about.InitDefaultHelpFlag()
	return about.Help()
}
