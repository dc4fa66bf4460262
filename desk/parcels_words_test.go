package desk

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
)

func TestTheLogOfOrdersNamesThemAsTheButtonsDo(t *testing.T) {
	w := open(t)
	w.ship("demo", 868)
	sam := w.signedInAs("sam")
	trial := sam.post("/parcels/demo/868/pause-mails", nil)
	require.Equal(t, http.StatusSeeOther, sam.post("/parcels/demo/868/pause-mails", url.Values{"once": {once(t, trial)}}).code)
	page := sam.get("/parcels/demo/868").body
	require.Contains(t, page, `<strong>Pause mails</strong>`)
	require.NotContains(t, page, "PauseMails")
}

func TestAMailThatBouncedIsMarked(t *testing.T) {
	const mark = `<span class="tag alarm">Bounced</span>`
	w := open(t)
	of := w.ship("demo", 868)
	sam := w.signedInAs("sam")
	require.NotContains(t, sam.get("/parcels/demo/868").body, mark)
	w.mailLog = provider{w.shipping.all[of].Mails[0].Key: {Kind: delivery.Bounced, At: w.clock}}
	require.Contains(t, sam.get("/parcels/demo/868").body, mark, "only the log knows")
	w.mailLog = nil
	w.bounces(of)
	page := sam.get("/parcels/demo/868").body
	require.Contains(t, page, mark)
	require.Contains(t, page, "bounced "+delivery.Moment(w.clock), "with the time zone")
}

func TestATrialSaysToWhomAMailLeaves(t *testing.T) {
	w := open(t)
	of := w.stuck()
	sam := w.signedInAs("sam")
	trial := sam.post("/parcels/demo/868/change-recipient", url.Values{"email": {"jane@example.org"}})
	require.Contains(t, trial.body, "leaves at once, to <bdi>jane@example.org</bdi>")
	again := sam.post("/parcels/demo/868/send-again", url.Values{"keys": {w.shipping.all[of].Mails[0].Key}})
	require.NotContains(t, again.body, "leaves at once, to <bdi>jane@example.org</bdi>", "nothing was changed")
}

func TestThePagesSayThatAnIntegrationHasAProblem(t *testing.T) {
	w := open(t)
	of := w.ship("demo", 868)
	sam := w.signedInAs("sam")
	for why, says := range map[contract.Attention]string{
		contract.MailsNotSent:       "No mail of demo leaves at the moment: SendGrid refuses the key or the sender. The mails wait, and leave by themselves once that is corrected.",
		contract.WebhookSwitchedOff: "Sendcloud’s webhook of demo is switched off. Parcels may be further than Waybill knows.",
	} {
		w.shipping.attention = why
		for _, path := range []string{"/parcels", "/parcels/demo/868"} {
			page := sam.get(path)
			requirePage(t, page.body)
			require.Contains(t, page.body, says, path)
		}
	}
	w.scans(of, parcel.OutForDelivery)
	mails := w.shipping.all[of].Mails
	mails[len(mails)-1].State = delivery.Sending
	w.shipping.attention = ""
	require.Contains(t, sam.get("/parcels/demo/868").body, "is being sent at the moment")
	w.shipping.attention = contract.MailsNotSent
	require.NotContains(t, sam.get("/parcels/demo/868").body, "is being sent at the moment")
	w.shipping.all[of].Closed = true
	require.NotContains(t, sam.get("/parcels/demo/868").body, "is switched off", "it does not matter any more")
	w.shipping.attention = ""
	require.NotContains(t, sam.get("/parcels").body, "of demo")
	for _, why := range contract.IntegrationAttentions() {
		require.NotEmpty(t, concern("demo", why), why)
	}
}

func TestParcelsAreChosenByAReasonOfTheList(t *testing.T) {
	w := open(t)
	w.ship("demo", 868)
	page := w.signedInAs("sam").get("/parcels?attention=held+in+customs").body
	for _, why := range parcel.Attentions() {
		require.Contains(t, page, `<option value="`+string(why)+`"`)
	}
	require.Contains(t, page, `<option value="held in customs" selected>`)
	require.Contains(t, w.signedInAs("sam").get("/parcels?attention=of+another+version").body, `<option value="of another version" selected>`)
}

func TestWithoutAnAnswerThePageOffersToTryAgain(t *testing.T) {
	w := open(t)
	w.ship("demo", 868)
	w.shipping.silent = errors.New("no worker")
	page := w.signedInAs("sam").get("/parcels/demo/868")
	require.Equal(t, http.StatusServiceUnavailable, page.code)
	requirePage(t, page.body)
	require.Contains(t, page.body, `<a class="button" href="/parcels/demo/868">Try again</a>`)
	require.Contains(t, page.body, "If there is no answer then either, tell the people who run Waybill.")
}

// A person may open the address of such a page anew, as after signing in again.
func TestThePageOfATrialLeadsBackToTheParcel(t *testing.T) {
	w := open(t)
	w.ship("demo", 868)
	sam := w.signedInAs("sam")
	r := sam.get("/parcels/demo/868/pause-mails")
	require.Equal(t, http.StatusSeeOther, r.code, r.body)
	require.Equal(t, "/parcels/demo/868", r.header.Get("Location"))
	require.Equal(t, http.StatusNotFound, sam.get("/parcels/demo/868/nothing").code)
}

func TestThePageOfAMailSaysWhenItWasAccepted(t *testing.T) {
	w := open(t)
	of := w.ship("demo", 868)
	w.clock = w.clock.Add(time.Hour)
	w.scans(of, parcel.OutForDelivery)
	w.settles(of, delivery.Refused)
	sam, mails := w.signedInAs("sam"), w.shipping.all[of].Mails
	page := sam.get("/parcels/demo/868/mails/" + mails[0].Key).body
	requirePage(t, page)
	require.Contains(t, page, "SendGrid accepted it on ")
	require.Contains(t, page, delivery.Moment(mails[0].Done))
	require.Contains(t, sam.get("/parcels/demo/868/mails/"+mails[1].Key).body, "It is parked, and was decided on ")
}
