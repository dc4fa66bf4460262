package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
)

// obey takes operators' orders, each as an update and as a signal.
func (t *tracking) obey(ctx workflow.Context) error {
	p := &t.parcel
	pause := func(paused bool) func(workflow.Context, contract.Ordered) contract.MailsPaused {
		return func(workflow.Context, contract.Ordered) contract.MailsPaused {
			p.Paused = paused
			return contract.MailsPaused{Paused: paused}
		}
	}
	refusePause := func(paused bool, why string) func(contract.Ordered) error {
		return func(contract.Ordered) error {
			if p.Paused == paused {
				return errors.New(why)
			}
			return nil
		}
	}
	return errors.Join(
		takeOrder(ctx, t, contract.PauseMails, "Hold all mails back until ResumeMails",
			refusePause(true, "the mails of this parcel are paused already"), pause(true)),
		takeOrder(ctx, t, contract.ResumeMails, "Send mails again after PauseMails",
			refusePause(false, "the mails of this parcel are not paused"), pause(false)),
		takeOrder(ctx, t, contract.ChangeRecipient, "Send later mails, also those that wait, to another address: {\"email\": \"...\"}; \"name\" and \"language\" may be given too",
			func(in contract.NewRecipient) error { return p.MayChangeRecipient(in.Email, in.Language) },
			func(ctx workflow.Context, in contract.NewRecipient) contract.RecipientChanged {
				p.ChangeRecipient(parcel.Recipient{Email: in.Email, Name: in.Name, Language: in.Language}, workflow.Now(ctx))
				return contract.RecipientChanged{}
			}),
		takeOrder(ctx, t, contract.SendAgain, "Send mails anew that went out already: {\"keys\": [\"...\"]}",
			func(in contract.MailSelection) error { return p.MaySendAgain(in.Keys) },
			func(ctx workflow.Context, in contract.MailSelection) contract.MailsAgain {
				return contract.MailsAgain{Keys: p.SendAgain(in.Keys, workflow.Now(ctx))}
			}),
		takeOrder(ctx, t, contract.RetryMails, "Try parked mails again: all of them, or those with the given keys",
			func(in contract.MailSelection) error { return p.MayRetry(in.Keys) },
			func(_ workflow.Context, in contract.MailSelection) contract.MailsRetried {
				return contract.MailsRetried{Retried: p.Retry(in.Keys)}
			}),
		takeOrder(ctx, t, contract.DropMails, "Give parked mails up: all of them, or those with the given keys",
			func(in contract.MailSelection) error { return p.MayRetry(in.Keys) },
			func(ctx workflow.Context, in contract.MailSelection) contract.MailsDropped {
				return contract.MailsDropped{Dropped: p.Drop(in.Keys, workflow.Now(ctx))}
			}),
		takeOrder(ctx, t, contract.ContinueAsNew, "Begin a new run once nothing is under way, with another state if one is given",
			t.refuseNewRun,
			func(_ workflow.Context, in contract.NewRun) contract.RunContinues {
				t.next = &in
				return contract.RunContinues{}
			}),
	)
}

func (t *tracking) refuseNewRun(in contract.NewRun) error {
	if in.Parcel != nil && (in.Parcel.Integration != t.parcel.Integration || in.Parcel.ID != t.parcel.ID) {
		return fmt.Errorf("the new state is of another parcel: take what Describe answers for parcel %d of %s, and mend it", t.parcel.ID, t.parcel.Integration)
	}
	return nil
}

// ordered is every order's input: it says who ordered it.
type ordered interface{ Who() (by, why string) }

// note writes an order down, and why it was refused if it was.
func (t *tracking) note(ctx workflow.Context, what string, in ordered, refused error) {
	entry := parcel.OrderEntry{At: workflow.Now(ctx), What: what}
	entry.By, entry.Why = in.Who()
	if refused != nil {
		entry.Refused = refused.Error()
	}
	t.parcel.Note(entry)
}

// takeOrder binds an order. As an update it is refused with a reason; as a
// signal, the reason is noted.
func takeOrder[In ordered, Out any](ctx workflow.Context, t *tracking, name contract.Order[In, Out], description string,
	refuse func(In) error, follow func(workflow.Context, In) Out,
) error {
	take := func(ctx workflow.Context, in In) Out {
		t.note(ctx, string(name), in, nil)
		t.wake = true
		return follow(ctx, in)
	}
	orders := signals(ctx, name.Signal())
	one := func(ctx workflow.Context, in In) {
		if err := refuse(in); err != nil {
			t.note(ctx, string(name), in, err)
			t.wake = true
			return
		}
		take(ctx, in)
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			one(ctx, orders.next(ctx))
		}
	})
	t.drains = append(t.drains, func() {
		for _, in := range orders.drain() {
			one(ctx, in)
		}
	})
	return onUpdate(ctx, name.Update(), description, refuse, func(ctx workflow.Context, in In) (Out, error) {
		return take(ctx, in), nil
	})
}
