package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
	"waybill/workflows"
)

// signingIn is one sign-in of anna's, whose link works for 15 minutes.
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
	s := &signingIn{T: t, env: skippedTime()}
	s.env.SetStartTime(nineOClock)
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.SignInWorkflowID("a-nonce")})
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

// use uses the link some time after the start.
func (s *signingIn) use(after time.Duration) *verdict[contract.SignedIn] {
	v := &verdict[contract.SignedIn]{}
	s.env.RegisterDelayedCallback(func() { s.useNow(v) }, after)
	return v
}

func (s *signingIn) useNow(v *verdict[contract.SignedIn]) {
	s.env.UpdateWorkflow(string(contract.UseSignIn), "", &testsuite.TestUpdateCallback{
		OnReject: func(err error) { v.refused = err }, OnAccept: func() {},
		OnComplete: func(out any, err error) { v.done, v.err = out, err },
	}, struct{}{})
}

// run plays everything to the end, and says how long that took.
func (s *signingIn) run() time.Duration {
	s.Helper()
	s.env.ExecuteWorkflow(string(contract.SignIn), contract.SignInStart{Person: "anna", Until: nineOClock.Add(15 * time.Minute)})
	require.True(s, s.env.IsWorkflowCompleted())
	require.NoError(s, s.env.GetWorkflowError())
	return s.env.Now().Sub(nineOClock)
}

// signInKept is how long a sign-in is kept: its link works for 15 minutes, and its mail
// may come back within a day after that.
const signInKept = 15*time.Minute + day

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
	used := s.use(16 * time.Minute)
	s.run()
	require.EqualError(t, used.refused, "this link has expired: sign in for a new one")
}

func TestALinkSignsInOnce(t *testing.T) {
	s := newSignIn(t)
	used := s.use(5 * time.Minute)
	require.Equal(t, signInKept, s.run())
	require.Equal(t, contract.SignedIn{Person: "anna"}, used.answer(t))
	require.Equal(t, []contract.SignInMail{{
		Post: contract.Post{Key: s.mails[0].Key, Try: 1}, Nonce: "a-nonce", SignInStart: contract.SignInStart{Person: "anna", Until: nineOClock.Add(15 * time.Minute)},
	}}, s.mails)
}

func TestOfTwoWhoUseALinkTheSecondIsRefused(t *testing.T) {
	s := newSignIn(t)
	first, second := &verdict[contract.SignedIn]{}, &verdict[contract.SignedIn]{}
	s.env.RegisterDelayedCallback(func() {
		s.useNow(first)
		s.useNow(second)
	}, time.Minute)
	s.run()
	require.Equal(t, contract.SignedIn{Person: "anna"}, first.answer(t))
	require.EqualError(t, second.refused, "this link was used already: sign in for a new one")
}

func TestALinkExpires(t *testing.T) {
	s := newSignIn(t)
	require.Equal(t, signInKept, s.run())
	require.Len(t, s.mails, 1)
}

func TestALinkThatHasExpiredIsNotMailed(t *testing.T) {
	s := newSignIn(t)
	s.env.SetStartTime(nineOClock.Add(15 * time.Minute)) // no worker was there before
	s.run()
	require.Empty(t, s.mails)
}

func TestALinkThatCouldNotBeMailedExpiresAllTheSame(t *testing.T) {
	for name, fails := range map[string]error{
		"refused":                     refused("the recipient's mail address is not valid"),
		"no answer":                   unanswered(), // it may be there
		"not sent until it has ended": later(contract.MailNotSent, "SendGrid answered 503", 10*time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			s := newSignIn(t)
			s.post = func(int) error { return fails }
			used := s.use(14 * time.Minute)
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
