package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/policy"
	"waybill/recorder"
	"waybill/refund"
	"waybill/settings"
)

var aboutPersons = `With your API token in WAYBILL_TOKEN, the command gives the order through the API of the
ingress, which proves who you are. "waybill token" makes a token.

Without a token, give your name with --as. The order then goes through Temporal, where
anyone can give any name: the decision log notes "through Temporal, unproven" beside it.
Such an order can add a note, ask the customer or reassign the refund. It decides nothing,
unless the policy says "unproven_orders: on" below refunds.

` + settings.Help("refunds") + `
The command prints where the refund stands afterwards. An order that is refused changes
nothing: the command says why, and exits with 1. A worker has to be running: it carries
the order out.`

func refundOrderCommand(o refund.Order, env *settings.Environment, log *slog.Logger) *cobra.Command {
	var as string
	example := "  waybill refunds " + o.Name + " my-shop 7001"
	if o.Unproven {
		example += " --as anna"
	}
	cmd := &cobra.Command{
		ValidArgsFunction: commandline.First(completeIntegrations(env)),

		Use:   o.Name + " integration return",
		Short: o.Label().String(),
		Long:  o.Does().String() + "\n\n" + aboutPersons + "\n\n" + settings.AboutTemporal,
		RunE: func(cmd *cobra.Command, args []string) error {
			name, unnamed := refundNamed(cmd, args)
			by, api, nobody := speaker(env, as)
			fields, faulty := orderFields(cmd, o)
			if err := errors.Join(unnamed, nobody, faulty); err != nil {
				return err
			}
			if api.token != "" {
				answer, err := api.orderRefund(cmd.Context(), name, o, fields)
				return showAnswer(cmd.OutOrStdout(), name, answer, err, nil)
			}
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				answer, err := records.OrderRefund(ctx, name, o, refund.Input{Said: refund.Said{By: by}, Fields: fields})
				err = showAnswer(cmd.OutOrStdout(), name, answer, err, func() (refund.Refund, error) { return refundOf(ctx, records, name) })
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "The decision log says: by %s (through Temporal, unproven).\n", by)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "`person` of the policy who says so, without proof; "+settings.Person+" if left out")
	commandline.Flag(cmd, "as", completePeople(env, (*policy.Book).Everybody))
	for _, f := range o.Fields {
		help := f.Help().String()
		if f.CustomerReads {
			help = strings.TrimSpace("The customer reads it. " + help)
		}
		cmd.Flags().String(f.Flag(), "", fmt.Sprintf("`%s`, such as %q. %s", strings.ReplaceAll(string(f.Kind), " ", "-"), f.Example, help))
		if f.Required {
			example += fmt.Sprintf(" --%s %q", f.Flag(), f.Example)
		}
	}
	cmd.Example = example
	return cmd
}

// orderFields are what the flags say, or all that is wrong with it.
func orderFields(cmd *cobra.Command, o refund.Order) (map[string]string, error) {
	fields := map[string]string{}
	for _, f := range o.Fields {
		if flag := cmd.Flag(f.Flag()); flag.Changed {
			fields[f.Name] = flag.Value.String()
		}
	}
	var faults []error
	for _, wrong := range o.Faults(fields, nil) {
		f, _ := o.Field(wrong.Field)
		faults = append(faults, fmt.Errorf("--%s: %s", f.Flag(), wrong.Why))
	}
	return fields, commandline.Usage(errors.Join(faults...))
}

// speaker is the person who gives an order on the command line: a name, or an API with their
// token.
func speaker(env *settings.Environment, as string) (name string, api api, err error) {
	name = cmp.Or(strings.TrimSpace(as), env.Text(settings.Person))
	api.address, api.token, err = env.API()
	switch {
	case err != nil:
	case api.token != "" && name != "":
		err = errors.New(settings.Token + " says who you are: leave out --as and " + settings.Person)
	case api.token == "" && name == "":
		err = errors.New("say who you are: set " + settings.Token + " to your API token, or, for an order that needs no proof, give your name in the policy with --as anna or " + settings.Person)
	}
	return name, api, err
}

// showAnswer says where the refund stands after an order, or why it was not followed.
// known asks for the refund of a workflow that has ended; it is nil for an order through the
// API, which says itself what has happened.
func showAnswer(w io.Writer, name contract.RefundRef, answer contract.RefundAnswer, err error, known func() (refund.Refund, error)) error {
	var refused *recorder.RefusedError
	switch {
	case err == nil:
		_, err = fmt.Fprintf(w, "Refund %d of %s: %s.\n", name.ReturnID, name.Integration, answer.State.Words())
		return err
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, recorder.ErrOver):
		return ended(name, known)
	case late(err):
		return fmt.Errorf("%w; the order may have reached Temporal, so look first: waybill refunds show %s %d", errNoWorker, name.Integration, name.ReturnID)
	}
	return err
}

// ended says how a refund ended.
func ended(name contract.RefundRef, known func() (refund.Refund, error)) error {
	r, err := known()
	switch {
	case err != nil:
		return err
	case !r.State.Terminal():
		return fmt.Errorf("the workflow of refund %s has ended, and the refund is %s: look in Temporal's UI for who ended %s, and why", name, r.State.Words(), r.Subject())
	}
	how := r.State.Words() + ", " + r.Facts.Amount.String()
	if n := len(r.Receipt); n > 0 {
		e := r.Receipt[n-1]
		how += fmt.Sprintf(" (%s by %s at %s UTC)", printable(e.What), printable(e.By.String()), e.At.UTC().Format(receiptTime))
	}
	return fmt.Errorf("refund %s has come to its end: %s", name, how)
}
