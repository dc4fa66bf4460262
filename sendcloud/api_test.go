package sendcloud_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
	"waybill/sendcloud"
)

// panel is Sendcloud as far as a test needs it: it gives its answers one after
// the other, the last one again and again, and keeps what it was asked.
type panel struct {
	*httptest.Server
	answers []answer

	mu    sync.Mutex
	calls []string
}

// asked are the calls so far, as method and address.
func (p *panel) asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// answer is one answer; a code of 0 cuts the connection.
type answer struct {
	code   int
	header string
	body   string
}

func newPanel(t *testing.T, answers ...answer) *panel {
	t.Helper()
	p := &panel{answers: answers}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		a := p.answers[min(len(p.calls), len(p.answers)-1)]
		p.calls = append(p.calls, r.Method+" "+r.URL.RequestURI())
		p.mu.Unlock()
		user, password, _ := r.BasicAuth()
		switch {
		case user != "public" || password != "secret":
			w.WriteHeader(http.StatusUnauthorized)
			return
		case a.code == 0:
			panic(http.ErrAbortHandler)
		}
		if name, value, ok := strings.Cut(a.header, ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(a.code)
		_, _ = w.Write([]byte(a.body))
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *panel) api(t *testing.T, version string) sendcloud.API {
	t.Helper()
	api, err := sendcloud.NewAPI(sendcloud.APIConfig{
		BaseURL: p.URL, Version: version, Keys: []sendcloud.KeyPair{{Public: "public", Secret: "secret"}}, Integration: 7, FirstPause: time.Millisecond,
	})
	require.NoError(t, err)
	return api
}

func ok(t *testing.T, file string) answer {
	t.Helper()
	return answer{http.StatusOK, "", string(read(t, file))}
}

// since is a moment with an offset: the plus sign has to arrive as one.
var since = time.Date(2026, 11, 2, 1, 0, 0, 123456000, time.FixedZone("CET", 3600))

func sweep(t *testing.T, api sendcloud.API) []sendcloud.Report {
	t.Helper()
	var all []sendcloud.Report
	require.NoError(t, api.ParcelsUpdatedAfter(t.Context(), since, func(page []sendcloud.Report) error {
		all = append(all, page...)
		return nil
	}))
	return all
}

func TestV2ParcelsAreReadPageByPage(t *testing.T) {
	p := newPanel(t, ok(t, "api-own-v2-parcels-page.json"), ok(t, "api-own-v2-parcels-last-page.json"))
	reports := sweep(t, p.api(t, sendcloud.V2))
	require.Equal(t, []string{
		"GET /api/v2/parcels?updated_after=2026-11-02T00%3A00%3A00.123456%2B00%3A00",
		"GET /api/v2/parcels?cursor=cD0y&updated_after=2026-11-02T00%3A00%3A00.123456%2B00%3A00",
	}, p.asked(), "the filter stays, and the host of the link does not count")
	require.Len(t, reports, 4, "rows without id or status are left out")

	driver := reports[0]
	require.Equal(t, int64(364000004), driver.ParcelID)
	require.Equal(t, parcel.OutForDelivery, driver.Scan.Phase)
	require.True(t, driver.Scan.Polled)
	require.Equal(t, time.Date(2026, 11, 2, 17, 20, 5, 0, time.UTC), driver.Scan.At)
	require.Zero(t, driver.Scan.CarrierAt)
	require.Equal(t, parcel.Collo{UUID: "00000000-0000-4000-8000-000000000042", Nr: 1, Count: 3}, driver.Scan.Facts.Collo)
	require.NotEmpty(t, driver.Scan.Facts.Recipient.Email)
	require.Equal(t, "129.90", driver.OrderValue)
	require.Equal(t, "EUR", driver.OrderCurrency)
	require.Equal(t, time.Date(2024, 4, 3, 16, 51, 28, 0, time.UTC), driver.CreatedAt)

	require.Equal(t, "45.5", reports[1].OrderValue, "a number and no string")
	require.Empty(t, reports[1].OrderCurrency)
	require.Empty(t, reports[2].OrderValue)
	require.Equal(t, parcel.Exception, reports[1].Scan.Phase)
	require.Empty(t, reports[1].Scan.Facts.TrackingURL)
	require.Equal(t, parcel.UnknownStatus, reports[2].Scan.Note)
	require.True(t, reports[2].Scan.ClockGuessed, "no date_updated")
	require.True(t, reports[3].Scan.Facts.IsReturn)
	require.Zero(t, reports[3].Scan.Facts.Recipient, "a return parcel's recipient is the merchant")
}

func TestV3ParcelsAreThoseOfTheIntegration(t *testing.T) {
	first := ok(t, "api-v3-shipments-list.json")
	first.header = `Link: <https://elsewhere.example/api/v3/shipments?cursor=abc>; rel="next", <https://elsewhere.example/x?cursor=zzz>; rel="prev"`
	p := newPanel(t, first, answer{http.StatusOK, "", `{"data":[{"id":"s2","parcels":[{"id":9,"status":{"code":"CANCELLATION_FAILED"}},{"id":0,"status":{"code":"X"}},{"id":8,"status":null},{"id":7,"status":{"code":"BEAMED_UP"}}]}]}`})
	reports := sweep(t, p.api(t, sendcloud.V3))
	require.Equal(t, []string{
		"GET /api/v3/shipments?integration_id=7&page_size=100&updated_after=2026-11-02T00%3A00%3A00.123456Z",
		"GET /api/v3/shipments?cursor=abc&integration_id=7&page_size=100&updated_after=2026-11-02T00%3A00%3A00.123456Z",
	}, p.asked())
	require.Len(t, reports, 3)
	require.Equal(t, int64(383707309), reports[0].ParcelID)
	require.Equal(t, 2000, reports[0].Scan.StatusID)
	require.Equal(t, parcel.Cancelled, reports[0].Scan.Phase)
	require.Equal(t, time.Date(2024, 6, 7, 9, 32, 22, 0, time.UTC), reports[0].Scan.At)
	require.Equal(t, "john.doe@sendcloud.com", reports[0].Scan.Facts.Recipient.Email)
	require.Equal(t, "NL", reports[0].Scan.Facts.Recipient.Country)
	require.Equal(t, "NL", reports[0].Scan.Facts.Origin)
	require.Equal(t, "postnl", reports[0].Scan.Facts.CarrierCode)
	require.Equal(t, "3SYZXG5051720", reports[0].Scan.Facts.TrackingNumber)
	require.Equal(t, "11.11", reports[0].OrderValue)
	require.Equal(t, "EUR", reports[0].OrderCurrency)
	require.Equal(t, time.Date(2024, 6, 7, 9, 2, 18, 864105000, time.UTC), reports[0].CreatedAt)
	require.Zero(t, reports[1].CreatedAt)
	require.Empty(t, reports[1].OrderValue+reports[1].OrderCurrency)
	require.Equal(t, parcel.CancellationFailed, reports[1].Scan.Note)
	require.Equal(t, parcel.UnknownStatus, reports[2].Scan.Note)
}

func TestV3DoesNotListTheWholeOrganisation(t *testing.T) {
	p := newPanel(t, answer{http.StatusOK, "", `{"data":[]}`})
	api, err := sendcloud.NewAPI(sendcloud.APIConfig{BaseURL: p.URL, Keys: []sendcloud.KeyPair{{Public: "public", Secret: "secret"}}})
	require.NoError(t, err)
	err = api.ParcelsUpdatedAfter(t.Context(), since, func([]sendcloud.Report) error { return nil })
	requireKind(t, err, sendcloud.Setup)
	require.Empty(t, p.asked())
}

func TestParcelsByIDAreAskedForAHundredAtATime(t *testing.T) {
	ids := make([]int64, 201)
	for i := range ids {
		ids[i] = int64(1000 + i)
	}
	for version, empty := range map[string]string{sendcloud.V2: `{"next":null,"parcels":[]}`, sendcloud.V3: `{"data":[]}`} {
		p := newPanel(t, answer{http.StatusOK, "", empty})
		reports, err := p.api(t, version).ParcelsByID(t.Context(), ids)
		require.NoError(t, err)
		require.Empty(t, reports)
		require.Len(t, p.asked(), 3)
		first, err := url.Parse(strings.TrimPrefix(p.asked()[0], "GET "))
		require.NoError(t, err)
		require.Len(t, strings.Split(first.Query().Get("ids"), ","), 100)
		last, err := url.Parse(strings.TrimPrefix(p.asked()[2], "GET "))
		require.NoError(t, err)
		require.Equal(t, "1200", last.Query().Get("ids"))
	}
}

func TestAWalkThatGoesRoundInACircleEnds(t *testing.T) {
	p := newPanel(t, answer{http.StatusOK, "", `{"next":"https://x.example/?cursor=a","parcels":[]}`})
	err := p.api(t, sendcloud.V2).ParcelsUpdatedAfter(t.Context(), since, func([]sendcloud.Report) error { return nil })
	requireKind(t, err, sendcloud.Unavailable)
	require.Len(t, p.asked(), 2)
}

func TestACursorThatIsRefusedMeansBeginAgain(t *testing.T) {
	p := newPanel(t, ok(t, "api-own-v2-parcels-page.json"), answer{http.StatusNotFound, "", string(read(t, "api-v2-parcels-error-404-invalid-cursor.json"))})
	err := p.api(t, sendcloud.V2).ParcelsUpdatedAfter(t.Context(), since, func([]sendcloud.Report) error { return nil })
	requireKind(t, err, sendcloud.Unavailable)
	require.ErrorContains(t, err, "Invalid cursor")
}

func TestAPageThatIsNotWantedEndsTheWalk(t *testing.T) {
	p := newPanel(t, ok(t, "api-own-v2-parcels-page.json"))
	enough := errors.New("enough")
	err := p.api(t, sendcloud.V2).ParcelsUpdatedAfter(t.Context(), since, func([]sendcloud.Report) error { return enough })
	require.ErrorIs(t, err, enough)
	require.Len(t, p.asked(), 1)
}

func TestOneParcel(t *testing.T) {
	captured := string(read(t, "webhook-captured-parcel_status_changed-1001.json"))
	report, err := newPanel(t, answer{http.StatusOK, "", captured}).api(t, sendcloud.V2).Parcel(t.Context(), 364069982)
	require.NoError(t, err)
	require.Equal(t, parcel.Announcing, report.Scan.Phase)

	missing := answer{http.StatusNotFound, "", string(read(t, "api-v2-parcel-get-404.json"))}
	_, err = newPanel(t, missing).api(t, sendcloud.V2).Parcel(t.Context(), 350000404)
	requireKind(t, err, sendcloud.NotFound)
	require.ErrorContains(t, err, "No Parcel matches the given query.")
	_, err = newPanel(t, answer{http.StatusOK, "", `{"parcel":{}}`}).api(t, sendcloud.V2).Parcel(t.Context(), 1)
	requireKind(t, err, sendcloud.Unavailable)

	report, err = newPanel(t, ok(t, "api-v3-shipments-list.json")).api(t, sendcloud.V3).Parcel(t.Context(), 383707309)
	require.NoError(t, err)
	require.Equal(t, parcel.Cancelled, report.Scan.Phase)
	_, err = newPanel(t, ok(t, "api-v3-shipments-list.json")).api(t, sendcloud.V3).Parcel(t.Context(), 1)
	requireKind(t, err, sendcloud.NotFound)
}

func TestVersion3TellsTheIntegrationsOfAnAccountApart(t *testing.T) {
	p := newPanel(t, ok(t, "api-v3-shipments-list.json"))
	own, err := p.api(t, sendcloud.V3).OwnParcels(t.Context(), []int64{383707309, 1})
	require.NoError(t, err)
	require.Len(t, own, 1)
	require.Equal(t, []string{"GET /api/v3/shipments?ids=383707309%2C1&integration_id=7&page_size=100"}, p.asked())

	p = newPanel(t, answer{http.StatusOK, "", `{"data":[]}`}, ok(t, "api-v3-shipments-list.json"))
	_, err = p.api(t, sendcloud.V3).Parcel(t.Context(), 383707309)
	requireKind(t, err, sendcloud.NotOurs)
	require.Equal(t, []string{
		"GET /api/v3/shipments?ids=383707309&integration_id=7&page_size=100", "GET /api/v3/shipments?ids=383707309&page_size=100",
	}, p.asked())

	// Version 2 lists the parcels of the account: they are the integration's if it is alone.
	for body, found := range map[string]int{`{"data":[{"id":7}]}`: 2, `{"data":[{"id":7},{"id":8}]}`: 0, `{"data":[]}`: 0} {
		p = newPanel(t, answer{http.StatusOK, "", body}, ok(t, "api-own-v2-parcels-last-page.json"))
		own, err = p.api(t, sendcloud.V2).OwnParcels(t.Context(), []int64{364000009})
		require.NoError(t, err)
		require.Len(t, own, found, body)
	}
	_, err = newPanel(t, answer{http.StatusForbidden, "", `{}`}).api(t, sendcloud.V2).OwnParcels(t.Context(), []int64{364000009})
	requireKind(t, err, sendcloud.Setup)
}

func TestBothVersionsListTheIntegrationsOfTheAccount(t *testing.T) {
	for _, version := range []string{sendcloud.V2, sendcloud.V3} {
		p := newPanel(t, answer{http.StatusOK, `Link: <https://elsewhere.example/?cursor=a>; rel="next"`, `{"data":[{"id":7,"shop_name":"Example Shop"},{"id":null}]}`},
			answer{http.StatusOK, "", `{"data":[{"id":8}]}`})
		all, err := p.api(t, version).Integrations(t.Context())
		require.NoError(t, err)
		require.Equal(t, []int64{7, 8}, all)
		require.Equal(t, []string{"GET /api/v3/integrations", "GET /api/v3/integrations?cursor=a"}, p.asked())

		_, err = newPanel(t, answer{http.StatusForbidden, "", `{}`}).api(t, version).Integrations(t.Context())
		requireKind(t, err, sendcloud.Setup)
		_, err = newPanel(t, answer{http.StatusOK, "", `{"data":{}}`}).api(t, version).Integrations(t.Context())
		requireKind(t, err, sendcloud.Unavailable)
	}
}

func TestWhatAnOrderIsWorthIsADecimalOrNotTold(t *testing.T) {
	for _, c := range []struct {
		value, currency, created string
		want                     [2]string
		at                       time.Time
	}{
		{`"129.90"`, `"eur"`, `"03-04-2024 16:51:28"`, [2]string{"129.90", "EUR"}, time.Date(2024, 4, 3, 16, 51, 28, 0, time.UTC)},
		{`129.9`, `"GBP"`, `"2019-02-03T06:48:07"`, [2]string{"129.9", "GBP"}, time.Date(2019, 2, 3, 6, 48, 7, 0, time.UTC)},
		{`"\"10.00\""`, `"EURO"`, `"2022-06-07T16:36:49.419457+02:00"`, [2]string{"10.00", ""}, time.Date(2022, 6, 7, 14, 36, 49, 419457000, time.UTC)},
		{`null`, `null`, `null`, [2]string{}, time.Time{}},
		{`"129,90"`, `"€"`, `"yesterday"`, [2]string{}, time.Time{}},
		{`-1`, `{}`, `"0000-01-01T00:00:00+05:00"`, [2]string{}, time.Time{}},
		{`1e9`, `978`, `"9999-12-31T23:00:00-05:00"`, [2]string{}, time.Time{}},
		{`{"value":"1"}`, `["EUR"]`, `{}`, [2]string{}, time.Time{}},
	} {
		v2 := answer{http.StatusOK, "", fmt.Sprintf(`{"parcel":{"id":9,"status":{"id":11},"total_order_value":%s,"total_order_value_currency":%s,"date_created":%s}}`, c.value, c.currency, c.created)}
		v3 := answer{http.StatusOK, "", fmt.Sprintf(`{"data":[{"total_order_price":{"value":%s,"currency":%s},"parcels":[{"id":9,"status":{"code":"DELIVERED"},"created_at":%s}]}]}`, c.value, c.currency, c.created)}
		for version, answered := range map[string]answer{sendcloud.V2: v2, sendcloud.V3: v3} {
			report, err := newPanel(t, answered).api(t, version).Parcel(t.Context(), 9)
			require.NoError(t, err)
			require.Equal(t, c.want, [2]string{report.OrderValue, report.OrderCurrency}, "%s %s", version, c.value)
			require.Equal(t, c.at, report.CreatedAt, "%s %s", version, c.created)
		}
	}
}

func TestTracking(t *testing.T) {
	tracking, err := newPanel(t, ok(t, "api-v2-tracking-200.json")).api(t, sendcloud.V2).Tracking(t.Context(), "3S/x")
	require.NoError(t, err)
	require.Equal(t, int64(629), tracking.ParcelID)
	require.Equal(t, "2022-01-26", tracking.ExpectedDelivery)
	require.Len(t, tracking.Steps, 3)
	require.Equal(t, sendcloud.TrackingStep{
		At: time.Date(2022, 1, 25, 14, 43, 13, 615997000, time.UTC), Phase: parcel.InTransit, Status: "Parcel en route",
	}, tracking.Steps[0])
	require.Equal(t, parcel.Announced, tracking.Steps[1].Phase)

	p := newPanel(t, ok(t, "api-v3-tracking-200.json"))
	tracking, err = p.api(t, sendcloud.V3).Tracking(t.Context(), "3S/x")
	require.NoError(t, err)
	require.Equal(t, []string{"GET /api/v3/parcels/tracking/3S%2Fx"}, p.asked())
	require.Equal(t, "2024-01-03", tracking.ExpectedDelivery)
	require.Equal(t, "https://example.com", tracking.URL)
	require.Equal(t, parcel.InTransit, tracking.Steps[0].Phase)

	_, err = newPanel(t, answer{http.StatusNotFound, "", string(read(t, "api-v3-tracking-404.json"))}).api(t, sendcloud.V3).Tracking(t.Context(), "x")
	requireKind(t, err, sendcloud.NotFound)
	require.ErrorContains(t, err, "Parcel does not exist")
}

func TestIntegrationAndItsFailedCalls(t *testing.T) {
	for name, body := range map[string]string{
		"plain":          `{"id":7,"shop_name":"Example Shop","shop_url":"https://shop.example","webhook_active":false,"started_failing_at":"2026-11-02T10:00:00Z"}`,
		"in an envelope": `{"data":{"id":7,"shop_name":"Example Shop","shop_url":"https://shop.example","webhook_active":false,"started_failing_at":"2026-11-02T10:00:00Z"}}`,
	} {
		p := newPanel(t, answer{http.StatusOK, "", body})
		integration, err := p.api(t, sendcloud.V2).Integration(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"GET /api/v3/integrations/7"}, p.asked(), "also for version 2")
		require.Equal(t, "Example Shop", integration.ShopName, name)
		require.False(t, *integration.WebhookActive)
		require.Equal(t, time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC), integration.FailingSince)
	}
	p := newPanel(t, ok(t, "api-v3-integration-logs-200.json"))
	for since, want := range map[time.Time]int{
		time.Date(2023, 3, 1, 1, 1, 59, 0, time.UTC): 1,
		time.Date(2023, 3, 1, 1, 2, 0, 0, time.UTC):  0,
	} {
		require.NoError(t, p.api(t, sendcloud.V3).FailedCalls(t.Context(), since, func(failed int) error {
			require.Equal(t, want, failed, since)
			return nil
		}))
	}
}

