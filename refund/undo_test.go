package refund_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// The link of a mail decides again after an undo. The mark of an order that a program may send twice
// stays used: its copy must not approve what was undone.
func TestAnUndoFreesTheMailedLinkAndNothingElse(t *testing.T) {
	p := live()
	p.Undo = 2 * time.Minute
	for via, used := range map[refund.Via]bool{refund.ViaLink: false, refund.ViaAPI: true} {
		r := in(t, refund.AwaitingApproval, p, known(t, "EUR 60.00"))
		said := refund.Said{By: "anna", Via: via, Link: "one", Proof: "p1"}
		require.NoError(t, r.Follow("approve", refund.Input{Said: said}, p, monday))
		require.Equal(t, refund.Approved, r.State)
		undo := refund.Said{By: "anna", Via: via, Proof: "p2"}
		if via == refund.ViaLink {
			undo.Link = "one"
		}
		require.NoError(t, r.Follow("undo-approval", refund.Input{Said: undo}, p, monday))
		said.Proof = "p3"
		err := r.Follow("approve", refund.Input{Said: said}, p, monday)
		require.Equal(t, used, err != nil, via)
	}
}
