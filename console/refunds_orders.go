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

const aboutPersons = `You say who you are with --as, by the name in the policy; WAYBILL_PERSON holds it if you
leave --as out. Your word is taken for it: whoever can reach Temporal can say that they
are anybody. The receipt therefore notes "command line" beside the name, which tells
such an order from one that came by a mailed link, the refund pages or the API, where
people prove who they are. Let only those reach Temporal whom you trust with that.

The command prints where the refund stands afterwards. An order that is refused changes
nothing: the command says why, in the refund's own words, and ends with 1. A worker has
to be running: it is what decides.`

// refundOrder is one kind of order that people give a refund.
type refundOrder[In any] struct {
	name                      contract.Order[In, contract.RefundAnswer]
	use, short, long, example string
	// flags adds what the order is told besides who gives it.
	flags func(*cobra.Command)
	// message is the order, or all that is wrong with what it was told.
	message func(by refund.Said) (In, []error)
}

func (o refundOrder[In]) command(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var as string
	cmd := &cobra.Command{
		Use:     o.use + " integration return",
		Short:   o.short,
		Long:    o.long + "\n\n" + aboutPersons + "\n\n" + settings.AboutTemporal,
		Example: o.example,
		RunE: func(cmd *cobra.Command, args []string) error {
			name, unnamed := refundNamed(cmd, args)
			by, nobody := speaker(env, as)
			message, faults := o.message(by)
			if err := errors.Join(unnamed, nobody, errors.Join(faults...)); err != nil {
				return err
			}
			return ask(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				answer, err := recorder.OrderRefund(ctx, records, name.integration, name.returnID, o.name, message)
				return tellAnswer(cmd.OutOrStdout(), name, answer, err, func() (refund.Refund, error) { return refundOf(ctx, records, name) })
			})
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "`person` of the policy who says so; "+settings.Person+" if left out")
	if o.flags != nil {
		o.flags(cmd)
	}
	return cmd
}

// speaker is who gives an order on the command line.
func speaker(env *settings.Environment, as string) (refund.Said, error) {
	name := cmp.Or(strings.TrimSpace(as), env.Text(settings.Person))
	if name == "" {
		return refund.Said{}, errors.New("say who you are, by your name in the policy: --as anna, or set " + settings.Person)
	}
	return refund.Said{By: name, Via: refund.ViaCLI}, nil
}

// tellAnswer says where the refund stands after an order, or why it was not
// followed. known is what is known of the refund now.
func tellAnswer(w io.Writer, name refundName, answer contract.RefundAnswer, err error, known func() (refund.Refund, error)) error {
	var refused *recorder.RefusedError
	switch {
	case err == nil:
		_, err = fmt.Fprintf(w, "Refund %d of %s: %s.\n", name.returnID, name.integration, answer.State.Words())
		return err
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, recorder.ErrOver):
		return ended(name, known)
	case late(err):
		return fmt.Errorf("%w; the order may have reached Temporal, so look first: waybill refunds show %s %d", errNoWorker, name.integration, name.returnID)
	}
	return err
}

// ended says how a refund ended that follows no orders any more.
func ended(name refundName, known func() (refund.Refund, error)) error {
	r, err := known()
	switch {
	case err != nil:
		return err
	case !r.State.Terminal():
		return fmt.Errorf("the workflow of %s has ended, and the refund is %s: look in Temporal's UI for who ended %s, and why", name, r.State.Words(), r.Key())
	}
	how := r.State.Words() + ", " + r.Facts.Amount.String()
	if n := len(r.Receipt); n > 0 {
		e := r.Receipt[n-1]
		how += fmt.Sprintf(" (%s by %s at %s UTC)", printable(e.What), printable(e.By), e.At.UTC().Format(receiptTime))
	}
	return fmt.Errorf("%s has come to its end: %s", name, how)
}

// refundOrderCommands are all orders that people give.
func refundOrderCommands(env *settings.Environment, log *slog.Logger) []*cobra.Command {
	return []*cobra.Command{
		approveOrder().command(env, log), rejectOrder().command(env, log), questionOrder().command(env, log), answerOrder().command(env, log),
		plainOrder(contract.WithdrawRefund, "withdraw", "End a refund for the customer, who wants it no more",
			`Withdraw ends a refund because the customer no longer wants it. It can be withdrawn until
it is being paid.`).command(env, log),
		reassignOrder().command(env, log),
		plainOrder(contract.ReceiveGoods, "goods", "Say that the goods are back",
			`Goods says that the shop has the goods again, for a return that no scan tells of. A refund
that waits for them is paid; the law's clock runs from now.`).command(env, log),
		plainOrder(contract.PayRefundAgain, "pay-again", "Ask the shop's endpoint again to pay",
			`Pay-again asks the shop's endpoint once more to pay a refund whose payment failed, under
the same key: nothing is paid twice.`).command(env, log),
		plainOrder(contract.RetryRefundMail, "mail-again", "Mail the customer again what could not be mailed",
			`Mail-again mails the customer what was given up, once what was in the way is mended: the
last mail, if what it says is still so. It can be given for 30 days after the refund is over.`).command(env, log),
	}
}

// plainOrder needs no more than who gives it.
func plainOrder(name contract.Order[contract.RefundOrder, contract.RefundAnswer], use, short, long string) refundOrder[contract.RefundOrder] {
	return refundOrder[contract.RefundOrder]{
		name: name, use: use, short: short, long: long, example: "  waybill refunds " + use + " my-shop 7001 --as anna",
		message: func(by refund.Said) (contract.RefundOrder, []error) { return contract.RefundOrder{Said: by}, nil },
	}
}

