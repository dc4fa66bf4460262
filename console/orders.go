package console

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/parcel"
	"waybill/policy"
	"waybill/recorder"
	"waybill/settings"
)

// aboutOrders is the help of each order to parcels.
var aboutOrders = `With your API token in WAYBILL_TOKEN, the command gives the order through the API of the
ingress, which proves who you are. "waybill token" makes a token. Without a token, give
your name with --as: the order then goes through Temporal, and the parcel's record says
"unproven" beside the name.

` + settings.Help("mails") + `
--dry-run shows what the order would do, and changes nothing. A worker has to be running.`

// aboutMany is the help of orders that many parcels can have.
const aboutMany = `With --all, all parcels that the filters choose get the order. The command counts them, asks each
what the order would do, and shows you the result. After you have confirmed, Temporal gives the
order to each parcel as a batch. The batch goes on if the command ends: see "waybill batches". A
parcel follows a batch once.`

// orderCommands are the commands for the orders that stand below a group, from the table of
// orders.
func orderCommands(env *settings.Environment, log *slog.Logger, group string) []*cobra.Command {
	var all []*cobra.Command
	for _, o := range parcel.Orders() {
		if groupOf(o) == group {
			all = append(all, orderCommand(o, env, log))
		}
	}
	return all
}

// groupOf is the group of commands that an order belongs to: mails if it is about some of them.
func groupOf(o parcel.Order) string {
	for _, f := range o.Fields {
		if f.Name == "keys" {
			return "mails"
		}
	}
	return "parcels"
}

// orderName is the name of an order's command: its group says that it is about mails.
func orderName(o parcel.Order) string { return strings.TrimSuffix(o.Name, "-mails") }

// call is one run of an order's command.
type call struct {
	order  parcel.Order
	as     string
	in     parcel.Input
	dryRun bool
	format output
	many   manyFlags
}

func orderCommand(o parcel.Order, env *settings.Environment, log *slog.Logger) *cobra.Command {
	c := &call{order: o}
	name := orderName(o)
	cmd := &cobra.Command{
		ValidArgsFunction: commandline.First(completeIntegrations(env)),

		Use:     name + " integration parcel",
		Short:   shortened(o.Does().String()),
		Long:    o.Does().String() + "\n\n" + aboutOrders,
		Example: fmt.Sprintf("  waybill %s %s my-shop/364000001%s", groupOf(o), name, exampleFlags(o)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !c.many.all {
				return c.one(cmd, args, env, log)
			}
			return c.toMany(cmd, args, env, log)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&c.as, "as", "", "`person` who gives the order, without proof; "+settings.Person+" if left out")
	flags.StringVar(&c.in.Why, "why", "", "the reason, for the parcel's record; `text` without personal data")
	flags.BoolVar(&c.dryRun, "dry-run", false, "show what the order would do, and change nothing")
	commandline.Flag(cmd, "as", completePeople(env, (*policy.Book).Everybody))
	for _, f := range o.Fields {
		addField(cmd, f)
	}
	c.format.add(cmd)
	if !o.One && !o.NewRun { // many parcels can have it
		cmd.Use = name + " [integration parcel]"
		cmd.Long += "\n\n" + aboutMany
		cmd.Example += fmt.Sprintf("\n  waybill %s %s --all --integration my-shop --since 7d --dry-run", groupOf(o), name)
		c.many.add(cmd, env)
		if groupOf(o) == "mails" {
			_ = cmd.Flags().MarkHidden("parked") // only parcels with parked mails get the order anyway
		}
	}
	cmd.Long += "\n\n" + namingParcels + "\n\n" + settings.AboutTemporal
	return cmd
}

// shortened is the first sentence, without its full stop.
func shortened(does string) string {
	first, _, _ := strings.Cut(does, ". ")
	return strings.TrimSuffix(first, ".")
}

// exampleFlags are the flags that an order needs.
func exampleFlags(o parcel.Order) string {
	said := ""
	for _, f := range o.Fields {
		if f.Required {
			said += fmt.Sprintf(" --%s %s", f.Name, strings.Trim(f.Example, `[]"`))
		}
	}
	return said
}

// addField adds the flag of a field.
func addField(cmd *cobra.Command, f parcel.Field) {
	switch f.Kind {
	case parcel.KeysField:
		cmd.Flags().StringSlice(f.Name, nil, "`keys`, separated by commas. "+f.Help)
	case parcel.SwitchField:
		cmd.Flags().Bool(f.Name, false, f.Help)
	case parcel.ParcelField:
		cmd.Flags().String(f.Name, "", "a `file` with JSON; - is standard input. "+f.Help)
	case parcel.TextField:
		cmd.Flags().String(f.Name, "", fmt.Sprintf("`text`, such as %s. %s", f.Example, f.Help))
	}
}

// readFields reads the fields of an order from the flags. The error has all that is wrong with them.
func readFields(cmd *cobra.Command, o parcel.Order, in *parcel.Input) error {
	given, faults := map[string]any{}, []error(nil)
	for _, f := range o.Fields {
		flag := cmd.Flag(f.Name)
		switch {
		case !flag.Changed && f.Required:
			faults = append(faults, fmt.Errorf("--%s is missing: %s", f.Name, f.Help))
		case !flag.Changed:
		case f.Kind == parcel.KeysField:
			given[f.Name], _ = cmd.Flags().GetStringSlice(f.Name)
		case f.Kind == parcel.SwitchField:
			given[f.Name], _ = cmd.Flags().GetBool(f.Name)
		case f.Kind == parcel.ParcelField:
			raw, err := readFile(cmd.InOrStdin(), flag.Value.String())
			if err != nil {
				faults = append(faults, fmt.Errorf("--%s: %w", f.Name, err))
				continue
			}
			given[f.Name] = json.RawMessage(raw)
		default:
			given[f.Name] = flag.Value.String()
		}
	}
	if len(faults) > 0 {
		return commandline.Usage(errors.Join(faults...))
	}
	raw, err := json.Marshal(given)
	if err != nil {
		return commandline.Usage(fmt.Errorf("the file does not hold JSON: %w", err))
	}
	return json.Unmarshal(raw, in)
}

// readFile reads a file, or standard input if its name is -.
func readFile(stdin io.Reader, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name) //nolint:gosec // the operator says which file
}

