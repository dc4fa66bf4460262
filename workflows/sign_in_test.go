package workflows_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
	"waybill/workflows"
)

// signingIn is anna's sign-ins. A link works for an hour.
type signingIn struct {
	*testing.T
	env   *testsuite.TestWorkflowEnvironment
	mails []contract.SignInMail
	// notices are what operations were told.
	notices []contract.Attention
	// post answers the n-th post, from 1; nil accepts it.
	post func(n int) error
}

func newSignIn(t *testing.T) *signingIn {
	t.Helper()
	s := &signingIn{T: t, env: skippedTime(t)}
	s.env.SetStartTime(nineOClock)
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.SignInWorkflowID("name-of-anna")})
	s.env.RegisterWorkflowWithOptions(workflows.SignIn, workflow.RegisterOptions{Name: string(contract.SignIn)})
	stand(s.env, contract.SendSignIn, func(m contract.SignInMail) (contract.MailReceipt, error) {
		if s.mails = append(s.mails, m); s.post != nil {
			return taken(1), s.post(len(s.mails))
		}
		return taken(1), nil
	})
	stand(s.env, contract.TellOperations, func(n contract.Notice) (contract.MailReceipt, error) {
		s.notices = append(s.notices, n.Attention)
		return taken(1), nil
	})
	return s
}

// use uses the first link some time after the start.
func (s *signingIn) use(after time.Duration) *verdict[contract.SignedIn] {
	v := &verdict[contract.SignedIn]{}
	s.env.RegisterDelayedCallback(func() { s.useNow("a-nonce", v) }, after)
	return v
}

func (s *signingIn) useNow(nonce string, v *verdict[contract.SignedIn]) {
	s.env.UpdateWorkflow(string(contract.UseSignIn), "", &testsuite.TestUpdateCallback{
		OnReject: func(err error) { v.refused = err }, OnAccept: func() {},
		OnComplete: func(out any, err error) { v.done, v.err = out, err },
	}, contract.SignInUse{Nonce: nonce})
}

// ask asks for a link.
func (s *signingIn) ask(after time.Duration, nonce string) {
	s.env.RegisterDelayedCallback(func() {
		at := nineOClock.Add(after)
		s.env.SignalWorkflow(string(contract.SignInAsked), contract.SignInAsk{Nonce: nonce, At: at, Until: at.Add(time.Hour)})
	}, after)
}

// run plays everything to the end, and says how long that took.
func (s *signingIn) run() time.Duration {
	s.Helper()
	s.ask(0, "a-nonce")
	s.env.ExecuteWorkflow(string(contract.SignIn), contract.SignInStart{Person: "anna"})
	require.True(s, s.env.IsWorkflowCompleted())
	require.NoError(s, s.env.GetWorkflowError())
	return s.env.Now().Sub(nineOClock)
}

// signInKept is how long a sign-in is kept: its link works for an hour, and its mail may come
// back within a day after that.
const signInKept = time.Hour + day

func TestASignInMailThatComesBackIsToldToOperations(t *testing.T) {
	s := newSignIn(t)
	s.env.RegisterDelayedCallback(func() {
		s.env.SignalWorkflow(string(contract.MailReported), delivery.Report{Key: s.mails[0].Key, Kind: delivery.Bounced, At: nineOClock, MessageID: "message-1"})
	}, time.Hour)
	require.Equal(t, signInKept, s.run())
	require.Equal(t, []contract.Attention{contract.SignInNotReached}, s.notices)
}

func TestALinkThatHasExpiredSignsNobodyIn(t *testing.T) {
	s := newSignIn(t)
	used := s.use(61 * time.Minute)
	s.run()
	require.EqualError(t, used.refused, "this link has expired: sign in for a new one")
}

