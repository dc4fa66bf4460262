package commandline

import (
	"slices"

	"github.com/spf13/cobra"
)

// OneOf completes one of the values.
func OneOf[T ~string](values ...T) cobra.CompletionFunc {
	return Lazily(func() []string {
		var all []string
		for _, v := range values {
			all = append(all, string(v))
		}
		return all
	})
}

// Lazily completes one of the values, which are looked up when a shell asks.
func Lazily(values func() []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return values(), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// First completes the first argument only.
func First(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, args, typed)
	}
}

// Several completes any number of arguments, each once.
func Several(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		all, how := complete(cmd, args, typed)
		return slices.DeleteFunc(all, func(c cobra.Completion) bool { return slices.Contains(args, c) }), how
	}
}

// Files completes files with one of some extensions.
func Files(extensions ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

// Flag sets how shells complete the value of a flag.
func Flag(cmd *cobra.Command, name string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(name, complete); err != nil {
		panic(err) // there is no such flag: a fault of the program
	}
}
