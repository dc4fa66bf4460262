package e2e_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/refund"
)

// generation is a set of all keys.
type generation string

const (
	older generation = "old"
	newer generation = "new"
)

// key is what the tests have for a setting, of a generation.
func (g generation) key(of string) string {
	return string(g) + " " + of + ", which is long enough for a key"
}

// rotation is a till whose keys all stand in files.
type rotation struct {
	*till
	folder  string
	webhook map[generation]sendgrid.Webhook
	// outside is the generation that everybody uses who comes to the ingress.
	outside atomic.Pointer[generation]
	// signedIn are browsers of people, by the generation that signed their sessions.
	signedIn sync.Map
	lists    int
	metrics  int
}

// keysOf are the keys of a generation by their settings. The other integration is guarded by two keys.
func (r *rotation) keysOf(g generation) map[string]string {
	return map[string]string{
		"SENDCLOUD_KEYS_GUARDED":       strings.ReplaceAll(g.key("webhooks"), " ", "-"),
		"SENDCLOUD_BASIC_AUTH_GUARDED": "sendcloud:" + g.key("password"),
		"SENDCLOUD_API_KEYS_DEMO":      "public:" + g.key("secret"),
		"SENDGRID_API_KEY":             g.key("mails"),
		"SENDGRID_WEBHOOK_KEYS":        r.webhook[g].PublicKey(),
		"WAYBILL_LINK_KEYS":            g.key("links"),
		"WAYBILL_PAY_KEYS_DEMO":        g.key("payments"),
		"WAYBILL_DIGEST_KEYS":          g.key("customers"),
		"WAYBILL_SEARCH_KEYS":          g.key("searches"),
	}
}

func newRotation(t *testing.T) *rotation {
	t.Helper()
	r := &rotation{till: newTill(t, shared.get(t)), folder: t.TempDir(), webhook: map[generation]sendgrid.Webhook{}, metrics: freePort(t)}
	for _, g := range []generation{older, newer} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		r.webhook[g] = sendgrid.Webhook{URL: r.url("/webhooks/sendgrid"), Key: key}
	}
	var files []string
	for setting := range r.keysOf(older) {
		files = append(files, setting+"=", setting+"_FILE="+filepath.Join(r.folder, "now", setting))
	}
	r.refundKeys = append(append(r.refundKeys, files...), fmt.Sprintf("WAYBILL_METRICS_LISTEN=127.0.0.1:%d", r.metrics))
	r.keys = append(append(r.keys, files...), "WAYBILL_METRICS_LISTEN=")
	r.write(older)
	r.tokens(older)
	r.everybodyHas(older)
	r.openDoors()
	return r
}

// write writes all files at once: a key of each generation, in their order. A process has one key of
// SendGrid, which itself has several.
func (r *rotation) write(order ...generation) {
	r.Helper()
	r.lists++
	folder := filepath.Join(r.folder, strconv.Itoa(r.lists))
	require.NoError(r, os.Mkdir(folder, 0o700))
	for setting := range r.keysOf(older) {
		var lines []string
		for _, g := range order {
			lines = append(lines, r.keysOf(g)[setting])
		}
		if setting == "SENDGRID_API_KEY" {
			lines = lines[:1]
		}
		require.NoError(r, os.WriteFile(filepath.Join(folder, setting), []byte(strings.Join(lines, "\n")), 0o600))
	}
	next := filepath.Join(r.folder, "next")
	require.NoError(r, os.Symlink(folder, next))
	require.NoError(r, os.Rename(next, filepath.Join(r.folder, "now")))
}

// rewrite does so, and waits until ingress and worker have read them.
func (r *rotation) rewrite(order ...generation) {
	r.Helper()
	r.write(order...)
	r.eventually("ingress and worker to have the keys", func() error {
		for _, p := range []*process{r.ingress, r.worker} {
			if strings.Count(p.output(), `"keys reloaded"`) < r.lists-1 {
				return errors.New("one of them has the keys of before")
			}
		}
		return nil
	})
}

// tokens gives anna tokens, newest first.
func (r *rotation) tokens(order ...generation) {
	r.Helper()
	var hashes []string
	for _, g := range order {
		hashes = append(hashes, fmt.Sprintf("%x", sha256.Sum256([]byte(g.key("token")))))
	}
	r.setPolicy("mode: live\n" + atOnce + strings.NewReplacer(
		"anna: {", "anna: {token_sha256: "+strings.Join(hashes, " ")+", ", "shop_daily: 1000", "shop_daily: 1000\n  customer_refunds: 0",
	).Replace(people))
}

// everybodyHas has all others use a generation: Sendcloud, SendGrid, the merchant, and programs.
func (r *rotation) everybodyHas(g generation) {
	keys := r.keysOf(g)
	public, secret, _ := strings.Cut(keys["SENDCLOUD_API_KEYS_DEMO"], ":")
	r.account.SetKeys(public, secret)
	r.sendgrid.SetKeys(keys["SENDGRID_API_KEY"])
	r.merchant.SetKey(keys["WAYBILL_PAY_KEYS_DEMO"])
	r.outside.Store(&g)
}

