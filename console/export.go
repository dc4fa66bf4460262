package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
	"waybill/settings"
)

func exportCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var mail, order, integration string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print what Waybill knows of one person, for the person",
		Long: `Export prints what Waybill knows of one person, or of one order, as JSON: a copy for a person
who asks for their data (Article 15 of the EU's GDPR). It has the parcels and refunds of the mail
address, and what else belongs to the same orders: the facts, the scans, the mails and the decisions.
Parcels and refunds that have ended are included for as long as Temporal keeps them. All times are UTC.

The export does not name your people: their decisions appear as the shop's. It includes what they
wrote, word for word, so read everything before you hand it over. Parcels and refunds with the same
order number and another mail address are left out, and listed on standard error.

Parcels and refunds are found by mail address only if this is set:

  WAYBILL_SEARCH_KEYS   the same as for the workers

If an operator has replaced the address, search by order instead. A worker has to be running.
If one parcel or refund does not answer, nothing is printed.

` + settings.AboutTemporal,
		Example: "  waybill export --mail jane.doe@example.com > jane.json\n  waybill export --order 1042 --integration my-shop",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sought, err := personSought(mail, order)
			if err != nil {
				return err
			}
			keys, err := env.SearchKeys()
			if err != nil {
				return err
			}
			return connect(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				integrations, err := integrationsChosen(ctx, records, integration)
				if err != nil {
					return err
				}
				theirs, err := records.Theirs(ctx, sought, keys, integrations)
				if err != nil {
					return err
				}
				for _, other := range theirs.Others {
					fmt.Fprintln(cmd.ErrOrStderr(), "left out, because another mail address is listed: "+other)
				}
				all, err := export(ctx, records, theirs)
				if err != nil {
					return err
				}
				all.About, all.Made = sought, time.Now().UTC()
				fmt.Fprintf(cmd.ErrOrStderr(), "Parcels: %d. Refunds: %d. Read what your people wrote before you hand the export over.\n", len(all.Parcels), len(all.Refunds))
				return printJSON(cmd.OutOrStdout(), all)
			})
		},
	}
	cmd.Flags().StringVar(&mail, "mail", "", "the person's mail `address`")
	cmd.Flags().StringVar(&order, "order", "", "the `number` of an order")
	cmd.Flags().StringVar(&integration, "integration", "", "only this `integration`; without it, all")
	commandline.Flag(cmd, "integration", completeIntegrations(env))
	return cmd
}

// personSought is the mail address or the order number that a person is looked for by.
func personSought(mail, order string) (string, error) {
	mail, order = strings.TrimSpace(mail), strings.TrimSpace(order)
	switch {
	case (mail == "") == (order == ""):
		return "", commandline.Usage(errors.New("name the person by --mail or by --order"))
	case mail != "" && !strings.Contains(mail, "@"):
		return "", commandline.Usage(errors.New("--mail is a mail address, as in: --mail jane.doe@example.com"))
	case strings.Contains(order, "@"):
		return "", commandline.Usage(errors.New("--order is an order number, as in: --order 1042; for a mail address, use --mail"))
	}
	return mail + order, nil
}

// integrationsChosen is the one that was named, if Temporal knows it, or all that it knows.
func integrationsChosen(ctx context.Context, records recorder.Recorder, named string) ([]string, error) {
	known, err := knownIntegrations(ctx, records)
	switch {
	case err != nil || named == "":
		return known, err
	case !slices.Contains(known, named):
		return nil, fmt.Errorf("there is no integration %q: there are %s", named, strings.Join(known, ", "))
	}
	return []string{named}, nil
}

// exported is what is known of one person, for the person. Its JSON stays as it is.
type exported struct {
	About   string           `json:"about"`
	Made    time.Time        `json:"made"`
	Parcels []exportedParcel `json:"parcels"`
	Refunds []exportedRefund `json:"refunds"`
	// Elsewhere is who else has data of the person because of Waybill.
	Elsewhere []string `json:"elsewhere"`
}

// elsewhere is what Waybill cannot print.
var elsewhere = []string{
	"Sendcloud: the parcels, returns and addresses, from where Waybill has them",
	"SendGrid: the mails that were sent, and what came of them",
	"the shop's endpoint that pays refunds: amounts and order numbers",
	"files of decision logs that were exported: refunds, without the name, the address and the message",
	"backups of Temporal's database: what was known when they were made",
}

type exportedParcel struct {
	Parcel string       `json:"parcel"`
	Phase  parcel.Phase `json:"phase,omitempty"`
	Facts  parcel.Facts `json:"facts"`
	// Corrected is the recipient as the shop has corrected it.
	Corrected parcel.Recipient `json:"corrected,omitzero"`
	Scans     []exportedScan   `json:"scans"`
	Mails     []exportedMail   `json:"mails"`
	// Orders are what the shop had done.
	Orders []exportedOrder `json:"orders,omitempty"`
}

