package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/refund"
)

// mailed are what became of the mails about a refund.
func mailed(r refund.Refund) map[string]delivery.State {
	all := map[string]delivery.State{}
	for _, m := range r.Mails {
		all[m.About.String()] = m.State
	}
	return all
}

func TestACustomersMailThatIsStuckHoldsUpNothingAndIsOvertaken(t *testing.T) {
	c := newCounter(t)
	c.facts.Reason = refund.Damaged
	c.post = func(_ int, m contract.RefundMail) error {
		if m.Deed.What == refund.TellReceived {
			return later(contract.MailNotSent, "SendGrid answered 503", 10*time.Hour)
		}
		return nil
	}
	c.request()
	c.at(time.Minute, func() {
		require.ElementsMatch(t, []string{"tell received", "ask anna", "ask ben", "ask mia"}, c.mails(), "colleagues wait for no customer")
	})
	give(c, time.Hour, orderOf("approve"), says("anna"))
	c.at(2*time.Hour, func() {
		require.Equal(t, refund.Paid, c.describe().State, "and money waits for no mail")
		require.Equal(t, "payout-42", c.describe().Reference)
	})
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, []string{"tell received", "tell approved", "tell paid"}, c.toCustomer(), "what is old news is not tried again")
	require.Equal(t, c.began.Add(time.Hour), c.over())
	known := mailed(c.describe())
	require.Equal(t, delivery.Superseded, known["tell received"])
	require.Equal(t, delivery.Accepted, known["tell paid"])
}

// toCustomer are the posts to the customer.
func (c *counter) toCustomer() []string {
	var all []string
	for _, p := range c.posts {
		if p.Deed.What.ToCustomer() {
			all = append(all, p.Deed.String())
		}
	}
	return all
}

func TestARefundMailWithoutAnswerWaitsForProofAndIsMarked(t *testing.T) {
	c := newCounter(t)
	c.facts.Reason = refund.Damaged
	c.post = func(n int, m contract.RefundMail) error {
		if m.Deed.What == refund.TellReceived && m.Try == 1 {
			return unanswered()
		}
		return nil
	}
	c.request()
	c.at(4*time.Minute, func() {
		require.Equal(t, []string{"tell received"}, c.toCustomer(), "the wait for proof is five minutes")
		require.Equal(t, delivery.Waiting, c.describe().Mails[0].State)
	})
	give(c, time.Hour, orderOf("approve"), says("anna"))
	c.run()
	var tries []posted
	for _, p := range c.posts {
		if p.Deed.What == refund.TellReceived {
			tries = append(tries, p)
		}
	}
	first, second := tries[0], tries[1]
	require.Equal(t, first.Key, second.Key, "the second post is the same mail")
	require.Equal(t, []int{1, 2}, []int{first.Try, second.Try})
	require.Zero(t, first.InDoubtSince)
	require.Equal(t, first.when, second.InDoubtSince.UTC())
	require.False(t, second.LookOnly)
	require.Equal(t, first.At, second.At, "so that both have the same link")
	require.Equal(t, 5*time.Minute, second.when.Sub(first.when))
	m := c.describe().Mails[0]
	require.Equal(t, []int{2, 1}, []int{m.Tries, m.Unproven})
	require.Equal(t, delivery.Accepted, m.State)
	require.Contains(t, asked(c, currentDetails), "may be there twice")
	require.Empty(t, c.notices)
}

func TestARefundMailThatNobodyCanProveIsParkedAndTold(t *testing.T) {
	c := newCounter(t)
	c.facts.Reason = refund.Damaged
	c.post = func(_ int, m contract.RefundMail) error {
		if m.Deed.What == refund.TellReceived {
			return unanswered()
		}
		return nil
	}
	c.request()
	c.at(day-time.Minute, func() {
		require.Equal(t, []string{"tell received", "tell received", "tell received"}, c.toCustomer())
		known := c.describe()
		require.Equal(t, delivery.Parked, known.Mails[0].State)
		require.Equal(t, 3, known.Mails[0].Unproven)
		require.Contains(t, known.Mails[0].Why, "no answer from the mail provider 3 times")
		require.Contains(t, lines(known)[len(lines(known))-1], "customer not notified: tell received: ")
		require.Equal(t, []string{"the customer could not be notified"}, c.alarms())
		require.Equal(t, delivery.Subject("refund:demo:42"), c.notices[0].About)
		require.Equal(t, refund.NotTold, known.Attention)
	})
	give(c, 2*day, orderOf("approve"), says("anna"))
	c.run()
}

