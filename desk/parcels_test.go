package desk

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
	"waybill/search"
)

// stuck is a parcel whose first mail bounced, and whose second waits for another address.
func (w *fixture) stuck() contract.ParcelRef {
	of := w.ship("demo", 868)
	w.bounces(of)
	w.clock = w.clock.Add(time.Hour)
	w.scans(of, parcel.OutForDelivery)
	return of
}

// once is the hidden field of a page that shows what would come of an order.
func once(t *testing.T, page response) string {
	t.Helper()
	found := regexp.MustCompile(`name="once" value="(\w+)"`).FindStringSubmatch(page.body)
	require.Len(t, found, 2, page.body)
	return found[1]
}

func TestFromAnOrderNumberToTheMailOnItsWay(t *testing.T) {
	w := open(t)
	of := w.stuck()
	sam := w.signedInAs("sam")
	r := sam.post("/parcels", url.Values{"q": {"1042"}})
	require.Equal(t, "/parcels?q=1042", r.header.Get("Location"))
	require.Equal(t, "/parcels/demo/868", sam.get("/parcels?q=1042").header.Get("Location"), "it is the only one")

	page := sam.get("/parcels/demo/868")
	requirePage(t, page.body)
	require.Contains(t, page.body, "No mail is sent because a mail to this address bounced. Later mails wait for another address.")
	require.Contains(t, page.body, `<a href="#change-recipient">Change recipient</a>`)

	trial := sam.post("/parcels/demo/868/change-recipient", url.Values{"email": {"jane@example.org"}, "language": {"fr"}})
	require.Equal(t, http.StatusOK, trial.code)
	requirePage(t, trial.body)
	require.Contains(t, trial.body, "<strong>Out for delivery</strong>: leaves at once")
	require.Equal(t, jane, w.recipient(of), "nothing has happened yet")
	form := url.Values{"email": {"jane@example.org"}, "language": {"fr"}, "why": {"a typing error"}, "once": {once(t, trial)}}
	r = sam.post("/parcels/demo/868/change-recipient", form)
	require.Equal(t, http.StatusSeeOther, r.code, r.body)
	page = sam.get(r.header.Get("Location"))
	require.Contains(t, page.body, "The recipient is changed.")
	require.Contains(t, page.body, "The mail “out for delivery” is being sent at the moment.")
	require.Equal(t, "jane@example.org", w.recipient(of))
	require.Equal(t, delivery.Sending, w.shipping.all[of].Mails[1].State)
	entry := w.shipping.all[of].Orders[0]
	require.Equal(t, "sam", entry.Who(), "it is proven")
	require.Equal(t, "a typing error", entry.Why)

	r = sam.post("/parcels/demo/868/change-recipient", form) // a double click
	require.Equal(t, http.StatusSeeOther, r.code)
	require.Len(t, w.shipping.all[of].Orders, 1)
}

func (w *fixture) recipient(of contract.ParcelRef) string {
	return w.shipping.all[of].MailFacts().Recipient.Email
}

func TestEachLookIsOneLineInTheLogWithoutAnAddress(t *testing.T) {
	w := open(t)
	of := w.stuck()
	key := w.shipping.all[of].Mails[0].Key
	sam := w.signedInAs("sam")
	sam.do(sam.request(http.MethodPost, "/parcels", url.Values{"q": {jane}}.Encode()))
	require.NotContains(t, w.log.String(), jane)
	for _, look := range []func(){
		func() { sam.get("/parcels/demo/868") },
		func() { sam.get("/parcels/demo/868/mails/" + key) },
		func() { w.api(http.MethodGet, "/api/parcels/demo/868", "token-of-sam", "") },
		func() {
			sam.do(sam.request(http.MethodPost, "/parcels/demo/868/change-recipient", url.Values{"email": {"new@example.org"}}.Encode()))
		},
		func() { sam.get("/parcels/demo/868/change-recipient?kept") },
		func() { sam.get("/parcels?kept") },
		func() { w.api(http.MethodGet, "/api/parcels?customer="+jane, "token-of-sam", "") },
	} {
		w.log.Reset()
		look()
		said := w.log.String()
		require.Equal(t, 1, strings.Count(said, "\n"), said)
		require.Contains(t, said, `"person":"sam"`)
		said = regexp.MustCompile(`"time":"[^"]*"|"took":\d+`).ReplaceAllString(said, "") // any number can be in these
		for _, personal := range []string{jane, "new@example.org", "Jane", "1042"} {
			require.NotContains(t, said, personal)
		}
	}
	w.log.Reset()
	sam.get("/parcels/demo/868")
	require.Contains(t, w.log.String(), `"parcel":"demo/868"`)
	require.Contains(t, w.log.String(), `"route":"/parcels/:integration/:id"`)
}

