package desk

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/ingress"
	"waybill/link"
	"waybill/policy"
	"waybill/refund"
)

// personal are texts of a refund that nobody may see who is not let in.
var personal = []string{"Jane", "jane.doe", "79.90", "A-1001", "crack", "demo", "7002", "awaiting"}

// Whatever door somebody tries who has not signed in: they see nothing of a
// refund, and nothing happens to it.
func TestNobodySeesARefundWithoutSigningIn(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	tried := 0
	for _, route := range w.doors.(*gin.Engine).Routes() {
		if !strings.HasPrefix(route.Path, "/refunds") && !strings.HasPrefix(route.Path, "/api/") || route.Path == ingress.Description {
			continue
		}
		for _, o := range refund.Orders() {
			path := strings.NewReplacer(":integration", of.Integration, ":id", fmt.Sprint(of.ReturnID), ":order", o.Name).Replace(route.Path)
			expired := w.links.Sign(link.Link{Purpose: link.Session, Person: w.links.Person("anna"), Until: w.clock.Unix()})
			unknown := w.links.Sign(link.Link{Purpose: link.Session, Person: w.links.Person("eve"), Until: w.clock.Add(time.Hour).Unix()})
			for _, cookie := range []string{"", "x", expired, unknown, w.decideLink(of, "anna", "1", w.clock.Add(time.Hour))} {
				r := w.browser().request(route.Method, path, "why=x&link=x&order=approve")
				r.AddCookie(&http.Cookie{Name: "waybill", Value: cookie})
				got := w.browser().do(r)
				tried++
				require.NotEqual(t, http.StatusInternalServerError, got.code, path)
				if strings.HasPrefix(path, "/api/") {
					require.Contains(t, []int{http.StatusUnauthorized, http.StatusTooManyRequests}, got.code, path)
				}
				for _, text := range personal {
					require.NotContains(t, got.body, text, path)
				}
			}
		}
	}
	require.Greater(t, tried, 100)
	require.Zero(t, w.orders)
	require.Zero(t, w.asked, "not even asked for")
	require.Empty(t, w.filters)
	require.NotContains(t, w.log.String(), "demo")
}

func TestAPersonSeesOnlyRefundsOfTheirIntegrations(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	theirs := w.request("other", 43)
	zoe := w.signedInAs("zoe")
	list := zoe.get("/refunds")
	require.Contains(t, list.body, pathOf(theirs))
	require.NotContains(t, list.body, pathOf(of))
	require.NotContains(t, list.body, "demo")
	for _, r := range []response{zoe.get(pathOf(of)), zoe.post(pathOf(of)+"/approve", nil)} {
		require.Equal(t, http.StatusForbidden, r.code)
		for _, text := range personal {
			require.NotContains(t, r.body, text)
		}
	}
	require.Equal(t, http.StatusUnprocessableEntity, zoe.get("/refunds?integration=demo").code)
	require.Zero(t, w.orders)

	w.people["other"] = nil
	require.Equal(t, "/sign-in", zoe.get("/refunds").header.Get("Location"), "who is not in the policy any more is out")
	w.people["third"] = []policy.Person{person("zoe", refund.Approver, nil)}
	require.Equal(t, http.StatusForbidden, zoe.get("/refunds").code, "no integration is not all of them")
}

// A policy names its people for any integration: also for one that was taken away, or that
// another deployment serves.
func TestAnIntegrationThatIsNotServedIsRefused(t *testing.T) {
	w := open(t)
	w.people["gone"] = w.people["demo"]
	of := w.request("gone", 42)
	at := w.all[of]
	anna := w.signedInAs("anna")
	token := w.decideLink(of, "anna", "1", w.clock.Add(day))
	for name, r := range map[string]response{
		"page": anna.get(pathOf(of)), "button": anna.post(pathOf(of)+"/approve", nil),
		"link": w.browser().open(decidePath, token), "link's button": w.browser().decides(token, url.Values{"order": {"approve"}}),
		"API": w.api(http.MethodGet, "/api"+pathOf(of), "token-of-anna", ""), "API's order": w.api(http.MethodPost, "/api"+pathOf(of)+"/approve", "token-of-anna", ""),
		"API's list": w.api(http.MethodGet, "/api/refunds?integration=gone", "token-of-anna", ""),
	} {
		require.Equal(t, http.StatusForbidden, r.code, name)
		for _, text := range personal {
			require.NotContains(t, r.body, text, name)
		}
	}
	require.NotContains(t, anna.get("/refunds?show=all").body, "gone")
	require.Zero(t, w.asked)
	require.Equal(t, at, w.all[of])
}