func requireKind(t *testing.T, err error, kind sendcloud.ErrorKind) {
	t.Helper()
	var failed *sendcloud.APIError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, kind, failed.Kind, err)
}

func TestErrorsOfAllShapesSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer answer
		kind   sendcloud.ErrorKind
		says   string
		wait   time.Duration
		calls  int
	}{
		{"v2", answer{401, "", `{"error":{"code":401,"request":"api/v2/parcels/1","message":"Invalid username/password."}}`}, sendcloud.Setup, "401: Invalid username/password.", 0, 1},
		{"v2 with a code in words", answer{400, "", `{"error":{"code":"invalid_postal_code","request":"x","message":"shipping_method: \"This field is required.\"\nno"}}`}, sendcloud.Invalid, `invalid_postal_code: shipping_method: "This field is required." no`, 0, 1},
		{"v3", answer{409, "", string(read(t, "api-v3-shipment-cancel-409.json"))}, sendcloud.Invalid, "invalid: This shipment is already being cancelled.", 0, 1},
		{"v3 returns", answer{409, "", string(read(t, "api-v3-return-cancel-409.json"))}, sendcloud.Invalid, "409: Return is not cancellable.", 0, 1},
		{"v3 tracking", answer{404, "", string(read(t, "api-v3-tracking-404.json"))}, sendcloud.NotFound, "Parcel does not exist", 0, 1},
		{"an account that is not complete", answer{412, "", `{"error":{"code":412,"message":"incomplete"}}`}, sendcloud.Setup, "incomplete", 0, 1},
		{"too little scope", answer{403, "", ``}, sendcloud.Setup, "status 403", 0, 1},
		{"429 without a body", answer{429, "", ""}, sendcloud.Limited, "status 429", 0, 4},
		{"429 with a body", answer{429, "", `{"error":{"code":429,"message":"slow down"}}`}, sendcloud.Limited, "slow down", 0, 4},
		{"502 of a proxy", answer{502, "", "<html><body>Bad Gateway</body></html>"}, sendcloud.Unavailable, "status 502", 0, 4},
		{"500", answer{500, "", `{"error":{"code":500,"message":"oops"}}`}, sendcloud.Unavailable, "oops", 0, 4},
		{"a connection that is cut", answer{0, "", ""}, sendcloud.Unavailable, "EOF", 0, 4},
		{"a redirect is not followed", answer{302, "Location: https://elsewhere.example/", ""}, sendcloud.Unavailable, "status 302", 0, 1},
		{"200 with HTML", answer{200, "", "<html>maintenance</html>"}, sendcloud.Unavailable, "not JSON", 0, 1},
		{"200 that breaks off", answer{200, "", `{"parcel":{"id":1,`}, sendcloud.Unavailable, "breaks off", 0, 1},
		{"an error that is not JSON", answer{400, "", "no"}, sendcloud.Invalid, "status 400", 0, 1},
		{"an error of odd types", answer{400, "", `{"error":[],"errors":{"a":1},"detail":{}}`}, sendcloud.Invalid, "status 400", 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPanel(t, c.answer)
			_, err := p.api(t, sendcloud.V2).Parcel(t.Context(), 1)
			requireKind(t, err, c.kind)
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "elsewhere")
			require.Len(t, p.asked(), c.calls)
		})
	}
}