func TestAPersonSeesOnlyParcelsOfTheirIntegrations(t *testing.T) {
	w := open(t)
	w.ship("demo", 868)
	w.ship("other", 869)
	w.shipping.refunds = []recorder.ListedRefund{{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, State: refund.Paid}}
	zoe, sam, anna := w.signedInAs("zoe"), w.signedInAs("sam"), w.signedInAs("anna")
	list := zoe.get("/parcels")
	require.Contains(t, list.body, "/parcels/other/869")
	require.NotContains(t, list.body, "/parcels/demo/868")
	for _, r := range []response{
		zoe.get("/parcels/demo/868"), zoe.get("/parcels/demo/868/mails/x"), zoe.get("/parcels/demo/868/mails/x/html"), zoe.post("/parcels/demo/868/pause-mails", nil),
		w.api(http.MethodGet, "/api/parcels/demo/868", "token-of-zoe", ""), w.api(http.MethodPost, "/api/parcels/demo/868/pause-mails", "token-of-zoe", ""),
		w.api(http.MethodGet, "/api/parcels?integration=demo", "token-of-zoe", ""),
	} {
		require.Equal(t, http.StatusForbidden, r.code, r.body)
		require.NotContains(t, r.body, jane)
	}
	zoe.get("/parcels?q=868")
	require.Equal(t, []string{"other"}, w.shipping.among, "nothing is looked for elsewhere")
	require.Contains(t, anna.get("/parcels?q=1042").body, "/refunds/demo/42")
	require.NotContains(t, sam.get("/parcels?q=nothing").body, "/refunds/demo/42", "support sees no refunds")
	require.Zero(t, w.shipping.orders)
	require.Equal(t, "/sign-in", w.browser().get("/parcels/demo/868").header.Get("Location"))
}

func TestWhatNeedsAttentionComesFirst(t *testing.T) {
	w := open(t)
	needing := w.ship("demo", 1)
	w.bounces(needing)
	for i := range int64(60) {
		w.ship("demo", 100+i)
	}
	page := w.signedInAs("sam").get("/parcels")
	requirePage(t, page.body)
	rows := regexp.MustCompile(`<a href="/parcels/demo/(\d+)">`).FindAllStringSubmatch(page.body, -1)
	require.Len(t, rows, 50)
	require.Equal(t, "1", rows[0][1])
	require.Contains(t, page.body, "Mail bounced: 1")
	require.Contains(t, page.body, "There are more parcels.")
	require.Contains(t, page.body, "Parcel en route", "the newest scan")
	one := w.signedInAs("sam").get("/parcels?attention=mail+bounced&integration=demo")
	require.Len(t, regexp.MustCompile(`<a href="/parcels/demo/(\d+)">`).FindAllString(one.body, -1), 1)
}

func TestWithoutASearchKeyThePageSaysWhatToDo(t *testing.T) {
	w := open(t)
	page := w.signedInAs("sam").post("/parcels", url.Values{"q": {jane}})
	require.Equal(t, http.StatusUnprocessableEntity, page.code)
	require.Contains(t, page.body, "set WAYBILL_SEARCH_KEYS")
	requirePage(t, page.body)
	require.Equal(t, http.StatusConflict, w.api(http.MethodGet, "/api/parcels?customer="+jane, "token-of-sam", "").code)
	w.searchKeys = search.Keys{[]byte(strings.Repeat("k", 32))}
	w.ship("demo", 868)
	require.Equal(t, "/parcels/demo/868", w.signedInAs("sam").post("/parcels", url.Values{"q": {jane}}).header.Get("Location"), "no address is in an address")
}

func TestAParcelsPageSaysWhatBecameOfTheMails(t *testing.T) {
	w := open(t)
	of := w.ship("demo", 868)
	w.clock = w.clock.Add(time.Hour)
	w.scans(of, parcel.OutForDelivery)
	w.settles(of, delivery.Refused)
	p := w.shipping.all[of]
	sam := w.signedInAs("sam")
	require.Contains(t, sam.get("/parcels/demo/868").body, "Without SENDGRID_API_KEY")
	w.mailLog = provider{p.Mails[0].Key: {Kind: delivery.Deferred, At: w.clock}}
	page := sam.get("/parcels/demo/868")
	requirePage(t, page.body)
	require.NotContains(t, page.body, "Without SENDGRID_API_KEY")
	for _, want := range []string{
		"The mail “out for delivery” was not sent because it failed for good: the mailbox does not exist.",
		"SendGrid: deferred, ", jane, "Je pakket van Demo Shop is onderweg", "shipped, in Dutch",
		"https://temporal.shop.example/namespaces/default/workflows/parcel:demo:868", "https://carrier.example/JJD1",
		"Send again", "Retry mail", "Drop mail", "There are no orders.", "Given up: no scan for too long",
	} {
		require.Contains(t, page.body, want)
	}

	mail := sam.get("/parcels/demo/868/mails/" + p.Mails[0].Key)
	requirePage(t, mail.body)
	require.Contains(t, mail.body, `sandbox=""`)
	require.Contains(t, mail.body, "Waybill keeps no copy of it")
	require.Contains(t, mail.header.Get("Content-Security-Policy"), "frame-src 'self'")
	frame := sam.get("/parcels/demo/868/mails/" + p.Mails[0].Key + "/html")
	require.Contains(t, frame.body, "<!doctype html")
	require.Contains(t, frame.header.Get("Content-Security-Policy"), "sandbox")
	require.Equal(t, http.StatusNotFound, sam.get("/parcels/demo/868/mails/unknown").code)
}