// comes are requests that come to the ingress, each under keys of a generation, and how each is
// answered.
var comes = map[string]func(*rotation, generation) (int, string){
	"a webhook": func(r *rotation, g generation) (int, string) {
		body := []byte(fmt.Sprintf(`{"action":"test_webhook","timestamp":%d}`, time.Now().UnixMilli()))
		keys := r.keysOf(g)
		user, password, _ := strings.Cut(keys["SENDCLOUD_BASIC_AUTH_GUARDED"], ":")
		return r.send(http.MethodPost, "/webhooks/sendcloud/guarded", body, func(q *http.Request) {
			q.Header.Set("Sendcloud-Signature", sendcloud.Sign(keys["SENDCLOUD_KEYS_GUARDED"], body))
			q.SetBasicAuth(user, password)
		})
	},
	"events": func(r *rotation, g generation) (int, string) {
		body, timestamp := []byte("[]"), strconv.FormatInt(time.Now().Unix(), 10)
		signature, err := r.webhook[g].Sign(timestamp, body)
		if err != nil {
			return 0, err.Error()
		}
		return r.tellEventsOnce(timestamp, signature, body)
	},
	"a program": func(r *rotation, g generation) (int, string) {
		return r.calls(g, http.MethodGet, "/api/refunds?limit=1", "")
	},
	"a person": func(r *rotation, g generation) (int, string) {
		browser, _ := r.signedIn.Load(g)
		code, page := browser.(*visitor).do(http.MethodGet, "/refunds", nil)
		if code == http.StatusOK && !strings.Contains(page, "Sign out") {
			code = http.StatusUnauthorized
		}
		return code, page
	},
}

