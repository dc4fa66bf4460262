package console

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/archive"
	"waybill/delivery"
	"waybill/refund"
)

// shown is what show prints, without the blanks at the ends of lines.
func shown(t *testing.T, r refund.Refund, personal bool) string {
	t.Helper()
	var said strings.Builder
	require.NoError(t, showRefund(&said, r, personal))
	return regexp.MustCompile(` +\n`).ReplaceAllString(said.String(), "\n")
}

func TestShowPrintsEverythingAboutARefund(t *testing.T) {
	r := approved(t, requested(t), "anna", nine.Add(time.Hour))
	r.Mails = []refund.Mail{
		{About: refund.Deed{Nr: 2, What: refund.TellReceived}, State: delivery.Accepted, Decided: nine.Add(2 * time.Minute), Tries: 1},
		{
			About: refund.Deed{Nr: 4, What: refund.AskApproval, Person: "anna"}, State: delivery.Parked, Decided: nine.Add(3 * time.Minute),
			Why: "no such address", Tries: 2, Unproven: 1,
		},
	}
	require.Equal(t, `Refund 7001 of my-shop: awaiting second, EUR 300.00.
Waiting since Mon 2 Nov 2026, 10:00 UTC for the approvers to decide; 1 of 2 have approved.
If nothing happens, on Tue 3 Nov 2026, 10:00 UTC: those who were asked are reminded.
The legal deadline is not running yet: neither the goods nor proof of posting has arrived.
All times are UTC.
The customer's name, address and message are left out: --personal shows them. What people wrote to each other stands in the decision log.

FACT                                       VALUE
Amount                                     EUR 300.00
Order value                                EUR 320.00
Order number                               1042
Ordered                                    Fri 23 Oct 2026, 09:00 UTC
Customer                                   (left out)
Country                                    NL
Earlier refunds of the customer            1
Refunds approved by the rules in 24 hours  0
Wants                                      money
Notice of withdrawal                       Mon 2 Nov 2026, 09:00 UTC
Reported by                                Sendcloud’s webhook

EVIDENCE                VALUE
Reason                  damaged: too small
The customer wrote      (left out)
Known to Sendcloud      yes
Refunded in the panel   no
Parcel to the customer  364000001
Parcel back             364000002

THE RULES SAID            BECAUSE
2 people have to approve  EUR 300.00 is more than EUR 50.00
                          the reason is damaged

APPROVED BY  AT               AMOUNT
anna         Mon 2 Nov 10:00  EUR 300.00

MAIL                                   STATE     AT               REMARK
to the customer: we have your request  accepted  Mon 2 Nov 09:02
to anna: please decide                 parked    Mon 2 Nov 09:03  2 tries; no such address; may have been sent: no answer to 1 try

LINE  AT                   WHAT                              BY              STATE              AMOUNT             POLICY       WHY
1     2026-11-02 09:00:00  requested                         return_created  requested          an unknown amount  v1 9f86d081
2     2026-11-02 09:01:00  gathered                          Sendcloud       requested          EUR 300.00         v1 9f86d081  amount, order value, customer, customer's refunds, the return itself, no refund in the panel, the shop's refunds
3     2026-11-02 09:01:00  asked for approval                the rules       awaiting approval  EUR 300.00         v1 9f86d081  EUR 300.00 is more than EUR 50.00; the reason is damaged
4     2026-11-02 10:00:00  approved, and asked for a second  anna (API)      awaiting second    EUR 300.00         v1 9f86d081

The decision log is intact. The hash of its last line is `+r.Receipt[3].Hash+"\n", shown(t, r, false))
}

func TestShowNamesTheCustomerOnlyIfAsked(t *testing.T) {
	for _, personal := range []string{"Jane Doe", "jane.doe@example.com", "Main Street"} {
		require.NotContains(t, shown(t, requested(t), false), personal)
		require.Contains(t, shown(t, requested(t), true), personal)
	}
	require.NotContains(t, shown(t, requested(t), true), "left out")
	r := requested(t)
	archive.WithoutCustomer(r)
	require.Equal(t, "Jane Doe", r.Facts.Customer.Name)
}

func TestARefundAsJSONHasNoAddressOfTheCustomerEither(t *testing.T) {
	r := happen(t, refund.Refund{Integration: "my-shop", ReturnID: 7001}, nine, func(r *refund.Refund, p refund.Policy) error {
		r.Request(refund.Facts{Source: refund.FromReturnCreated, Customer: refund.Customer{Email: "jane@example.com"}}, p, nine)
		r.Gathered(refund.Facts{Customer: refund.Customer{Email: "jane.doe@example.com"}}, "", p, nine)
		return nil
	})
	require.Equal(t, "jane.doe@example.com", r.Facts.CustomerAtSendcloud)
	require.NotContains(t, asJSON(t, r), "@example.com")
}

func TestShowPrintsClockAndPayment(t *testing.T) {
	said := shown(t, paid(t), false)
	require.Contains(t, said, "Refund 7001 of my-shop: paid, EUR 300.00.\n")
	require.Contains(t, said, "PAYMENT  TIMES ASKED  REFERENCE\npaid     1            pay-1\n")
	require.NotContains(t, said, "The legal deadline", "its clock never ran, and need not")

	r := happen(t, requested(t), nine.AddDate(0, 0, 1), func(r *refund.Refund, p refund.Policy) error {
		r.Posted(nine.AddDate(0, 0, 1), p, nine.AddDate(0, 0, 1))
		return r.Follow("reassign", withFlags("anna", "to", "ben"), p, nine.AddDate(0, 0, 1))
	})
	said = shown(t, r, false)
	require.Contains(t, said, "Waiting since Tue 3 Nov 2026, 09:00 UTC for ben to decide (others may decide too)")
	require.Contains(t, said, "The legal deadline for paying is Tue 17 Nov 2026, 09:00 UTC.")

	r = happen(t, r, nine.AddDate(0, 0, 12), func(r *refund.Refund, p refund.Policy) error {
		r.Advance(p, nine.AddDate(0, 0, 12))
		return nil
	})
	said = shown(t, r, false)
	require.Contains(t, said, "for the managers to decide")
	require.Contains(t, said, "Needs attention: 10 of 14 legal days are over.\n")
}

func TestShowSaysThatAReceiptIsNotWhole(t *testing.T) {
	r := paid(t)
	r.Receipt[3].By = refund.Author{Person: "ben", Via: refund.ViaAPI}
	require.Contains(t, shown(t, r, false), "\nThe decision log is NOT intact: line 4 of the decision log is not as it was written.\n")
	r.Receipt = nil
	require.Contains(t, shown(t, r, false), "The hash of its last line is none: it is empty")
}

func TestWhatPeopleWroteStaysOnItsLine(t *testing.T) {
	r := requested(t)
	r.Facts.Message = "one\ntwo\t\x1b[31mred\u202e\u0085 é 漢"
	said := shown(t, r, true)
	require.Contains(t, said, "The customer wrote      one two  [31mred   é 漢\n")
	require.NotContains(t, said, "\x1b")
}