func TestALinkSignsInOnce(t *testing.T) {
	s := newSignIn(t)
	used := s.use(5 * time.Minute)
	require.Equal(t, signInKept, s.run())
	require.Equal(t, contract.SignedIn{Person: "anna"}, used.answer(t))
	require.Equal(t, []contract.SignInMail{{
		Post: contract.Post{Key: s.mails[0].Key, Try: 1}, Name: "name-of-anna", Nonce: "a-nonce", Person: "anna", Until: nineOClock.Add(time.Hour),
	}}, s.mails)
}

func TestOfTwoWhoUseALinkTheSecondIsRefused(t *testing.T) {
	s := newSignIn(t)
	first, second := &verdict[contract.SignedIn]{}, &verdict[contract.SignedIn]{}
	s.env.RegisterDelayedCallback(func() {
		s.useNow("a-nonce", first)
		s.useNow("a-nonce", second)
	}, time.Minute)
	s.run()
	require.Equal(t, contract.SignedIn{Person: "anna"}, first.answer(t))
	require.EqualError(t, second.refused, "this link was used already: sign in for a new one")
}

// It shows that the mail came, so a request after it is another one.
func TestWhoUsedTheirLinkIsMailedAnotherAtOnce(t *testing.T) {
	s := newSignIn(t)
	s.use(10 * time.Second)
	s.ask(20*time.Second, "another")
	s.ask(25*time.Second, "the same again")
	s.run()
	require.Len(t, s.mails, 2)
	require.Equal(t, "another", s.mails[1].Nonce)
}

func TestALinkExpires(t *testing.T) {
	s := newSignIn(t)
	require.Equal(t, signInKept, s.run())
	require.Len(t, s.mails, 1)
}

func TestALinkThatHasExpiredIsNotMailed(t *testing.T) {
	s := newSignIn(t)
	s.env.SetStartTime(nineOClock.Add(time.Hour)) // no worker was there before
	s.run()
	require.Empty(t, s.mails)
}

func TestALinkThatCouldNotBeMailedExpiresAllTheSame(t *testing.T) {
	for name, fails := range map[string]error{
		"refused":                     refused("the recipient's mail address is not valid"),
		"no answer":                   unanswered(), // it may be there
		"not sent until it has ended": later(contract.MailNotSent, "SendGrid answered 503", 45*time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			s := newSignIn(t)
			s.post = func(int) error { return fails }
			used := s.use(59 * time.Minute)
			require.Equal(t, signInKept, s.run())
			require.Equal(t, contract.SignedIn{Person: "anna"}, used.answer(t))

			s = newSignIn(t)
			s.post = func(int) error { return fails }
			require.Equal(t, signInKept, s.run())
		})
	}
}

func TestALinkThatWasNotSentIsSentAgain(t *testing.T) {
	s := newSignIn(t)
	s.post = func(n int) error {
		if n == 1 {
			return later(contract.MailNotSent, "SendGrid answered 503", time.Minute)
		}
		return nil
	}
	s.use(5 * time.Minute)
	s.run()
	require.Len(t, s.mails, 2)
	require.Equal(t, s.mails[0], s.mails[1])
}

func TestASignInMailThatComesBackTwiceIsToldOnce(t *testing.T) {
	s := newSignIn(t)
	for i, kind := range []delivery.ReportKind{delivery.Unsubscribed, delivery.Spam} {
		s.env.RegisterDelayedCallback(func() {
			s.env.SignalWorkflow(string(contract.MailReported), delivery.Report{Key: s.mails[0].Key, Kind: kind, At: nineOClock, MessageID: "message-1"})
		}, time.Hour+time.Duration(i)*time.Minute)
	}
	s.run()
	require.Equal(t, []contract.Attention{contract.SignInNotReached}, s.notices)
}