// one gives the order to one parcel.
func (c *call) one(cmd *cobra.Command, args []string, env *settings.Environment, log *slog.Logger) error {
	if stray := c.many.stray(); stray != "" {
		return commandline.Usage(fmt.Errorf("--%s is for many parcels: add --all, or leave it out", stray))
	}
	of, unnamed := parcelNamed(cmd, args)
	by, door, anonymous := c.speaker(env)
	if err := errors.Join(unnamed, anonymous, readFields(cmd, c.order, &c.in)); err != nil {
		return err
	}
	if door.token != "" && !c.dryRun {
		answer, err := door.orderParcel(cmd.Context(), of, c.order, c.in)
		if err != nil {
			return err
		}
		return c.show(cmd, of, answer)
	}
	return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
		if c.dryRun {
			answer, found, err := records.TryOrder(ctx, of, c.order, c.in, time.Now())
			if err := notKnown(of, found, err); err != nil {
				return err
			}
			return c.show(cmd, of, answer)
		}
		c.in.By = by
		answer, err := records.OrderParcel(ctx, of, c.order, c.in)
		switch {
		case errors.Is(err, recorder.ErrOver):
			return fmt.Errorf("parcel %s is not followed: no report of it has arrived, or it has come to its end", of)
		case late(err):
			return fmt.Errorf("%w; the order may have reached Temporal, so look first: waybill parcels show %s", errNoWorker, of)
		case err != nil:
			return err
		}
		if err := c.show(cmd, of, answer); err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "The parcel's record says: by %s (unproven).\n", by)
		return nil
	})
}

// speaker is who gives the order. A dry run needs nobody. The API takes no order to begin a new
// run, whoever gives it.
func (c *call) speaker(env *settings.Environment) (by string, door api, err error) {
	switch by = cmp.Or(strings.TrimSpace(c.as), env.Text(settings.Person)); {
	case c.dryRun:
		return "", api{}, nil
	case c.order.NewRun && by == "":
		return "", api{}, fmt.Errorf("say who you are: give your name with --as anna or %s; this order goes through Temporal, also if %s is set", settings.Person, settings.Token)
	case c.order.NewRun:
		return by, api{}, nil
	}
	return speaker(env, c.as)
}

// show says what came of an order to one parcel, or would come of it.
func (c *call) show(cmd *cobra.Command, of contract.ParcelRef, answer parcel.Answer) error {
	said := struct {
		contract.ParcelRef
		Order  string `json:"order"`
		DryRun bool   `json:"dryRun,omitempty"`
		parcel.Answer
	}{of, c.order.Name, c.dryRun, answer}
	return c.format.print(cmd.OutOrStdout(), said, func(w io.Writer) error {
		what := "done"
		if c.dryRun {
			what = "this is a dry run, and nothing was changed"
		}
		fmt.Fprintf(w, "%s of parcel %s: %s.\n", c.order.Name, of, what)
		if len(answer.Mails) == 0 {
			return nil
		}
		table := newTable(w)
		fmt.Fprintln(table, "\nMAIL\tLEAVES\tWHY NOT\tKEY")
		for _, m := range answer.Mails {
			leaves := "yes"
			if !m.Leaves {
				leaves = "no"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", m.Mail.Words(), leaves, printable(m.Why), m.Key)
		}
		return table.Flush()
	})
}