// A page that is not what it should be is no empty page: that would lose what
// it holds.
func TestAnAnswerOfAnotherShapeIsAnError(t *testing.T) {
	for name, call := range map[string]func(sendcloud.API) error{
		"parcels": func(a sendcloud.API) error {
			return a.ParcelsUpdatedAfter(t.Context(), since, func([]sendcloud.Report) error { return nil })
		},
		"returns": func(a sendcloud.API) error {
			return a.Returns(t.Context(), since, since, func([]sendcloud.Return) error { return nil })
		},
		"failed calls": func(a sendcloud.API) error {
			return a.FailedCalls(t.Context(), since, func(int) error { return nil })
		},
		"tracking":    func(a sendcloud.API) error { _, err := a.Tracking(t.Context(), "x"); return err },
		"integration": func(a sendcloud.API) error { _, err := a.Integration(t.Context()); return err },
	} {
		for _, version := range []string{sendcloud.V2, sendcloud.V3} {
			for _, body := range []string{`{}`, `[]`, `null`, `{"parcels":{},"data":{},"returns":null,"statuses":1,"events":"x"}`} {
				err := call(newPanel(t, answer{http.StatusOK, "", body}).api(t, version))
				requireKind(t, err, sendcloud.Unavailable)
				require.ErrorContains(t, err, "lacks", "%s %s %s", version, name, body)
			}
		}
	}
}

