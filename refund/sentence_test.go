package refund_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

func TestALineOfTheDecisionLogIsASentence(t *testing.T) {
	at := time.Date(2026, 11, 12, 14, 2, 0, 0, time.UTC)
	anna := func(via refund.Via) refund.Author { return refund.Author{Person: "anna", Via: via} }
	for says, e := range map[string]refund.Entry{
		"anna approved EUR 79.90 on Thu 12 Nov 2026, 14:02 UTC, by a mailed link.":                      {What: "approved", By: anna(refund.ViaLink)},
		"anna approved EUR 79.90 as the first of two on Thu 12 Nov 2026, 14:02 UTC, on the page.":       {What: "approved, and asked for a second", By: anna(refund.ViaPage)},
		"anna undid the approval on Thu 12 Nov 2026, 14:02 UTC, by the API.":                            {What: "approval undone", By: anna(refund.ViaAPI)},
		"anna asked ben to decide on Thu 12 Nov 2026, 14:02 UTC, through Temporal, unproven.":           {What: "given to ben", By: anna("through Temporal, unproven")},
		"anna was refused the order approve on Thu 12 Nov 2026, 14:02 UTC, through Temporal, unproven.": {What: "refused: approve", By: anna("through Temporal, unproven")},
		"The rules approved EUR 79.90 on Thu 12 Nov 2026, 14:02 UTC.":                                   {What: "approved", By: refund.Author{Machine: "the rules"}},
		"The shop's endpoint paid EUR 79.90 on Thu 12 Nov 2026, 14:02 UTC.":                             {What: "paid", By: refund.Author{Machine: "the shop's endpoint"}},
		"The shop's endpoint reported an earlier payment of EUR 79.90 on Thu 12 Nov 2026, 14:02 UTC.":   {What: "paid before", By: refund.Author{Machine: "the shop's endpoint"}},
		"The return was marked as refunded in Sendcloud's panel on Thu 12 Nov 2026, 14:02 UTC.":         {What: "paid in the panel", By: refund.Author{Machine: "Sendcloud"}},
		"A mail to ben came back on Thu 12 Nov 2026, 14:02 UTC.":                                        {What: "not reached: ben", By: refund.Author{Machine: "the mail provider"}},
	} {
		e.At, e.Amount = at, "EUR 79.90"
		require.Equal(t, says, e.Sentence().String())
	}
}
