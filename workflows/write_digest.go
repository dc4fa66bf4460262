package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
)

// WriteDigest mails one person what waits for their decision; see contract.WriteDigest.
func WriteDigest(ctx workflow.Context, start contract.DigestStart) (struct{}, error) {
	d := &digesting{start: start, subject: delivery.Subject(workflow.GetInfo(ctx).WorkflowExecution.ID)}
	if err := d.listen(ctx); err != nil {
		return struct{}{}, err
	}
	d.happen(ctx, "Queue the digest", func(s *contract.DigestState, at time.Time) { s.Begin(d.subject, start.Day, at) })
	return struct{}{}, d.live(ctx, life{
		work: d.work, over: func() bool { return d.state.Over },
		next: func() (time.Time, string) { return d.state.Next, "The digest may come back, or is tried again" },
	})
}

// digesting is the run of a WriteDigest.
type digesting struct {
	keeper[contract.DigestState]
	start   contract.DigestStart
	subject delivery.Subject
}

func (d *digesting) work(ctx workflow.Context) error {
	if d.due(ctx, d.state.Next) {
		d.happen(ctx, "Do what is due", func(*contract.DigestState, time.Time) {})
	}
	deliver(ctx, &d.keeper, d.state.Mails, d.post, d.settle)
	deliver(ctx, &d.keeper, d.state.Notices, d.postNotice, d.settle)
	return d.show(ctx)
}

// show tells operators whether the person can be reached.
func (d *digesting) show(ctx workflow.Context) error {
	var attention contract.Attention
	if d.state.NotReached {
		attention = contract.DigestNotReached
	}
	l := listed(ctx)
	l.keyword(contract.AttentionField, string(attention))
	return l.write(ctx)
}

// happen is a step of the digest.
func (d *digesting) happen(ctx workflow.Context, summary string, happens func(*contract.DigestState, time.Time)) {
	d.certain(ctx, summary, func(s *contract.DigestState, at time.Time) {
		happens(s, at)
		s.Tidy(d.subject, at)
	})
}

func (d *digesting) listen(ctx workflow.Context) error {
	onFact(ctx, &d.keeper, contract.MailReported, func(ctx workflow.Context, report delivery.Report) {
		d.happen(ctx, "Note what the mail provider reports", func(s *contract.DigestState, at time.Time) {
			if s.Notices.Find(report.Key) != nil {
				s.Notices.Apply(report, at)
				return
			}
			if s.Mails.Apply(report, at).Missed {
				s.Miss(d.subject, at)
			}
		})
	})
	return onQuery(ctx, contract.DescribeDigest, "What became of the mail", func() (contract.DigestState, error) { return d.state, nil })
}

func (d *digesting) post(ctx workflow.Context, m *delivery.Message[string]) workflow.Future {
	return workflow.ExecuteActivity(tryOnce(ctx, "Mail what waits for a decision"+again(m.Tries), m.Until()), string(contract.SendDigest),
		contract.DigestMail{Post: contract.PostOf(m), DigestStart: d.start, Of: d.subject, At: m.Decided})
}

func (d *digesting) postNotice(ctx workflow.Context, m *delivery.Message[contract.Attention]) workflow.Future {
	return tellOperations(ctx, m.Until(), contract.Notice{Post: contract.PostOf(m), Of: d.subject, Attention: m.About, At: m.Decided})
}

func (d *digesting) settle(ctx workflow.Context, done tried) {
	d.happen(ctx, "Note what became of a mail", func(s *contract.DigestState, at time.Time) {
		s.Mails.Settle(done.key, done.outcome, at)
		s.Notices.Settle(done.key, done.outcome, at)
	})
}
