package e2e_test

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/devstack/merchant"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/refund"
)

var crashes = flag.Int("crashes", 30, "how many refunds go through the crash table")

// crash is a moment at which the worker is killed, while the refunds of its group
// are under way.
type crash struct {
	moment   moment
	activity string
	// during has a stand-in hold what the activity does, and says when it does; nil
	// holds the activity on the wire.
	during func(*till, []sold) <-chan struct{}
}

const duringIt moment = "during"

// TestNoCrashPaysTwiceOrTellsTwice kills the worker before, during and after each
// activity of a refund, and has the endpoint fail in every way. The refunds are of two
// integrations of one account. Whatever was lost: each refund is paid once, each
// customer is told once, and none is rejected while it may have been paid.
func TestNoCrashPaysTwiceOrTellsTwice(t *testing.T) {
	t.Parallel()
	// What a dead worker had in its hands is missed after a minute: the parts of the table wait at the
	// same time.
	const parts = 3
	for part := range parts {
		t.Run(fmt.Sprintf("part %d of %d", part+1, parts), func(t *testing.T) {
			t.Parallel()
			var table []crash
			for i, c := range crashTable() {
				if i%parts == part {
					table = append(table, c)
				}
			}
			noCrashPaysTwiceOrTellsTwice(t, table, *crashes/parts)
		})
	}
}

func noCrashPaysTwiceOrTellsTwice(t *testing.T, table []crash, refunds int) {
	server := shared.get(t)
	s := newTill(t, server)
	other := s.branch()
	// What a dead worker had in its hands is missed after a minute, at most twice.
	s.patience = 5 * time.Minute
	// One mail may be in the hands of several workers that die.
	s.setPolicy("mode: live\n" + strings.Replace(atOnce, "proof_wait: 1s", "proof_wait: 1s, unproven: 10", 1) + people)
	w := newWire(t, server)
	s.keys = append(s.keys, "TEMPORAL_ADDRESS="+w.address)
	s.openDoors()

	each := max(1, refunds/len(table))
	var all []sold
	for i, c := range table {
		group := []*till{s, other}[i%2].customers(each)
		s.failToPay(group[1:]) // the first may be what the crash waits for
		s.crash(w, c, group)
		all = append(all, group...)
	}
	for len(all) < refunds {
		group := []*till{s, other}[len(all)%2].customers(1)
		s.failToPay(group)
		s.ask(group[0])
		all = append(all, group...)
	}
	var deciding sync.WaitGroup
	for _, o := range all {
		deciding.Go(func() { s.decideUntilPaid(o) })
	}
	deciding.Wait()
	for _, o := range all {
		known := s.reaches(o, refund.Paid)
		require.Len(s, s.paid(o), 1, "%s is paid once", o.workflowID())
		s.toldOnce(o, known)
	}
	require.Len(s, s.merchant.Payments(), len(all))
}

// toldOnce asserts that the customer got no mail twice, and each that no later one overtook: one in
// doubt holds up nothing, so that it may leave late, or not at all.
func (s *till) toldOnce(o sold, known refund.Refund) {
	s.Helper()
	told := map[string]int{}
	for _, kind := range s.told(o) {
		told[kind]++
	}
	for kind, what := range map[string]refund.What{
		"refund_received": refund.TellReceived, "refund_approved": refund.TellApproved, "refund_paid": refund.TellPaid,
	} {
		overtaken := known.Mails.All(func(m *refund.Mail) bool { return m.About.What == what && m.Overtaken != "" })
		if told[kind] == 0 && what != refund.TellPaid && len(overtaken) == 1 {
			continue
		}
		require.Equal(s, 1, told[kind], "the customer of %s is told once that it is %s: %+v", o.workflowID(), kind, known.Mails)
		delete(told, kind)
	}
	require.Empty(s, told, "nothing else is told")
}

// crashTable has every activity with every moment.
func crashTable() []crash {
	var table []crash
	for _, activity := range []string{
		string(contract.GatherRefund), string(contract.WatchReturn), string(contract.SendRefundMail), string(contract.ClaimRefund), string(contract.PayRefund),
		string(contract.RecordRefundEnd),
	} {
		table = append(table, crash{moment: beforeIt, activity: activity}, crash{moment: afterIt, activity: activity})
	}
	return append(table,
		crash{moment: duringIt, activity: "GatherRefund at Sendcloud", during: hangSendcloud},
		crash{moment: duringIt, activity: "SendRefundMail, and nothing was taken", during: hangSendGrid(sendgrid.FaultHang)},
		crash{moment: duringIt, activity: "SendRefundMail, and the mail was taken", during: hangSendGrid(sendgrid.FaultAcceptThenHang)},
		crash{moment: duringIt, activity: "PayRefund, and nothing was paid", during: hangMerchant(merchant.FaultHang)},
		crash{moment: duringIt, activity: "PayRefund, and the money went", during: hangMerchant(merchant.FaultPayThenHang)},
	)
}