func TestRetryAfterIsHandedOn(t *testing.T) {
	p := newPanel(t, answer{403, "Retry-After: 120", ""})
	_, err := p.api(t, sendcloud.V2).Parcel(t.Context(), 1)
	var failed *sendcloud.APIError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, 2*time.Minute, failed.Wait)
}

func TestACallThatMetPassingTroubleIsTriedAgain(t *testing.T) {
	p := newPanel(t, answer{429, "", ""}, answer{0, "", ""}, answer{503, "", "<html>"}, ok(t, "webhook-captured-parcel_status_changed-1001.json"))
	report, err := p.api(t, sendcloud.V2).Parcel(t.Context(), 364069982)
	require.NoError(t, err)
	require.Equal(t, 1001, report.Scan.StatusID)
}

func TestACallEndsWithItsContext(t *testing.T) {
	held := make(chan struct{})
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done(); close(held) }))
	defer hang.Close()
	api, err := sendcloud.NewAPI(sendcloud.APIConfig{BaseURL: hang.URL, Version: sendcloud.V2, Keys: []sendcloud.KeyPair{{Public: "public", Secret: "secret"}}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err = api.Parcel(ctx, 1)
	require.ErrorIs(t, err, context.Canceled)
	<-held
}

func TestErrorsDoNotQuoteTheAddress(t *testing.T) {
	p := newPanel(t, answer{0, "", ""})
	_, err := p.api(t, sendcloud.V2).Tracking(t.Context(), "3SYZXG5051720")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "3SYZXG5051720")
	require.NotContains(t, fmt.Sprintf("%+v", err), "secret")
}