func TestWhoSignsInCanBeReachedAgain(t *testing.T) {
	s := newSignIn(t)
	var attention []string
	s.env.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(args mock.Arguments) {
		set, ok := args.Get(0).(temporal.SearchAttributes)
		require.True(t, ok)
		said, _ := set.GetKeyword(temporal.NewSearchAttributeKeyKeyword(contract.AttentionField.Name))
		attention = append(attention, said)
	}).Return(nil)
	s.env.RegisterDelayedCallback(func() {
		s.env.SignalWorkflow(string(contract.MailReported), delivery.Report{Key: s.mails[0].Key, Kind: delivery.Bounced, At: nineOClock, MessageID: "message-1"})
	}, 10*time.Minute)
	s.use(20 * time.Minute)
	s.run()
	require.Equal(t, []string{string(contract.SignInNotReached), ""}, attention)
}

// What an attacker can do all day: ask once a minute.
func TestADayOfRequestsIsThreeMailsAnHour(t *testing.T) {
	s := newSignIn(t)
	var mailed []time.Time
	s.post = func(int) error {
		mailed = append(mailed, s.env.Now())
		return nil
	}
	used, signedIn := map[string]bool{}, 0
	// anna uses the newest link in her mailbox.
	signsIn := func() {
		for _, m := range slices.Backward(s.mails) {
			if used[m.Nonce] || !s.env.Now().Before(m.Until) {
				continue
			}
			used[m.Nonce] = true
			s.env.UpdateWorkflow(string(contract.UseSignIn), "", &testsuite.TestUpdateCallback{
				OnReject: func(err error) { require.NoError(t, err) }, OnAccept: func() {},
				OnComplete: func(_ any, err error) {
					require.NoError(t, err)
					signedIn++
				},
			}, contract.SignInUse{Nonce: m.Nonce})
			return
		}
		require.Fail(t, "no link works", "%v", s.env.Now())
	}
	var attack func()
	minutes := 1
	attack = func() {
		at := s.env.Now()
		s.env.SignalWorkflow(string(contract.SignInAsked), contract.SignInAsk{Nonce: fmt.Sprint("nonce-", minutes), At: at, Until: at.Add(time.Hour)})
		if minutes%30 == 29 {
			signsIn()
		}
		if minutes++; minutes < 24*60 {
			s.env.RegisterDelayedCallback(attack, time.Minute)
		}
	}
	s.env.RegisterDelayedCallback(attack, time.Minute)
	s.run()
	require.Equal(t, 48, signedIn)
	require.Len(t, mailed, 72)
	for i := 3; i < len(mailed); i++ {
		require.GreaterOrEqual(t, mailed[i].Sub(mailed[i-3]), time.Hour)
	}
}

func TestWhileAMailIsOnItsWayNoOtherIsQueued(t *testing.T) {
	s := newSignIn(t)
	s.post = func(n int) error {
		if n < 10 {
			return later(contract.MailNotSent, "SendGrid answered 503", 5*time.Minute)
		}
		return nil
	}
	for minute := range 30 {
		s.ask(time.Duration(minute)*time.Minute, fmt.Sprint("nonce-", minute))
	}
	s.run()
	require.Len(t, s.mails, 10)
	for _, m := range s.mails {
		require.Equal(t, s.mails[0], m)
	}
}

func TestALinkThatDoesNotWorkSaysWhy(t *testing.T) {
	s := newSignIn(t)
	v := &verdict[contract.SignedIn]{}
	s.env.RegisterDelayedCallback(func() { s.useNow("another", v) }, time.Minute)
	s.run()
	require.EqualError(t, v.refused, "this link was used already: sign in for a new one")
}

func TestTheNextRunKnowsTheLinksOfTheOneBefore(t *testing.T) {
	s := newSignIn(t)
	s.env.SetContinuedExecutionRunID("first")
	used := s.use(time.Minute)
	s.env.ExecuteWorkflow(string(contract.SignIn), contract.SignInStart{Person: "anna", Carried: &contract.SignInState{
		Links: []contract.SignInLink{{Nonce: "a-nonce", Asked: nineOClock, Until: nineOClock.Add(time.Hour)}},
		Next:  nineOClock.Add(signInKept),
	}})
	require.True(t, s.env.IsWorkflowCompleted())
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, contract.SignedIn{Person: "anna"}, used.answer(t))
}