type exportedOrder struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
	Why  string    `json:"why,omitempty"`
}

type exportedScan struct {
	At   time.Time `json:"at"`
	Says string    `json:"says"`
}

type exportedMail struct {
	Decided time.Time      `json:"decided"`
	Mail    string         `json:"mail"`
	State   delivery.State `json:"state"`
}

type exportedRefund struct {
	Refund    string             `json:"refund"`
	State     refund.State       `json:"state"`
	Facts     refund.Facts       `json:"facts"`
	Question  string             `json:"question,omitempty"`
	Answer    string             `json:"answer,omitempty"`
	Rejection string             `json:"rejection,omitempty"`
	Payment   refund.Outcome     `json:"payment,omitempty"`
	Reference string             `json:"reference,omitempty"`
	Decisions []exportedDecision `json:"decisions"`
	Mails     []exportedMail     `json:"mails"`
}

type exportedDecision struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"`
	By     string    `json:"by"`
	Why    string    `json:"why,omitempty"`
	Amount string    `json:"amount"`
}

// describer asks parcels and refunds; a [recorder.Recorder] does.
type describer interface {
	Parcel(ctx context.Context, of contract.ParcelRef) (parcel.Parcel, bool, error)
	Refund(ctx context.Context, of contract.RefundRef) (refund.Refund, bool, error)
}

// export asks what is one person's, and the return parcels of their refunds. What Temporal has
// forgotten by now is left out.
func export(ctx context.Context, records describer, theirs recorder.Theirs) (exported, error) {
	all := exported{Parcels: []exportedParcel{}, Refunds: []exportedRefund{}, Elsewhere: elsewhere}
	var faults []error
	fault := func(of fmt.Stringer, err error) {
		if !errors.Is(err, errUnknown) {
			faults = append(faults, fmt.Errorf("%s: %w", of, err))
		}
	}
	var returns []contract.ParcelRef
	for _, r := range askEach(ctx, theirs.Refunds, records.Refund) {
		if r.err != nil {
			fault(r.of, r.err)
			continue
		}
		all.Refunds = append(all.Refunds, exportRefund(r.of, r.known))
		back := contract.ParcelRef{Integration: r.of.Integration, ID: r.known.Facts.IncomingParcel}
		if back.ID != 0 && !slices.Contains(theirs.Parcels, back) {
			returns = append(returns, back)
		}
	}
	for i, p := range askEach(ctx, slices.Concat(theirs.Parcels, returns), records.Parcel) {
		switch another := i >= len(theirs.Parcels) && !p.known.Facts.IsReturn; {
		case p.err != nil:
			fault(p.of, p.err)
		case !another: // a parcel that was sent can be for somebody else
			all.Parcels = append(all.Parcels, exportParcel(p.of, p.known))
		}
	}
	return all, errors.Join(faults...)
}

func exportParcel(of contract.ParcelRef, p parcel.Parcel) exportedParcel {
	one := exportedParcel{Parcel: of.String(), Phase: p.Phase, Facts: p.Facts, Corrected: p.Corrected, Scans: []exportedScan{}, Mails: []exportedMail{}}
	for _, e := range p.Ledger {
		if e.Due == "" {
			one.Scans = append(one.Scans, exportedScan{At: e.ScanAt.UTC(), Says: e.Seen().String()})
		}
	}
	for _, m := range p.Mails {
		one.Mails = append(one.Mails, exportedMail{Decided: m.Decided.UTC(), Mail: m.About.Kind.Words(), State: m.State})
	}
	for _, o := range p.Orders {
		one.Orders = append(one.Orders, exportedOrder{At: o.At.UTC(), What: o.What, Why: o.Why})
	}
	return one
}

func exportRefund(of contract.RefundRef, r refund.Refund) exportedRefund {
	one := exportedRefund{
		Refund: of.String(), State: r.State, Facts: r.Facts, Question: r.Question, Answer: r.Answer, Rejection: r.Rejection,
		Payment: r.Outcome, Reference: r.Reference, Decisions: []exportedDecision{}, Mails: []exportedMail{},
	}
	one.Facts.RequestedBy = "" // a person of the shop
	for _, e := range r.Receipt {
		by := e.By.Machine
		if by == "" {
			by = "the shop"
		}
		one.Decisions = append(one.Decisions, exportedDecision{At: e.At.UTC(), What: e.What, By: by, Why: e.Why, Amount: e.Amount})
	}
	for _, m := range r.Mails {
		if m.About.What.ToCustomer() {
			one.Mails = append(one.Mails, exportedMail{Decided: m.Decided.UTC(), Mail: m.About.Words(), State: m.State})
		}
	}
	return one
}
