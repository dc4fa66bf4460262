package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/refund"
)

// asking is a refund that people were asked about, and the mails that asked them.
func asking(t *testing.T, names ...string) (refund.Refund, []sendgrid.Mail) {
	t.Helper()
	amount, err := refund.ParseMoney("120.00", "EUR")
	require.NoError(t, err)
	r := refund.Refund{
		Integration: integration, ReturnID: 42, State: refund.AwaitingApproval, Facts: refund.Facts{Amount: amount}, Terms: refund.Terms{Approvals: 1},
		Mails: []refund.Mail{{Key: "received", About: refund.Deed{Nr: 1, What: refund.TellReceived}, State: delivery.Accepted}},
	}
	mails := []sendgrid.Mail{{ID: 1, To: "jane.doe@example.com", CustomArgs: map[string]string{"waybill_key": "another"}}}
	for i, name := range names {
		d := refund.Deed{Nr: i + 2, What: refund.AskApproval, Person: name}
		r.Mails = append(r.Mails, refund.Mail{Key: name, About: d, State: delivery.Accepted})
		mails = append(mails, sendgrid.Mail{ID: i + 2, To: name + "@demo-shop.example", CustomArgs: map[string]string{"waybill_key": name}})
	}
	return r, mails
}

func TestANewcomerIsToldHowToDecide(t *testing.T) {
	s := state{Ports: ports{Temporal: 7233, UI: 8233, Ingress: 8080, SendGrid: 8025}, Tokens: map[string]string{"anna": "the-token-of-anna"}}
	r, mails := asking(t, "anna", "ben", "mia")
	tell := func() string {
		var out strings.Builder
		require.NoError(t, tellNext(&out, s, r, mails))
		return out.String()
	}
	require.Equal(t, `
  EUR 120.00: anna, ben and mia were asked, and one of them decides, in any of these ways:
    the link in the mail to anna                 http://127.0.0.1:8025/mails/2
    the link in the mail to ben                  http://127.0.0.1:8025/mails/3
    the link in the mail to mia                  http://127.0.0.1:8025/mails/4
    the refund pages, as anna@demo-shop.example  http://127.0.0.1:8080/refunds
    the command line, as anna                    WAYBILL_TOKEN=the-token-of-anna WAYBILL_PUBLIC_URL=http://127.0.0.1:8080 bin/waybill refunds approve demo 42
  http://127.0.0.1:8233/namespaces/default/workflows/refund:demo:42
`, tell())
	s.Tokens, r.Terms.Approvals = nil, 2
	require.Contains(t, tell(), "2 of them have to approve")
	require.NotContains(t, tell(), "the command line", "a policy of their own")
	r.Terms.Approvals = 1

	r.Mails, mails = r.Mails[:2], mails[:2]
	require.Contains(t, tell(), "EUR 120.00: anna was asked, and decides in any of these ways:")
	r.Terms.Approvals = 2
	require.Contains(t, tell(), "EUR 120.00: anna was asked, and 2 people have to approve, in any of these ways:")

	r.Mails = nil
	require.Contains(t, tell(), "Nobody may approve it")
	r.State = refund.Observed
	require.Contains(t, tell(), "That is what would have been done")
	r.State = refund.Paid
	require.Equal(t, "  http://127.0.0.1:8233/namespaces/default/workflows/refund:demo:42\n", tell())
}

func TestARefundIsSettledWhenPeopleWereAsked(t *testing.T) {
	r, _ := asking(t, "anna")
	require.True(t, settled(r))
	r.Mails[1].State = delivery.Sending
	require.False(t, settled(r))
	r.Mails[1].State, r.State = delivery.Accepted, refund.Paying
	require.False(t, settled(r))
	r.State = refund.Paid
	require.True(t, settled(r))
}

func TestRefundsArePlayedByName(t *testing.T) {
	all, err := choose(nil, "", time.Now())
	require.NoError(t, err)
	require.Len(t, all, len(sendcloud.Journeys))
	last := all[len(all)-1]
	require.Equal(t, "refund", last.journey.Name, "without names")
	for _, r := range sendcloud.Refunds {
		chosen, err := choose([]string{r.Name}, "", time.Now())
		require.NoError(t, err)
		require.Equal(t, r.Total, chosen[0].sold.Return.Total)
	}
	_, err = choose([]string{"refund-three"}, t.TempDir(), time.Now())
	require.ErrorContains(t, err, "refund-two")
}
