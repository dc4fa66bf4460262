package parcel_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/parcel"
)

// live is a policy under which no mail waits for anything.
func live() parcel.Policy {
	p := parcel.DefaultPolicy()
	p.Mode, p.Hold, p.Cap, p.QuietFrom = parcel.Live, 0, 0, p.QuietTo
	return p
}

// take has a scan happen to a parcel, and returns the line of the ledger.
func take(p *parcel.Parcel, s parcel.Scan, policy parcel.Policy, now time.Time) parcel.Entry {
	step(p, policy, now, func() { p.Take(s, policy, now) })
	return p.Ledger[len(p.Ledger)-1]
}

func step(p *parcel.Parcel, policy parcel.Policy, now time.Time, happens func()) {
	_ = p.Step(policy, now, func() error { happens(); return nil })
}

// order has an order followed.
func order(t *testing.T, p *parcel.Parcel, name string, in parcel.Input, policy parcel.Policy, now time.Time) []parcel.Judged {
	t.Helper()
	answer, err := p.Follow(orderNamed(t, name), in, policy, now)
	require.NoError(t, err)
	return answer.Mails
}

func orderNamed(t *testing.T, name string) parcel.Order {
	t.Helper()
	i := slices.IndexFunc(parcel.Orders(), func(o parcel.Order) bool { return o.Name == name })
	require.GreaterOrEqual(t, i, 0, "there is no order %s", name)
	return parcel.Orders()[i]
}

// settle says what the try of the mail came to that is being sent.
func settle(t *testing.T, p *parcel.Parcel, policy parcel.Policy, now time.Time, verdict delivery.Verdict, messageID string) {
	t.Helper()
	m := p.Mails.Sending()
	require.NotNil(t, m, "nothing is being sent")
	step(p, policy, now, func() {
		p.Settle(m.Key, delivery.Outcome{Verdict: verdict, MessageID: messageID, Why: "because"}, parcel.Claim{}, now)
	})
}

func scanOf(phase parcel.Phase, at time.Time) parcel.Scan {
	return parcel.Scan{
		StatusID: statusID(string(phase)), Phase: phase, At: at,
		Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane.doe@example.com"}},
	}
}

// through is a parcel that went through these phases, an hour each, under a policy.
func through(t *testing.T, policy parcel.Policy, phases ...parcel.Phase) (parcel.Parcel, time.Time) {
	t.Helper()
	p, at := parcel.Parcel{Integration: "demo", ID: 1}, monday(t, "09:00")
	for i, phase := range phases {
		at = monday(t, "09:00").Add(time.Duration(i) * time.Hour)
		take(&p, scanOf(phase, at), policy, at)
	}
	return p, at
}

// states are where the mails are, oldest first.
func states(p parcel.Parcel) []delivery.State {
	var all []delivery.State
	for _, m := range p.Mails {
		all = append(all, m.State)
	}
	return all
}
