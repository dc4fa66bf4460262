package refund_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// listing are those whose daily digest lists a refund.
func listing(r *refund.Refund, p refund.Policy) (names []string) {
	for _, person := range p.People {
		if r.InDigest(person.Name, p) {
			names = append(names, person.Name)
		}
	}
	return names
}

func withDigest(p refund.Policy, names ...string) refund.Policy {
	for i := range p.People {
		for _, name := range names {
			p.People[i].Digest = p.People[i].Digest || p.People[i].Name == name
		}
	}
	return p
}

func TestWhoHasADigestGetsNoMailForEachRefund(t *testing.T) {
	p := live()
	p.People = p.People[1:3] // ben and mia, a manager
	p = withDigest(p, "mia")
	r := waiting(t, p, known(t, "EUR 60.00"))
	require.Equal(t, []string{"mia"}, listing(&r, p))
	require.Equal(t, []string{"remind ben"}, after(t, &r, p, day))
	require.Empty(t, after(t, &r, p, 3*day), "mia, the only manager, has a digest")
	require.Equal(t, []string{"mia"}, listing(&r, p))
	require.Equal(t, []string{"mia"}, listing(&r, withDigest(p, "ben")), "it is a manager's turn")
}

// The first mail of an escalation comes at once; the digests remind of it from then on.
func TestWhatWasEscalatedIsInTheDigestsOfManagers(t *testing.T) {
	p := live()
	p.People = p.People[1:3]
	r := waiting(t, p, known(t, "EUR 60.00"))
	for _, at := range []time.Duration{0, 2 * day, 3*day - time.Second} {
		after(t, &r, p, at)
		require.Empty(t, listing(&r, p), "%s", at)
	}
	require.Equal(t, []string{"escalate to mia"}, after(t, &r, p, 3*day))
	require.Equal(t, []string{"mia"}, listing(&r, p))
	require.Empty(t, after(t, &r, p, 9*day))
	require.Equal(t, []string{"mia"}, listing(&r, p))
}

func TestADigestListsWhatWaitsForItsReaderOnly(t *testing.T) {
	p := withDigest(live(), "anna", "ben", "mia", "max")
	r := waiting(t, p, known(t, "EUR 60.00"))
	require.Equal(t, []string{"anna", "ben", "mia", "max"}, listing(&r, p))
	require.False(t, r.InDigest("eve", p), "she is not in the policy")
	asked := r
	asked.Holder = "ben"
	require.Equal(t, []string{"ben"}, listing(&asked, p), "one person is asked")
	answer := r
	answer.State = refund.NeedsInfo
	require.Empty(t, listing(&answer, p), "the customer is to answer")
	own := r
	own.Facts.RequestedBy = "ben"
	require.NotContains(t, listing(&own, p), "ben", "nobody approves their own request")
	over := r
	over.State = refund.Rejected
	require.Empty(t, listing(&over, p))
}
