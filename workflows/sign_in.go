package workflows

import (
	"errors"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
)

// SignIn has a link mailed and lets it be used once; see contract.SignIn.
func SignIn(ctx workflow.Context, start contract.SignInStart) (struct{}, error) {
	s := &signingIn{start: start}
	nonce := strings.TrimPrefix(workflow.GetInfo(ctx).WorkflowExecution.ID, contract.SignInWorkflowID(""))
	s.subject = delivery.Subject(contract.SignInWorkflowID(nonce))
	if err := s.listen(ctx); err != nil {
		return struct{}{}, err
	}
	s.happen(ctx, "Queue the mail with the link", func(state *contract.SignInState, at time.Time) {
		terms := delivery.Terms{Patience: start.Until.Sub(at), ProofWait: time.Minute}
		state.Mails.Queue(delivery.Message[string]{Key: delivery.Key(s.subject, "sign_in"), About: "sign_in", Decided: at, Terms: terms}, 1)
	})
	return struct{}{}, s.live(ctx, life{
		work: s.work, over: func() bool { return s.state.Over },
		next: func() (time.Time, string) { return s.state.Next, "The link expires, or the mail is tried again" },
	})
}

// signingIn is one run of SignIn.
type signingIn struct {
	keeper[contract.SignInState]
	start   contract.SignInStart
	subject delivery.Subject
}

func (s *signingIn) work(ctx workflow.Context) error {
	if s.due(ctx, s.state.Next) {
		s.happen(ctx, "Do what is due", func(*contract.SignInState, time.Time) {})
	}
	deliver(ctx, &s.keeper, s.state.Mails, s.post, s.settle)
	deliver(ctx, &s.keeper, s.state.Notices, s.postNotice, s.settle)
	return nil
}

// reportsAwaited is how long a sign-in waits for its mail to bounce.
const reportsAwaited = 24 * time.Hour

// happen is a step of the sign-in. It is over when no bounce is expected any more and nothing
// is to be sent.
func (s *signingIn) happen(ctx workflow.Context, summary string, happens func(*contract.SignInState, time.Time)) {
	until := s.start.Until
	s.certain(ctx, summary, func(state *contract.SignInState, at time.Time) {
		happens(state, at)
		expired := !at.Before(until)
		for _, m := range state.Mails.All(func(m *delivery.Message[string]) bool {
			return m.State == delivery.Waiting || m.State == delivery.Sending
		}) {
			if state.Used || expired {
				m.Overtake("the link, which was used or has expired", at)
			}
		}
		closes := until.Add(reportsAwaited)
		state.Next = delivery.Earliest(state.Mails.Dispatch(at), state.Notices.Dispatch(at))
		state.Over = !at.Before(closes) && !state.Mails.Open() && !state.Notices.Open()
		for _, moment := range []time.Time{until, closes} {
			if moment.After(at) {
				state.Next = delivery.Earliest(state.Next, moment)
			}
		}
	})
}

func (s *signingIn) listen(ctx workflow.Context) error {
	onFact(ctx, &s.keeper, contract.MailReported, func(ctx workflow.Context, report delivery.Report) {
		s.happen(ctx, "Note what the mail provider reports", func(state *contract.SignInState, at time.Time) {
			if state.Notices.Find(report.Key) != nil {
				state.Notices.Apply(report, at)
				return
			}
			if effect := state.Mails.Apply(report, at); effect.Missed {
				state.NotReached = true
				state.Notices.Queue(delivery.Message[contract.Attention]{
					Key: delivery.Key(s.subject, "notice"), About: contract.SignInNotReached, Decided: at, Terms: delivery.NoticeTerms,
				}, 1)
			}
		})
		if s.state.NotReached {
			l := listed(ctx)
			l.keyword(contract.AttentionField, string(contract.SignInNotReached))
			_ = l.write(ctx) // only a wrong type fails
		}
	})
	return errors.Join(
		onQuery(ctx, contract.DescribeSignIn, "What became of the mail, and whether the link was used",
			func() (contract.SignInState, error) { return s.state, nil }),
		onUpdate(ctx, contract.UseSignIn, "Use the link up",
			func(struct{}) error { return s.refuse(now(ctx)) },
			func(ctx workflow.Context, _ struct{}) (contract.SignedIn, error) {
				if err := s.refuse(now(ctx)); err != nil {
					return contract.SignedIn{}, err
				}
				s.happen(ctx, "Use the link up", func(state *contract.SignInState, _ time.Time) { state.Used = true })
				return contract.SignedIn{Person: s.start.Person}, s.broken
			}),
	)
}

// refuse says why the link cannot be used.
func (s *signingIn) refuse(at time.Time) error {
	switch {
	case s.state.Used:
		return errors.New("this link was used already: sign in for a new one")
	case !at.Before(s.start.Until):
		return errors.New("this link has expired: sign in for a new one")
	}
	return nil
}

func (s *signingIn) post(ctx workflow.Context, m *delivery.Message[string]) workflow.Future {
	return workflow.ExecuteActivity(tryOnce(ctx, "Mail the link", m.Until()), string(contract.SendSignIn), contract.SignInMail{
		Post: contract.PostOf(m), Nonce: s.subject.Name(), SignInStart: s.start,
	})
}

func (s *signingIn) postNotice(ctx workflow.Context, m *delivery.Message[contract.Attention]) workflow.Future {
	return tellOperations(ctx, m.Until(), contract.Notice{Post: contract.PostOf(m), Of: s.subject, Attention: m.About, At: m.Decided})
}

func (s *signingIn) settle(ctx workflow.Context, done tried) {
	s.happen(ctx, "Note what became of a mail", func(state *contract.SignInState, at time.Time) {
		state.Mails.Settle(done.key, done.outcome, at)
		state.Notices.Settle(done.key, done.outcome, at)
	})
}