// send sends a request.
func (r *rotation) send(method, path string, body []byte, with func(*http.Request)) (int, string) {
	q, err := http.NewRequestWithContext(r.Context(), method, r.url(path), bytes.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	with(q)
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(said) + fmt.Sprint(err)
}

// calls calls the API with a token of anna.
func (r *rotation) calls(g generation, method, path, key string) (int, string) {
	return r.send(method, path, []byte("{}"), func(q *http.Request) {
		q.Header.Set("Authorization", "Bearer "+g.key("token"))
		if key != "" {
			q.Header.Set("Idempotency-Key", key)
			q.Header.Set("Content-Type", "application/json")
		}
	})
}

// order gives a refund an order of anna's.
func (r *rotation) order(o sold, order string) {
	r.Helper()
	g := *r.outside.Load()
	code, said := r.patiently(func() (int, string) {
		return r.calls(g, http.MethodPost, fmt.Sprintf("/api/refunds/demo/%d/%s", o.back0.ID, order), order+string(g))
	})
	require.Equal(r, http.StatusOK, code, said)
}

// keepComing has everything come again and again until the returned function is called, which tells
// what was refused.
func (r *rotation) keepComing() (refused func() []string) {
	stop, told := make(chan struct{}), make(chan []string)
	go func() {
		var all []string
		tick := time.NewTicker(700 * time.Millisecond) // a token has 120 calls a minute
		defer tick.Stop()
		for {
			select {
			case <-stop:
				told <- all
				return
			case <-tick.C:
			}
			for what, come := range comes {
				g := *r.outside.Load()
				if code, said := come(r, g); code != http.StatusOK && code != http.StatusServiceUnavailable {
					all = append(all, fmt.Sprintf("%s under the %s keys: %d %s", what, g, code, said))
				}
			}
		}
	}()
	return func() []string {
		close(stop)
		return <-told
	}
}

// signIn signs ben in, in a browser of its own.
func (r *rotation) signIn(g generation) {
	r.Helper()
	v := r.visitor()
	before := len(r.sendgrid.Mails())
	code, said := v.post("/sign-in", url.Values{"address": {"ben@shop.example"}})
	require.Equal(r, http.StatusOK, code, said)
	link := ""
	r.eventually("the link", func() error {
		for _, m := range r.sendgrid.Mails()[before:] {
			if m.To == "ben@shop.example" && m.Categories[1] == "sign_in" {
				link = mailedLink.FindString(m.Text)
			}
		}
		if link == "" {
			return errors.New("it is not there")
		}
		return nil
	})
	code, said = v.get(link)
	require.Equal(r, http.StatusOK, code, said)
	code, said = v.post("/session", nil)
	require.Equal(r, http.StatusOK, code, said)
	r.signedIn.Store(g, v)
}

// finds waits until a parcel is found by the address of its recipient, or not.
func (r *rotation) finds(p sendcloud.Parcel, want bool) {
	r.Helper()
	r.eventually(fmt.Sprintf("the search to find the parcel: %v", want), func() error {
		code, said := r.calls(*r.outside.Load(), http.MethodGet, "/api/parcels?customer="+url.QueryEscape(p.Recipient.Email), "")
		if code != http.StatusOK || strings.Contains(said, fmt.Sprint(p.ID)) != want {
			return fmt.Errorf("%d %s", code, said)
		}
		return nil
	})
}

// again is another return of a customer's.
func (r *rotation) again(o sold) sold {
	next := r.parcel()
	next.Recipient = o.sent.Recipient
	return r.sellTo(next, "40.00")
}

// Every key is changed in the steps of docs/rotation.md while everybody goes on: nobody is refused, and
// nothing is lost. Codec keys and those of Temporal have tests of their own.
func TestEveryKeyRotatesWithoutARestart(t *testing.T) {
	t.Parallel()
	r := newRotation(t)
	before, first, waiting := r.parcel(), r.sell("40.00"), r.sell("120.00")
	r.tell(before, sendcloud.ToSorting, time.Now())
	r.ask(first)
	r.ask(waiting)
	r.settled(before, 1, delivery.Accepted)
	r.reaches(first, refund.Paid)
	r.reaches(waiting, refund.AwaitingApproval)
	link := r.link("ben@shop.example", "approval_asked", fmt.Sprint(waiting.back0.ID))
	r.signIn(older)
	for what, come := range comes {
		code, said := come(r, older)
		require.Equal(t, http.StatusOK, code, "%s: %s", what, said)
	}
	refused := r.keepComing()

	r.rewrite(older, newer)
	r.sendgrid.SetKeys(r.keysOf(older)["SENDGRID_API_KEY"], r.keysOf(newer)["SENDGRID_API_KEY"])
	r.tokens(newer, older)
	r.rewrite(newer, older)
	moved := time.Now()
	r.awaitPolicy()
	require.NoError(t, r.logged("policy read again"))
	r.shows(r.metrics, `waybill_older_key_uses_total{setting="SENDCLOUD_KEYS_GUARDED"}`, `waybill_older_key_uses_total{setting="SENDCLOUD_BASIC_AUTH_GUARDED"}`,
		`waybill_older_key_uses_total{setting="SENDGRID_WEBHOOK_KEYS"}`, `waybill_older_key_uses_total{setting="WAYBILL_LINK_KEYS"}`, `waybill_older_key_uses_total{setting="token_sha256"}`)
	r.signIn(newer)
	r.everybodyHas(newer)
	code, page := r.visitor().get(link)
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, page, "€120.00", "a link of before still works")
	r.order(waiting, "approve")
	r.reaches(waiting, refund.Paid)
	after, second := r.parcel(), r.again(first)
	r.tell(after, sendcloud.ToSorting, time.Now())
	r.finds(before, true)
	r.finds(after, true)
	r.ask(second)
	require.Equal(t, 1, *r.reaches(second, refund.AwaitingApproval).Facts.CustomerRefunds, "the one that counts under the old key")
	r.order(second, "approve")
	r.reaches(second, refund.Paid)

	r.rewrite(newer)
	r.tokens(newer)
	require.Empty(t, refused())
	for what, come := range comes {
		r.eventually(what+" to be refused with the old key", func() error {
			if code, _ := come(r, older); code != http.StatusUnauthorized {
				return fmt.Errorf("it is answered %d", code)
			}
			return nil
		})
		code, said := come(r, newer)
		require.Equal(t, http.StatusOK, code, "%s: %s", what, said)
	}
	code, _ = r.visitor().get(link)
	require.Equal(t, http.StatusBadRequest, code, "a link of before has ended")
	r.finds(before, false)
	r.finds(after, true)
	left, err := r.client.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
		Query: fmt.Sprintf(`WorkflowType IN ("TrackParcel", "ApproveRefund") AND StartTime < %q`, moved.UTC().Format(time.RFC3339)),
	})
	require.NoError(t, err)
	require.Positive(t, left.GetCount(), "docs/rotation.md would have had the old key wait")
	third := r.again(first)
	r.merchant.SetKey(r.keysOf(older)["WAYBILL_PAY_KEYS_DEMO"])
	r.ask(third)
	require.Equal(t, 1, *r.reaches(third, refund.AwaitingApproval).Facts.CustomerRefunds, "the first one is not found any more")
	r.order(third, "approve")
	r.reaches(third, refund.PayFailed)
	r.merchant.SetKey(r.keysOf(newer)["WAYBILL_PAY_KEYS_DEMO"])
	r.order(third, "pay-again")
	r.reaches(third, refund.Paid)
	for _, o := range []sold{first, waiting, second, third} {
		require.Len(t, r.paid(o), 1)
	}
	require.Equal(t, wholeWay, r.told(waiting))
	require.Len(t, r.told(first), 3*len(wholeWay), "all three are of one customer")
	for _, g := range []generation{older, newer} {
		for _, key := range r.keysOf(g) {
			require.NotContains(t, r.ingress.output()+r.worker.output(), key)
		}
	}
}
