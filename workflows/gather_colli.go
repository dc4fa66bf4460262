package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
)

// colliKept is how long parcels that go together are remembered after one of
// them had something to tell. One that comes after that tells of itself alone.
const colliKept = 7 * 24 * time.Hour

// GatherColli brings parcels together; see contract.GatherColli.
func GatherColli(ctx workflow.Context, _ contract.ColliStart) (struct{}, error) {
	var colli parcel.Colli
	needed := workflow.Now(ctx)
	ready := signals(ctx, contract.MailReady)
	join := func(ctx workflow.Context, all ...parcel.ColloMail) {
		for _, m := range all {
			colli.Join(m)
			needed = workflow.Now(ctx)
		}
	}
	if err := onQuery(ctx, contract.DescribeColli, "Which of the parcels have told what",
		func() (parcel.Colli, error) { return colli, nil }); err != nil {
		return struct{}{}, err
	}
	err := onUpdate(ctx, contract.ClaimMail, "Ask whether a mail may leave, or another has told everything",
		func(parcel.ColloMail) error { return nil },
		func(ctx workflow.Context, m parcel.ColloMail) (parcel.Claim, error) {
			join(ctx, ready.drain()...)
			needed = workflow.Now(ctx)
			return colli.Claim(m), nil
		})
	if err != nil {
		return struct{}{}, err
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			join(ctx, ready.next(ctx))
		}
	})
	for {
		if left := needed.Add(colliKept).Sub(workflow.Now(ctx)); left > 0 {
			forget := workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{Summary: "Forget the parcels if they tell nothing more"})
			if err := forget.Get(ctx, nil); err != nil {
				return struct{}{}, err
			}
			continue
		}
		if more := ready.drain(); len(more) > 0 {
			join(ctx, more...)
			continue
		}
		return struct{}{}, workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	}
}
