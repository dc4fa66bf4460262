package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/refund"
)

// mailed are what became of the mails about a refund.
func mailed(r refund.Refund) map[string]refund.MailState {
	all := map[string]refund.MailState{}
	for _, m := range r.Mails {
		all[m.Deed.String()] = m.State
	}
	return all
}

func TestTheCustomersMailsKeepTheirOrderAlsoIfTheFirstIsStuck(t *testing.T) {
	c := newCounter(t)
	c.facts.Reason = refund.Damaged
	c.post = func(_ int, m contract.RefundMail) error {
		if m.Deed.What == refund.TellReceived && c.env.Now().Before(c.began.Add(day)) {
			return later(contract.MailNotSent, "SendGrid answered 503", 10*time.Hour)
		}
		return nil
	}
	c.request()
	c.at(time.Minute, func() {
		require.ElementsMatch(t, []string{"tell received", "ask anna", "ask ben", "ask mia"}, c.mails(), "colleagues wait for no customer")
	})
	give(c, time.Hour, contract.DecideRefund, yes("anna"))
	c.at(2*time.Hour, func() {
		require.Equal(t, refund.Paid, c.describe().State, "and money waits for no mail")
		require.Equal(t, "payout-42", c.describe().Reference)
	})
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, []string{"tell received", "tell received", "tell received", "tell received", "tell approved", "tell paid"}, c.toCustomer())
	require.Equal(t, c.began.Add(30*time.Hour), c.env.Now().UTC(), "it ends with the last mail")
	for deed, state := range mailed(c.describe()) {
		require.Equal(t, refund.MailAccepted, state, deed)
	}
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
	c.post = func(n int, _ contract.RefundMail) error {
		if n == 1 {
			return unanswered()
		}
		return nil
	}
	c.request()
	c.at(4*time.Minute, func() {
		require.Equal(t, []string{"tell received"}, c.mails(), "the wait for proof is five minutes")
		require.Equal(t, refund.MailSending, c.describe().Mails[0].State)
	})
	c.run()
	first, second := c.posts[0], c.posts[1]
	require.Equal(t, first.Key, second.Key, "the second post is the same mail")
	require.Equal(t, []int{1, 2}, []int{first.Try, second.Try})
	require.Zero(t, first.InDoubtSince)
	require.Equal(t, first.when, second.InDoubtSince.UTC())
	require.Equal(t, first.At, second.At, "so that both have the same link")
	require.Equal(t, 5*time.Minute, second.when.Sub(first.when))
	m := c.describe().Mails[0]
	require.Equal(t, []int{2, 1}, []int{m.Tries, m.Unproven})
	require.Equal(t, refund.MailAccepted, m.State)
	require.Contains(t, asked(c, currentDetails), "may be there twice")
	require.Equal(t, []string{"tell received", "tell received", "tell approved", "tell paid"}, c.mails())
	require.Empty(t, c.notices)
}

