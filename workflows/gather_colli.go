package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
)

// colliKept is how long parcels that go together are remembered after the last of their mails.
const colliKept = 7 * 24 * time.Hour

// GatherColli brings parcels together; see contract.GatherColli.
func GatherColli(ctx workflow.Context, _ contract.ColliStart) (struct{}, error) {
	k := &keeper[parcel.Colli]{}
	needed := workflow.Now(ctx)
	happen := func(ctx workflow.Context, summary string, happens func(*parcel.Colli)) {
		needed = workflow.Now(ctx)
		k.certain(ctx, summary, func(c *parcel.Colli, _ time.Time) { happens(c) })
	}
	onFact(ctx, k, contract.MailReady, func(ctx workflow.Context, m parcel.ColloMail) {
		happen(ctx, "Note that a mail is ready", func(c *parcel.Colli) { c.Join(m) })
	})
	onFact(ctx, k, contract.MailSettled, func(ctx workflow.Context, settled parcel.SettledMail) {
		happen(ctx, "Note what became of a mail", func(c *parcel.Colli) { c.Settle(settled) })
	})
	err := onQuery(ctx, contract.DescribeColli, "Which of the parcels have told what",
		func() (parcel.Colli, error) { return k.state, nil })
	// The answer waits for what became of the mail that speaks for this one.
	err = errors.Join(err, onUpdate(ctx, contract.ClaimMail, "Ask whether a mail may leave, or another has told everything",
		func(parcel.ColloMail) error { return nil },
		func(ctx workflow.Context, m parcel.ColloMail) (claim parcel.Claim, err error) {
			if err := k.takeIn(ctx); err != nil { // first, which mails are ready
				return claim, err
			}
			happen(ctx, "Decide which mail speaks", func(c *parcel.Colli) { c.Claim(m) })
			known := false
			err = workflow.Await(ctx, func() bool {
				claim, known = k.state.Answer(m)
				return known
			})
			return claim, err
		}))
	if err != nil {
		return struct{}{}, err
	}
	forget := func() time.Time { return needed.Add(colliKept) }
	return struct{}{}, k.live(ctx, life{
		work: func(workflow.Context) error { return nil },
		over: func() bool { return !workflow.Now(ctx).Before(forget()) },
		next: func() (time.Time, string) { return forget(), "Forget the parcels if they tell nothing more" },
	})
}