// counts are the labels of what was counted, one text each.
type counts struct {
	client.MetricsHandler
	labels map[string]string
	seen   *[]string
}

func (c counts) WithTags(labels map[string]string) client.MetricsHandler {
	return counts{c.MetricsHandler, labels, c.seen}
}

func (c counts) Counter(name string) client.MetricsCounter {
	*c.seen = append(*c.seen, fmt.Sprintf("%s %s %s %s", name, c.labels["integration"], c.labels["action"], c.labels["outcome"]))
	return client.MetricsNopHandler.Counter(name)
}

func TestWhatPeopleSendIsCountedWithoutSayingWho(t *testing.T) {
	w := open(t)
	seen := []string{}
	w.serve(ingress.Config{}, counts{client.MetricsNopHandler, nil, &seen})
	of := w.request("demo", 42)
	anna := w.signedInAs("anna")
	anna.get(pathOf(of))
	anna.post(pathOf(of)+"/reject", nil)
	anna.post(pathOf(contract.RefundRef{Integration: "jane", ReturnID: 42})+"/reject", nil)
	w.browser().decides(w.decideLink(of, "ben", "1", w.clock.Add(day)), url.Values{"order": {"ask-customer"}, "question": {"Which?"}})
	w.api(http.MethodPost, "/api"+pathOf(of)+"/withdraw", "token-of-anna", "")
	w.browser().post("/sign-in", url.Values{"address": {"anna@shop.example"}})
	w.browser().post("/webhooks/sendcloud/demo", nil)
	w.desk.mailing.Wait()
	require.Equal(t, []string{
		"waybill_refund_requests_total demo reject unreadable",
		"waybill_refund_requests_total   not this integration",
		"waybill_refund_requests_total demo ask-customer done",
		"waybill_refund_requests_total demo withdraw done",
		"waybill_refund_requests_total   sign-in asked",
		"waybill_webhooks_total demo  not verified",
	}, seen)
}

func TestAKeyThatIsChangedCountsAndAFaultChangesNothing(t *testing.T) {
	w := open(t)
	anna := w.signedInAs("anna")
	before := w.links
	another, err := link.ParseKeys(strings.Repeat("n", 32))
	require.NoError(t, err)

	var fault error
	w.desk.config.LinkKeys = func() (link.Keys, error) { return w.links, fault }
	changed, err := w.desk.Reload()
	require.NoError(t, err)
	require.False(t, changed, "it is the key that counts already")

	w.links, fault = nil, errors.New("the key is too short")
	_, err = w.desk.Reload()
	require.ErrorIs(t, err, fault)
	require.Equal(t, http.StatusOK, anna.get("/refunds").code)

	w.links, fault = slices.Concat(another, before), nil
	changed, err = w.desk.Reload()
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, http.StatusOK, anna.get("/refunds").code, "the old key still opens")

	w.links = another
	_, err = w.desk.Reload()
	require.NoError(t, err)
	require.Equal(t, "/sign-in", anna.get("/refunds").header.Get("Location"))
}

func TestSupportSeesNoRefunds(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	sam := w.signedInAs("sam")
	for _, r := range []response{sam.get(pathOf(of)), sam.post(pathOf(of)+"/approve", nil)} {
		require.Equal(t, http.StatusForbidden, r.code)
		for _, text := range personal {
			require.NotContains(t, r.body, text)
		}
	}
	require.NotContains(t, sam.get("/refunds").body, pathOf(of))
	require.Zero(t, w.orders)
}
