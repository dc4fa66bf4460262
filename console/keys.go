package console

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"waybill/codec"
	"waybill/commandline"
	"waybill/settings"
)

func keysCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make and check the keys that encrypt what Temporal stores",
		Long: `Everything that Temporal stores for Waybill is encrypted with AES-256-GCM: inputs, results,
signals, updates, answers to queries, summaries, details, and what errors say. Ids, search
attributes and names of workflows are not: they hold no names and no addresses.

` + settings.Help("keys") + `
To change the key, put a new line above the others, and later remove the lines of keys that
nothing names any more: see waybill keys uses --help.`,
		Example: "  waybill keys new\n  waybill keys list\n  waybill keys check\n  waybill keys uses 2025-11",
	}
	cmd.AddCommand(keysNewCommand(env), keysListCommand(env), keysCheckCommand(env), keysUsesCommand(env, log))
	return cmd
}

func keysNewCommand(env *settings.Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "new [id]",
		Short: "Make a key, and print its line",
		Long: `New prints a new key as one line, id:secret. It stores the line nowhere and needs no Temporal.
The id stands unencrypted beside everything that the key encrypts. Without one, it is today's date.`,
		Example: "  waybill keys new\n  waybill keys new 2026-11 >> codec-keys",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id := time.Now().UTC().Format(time.DateOnly)
			if len(args) > 0 {
				id = args[0]
			}
			line, err := codec.NewKey(id)
			if err != nil {
				return commandline.Usage(err)
			}
			if known, _, _ := env.Codec(); slices.Contains(known.IDs(), id) {
				return commandline.Usage(fmt.Errorf("there is a key %s in the settings: name another id, as in: %s %s-b", id, cmd.CommandPath(), id))
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), line)
			return err
		},
	}
}

// listedKey is a key as it is shown.
type listedKey struct {
	ID          string `json:"id"`
	Does        string `json:"does"`
	Fingerprint string `json:"fingerprint"`
}

func keysListCommand(env *settings.Environment) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the keys in the settings, and what each does",
		Long: `List prints the ids of the keys in the settings, in their order. The fingerprint is the same
wherever the key is the same, and does not give the key away: compare the lists of two processes.`,
		Example: "  waybill keys list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			keys, plain, err := env.Codec()
			if err != nil {
				return err
			}
			all := []listedKey{}
			for i, key := range keys {
				does := "decrypts"
				if i == 0 && plain != codec.PlainWritten {
					does = "encrypts and decrypts"
				}
				all = append(all, listedKey{key.ID, does, key.Fingerprint()})
			}
			return format.print(cmd.OutOrStdout(), all, func(w io.Writer) error {
				table := newTable(w)
				fmt.Fprintln(table, "KEY\tDOES\tFINGERPRINT")
				for _, key := range all {
					fmt.Fprintf(table, "%s\t%s\t%s\n", key.ID, key.Does, key.Fingerprint)
				}
				return table.Flush()
			})
		},
	}
	format.add(cmd)
	return cmd
}

func keysCheckCommand(env *settings.Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the keys in the settings",
		Long: `Check reads the keys as all processes do, encrypts something with the first one, decrypts it,
and says what is wrong. It needs no Temporal: whether Temporal stores something under a key that
is missing here, waybill keys uses finds out.`,
		Example: "  waybill keys check",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			keys, plain, err := env.Codec()
			if err != nil {
				return err
			}
			crypt, err := codec.New(keys, plain)
			if err != nil {
				return err
			}
			stored, err := crypt.Data().ToPayload("a test")
			var read string
			if err == nil {
				err = crypt.Data().FromPayload(stored, &read)
			}
			if err != nil || read != "a test" {
				return fmt.Errorf("what was encrypted cannot be decrypted: %w", err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), plain.Says(keys))
			return err
		},
	}
}
