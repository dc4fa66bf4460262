package refund_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/refund"
)

// allAsked is a refund of which everybody was asked.
func allAsked(t *testing.T, p refund.Policy) refund.Refund {
	t.Helper()
	r := in(t, refund.AwaitingApproval, p, known(t, "EUR 60.00"))
	for _, person := range p.People {
		r.Deeds++
		r.Todo = append(r.Todo, refund.Deed{Nr: r.Deeds, What: refund.AskApproval, Person: person.Name})
	}
	return r
}

// comesBack has the newest mail to a person come back.
func comesBack(t *testing.T, r refund.Refund, person string, p refund.Policy, now time.Time) refund.Refund {
	t.Helper()
	r = dispatched(r, now)
	key := ""
	for i := range r.Mails {
		if m := &r.Mails[i]; m.About.Person == person {
			key = m.Key
		}
	}
	require.NotEmpty(t, key)
	m := r.Mails.Find(key)
	m.Accept("id", now)
	return step(t, r, p, now, func(r *refund.Refund) error {
		r.ReportMail(delivery.Report{Key: key, Kind: delivery.Bounced, At: now}, p, now)
		return nil
	})
}

func TestNobodyIsRemindedAtAnAddressThatHasBounced(t *testing.T) {
	p := live()
	r := comesBack(t, allAsked(t, p), "anna", p, monday)
	require.Equal(t, []string{"operations: a mail to an approver came back"}, done(&r), "the others were asked, too")
	now := monday.Add(p.RemindAfter)
	r = step(t, r, p, now, func(r *refund.Refund) error { r.Advance(p, now); return nil })
	require.Equal(t, []string{"remind ben", "remind mia", "remind max"}, done(&r))
}

func TestSomebodyWhoIsGivenARefundIsTakenToBeReachedAgain(t *testing.T) {
	p := live()
	r := comesBack(t, allAsked(t, p), "anna", p, monday)
	done(&r)
	now := monday.Add(time.Hour)
	r = step(t, r, p, now, func(r *refund.Refund) error { return r.Follow("reassign", input("mia", "to", "anna"), p, now) })
	r = comesBack(t, r, "anna", p, now)
	require.Equal(t, []string{"operations: a mail to an approver came back", "ask ben", "ask mia", "ask max"}, done(&r))
}