func TestEveryOrderOfThePageIsTriedFirst(t *testing.T) {
	for name, c := range map[string]struct {
		fields url.Values
		shows  string
		state  func(p *parcel.Parcel) bool
	}{
		"pause-mails": {nil, "No mail leaves now.", func(p *parcel.Parcel) bool { return p.Paused }},
		"send-again":  {url.Values{"keys": {"first"}}, "<strong>Shipped</strong>: leaves at once", func(p *parcel.Parcel) bool { return len(p.Mails) == 3 }},
		"retry-mails": {url.Values{"keys": {"second"}}, "<strong>Out for delivery</strong>: leaves at once", func(p *parcel.Parcel) bool { return p.Mails[1].State == delivery.Sending }},
		"drop-mails":  {nil, "<strong>Out for delivery</strong>: does not leave (the mailbox does not exist)", func(p *parcel.Parcel) bool { return p.Mails[1].State == delivery.Dropped }},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			of := w.ship("demo", 868)
			w.clock = w.clock.Add(time.Hour)
			w.scans(of, parcel.OutForDelivery)
			w.settles(of, delivery.Refused)
			p := w.shipping.all[of]
			for i, key := range c.fields["keys"] {
				c.fields["keys"][i] = map[string]string{"first": p.Mails[0].Key, "second": p.Mails[1].Key}[key]
			}
			sam := w.signedInAs("sam")
			trial := sam.post("/parcels/demo/868/"+name, c.fields)
			requirePage(t, trial.body)
			require.Contains(t, trial.body, c.shows)
			require.Zero(t, w.shipping.orders)
			require.False(t, c.state(w.shipping.all[of]))
			form := url.Values{"once": {once(t, trial)}, "keys": c.fields["keys"]}
			require.Equal(t, http.StatusSeeOther, sam.post("/parcels/demo/868/"+name, form).code)
			require.True(t, c.state(w.shipping.all[of]))
		})
	}
}

func TestAnOrderThatIsRefusedSaysWhy(t *testing.T) {
	w := open(t)
	of := w.ship("demo", 868)
	sam := w.signedInAs("sam")
	page := sam.post("/parcels/demo/868/change-recipient", url.Values{"email": {"<script>"}})
	require.Equal(t, http.StatusConflict, page.code)
	require.Contains(t, page.body, "No mail can be sent to the new address")
	require.Contains(t, page.body, `value="&lt;script&gt;"`)
	requirePage(t, page.body)
	require.Contains(t, sam.post("/parcels/demo/868/resume-mails", nil).body, "The mails of this parcel are not paused.")
	require.Equal(t, http.StatusNotFound, sam.post("/parcels/demo/868/continue-as-new", nil).code, "that is for operators")
	w.shipping.silent = fmt.Errorf("no worker")
	require.Equal(t, http.StatusServiceUnavailable, sam.post("/parcels/demo/868/pause-mails", nil).code)
	w.shipping.silent = nil
	w.shipping.all[of].Closed = true
	closed := sam.get("/parcels/demo/868")
	require.Contains(t, closed.body, "there is nothing to order")
	require.NotContains(t, closed.body, "Send again")
	requirePage(t, closed.body)
	require.Equal(t, http.StatusConflict, sam.post("/parcels/demo/868/pause-mails", nil).code)
}

// What customers and carriers write is text.
func TestNothingInAParcelIsMarkup(t *testing.T) {
	const hostile = `"><script>alert(1)</script>`
	w := open(t)
	of := w.ship("demo", 868, func(s *parcel.Scan) {
		s.Status, s.Facts.OrderNumber, s.Facts.TrackingNumber, s.Facts.Recipient.Name = hostile, hostile, hostile, hostile
		s.Facts.TrackingURL = "javascript:alert(1)"
	})
	sam := w.signedInAs("sam")
	key := w.shipping.all[of].Mails[0].Key
	for _, r := range []response{
		sam.get("/parcels"), sam.get("/parcels/demo/868"), sam.get("/parcels/demo/868/mails/" + key), sam.get("/parcels/demo/868/mails/" + key + "/html"),
		sam.get("/parcels?q=" + url.QueryEscape(hostile)), sam.get("/parcels?attention=" + url.QueryEscape(hostile) + "&phase=" + url.QueryEscape(hostile)),
		sam.post("/parcels/demo/868/change-recipient", url.Values{"name": {hostile}}), sam.get("/parcels/demo/868?done=" + url.QueryEscape(hostile)),
	} {
		require.NotContains(t, r.body, "<script")
		require.NotContains(t, r.body, `href="javascript:`)
	}
}