// It is the decision that is waited for: ten minutes of failing posts must not
// lose the question.
func TestAMailThatAsksSomebodyToDecideIsNotGivenUp(t *testing.T) {
	c := newCounter(t)
	c.facts.Reason = refund.Damaged
	c.post = func(_ int, m contract.RefundMail) error {
		if m.Deed.Person == "anna" && c.env.Now().Before(c.began.Add(3*time.Hour)) {
			return unanswered()
		}
		return nil
	}
	c.request()
	c.at(6*time.Hour, func() {
		require.Equal(t, delivery.Accepted, mailed(c.describe())["ask anna"])
		require.Empty(t, c.notices)
	})
	give(c, 7*time.Hour, orderOf("approve"), says("anna"))
	c.run()
}

// report has the provider report on a mail of this kind, some time after the start.
func (c *counter) report(after time.Duration, deed string, kind delivery.ReportKind) {
	c.at(after, func() {
		for _, m := range c.describe().Mails {
			if m.About.String() == deed {
				c.env.SignalWorkflow(string(contract.MailReported), delivery.Report{Key: m.Key, Kind: kind, At: c.env.Now().UTC(), MessageID: m.MessageIDs[0]})
			}
		}
	})
}

func TestACustomersMailThatComesBackRaisesAttention(t *testing.T) {
	c := newCounter(t)
	c.request()
	c.report(day, "tell paid", delivery.Bounced)
	c.at(2*day, func() {
		known := c.describe()
		require.True(t, known.NotReached)
		require.Equal(t, refund.CustomerNotReached, known.Attention)
		require.Contains(t, lines(known), "customer not reached: bounced")
		require.Equal(t, []string{string(refund.CustomerNotReached)}, c.alarms())
	})
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, c.began.Add(day), c.over(), "the notice may come back too")
}

func TestAnApproverWhoseMailComesBackIsToldOfAndTheNextOneIsAsked(t *testing.T) {
	c := newCounter(t)
	c.facts.Reason = refund.Damaged
	c.policy.People = c.policy.People[:1]
	c.policy.People = append(c.policy.People, refund.Person{Name: "mia", Email: "mia@shop.example", Role: refund.Manager})
	c.request()
	give(c, time.Minute, orderOf("reassign"), says("mia", "to", "anna"))
	c.report(time.Hour, "ask anna", delivery.Bounced)
	c.at(2*time.Hour, func() {
		require.Contains(t, lines(c.describe()), "not reached: anna: bounced")
		require.Equal(t, []string{string(refund.ApproverNotReached)}, c.alarms())
		require.Equal(t, "ask mia", c.mails()[len(c.mails())-1], "the next one is asked at once")
	})
	give(c, 3*time.Hour, orderOf("approve"), says("mia"))
	require.Equal(t, refund.Paid, c.run().State)
}

// A refund that is over is kept until its customer knows.
func TestACustomerWhoCouldNotBeToldIsMailedAgain(t *testing.T) {
	c := newCounter(t)
	mended := false
	c.post = func(_ int, m contract.RefundMail) error {
		if m.Deed.What == refund.TellPaid && !mended {
			return refused("the sender is not verified")
		}
		return nil
	}
	c.request()
	give(c, time.Hour, orderOf("retry-mail"), says("mia"))
	c.at(2*time.Hour, func() {
		require.Equal(t, refund.Paid, c.describe().State)
		require.Equal(t, refund.NotTold, c.describe().Attention, "it was in vain")
		require.Contains(t, asked(c, currentDetails), "Waits for: retry-mail.")
		mended = true
	})
	again := give(c, 3*time.Hour, orderOf("retry-mail"), says("anna"))
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, refund.Paid, again.answer(t).State)
	require.Equal(t, []string{"tell received", "tell approved", "tell paid", "tell paid", "tell paid"}, c.mails())
	require.Equal(t, c.posts[3].Key, c.posts[4].Key, "a retry is the same mail")
	require.Equal(t, []string{"the customer could not be notified", "the customer could not be notified"}, c.alarms())
	require.Empty(t, c.describe().Attention)
	require.Equal(t, c.began.Add(3*time.Hour), c.over(), "it ends when the customer knows")
	require.Len(t, c.payments, 1)
	require.Equal(t, "anna", c.describe().Receipt[len(c.describe().Receipt)-1].By.Person)
}