// payFaults are all ways in which the endpoint fails.
var payFaults = []merchant.Fault{
	{Kind: merchant.FaultStatus, Status: http.StatusInternalServerError, Times: 2},
	{Kind: merchant.FaultStatus, Status: http.StatusUnauthorized, Times: 1},
	{Kind: merchant.FaultStatus, Status: http.StatusUnprocessableEntity, Times: 1},
	{Kind: merchant.FaultStatus, Status: http.StatusTooManyRequests, RetryAfter: 1, Times: 1},
	{Kind: merchant.FaultStatus, Status: http.StatusFound, Times: 1},
	{Kind: merchant.FaultHang, Times: 1}, {Kind: merchant.FaultClose, Times: 1}, {Kind: merchant.FaultPage, Times: 1},
	{Kind: merchant.FaultPayThenHang, Times: 1}, {Kind: merchant.FaultPayThenClose, Times: 1}, {Kind: merchant.FaultPayThenBreak, Times: 1},
	{Kind: merchant.FaultPayThenPage, Times: 1}, {Kind: merchant.FaultDrip, Times: 1},
}

// failToPay has the endpoint fail for some refunds, for half of them twice.
func (s *till) failToPay(all []sold) {
	s.Helper()
	for _, o := range all {
		turn := o.sent.ID / 2 // the other number is that of the parcel that comes back
		for nr := range turn%2 + 1 {
			f := payFaults[(turn+5*nr)%int64(len(payFaults))]
			f.Key = o.key()
			require.NoError(s, s.merchant.Fail(f))
		}
	}
}

// customers are some who want their money, half of them more than the rules give.
func (s *till) customers(n int) []sold {
	var all []sold
	for i := range n {
		all = append(all, s.sell([]string{"40.00", "120.00"}[i%2]))
	}
	return all
}

// crash kills the worker at a moment of the group's refunds, and starts another.
func (s *till) crash(w *wire, c crash, group []sold) {
	s.Helper()
	var caught <-chan struct{}
	if c.during != nil {
		caught = c.during(s, group)
	} else {
		caught = w.catch(c.moment, c.activity, func(workflowID string) bool {
			for _, o := range group {
				if o.workflowID() == workflowID {
					return true
				}
			}
			return false
		})
	}
	for _, o := range group {
		s.ask(o)
	}
	select {
	case <-caught:
	case <-time.After(patience):
		require.Fail(s, "the moment never came", "%s %s", c.moment, c.activity)
	}
	s.worker.kill()
	s.startWorker(s.keys...)
	s.awaitWorker()
}

// decideUntilPaid approves a refund once people are asked about it, and has it paid again
// where that has failed. While it may have been paid, it tries to reject it. The answer to an
// order may get lost, so that only the refund itself says that it was heard.
func (s *till) decideUntilPaid(o sold) {
	s.within(2*s.patience, o.workflowID()+" to be paid", func() error {
		known, err := s.refund(o)
		switch {
		case err != nil:
			return err
		case known.State == refund.Paid:
			return nil
		case known.State == refund.AwaitingApproval:
			_, err = orderRefund(s, o, "approve", "mia")
		case known.State == refund.PayFailed:
			if known.InDoubt {
				_, err = orderRefund(s, o, "reject", "mia", "why", "It was worn.")
				require.Error(s, err, "%s may have been paid", o.workflowID())
				_, err = orderRefund(s, o, "withdraw", "mia")
				require.Error(s, err, "%s may have been paid", o.workflowID())
			}
			_, err = orderRefund(s, o, "pay-again", "mia")
		}
		return errors.Join(fmt.Errorf("it is %s", known.State), err)
	})
}

// noticed is closed once a condition holds.
func (s *till) noticed(holds func() bool) <-chan struct{} {
	seen := make(chan struct{})
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if s.Context().Err() != nil {
				return
			}
			if holds() {
				close(seen)
				return
			}
		}
	}()
	return seen
}

func hangSendGrid(kind string) func(*till, []sold) <-chan struct{} {
	return func(s *till, group []sold) <-chan struct{} {
		one := group[0].sent
		require.NoError(s, s.sendgrid.Fail(sendgrid.Fault{Kind: kind, Times: 1, To: one.Recipient.Email}))
		return s.noticed(func() bool { return len(s.posts(one)) > 0 })
	}
}

func hangMerchant(kind string) func(*till, []sold) <-chan struct{} {
	return func(s *till, group []sold) <-chan struct{} {
		key := group[0].key()
		require.NoError(s, s.merchant.Fail(merchant.Fault{Kind: kind, Times: 1, Key: key}))
		return s.noticed(func() bool {
			for _, p := range s.merchant.Posts() {
				if p.Key == key {
					return true
				}
			}
			return false
		})
	}
}

func hangSendcloud(s *till, group []sold) <-chan struct{} {
	path := fmt.Sprintf("/api/v3/returns/%d", group[0].back0.ID)
	s.account.Fail(sendcloud.Fault{Path: path, Kind: sendcloud.FaultHang, Times: 1})
	return s.noticed(func() bool {
		for _, call := range s.account.Calls() {
			if strings.Contains(call, path) {
				return true
			}
		}
		return false
	})
}
