package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
)

// obey takes operators' orders, each as an update and as a signal.
func (t *tracking) obey(ctx workflow.Context) error {
	return errors.Join(
		takeOrder(ctx, t, contract.PauseMails, "Hold all mails back until ResumeMails",
			func(p *parcel.Parcel, _ contract.Ordered, _ parcel.Policy, at time.Time) (contract.MailsPaused, error) {
				return contract.MailsPaused{Paused: true}, p.Pause(true, at)
			}),
		takeOrder(ctx, t, contract.ResumeMails, "Send mails again after PauseMails",
			func(p *parcel.Parcel, _ contract.Ordered, _ parcel.Policy, at time.Time) (contract.MailsPaused, error) {
				return contract.MailsPaused{}, p.Pause(false, at)
			}),
		takeOrder(ctx, t, contract.ChangeRecipient, "Send later mails, also those that wait, to another address: {\"email\": \"...\"}; \"name\" and \"language\" may be given too",
			func(p *parcel.Parcel, in contract.NewRecipient, policy parcel.Policy, at time.Time) (contract.RecipientChanged, error) {
				return contract.RecipientChanged{}, p.ChangeRecipient(parcel.Recipient{Email: in.Email, Name: in.Name, Language: in.Language}, policy, at)
			}),
		takeOrder(ctx, t, contract.SendAgain, "Send mails anew that went out already: {\"keys\": [\"...\"]}",
			func(p *parcel.Parcel, in contract.MailSelection, _ parcel.Policy, at time.Time) (contract.MailsAgain, error) {
				keys, err := p.SendAgain(in.Keys, at)
				return contract.MailsAgain{Keys: keys}, err
			}),
		takeOrder(ctx, t, contract.RetryMails, "Send parked mails that still hold, and drop those that newer news has overtaken: all, or those with the given keys; {\"force\": true} sends all",
			func(p *parcel.Parcel, in contract.MailRetry, policy parcel.Policy, at time.Time) (contract.MailsRetried, error) {
				mails, err := p.Retry(in.Keys, in.Force, false, policy, at)
				return contract.MailsRetried{Mails: mails}, err
			}),
		takeOrder(ctx, t, contract.DropMails, "Give parked mails up: all of them, or those with the given keys",
			func(p *parcel.Parcel, in contract.MailSelection, _ parcel.Policy, at time.Time) (contract.MailsDropped, error) {
				n, err := p.Drop(in.Keys, at)
				return contract.MailsDropped{Dropped: n}, err
			}),
		takeOrder(ctx, t, contract.ContinueAsNew, "Begin a new run once nothing is under way, with another state if one is given",
			func(p *parcel.Parcel, in contract.NewRun, _ parcel.Policy, _ time.Time) (contract.RunContinues, error) {
				return contract.RunContinues{}, p.MayBecome(in.Parcel)
			}),
	)
}

// ordered is every order's input: it says who ordered it.
type ordered interface{ Who() (by, why string) }

// takeOrder binds an order of a parcel; what is ordered, and why it was refused if
// it was, is noted.
func takeOrder[In ordered, Out any](ctx workflow.Context, t *tracking, name contract.Order[In, Out], description string,
	happens func(*parcel.Parcel, In, parcel.Policy, time.Time) (Out, error),
) error {
	note := func(p *parcel.Parcel, in In, at time.Time, refused error) {
		entry := parcel.OrderEntry{At: at, What: string(name)}
		entry.By, entry.Why = in.Who()
		if refused != nil {
			entry.Refused = refused.Error()
		}
		p.Note(entry)
	}
	follow := func(p *parcel.Parcel, in In, at time.Time) (out Out, err error) {
		policy := t.policy(p.Integration)
		err = p.Step(policy, at, func() error {
			note(p, in, at, nil)
			out, err = happens(p, in, policy, at)
			return err
		})
		return out, err
	}
	return onOrder(ctx, &t.keeper, name, description, follow,
		func(p *parcel.Parcel, in In, refused error, at time.Time) { note(p, in, at, refused) },
		func(in In) { t.ordered(in) })
}

// ordered does what an order asks of the run and not of the parcel.
func (t *tracking) ordered(in any) {
	if next, ok := in.(contract.NewRun); ok {
		t.next = &next
	}
}
