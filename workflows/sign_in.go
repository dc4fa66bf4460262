package workflows

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
)

// SignIn has links mailed and lets each be used once; see contract.SignIn.
func SignIn(ctx workflow.Context, start contract.SignInStart) (struct{}, error) {
	s := &signingIn{start: start, subject: delivery.Subject(workflow.GetInfo(ctx).WorkflowExecution.ID)}
	if before := carried(ctx, start.Carried); before != nil {
		s.state = *before
	}
	if err := s.listen(ctx); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.live(ctx, life{
		work: s.work, over: func() bool { return s.state.Over },
		again: func() error {
			return workflow.NewContinueAsNewError(ctx, string(contract.SignIn), contract.SignInStart{Person: start.Person, Carried: &s.state})
		},
		next: func() (time.Time, string) { return s.state.Next, "A link expires, or a mail is tried again" },
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
	return s.show(ctx)
}

// show tells operators whether the person can be reached.
func (s *signingIn) show(ctx workflow.Context) error {
	var attention contract.Attention
	if s.state.NotReached {
		attention = contract.SignInNotReached
	}
	l := listed(ctx)
	l.keyword(contract.AttentionField, string(attention))
	return l.write(ctx)
}

// happen is a step of the sign-ins.
func (s *signingIn) happen(ctx workflow.Context, summary string, happens func(*contract.SignInState, time.Time)) {
	s.certain(ctx, summary, func(state *contract.SignInState, at time.Time) {
		happens(state, at)
		state.Tidy(at)
	})
}

func (s *signingIn) listen(ctx workflow.Context) error {
	onFact(ctx, &s.keeper, contract.SignInAsked, func(ctx workflow.Context, ask contract.SignInAsk) {
		s.happen(ctx, "Queue a mail with a link, unless the last ones are enough", func(state *contract.SignInState, at time.Time) {
			state.Ask(s.subject, ask, at)
		})
	})
	onFact(ctx, &s.keeper, contract.MailReported, func(ctx workflow.Context, report delivery.Report) {
		s.happen(ctx, "Note what the mail provider reports", func(state *contract.SignInState, at time.Time) {
			if state.Notices.Find(report.Key) != nil {
				state.Notices.Apply(report, at)
				return
			}
			if effect := state.Mails.Apply(report, at); effect.Missed && !state.NotReached {
				state.NotReached = true
				state.Notices.Queue(delivery.Message[contract.Attention]{
					Key: delivery.Key(s.subject, "notice/"+effect.Message.Key), About: contract.SignInNotReached, Decided: at, Terms: delivery.NoticeTerms,
				}, 1)
			}
		})
	})
	return errors.Join(
		onQuery(ctx, contract.DescribeSignIn, "What became of the mails, and which links were used",
			func() (contract.SignInState, error) { return s.state, nil }),
		onUpdate(ctx, contract.UseSignIn, "Use a link up",
			func(use contract.SignInUse) error { return s.refuse(use, now(ctx)) },
			func(ctx workflow.Context, use contract.SignInUse) (contract.SignedIn, error) {
				_, err := step(ctx, &s.keeper, "Use a link up", func(state *contract.SignInState, at time.Time) (struct{}, error) {
					err := state.Use(use, at)
					state.Tidy(at)
					return struct{}{}, err
				})
				return contract.SignedIn{Person: s.start.Person}, err
			}),
	)
}

// refuse says why a link cannot be used.
func (s *signingIn) refuse(use contract.SignInUse, at time.Time) error {
	state := s.state
	state.Links = slices.Clone(state.Links)
	return state.Use(use, at)
}

func (s *signingIn) post(ctx workflow.Context, m *delivery.Message[string]) workflow.Future {
	mail := contract.SignInMail{Post: contract.PostOf(m), Name: s.subject.Name(), Nonce: m.About, Person: s.start.Person}
	for _, l := range s.state.Links {
		if l.Nonce == m.About {
			mail.Until = l.Until
		}
	}
	return workflow.ExecuteActivity(tryOnce(ctx, "Mail the link", m.Until()), string(contract.SendSignIn), mail)
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