func TestACustomerWhomNobodyTellsIsLeftUntoldAfterThirtyDays(t *testing.T) {
	c := newCounter(t)
	c.post = func(_ int, m contract.RefundMail) error {
		if m.Deed.What == refund.TellPaid {
			return refused("the address is wrong")
		}
		return nil
	}
	c.request()
	c.run()
	require.Contains(t, lines(c.describe()), "gave up notifying the customer: no retry in 30 days")
	require.Empty(t, c.describe().Attention)
	require.Equal(t, c.began.Add(30*day), c.env.Now().UTC())
}

func TestARefusedRefundMailIsGivenUpAtOnce(t *testing.T) {
	c := newCounter(t)
	c.facts.Reason = refund.Damaged
	c.post = func(_ int, m contract.RefundMail) error {
		if m.Deed.What == refund.TellReceived || m.Deed.Person == "ben" {
			return refused("the policy does not name the person any more")
		}
		return nil
	}
	c.request()
	give(c, time.Hour, orderOf("approve"), says("anna"))
	c.run()
	require.Len(t, c.posts, 6)
	known := c.describe()
	require.Equal(t, map[string]delivery.State{
		"tell received": delivery.Parked, "ask anna": delivery.Accepted, "ask ben": delivery.Parked, "ask mia": delivery.Accepted,
		"tell approved": delivery.Accepted, "tell paid": delivery.Accepted, "operations: the customer could not be notified": delivery.Accepted,
	}, mailed(known))
	require.Contains(t, lines(known), "not asked: ben: the policy does not name the person any more")
	require.Equal(t, []string{"the customer could not be notified"}, c.alarms(), "of a colleague who was not asked nobody is told")
}

func TestPatienceWithARefundMailHasAnEnd(t *testing.T) {
	c := newCounter(t)
	c.facts.Reason = refund.Damaged
	c.post = func(_ int, m contract.RefundMail) error {
		if m.Deed.What == refund.TellReceived {
			return later(contract.MailNotSent, "SendGrid answered 503", day)
		}
		return nil
	}
	c.request()
	c.at(7*day-time.Hour, func() { require.Equal(t, delivery.Sending, c.describe().Mails[0].State) })
	c.at(7*day+time.Hour, func() {
		require.Equal(t, delivery.Parked, c.describe().Mails[0].State)
		require.Equal(t, "SendGrid answered 503", c.describe().Mails[0].Why)
	})
	give(c, 8*day, orderOf("approve"), says("mia"))
	c.run()
	require.Equal(t, []string{"tell approved", "tell paid"}, c.toCustomer()[len(c.toCustomer())-2:])
}

func TestEachMailHasAKeyOfItsOwn(t *testing.T) {
	c := newCounter(t)
	c.facts.Reason = refund.Damaged
	c.request()
	give(c, 4*day, orderOf("approve"), says("mia"))
	c.run()
	keys := map[string]string{}
	for _, p := range c.posts {
		require.Empty(t, keys[p.Key], "%s", p.Deed)
		keys[p.Key] = p.Deed.String()
		require.Regexp(t, `^[a-z0-9]{16}$`, p.Key, "it names nobody")
	}
	require.Len(t, keys, 1+3+2*3+1+2, "received, asked, reminded twice, escalated, approved and paid")
}

func TestOperationsThatCannotBeToldStopNothing(t *testing.T) {
	c := newCounter(t)
	c.notice = func(n int) error {
		if n < 3 {
			return later(contract.MailNotSent, "SendGrid answered 503", 10*time.Hour)
		}
		return refused("the mail address is not valid")
	}
	c.pay = func(n int) (refund.Payment, error) {
		if n == 1 {
			return refund.Payment{Outcome: refund.Refused, Why: "the shop's endpoint answered 400 Bad Request"}, nil
		}
		return refund.Payment{Outcome: refund.PaidNow}, nil
	}
	c.request()
	give(c, time.Hour, orderOf("pay-again"), says("mia"))
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, []string{"payment failed", "payment failed", "payment failed"}, c.alarms())
}