func TestAnAPIIsOfAKnownVersion(t *testing.T) {
	_, err := sendcloud.NewAPI(sendcloud.APIConfig{Version: "v4"})
	require.ErrorContains(t, err, "choose v2 or v3")
	_, err = sendcloud.NewAPI(sendcloud.APIConfig{BaseURL: "panel.sendcloud.sc"})
	require.ErrorContains(t, err, "https://host")
}

func TestAServicePointSaysWhereAndWhen(t *testing.T) {
	p := newPanel(t,
		answer{http.StatusOK, "", `{"data":{"id":1000002,"name":"Kiosk","address":{"street":"Stationsplein","house_number":1,"postal_code":"5611 AC","city":"Eindhoven"},"opening_times":{"monday":[{"start_time":"09:00","end_time":"12:00"},{"start_time":"14:00:00","end_time":"18:00:00"}],"tuesday":null,"sunday":[{"start_time":"soon","end_time":7}]}}}`},
		answer{http.StatusOK, "", `{"data":{"id":"x"}}`},
		answer{http.StatusNotFound, "", `{"errors":[{"detail":"not found"}]}`},
	)
	api := p.api(t, sendcloud.V2)
	point, err := api.ServicePoint(t.Context(), 1000002)
	require.NoError(t, err)
	require.Equal(t, "Kiosk", point.Name)
	require.Equal(t, "Stationsplein 1, 5611 AC Eindhoven", point.Address())
	require.Equal(t, [7][]sendcloud.Hours{{{From: "09:00", To: "12:00"}, {From: "14:00", To: "18:00"}}}, point.Hours)
	_, err = api.ServicePoint(t.Context(), 2)
	require.Error(t, err)
	_, err = api.ServicePoint(t.Context(), 3)
	require.Error(t, err)
	require.Equal(t, "GET /api/v3/service-points/1000002", p.asked()[0])
	require.Equal(t, "5611 AC", sendcloud.ServicePoint{PostalCode: "5611 AC"}.Address())
}