func approveOrder() refundOrder[refund.Decision] {
	var amount, value, currency, why string
	return refundOrder[refund.Decision]{
		name: contract.DecideRefund, use: "approve", short: "Approve a refund",
		long: `Approve says yes to a refund. Two different people have to approve a larger one: it waits
for the second. The amount is that of the request; name one if no source told it, or if
less is enough. So is what the order cost: no refund may be more than is left of it.`,
		example: `  waybill refunds approve my-shop 7001 --as anna
  waybill refunds approve my-shop 7001 --as anna --amount 80.00 --currency EUR --why "without the gift card"
  waybill refunds approve my-shop 7001 --as anna --amount 80.00 --order-value 120.00 --currency EUR`,
		flags: func(cmd *cobra.Command) {
			cmd.Flags().StringVar(&amount, "amount", "", "what to refund, such as `80.00`")
			cmd.Flags().StringVar(&value, "order-value", "", "what the order cost, such as `120.00`")
			cmd.Flags().StringVar(&currency, "currency", "", "`currency` of both, such as EUR")
			cmd.Flags().StringVar(&why, "why", "", "the `reason`, for the receipt")
		},
		message: func(by refund.Said) (refund.Decision, []error) {
			d := refund.Decision{Said: by, Approve: true, Why: strings.TrimSpace(why)}
			if currency == "" && (amount != "" || value != "") {
				return d, []error{errors.New("name the currency of the amount: --currency EUR")}
			}
			if currency != "" && amount == "" && value == "" {
				return d, []error{errors.New("--currency is that of an amount: give --amount 80.00 or --order-value 120.00, or leave it out")}
			}
			var faults []error
			d.Amount, faults = moneyFlag("amount", amount, currency, faults)
			d.OrderValue, faults = moneyFlag("order-value", value, currency, faults)
			return d, faults
		},
	}
}

// moneyFlag reads an amount that may be left out.
func moneyFlag(flag, amount, currency string, faults []error) (refund.Money, []error) {
	if amount == "" {
		return refund.Money{}, faults
	}
	money, err := refund.ParseMoney(amount, currency)
	if err != nil {
		faults = append(faults, fmt.Errorf("--%s: %w", flag, err))
	}
	return money, faults
}

func rejectOrder() refundOrder[refund.Decision] {
	var why string
	return refundOrder[refund.Decision]{
		name: contract.DecideRefund, use: "reject", short: "Reject a refund",
		long: `Reject says no to a refund, which ends it. The customer is told, and reads the reason word
by word.`,
		example: `  waybill refunds reject my-shop 7001 --as anna --why "The shoes were worn outside."`,
		flags: func(cmd *cobra.Command) {
			cmd.Flags().StringVar(&why, "why", "", "the `reason`, which the customer reads")
		},
		message: func(by refund.Said) (refund.Decision, []error) {
			return refund.Decision{Said: by, Why: why}, needWords("why", why, "the customer reads it")
		},
	}
}

func questionOrder() refundOrder[contract.RefundQuestion] {
	var question string
	return refundOrder[contract.RefundQuestion]{
		name: contract.AskForInfo, use: "ask", short: "Ask the customer a question",
		long: `Ask mails the customer a question, and the refund waits for the answer for as long as the
policy says. It can be decided meanwhile.`,
		example: `  waybill refunds ask my-shop 7001 --as anna --question "Which of the two shirts do you send back?"`,
		flags: func(cmd *cobra.Command) {
			cmd.Flags().StringVar(&question, "question", "", "the `question`, which the customer reads")
		},
		message: func(by refund.Said) (contract.RefundQuestion, []error) {
			return contract.RefundQuestion{Said: by, Question: question}, needWords("question", question, "the customer reads it")
		},
	}
}

func answerOrder() refundOrder[contract.RefundInfo] {
	var answer string
	return refundOrder[contract.RefundInfo]{
		name: contract.ProvideInfo, use: "answer", short: "Note the customer's answer",
		long: `Answer notes what the customer said to the question that is open, and people decide
again. The receipt has your name, as the one who noted it.`,
		example: `  waybill refunds answer my-shop 7001 --as anna --answer "The blue one."`,
		flags: func(cmd *cobra.Command) {
			cmd.Flags().StringVar(&answer, "answer", "", "the customer's `answer`")
		},
		message: func(by refund.Said) (contract.RefundInfo, []error) {
			return contract.RefundInfo{Said: by, Answer: answer}, needWords("answer", answer, "those who decide read it")
		},
	}
}

func reassignOrder() refundOrder[contract.RefundReassignment] {
	var to string
	return refundOrder[contract.RefundReassignment]{
		name: contract.ReassignRefund, use: "reassign", short: "Have another person asked",
		long: `Reassign has one person of the policy asked for the decision, and reminded, from now on.
Others may still decide.`,
		example: "  waybill refunds reassign my-shop 7001 --as anna --to ben",
		flags: func(cmd *cobra.Command) {
			cmd.Flags().StringVar(&to, "to", "", "the `person` who is asked from now on")
		},
		message: func(by refund.Said) (contract.RefundReassignment, []error) {
			var faults []error
			if strings.TrimSpace(to) == "" {
				faults = append(faults, errors.New("say who is to be asked, by the name in the policy: --to ben"))
			}
			return contract.RefundReassignment{Said: by, To: strings.TrimSpace(to)}, faults
		},
	}
}

// needWords is the fault of a flag that says nothing.
func needWords(flag, text, because string) []error {
	if strings.TrimSpace(text) != "" {
		return nil
	}
	return []error{fmt.Errorf(`write --%s "...": %s`, flag, because)}
}