func TestARefundMailThatNobodyCanProveIsGivenUpAndTold(t *testing.T) {
	c := newCounter(t)
	c.post = func(_ int, m contract.RefundMail) error {
		if m.Deed.What == refund.TellReceived {
			return unanswered()
		}
		return nil
	}
	c.request()
	c.run()
	require.Equal(t, []string{"tell received", "tell received", "tell received", "tell approved", "tell paid"}, c.mails())
	require.Equal(t, c.posts[0].when, c.posts[2].InDoubtSince.UTC(), "the first may be the one that is there")
	known := c.describe()
	require.Equal(t, refund.MailGivenUp, known.Mails[0].State)
	require.Equal(t, 3, known.Mails[0].Unproven)
	require.Equal(t, "no answer from the mail provider 3 times; it may have been sent", known.Mails[0].Why)
	require.Contains(t, lines(known), "customer not told: tell received: no answer from the mail provider 3 times; it may have been sent")
	require.Equal(t, []string{"the customer could not be told"}, c.troubles())
	require.Equal(t, contract.Notice{Integration: "demo", Refund: true, ReturnID: 42, Trouble: "the customer could not be told", At: c.notices[0].At}, c.notices[0])
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
	give(c, time.Hour, contract.RetryRefundMail, contract.RefundOrder{Said: saidBy("mia")})
	c.at(2*time.Hour, func() {
		require.Equal(t, refund.Paid, c.describe().State)
		require.Equal(t, refund.NotTold, c.describe().Attention, "it was in vain")
		require.Contains(t, asked(c, currentDetails), "RetryRefundMail")
		mended = true
	})
	again := give(c, 3*time.Hour, contract.RetryRefundMail, contract.RefundOrder{Said: saidBy("anna")})
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, refund.Paid, again.answer(t).State)
	require.Equal(t, []string{"tell received", "tell approved", "tell paid", "tell paid", "tell paid"}, c.mails())
	require.NotEqual(t, c.posts[3].Key, c.posts[4].Key, "each order is a mail of its own")
	require.Equal(t, []string{"the customer could not be told", "the customer could not be told"}, c.troubles())
	require.Empty(t, c.describe().Attention)
	require.Equal(t, c.began.Add(3*time.Hour), c.env.Now().UTC(), "it ends when the customer knows")
	require.Len(t, c.payments, 1)
	require.Equal(t, "anna", c.describe().Receipt[len(c.describe().Receipt)-1].By)
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
	require.Contains(t, lines(c.describe()), "left untold: nobody had it mailed again")
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
	give(c, time.Hour, contract.DecideRefund, yes("anna"))
	c.run()
	require.Len(t, c.posts, 6)
	known := c.describe()
	require.Equal(t, map[string]refund.MailState{
		"tell received": refund.MailGivenUp, "ask anna": refund.MailAccepted, "ask ben": refund.MailGivenUp, "ask mia": refund.MailAccepted,
		"tell approved": refund.MailAccepted, "tell paid": refund.MailAccepted,
	}, mailed(known))
	require.Contains(t, lines(known), "not asked: ben: the policy does not name the person any more")
	require.Equal(t, []string{"the customer could not be told"}, c.troubles(), "of a colleague who was not asked nobody is told")
}

func TestPatienceWithARefundMailHasAnEnd(t *testing.T) {
	c := newCounter(t)
	c.post = func(_ int, m contract.RefundMail) error {
		if m.Deed.What == refund.TellReceived {
			return later(contract.MailNotSent, "SendGrid answered 503", day)
		}
		return nil
	}
	c.request()
	c.at(7*day-time.Hour, func() { require.Equal(t, refund.MailSending, c.describe().Mails[0].State) })
	c.run()
	require.Equal(t, c.began.Add(7*day), c.env.Now().UTC())
	require.Equal(t, "SendGrid answered 503", c.describe().Mails[0].Why)
	require.Equal(t, []string{"tell approved", "tell paid"}, c.toCustomer()[len(c.toCustomer())-2:])
}

func TestEachMailHasAKeyOfItsOwn(t *testing.T) {
	c := newCounter(t)
	c.facts.Reason = refund.Damaged
	c.request()
	give(c, 4*day, contract.DecideRefund, yes("mia"))
	c.run()
	keys := map[string]string{}
	for _, p := range c.posts {
		require.Empty(t, keys[p.Key], "%s", p.Deed)
		keys[p.Key] = p.Deed.String()
		require.Regexp(t, `^[a-z0-9]{24}$`, p.Key, "it names nobody")
	}
	require.Len(t, keys, 1+3+2*3+2+2, "received, asked, reminded twice, escalated twice, approved and paid")
}

func TestOperationsThatCannotBeToldStopNothing(t *testing.T) {
	c := newCounter(t)
	c.notice = func(n int) error {
		if n < 3 {
			return later(contract.MailNotSent, "SendGrid answered 503", 10*time.Hour)
		}
		return refused("the mail address is not one")
	}
	c.pay = func(n int) (refund.Payment, error) {
		if n == 1 {
			return refund.Payment{Outcome: refund.Refused, Why: "the shop's endpoint answered 400 Bad Request"}, nil
		}
		return refund.Payment{Outcome: refund.PaidNow}, nil
	}
	c.request()
	give(c, time.Hour, contract.PayRefundAgain, contract.RefundOrder{Said: saidBy("mia")})
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, []string{"payment failed", "payment failed", "payment failed"}, c.troubles())
}