// A pair of keys is changed: the next pair is asked with while the first one is refused, and what
// is refused for another reason is not asked again.
func TestTheNextPairOfKeysIsTriedIfOneIsRefused(t *testing.T) {
	right, wrong := sendcloud.KeyPair{Public: "public", Secret: "secret"}, sendcloud.KeyPair{Public: "public", Secret: "another"}
	for _, c := range []struct {
		name  string
		keys  []sendcloud.KeyPair
		code  int
		calls int
		kind  sendcloud.ErrorKind
	}{
		{"the first pair is right", []sendcloud.KeyPair{right, wrong}, http.StatusOK, 1, ""},
		{"the second pair is right", []sendcloud.KeyPair{wrong, right}, http.StatusOK, 2, ""},
		{"none is right", []sendcloud.KeyPair{wrong, wrong}, http.StatusOK, 2, sendcloud.Setup},
		{"there is none", nil, http.StatusOK, 0, sendcloud.Setup},
		{"it may not", []sendcloud.KeyPair{right, wrong}, http.StatusForbidden, 1, sendcloud.Setup},
		{"it is not there", []sendcloud.KeyPair{right, wrong}, http.StatusNotFound, 1, sendcloud.NotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPanel(t, answer{c.code, "", `{"data": []}`})
			api, err := sendcloud.NewAPI(sendcloud.APIConfig{BaseURL: p.URL, Keys: c.keys, Integration: 7, FirstPause: time.Millisecond})
			require.NoError(t, err)
			_, err = api.Integrations(t.Context())
			if c.kind == "" {
				require.NoError(t, err)
			} else {
				var failed *sendcloud.APIError
				require.ErrorAs(t, err, &failed)
				require.Equal(t, c.kind, failed.Kind)
			}
			require.Len(t, p.asked(), c.calls)
		})
	}
}
