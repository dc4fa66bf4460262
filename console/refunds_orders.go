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

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
	"waybill/settings"
)

const aboutPersons = `Say who you are with --as or in WAYBILL_PERSON, by your name in the policy. The command does
not check who you are: anyone who can reach Temporal can give any name. The decision log
therefore notes "command line" beside the name. By mailed link, refund page or API, people
prove who they are. Give access to Temporal only to people whom you trust with that.

The command prints where the refund stands afterwards. An order that is refused changes
nothing: the command says why, and exits with 1. A worker has to be running: it carries
the order out.`

func refundOrderCommand(o refund.Order, env *settings.Environment, log *slog.Logger) *cobra.Command {
	var as string
	example := "  waybill refunds " + o.Name + " my-shop 7001 --as anna"
	cmd := &cobra.Command{
		Use:   o.Name + " integration return",
		Short: o.Label,
		Long:  o.Does + "\n\n" + aboutPersons + "\n\n" + settings.AboutTemporal,
		RunE: func(cmd *cobra.Command, args []string) error {
			name, unnamed := refundNamed(cmd, args)
			by, nobody := speaker(env, as)
			in, faulty := orderInput(cmd, o, by)
			if err := errors.Join(unnamed, nobody, faulty); err != nil {
				return err
			}
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				answer, err := records.OrderRefund(ctx, name, o, in)
				return showAnswer(cmd.OutOrStdout(), name, answer, err, func() (refund.Refund, error) { return refundOf(ctx, records, name) })
			})
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "`person` of the policy who says so; "+settings.Person+" if left out")
	for _, f := range o.Fields {
		help := f.Help
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

// orderInput is what the flags say, or all that is wrong with it.
func orderInput(cmd *cobra.Command, o refund.Order, by refund.Said) (refund.Input, error) {
	in := refund.Input{Said: by, Fields: map[string]string{}}
	for _, f := range o.Fields {
		if flag := cmd.Flag(f.Flag()); flag.Changed {
			in.Fields[f.Name] = flag.Value.String()
		}
	}
	var faults []error
	for _, wrong := range o.Faults(in.Fields, nil) {
		f, _ := o.Field(wrong.Field)
		faults = append(faults, fmt.Errorf("--%s: %s", f.Flag(), wrong.Why))
	}
	return in, errors.Join(faults...)
}

// speaker is the person who gives an order on the command line.
func speaker(env *settings.Environment, as string) (refund.Said, error) {
	name := cmp.Or(strings.TrimSpace(as), env.Text(settings.Person))
	if name == "" {
		return refund.Said{}, errors.New("say who you are, by your name in the policy: --as anna, or set " + settings.Person)
	}
	return refund.Said{By: name, Via: refund.ViaCLI}, nil
}

// showAnswer says where the refund stands after an order, or why it was not followed.
// known asks for the refund.
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
