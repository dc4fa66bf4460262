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

// digesting is anna's digest of a day.
type digesting struct {
	*testing.T
	env     *testsuite.TestWorkflowEnvironment
	mails   []contract.DigestMail
	notices []contract.Attention
	// post answers the n-th post, from 1; nil accepts it.
	post func(n int) (contract.MailReceipt, error)
}

const digestID = "digest:name-of-anna:2026-11-02"

func newDigest(t *testing.T) *digesting {
	t.Helper()
	d := &digesting{T: t, env: skippedTime(t)}
	d.env.SetStartTime(nineOClock)
	d.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.DigestWorkflowID("name-of-anna", "2026-11-02")})
	d.env.RegisterWorkflowWithOptions(workflows.WriteDigest, workflow.RegisterOptions{Name: string(contract.WriteDigest)})
	stand(d.env, contract.SendDigest, func(m contract.DigestMail) (contract.MailReceipt, error) {
		if d.mails = append(d.mails, m); d.post != nil {
			return d.post(len(d.mails))
		}
		return taken(1), nil
	})
	stand(d.env, contract.TellOperations, func(n contract.Notice) (contract.MailReceipt, error) {
		require.Equal(t, delivery.Subject(digestID), n.Of)
		d.notices = append(d.notices, n.Attention)
		return taken(2), nil
	})
	return d
}

// run plays everything to the end, and says how long that took.
func (d *digesting) run() time.Duration {
	d.Helper()
	d.env.ExecuteWorkflow(string(contract.WriteDigest), contract.DigestStart{Person: "anna", Day: "2026-11-02"})
	require.True(d, d.env.IsWorkflowCompleted())
	require.NoError(d, d.env.GetWorkflowError())
	return d.env.Now().Sub(nineOClock)
}

func TestADigestIsMailedOnceAndMayComeBackForADay(t *testing.T) {
	d := newDigest(t)
	require.Equal(t, day, d.run())
	require.Len(t, d.mails, 1)
	m := d.mails[0]
	require.NotEmpty(t, m.Key)
	require.Equal(t, contract.DigestMail{
		Post: contract.Post{Key: m.Key, Try: 1}, DigestStart: contract.DigestStart{Person: "anna", Day: "2026-11-02"}, Of: digestID, At: nineOClock,
	}, m)
	require.Empty(t, d.notices)
}

func TestADigestWithNothingToSayIsOverAtOnce(t *testing.T) {
	d := newDigest(t)
	d.post = func(int) (contract.MailReceipt, error) { return contract.MailReceipt{}, nil }
	require.Zero(t, d.run())
	require.Empty(t, d.notices)
}

func TestADigestThatComesBackIsToldToOperationsOnce(t *testing.T) {
	d := newDigest(t)
	for after, kind := range map[time.Duration]delivery.ReportKind{time.Hour: delivery.Bounced, 2 * time.Hour: delivery.Spam} {
		d.env.RegisterDelayedCallback(func() {
			d.env.SignalWorkflow(string(contract.MailReported), delivery.Report{Key: d.mails[0].Key, Kind: kind, At: nineOClock.Add(after), MessageID: "message-1"})
		}, after)
	}
	var known contract.DigestState
	d.env.RegisterDelayedCallback(func() {
		answer, err := d.env.QueryWorkflow(string(contract.DescribeDigest))
		require.NoError(t, err)
		require.NoError(t, answer.Get(&known))
	}, 3*time.Hour)
	d.run()
	require.Equal(t, []contract.Attention{contract.DigestNotReached}, d.notices)
	require.True(t, known.NotReached)
}

// What waits tomorrow is in tomorrow's digest.
func TestADigestIsTriedForHalfADay(t *testing.T) {
	d := newDigest(t)
	d.post = func(int) (contract.MailReceipt, error) {
		return contract.MailReceipt{}, later(contract.MailNotSent, "busy", 3*time.Hour)
	}
	took := d.run()
	require.GreaterOrEqual(t, took, 12*time.Hour)
	require.Less(t, took, 13*time.Hour)
	require.Equal(t, []contract.Attention{contract.DigestNotReached}, d.notices)
}

func TestADigestToNobodyIsNotTriedAgain(t *testing.T) {
	d := newDigest(t)
	d.post = func(int) (contract.MailReceipt, error) {
		return contract.MailReceipt{}, refused("the policy does not name the person any more")
	}
	require.Zero(t, d.run())
	require.Len(t, d.mails, 1)
	require.Equal(t, []contract.Attention{contract.DigestNotReached}, d.notices)
}
