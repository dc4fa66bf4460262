package console

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// shown is what show prints, without the blanks at the ends of lines.
func shown(t *testing.T, r refund.Refund, personal bool) string {
	t.Helper()
	if !personal {
		r = nameless(r)
	}
	var said strings.Builder
	require.NoError(t, showRefund(&said, r, personal))
	return regexp.MustCompile(` +\n`).ReplaceAllString(said.String(), "\n")
}

func TestShowTellsAllOfARefund(t *testing.T) {
	r := approved(t, requested(t), "anna", nine.Add(time.Hour))
	r.Mails = []refund.Mail{
		{Deed: refund.Deed{Nr: 2, What: refund.TellReceived}, State: refund.MailAccepted, At: nine.Add(2 * time.Minute)},
		{Deed: refund.Deed{Nr: 4, What: refund.AskApproval, Person: "anna"}, State: refund.MailGivenUp, At: nine.Add(3 * time.Minute), Why: "no such address", Unproven: 1},
	}
	require.Equal(t, `Refund 7001 of my-shop: awaiting second, EUR 300.00. It is the turn of: approver.
All times are UTC.
The customer's name, address and message are left out: --personal shows them. What people wrote to each other stands in the receipt.

FACT                      VALUE
told by                   return_created
amount                    EUR 300.00
order value               EUR 320.00
order                     1042
ordered                   Fri 23 Oct 09:00
wishes for                money
reason                    damaged
reason in words           too small
notice                    Mon 2 Nov 09:00
outgoing parcel           364000001
return parcel             364000002
customer's country        NL
customer's refunds        1
the shop's refunds today  0

THE RULES SAID            BECAUSE
2 people have to approve  EUR 300.00 is more than EUR 50.00
                          the reason is damaged

APPROVED BY  AT               AMOUNT
anna         Mon 2 Nov 10:00  EUR 300.00

MAIL                                   STATE     AT               REMARK
to the customer: we have your request  accepted  Mon 2 Nov 09:02
to anna: please decide                 given up  Mon 2 Nov 09:03  no such address; it may be there twice

CLOCK               AT
decision asked for  Mon 2 Nov 10:00
legal deadline      stands: neither the goods nor proof of posting are there
rings next          Tue 3 Nov 10:00

LINE  AT                   WHAT                              BY                   STATE              AMOUNT             POLICY       WHY
1     2026-11-02 09:00:00  requested                         return_created       requested          an unknown amount  v1 9f86d081
2     2026-11-02 09:01:00  gathered                          Sendcloud            requested          EUR 300.00         v1 9f86d081  amount, order value, customer
3     2026-11-02 09:01:00  asked for approval                the rules            awaiting approval  EUR 300.00         v1 9f86d081  EUR 300.00 is more than EUR 50.00; the reason is damaged
4     2026-11-02 10:00:00  approved, and asked for a second  anna (command line)  awaiting second    EUR 300.00         v1 9f86d081

The receipt is whole. The hash of its last line is `+r.Receipt[3].Hash+"\n", shown(t, r, false))
}

func TestShowNamesTheCustomerOnlyIfAsked(t *testing.T) {
	for _, personal := range []string{"Jane Doe", "jane.doe@example.com", "Main Street"} {
		require.NotContains(t, shown(t, requested(t), false), personal)
		require.Contains(t, shown(t, requested(t), true), personal)
	}
	require.NotContains(t, shown(t, requested(t), true), "left out")
	r := requested(t)
	nameless(r)
	require.Equal(t, "Jane Doe", r.Facts.Customer.Name)
}

func TestShowTellsOfClockAndPayment(t *testing.T) {
	said := shown(t, paid(t), false)
	require.Contains(t, said, "Refund 7001 of my-shop: paid, EUR 300.00.\n")
	require.Contains(t, said, "PAYMENT  TIMES ASKED  REFERENCE\npaid     1            pay-1\n")
	require.NotContains(t, said, "legal deadline", "its clock never ran, and need not")

	r := happen(t, requested(t), nine.AddDate(0, 0, 1), func(r *refund.Refund, p refund.Policy) error {
		r.Posted(nine.AddDate(0, 0, 1), p, nine.AddDate(0, 0, 1))
		return r.Reassign(refund.Said{By: "anna", Via: refund.ViaCLI}, "ben", p, nine.AddDate(0, 0, 1))
	})
	said = shown(t, r, false)
	require.Contains(t, said, "It is the turn of: ben (approver).")
	require.Contains(t, said, "goods posted        Tue 3 Nov 09:00\nlegal deadline      Tue 17 Nov 09:00\n")

	r = happen(t, r, nine.AddDate(0, 0, 12), func(r *refund.Refund, p refund.Policy) error {
		r.Advance(p, nine.AddDate(0, 0, 12))
		return nil
	})
	said = shown(t, r, false)
	require.Contains(t, said, "It is the turn of: manager. Somebody should look: 10 of 14 legal days are over.")
	require.Contains(t, said, "reminders           11\n")
}

func TestShowSaysThatAReceiptIsNotWhole(t *testing.T) {
	r := paid(t)
	r.Receipt[3].By = "ben (command line)"
	require.Contains(t, shown(t, r, false), "\nThe receipt is NOT whole: line 4 of the receipt is not as it was written.\n")
	r.Receipt = nil
	require.Contains(t, shown(t, r, false), "The hash of its last line is none: it is empty")
}

func TestWhatPeopleWroteStaysOnItsLine(t *testing.T) {
	r := requested(t)
	r.Facts.Message = "one\ntwo\t\x1b[31mred\u202e\u0085 é 漢"
	said := shown(t, r, true)
	require.Contains(t, said, "customer's message        one two  [31mred   é 漢\n")
	require.NotContains(t, said, "\x1b")
}
