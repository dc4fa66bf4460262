package mail_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/mail"
	"waybill/parcel"
)

func office(t *testing.T, url string) *mail.Office {
	t.Helper()
	return mail.NewOffice(netmail.Address{Name: "Example Shop", Address: "tracking@shop.example"}, renderer(t), mail.NewClient("SG.key", url), mail.Pace{})
}

// served starts a SendGrid that answers everything with f.
func served(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

func TestWhoWrites(t *testing.T) {
	for _, c := range []struct {
		sender, shop, want string
	}{
		{"Example Shop", "API Integration", "Example Shop"},
		{"", "Shop of the Integration", "Shop of the Integration"},
		{"", "", "shop.example"},
	} {
		var posted struct {
			From    struct{ Name, Email string }
			Subject string
		}
		url := served(t, func(w http.ResponseWriter, r *http.Request) {
			if json.NewDecoder(r.Body).Decode(&posted) == nil {
				w.WriteHeader(http.StatusAccepted)
			}
		})
		o := mail.NewOffice(netmail.Address{Name: c.sender, Address: "tracking@shop.example"}, renderer(t), mail.NewClient("SG.key", url), mail.Pace{})
		l := letter(parcel.MailShipped)
		l.Shop.Name = c.shop
		require.Equal(t, mail.Accepted, o.Send(t.Context(), l).Verdict)
		require.Equal(t, c.want, posted.From.Name)
		require.Contains(t, posted.Subject, c.want)
	}
}

// The one table of what every answer means.
func TestEveryAnswerHasItsVerdict(t *testing.T) {
	const oneError = `{"errors":[{"message":"%s","field":%s,"help":null}]}`
	for _, c := range []struct {
		name    string
		status  int
		header  http.Header
		body    string
		want    mail.Verdict
		whyHas  string
		minWait time.Duration
	}{
		{"accepted", 202, http.Header{"X-Message-Id": {"ABCDEFGHIJKLMNOPQRSTUV"}}, "", mail.Accepted, "", 0},
		{"sandbox mode left on", 200, nil, "", mail.Setup, "200", 0},
		{"a redirect is not followed", 307, http.Header{"Location": {"https://elsewhere.example/"}}, "", mail.Setup, "307", 0},
		{"a field is wrong", 400, nil, fmt.Sprintf(oneError, "The subject is required.", `"subject"`), mail.Refused, "The subject is required. (subject)", 0},
		{"an address stays out of the reason", 400, nil, fmt.Sprintf(oneError, "jane.doe@example.com is not a valid address", "null"), mail.Refused, "[address] is not a valid address", 0},
		{"the key is dead", 401, nil, fmt.Sprintf(oneError, "The provided authorization grant is invalid, expired, or revoked", "null"), mail.Setup, "authorization grant is invalid", 0},
		{"credits are used up", 401, nil, fmt.Sprintf(oneError, "Maximum credits exceeded", "null"), mail.Setup, "Maximum credits exceeded", 0},
		{"the sender is not verified", 403, nil, fmt.Sprintf(oneError, "The from address does not match a verified Sender Identity.", `"from"`), mail.Setup, "verified Sender", 0},
		{"the path is wrong", 404, nil, "", mail.Setup, "404", 0},
		{"the region is wrong", 451, nil, "", mail.Setup, "451", 0},
		{"the method is wrong", 405, nil, "", mail.Refused, "405", 0},
		{"no Accept header", 406, nil, "", mail.Refused, "406", 0},
		{"too large, in a proxy's HTML", 413, nil, "<html><h1>413 Request Entity Too Large</h1></html>", mail.Refused, "413", 0},
		{"not UTF-8", 415, nil, fmt.Sprintf(oneError, "Invalid UTF8 in request", "null"), mail.Refused, "Invalid UTF8", 0},
		{"too many requests", 429, nil, fmt.Sprintf(oneError, "too many requests", "null"), mail.NotSent, "too many requests", 0},
		{"too many requests, with a time to come back", 429, http.Header{"X-Ratelimit-Reset": {strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10)}}, "", mail.NotSent, "429", 30 * time.Second},
		{"too many requests, with an absurd time", 429, http.Header{"X-Ratelimit-Reset": {"99999999999"}}, "", mail.NotSent, "429", time.Hour},
		{"the server broke", 500, nil, fmt.Sprintf(oneError, "Internal Server Error", "null"), mail.Unanswered, "500", 0},
		{"a bad gateway in HTML", 502, nil, "<html>502</html>", mail.Unanswered, "502", 0},
		{"unavailable", 503, http.Header{"Retry-After": {"7"}}, "", mail.NotSent, "503", 7 * time.Second},
		{"a gateway's time-out", 504, nil, "", mail.Unanswered, "504", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := served(t, func(w http.ResponseWriter, r *http.Request) {
				for name, values := range c.header {
					w.Header()[name] = values
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			got := office(t, url).Send(t.Context(), letter(parcel.MailShipped))
			require.Equal(t, c.want, got.Verdict)
			require.Equal(t, c.status, got.Status)
			require.Contains(t, got.Why, c.whyHas)
			require.NotContains(t, got.Why, "jane")
			require.GreaterOrEqual(t, got.Wait, c.minWait)
			require.LessOrEqual(t, got.Wait, time.Hour)
			if c.want == mail.Accepted {
				require.Equal(t, "ABCDEFGHIJKLMNOPQRSTUV", got.MessageID)
			}
		})
	}
}

func TestTransportFaults(t *testing.T) {
	hangUp := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	t.Run("nobody listens: nothing was sent", func(t *testing.T) {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		url := "http://" + l.Addr().String()
		require.NoError(t, l.Close())
		got := office(t, url).Send(t.Context(), letter(parcel.MailShipped))
		require.Equal(t, mail.Outcome{Verdict: mail.NotSent, Why: "SendGrid cannot be reached (connection refused)"}, got)
	})
	t.Run("the connection breaks after the mail was written: nobody knows, and it is posted once", func(t *testing.T) {
		var posts atomic.Int32
		url := served(t, func(w http.ResponseWriter, r *http.Request) { posts.Add(1); hangUp(w, r) })
		got := office(t, url).Send(t.Context(), letter(parcel.MailShipped))
		require.Equal(t, mail.Unanswered, got.Verdict)
		require.Equal(t, int32(1), posts.Load())
	})
	t.Run("no answer comes: nobody knows", func(t *testing.T) {
		arrived := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		url := served(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			close(arrived)
			<-r.Context().Done()
		})
		go func() { <-arrived; cancel() }()
		require.Equal(t, mail.Unanswered, office(t, url).Send(ctx, letter(parcel.MailShipped)).Verdict)
	})
	t.Run("accepted, and the answer breaks off: it is accepted", func(t *testing.T) {
		url := served(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Message-Id", "id")
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusAccepted)
			w.(http.Flusher).Flush()
			hangUp(w, r)
		})
		require.Equal(t, mail.Accepted, office(t, url).Send(t.Context(), letter(parcel.MailShipped)).Verdict)
	})
	t.Run("an endless answer is cut", func(t *testing.T) {
		url := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			for range 100 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		})
		require.Equal(t, mail.Refused, office(t, url).Send(t.Context(), letter(parcel.MailShipped)).Verdict)
	})
}

func TestAnAddressThatIsNoneIsRefusedWithoutAPost(t *testing.T) {
	url := served(t, func(http.ResponseWriter, *http.Request) { t.Error("posted") })
	for _, email := range []string{"", "jane", "jane@", "a@example.com, b@example.com", "jane doe@example.com"} {
		l := letter(parcel.MailShipped)
		l.Facts.Recipient.Email = email
		got := office(t, url).Send(t.Context(), l)
		require.Equal(t, mail.Refused, got.Verdict, email)
		require.Equal(t, "the recipient's mail address is not one", got.Why)
	}
}

// posted is what of a post the tests look at.
type posted struct {
	From             struct{ Email, Name string }
	Subject          string
	Personalizations []struct {
		To         []map[string]string
		CustomArgs map[string]string `json:"custom_args"`
	}
	Content          []struct{ Type, Value string }
	Categories       []string
	Headers          map[string]string
	TrackingSettings map[string]map[string]bool `json:"tracking_settings"`
}

func TestWhatIsPosted(t *testing.T) {
	var got posted
	var header http.Header
	url := served(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
	})
	l := letter(parcel.MailShipped)
	l.Facts.Recipient.Name = "Müller, Jörg"
	require.Equal(t, mail.Accepted, office(t, url).Send(t.Context(), l).Verdict)

	require.Equal(t, "Bearer SG.key", header.Get("Authorization"))
	require.Empty(t, header.Get("Idempotency-Key"), "it makes net/http post twice by itself")
	require.Equal(t, []map[string]string{{"email": "jane.doe@example.com"}}, got.Personalizations[0].To, "a comma in a name makes the mail vanish")
	require.Equal(t, map[string]string{"waybill_key": "k", "waybill_try": "1", "waybill_parcel": "demo:364000001"}, got.Personalizations[0].CustomArgs)
	require.Equal(t, "tracking@shop.example", got.From.Email)
	require.Equal(t, []string{"text/plain", "text/html"}, []string{got.Content[0].Type, got.Content[1].Type})
	require.Equal(t, []string{"waybill", "shipped", "demo"}, got.Categories)
	require.Equal(t, "<k@shop.example>", got.Headers["Message-ID"])
	require.Equal(t, "auto-generated", got.Headers["Auto-Submitted"])
	for _, tracking := range []string{"click_tracking", "open_tracking", "subscription_tracking", "ganalytics"} {
		enabled, said := got.TrackingSettings[tracking]["enable"]
		require.True(t, said && !enabled, tracking)
	}
}

func TestManyMailsAtOnceDoNotMixUp(t *testing.T) {
	var lock sync.Mutex
	seen := map[string]string{}
	url := served(t, func(w http.ResponseWriter, r *http.Request) {
		var p posted
		if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
			t.Error(err)
		}
		lock.Lock()
		defer lock.Unlock()
		seen[p.Personalizations[0].CustomArgs["waybill_key"]] += p.Personalizations[0].To[0]["email"]
		w.WriteHeader(http.StatusAccepted)
	})
	o := office(t, url)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			l := letter(parcel.MailShipped)
			l.Key, l.Facts.Recipient.Email = fmt.Sprint(i), fmt.Sprintf("r%d@example.com", i)
			o.Send(context.Background(), l)
		})
	}
	all.Wait()
	require.Len(t, seen, 200)
	for key, to := range seen {
		require.Equal(t, "r"+key+"@example.com", to)
	}
}

func TestMailsArePostedNoFasterThanThePlanAllows(t *testing.T) {
	posted := 0
	url := served(t, func(w http.ResponseWriter, _ *http.Request) {
		posted++
		w.WriteHeader(http.StatusAccepted)
	})
	o := mail.NewOffice(netmail.Address{Name: "Example Shop", Address: "tracking@shop.example"}, renderer(t), mail.NewClient("SG.key", url), mail.Pace{PerSecond: 0.01})
	require.Equal(t, mail.Accepted, o.Send(t.Context(), letter(parcel.MailShipped)).Verdict)
	for range 3 {
		late := o.Send(t.Context(), letter(parcel.MailShipped))
		require.Equal(t, mail.NotSent, late.Verdict)
		require.Greater(t, late.Wait, 90*time.Second, "it comes again when it is its turn")
		require.Less(t, late.Wait, 101*time.Second)
	}
	require.Equal(t, 1, posted)
}

func TestMailsAreLookedForInTheLogs(t *testing.T) {
	var asked []string
	url := served(t, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.Path+" "+string(raw))
		switch r.URL.Path {
		case "/v3/logs":
			_, _ = io.WriteString(w, `{"messages":[{"sg_message_id":"AAA.recvd-1"},{"sg_message_id":"BBB.recvd-2"}]}`)
		case "/v3/logs/AAA.recvd-1":
			_, _ = io.WriteString(w, `{"sg_message_id":"AAA.recvd-1","custom_args":{"waybill_key":"another","n":7}}`)
		case "/v3/logs/BBB.recvd-2":
			_, _ = io.WriteString(w, `{"sg_message_id":"BBB.recvd-2","custom_args":{"waybill_key":"k"}}`)
		}
	})
	o := office(t, url)
	since := time.Date(2026, 11, 23, 11, 40, 0, 0, time.UTC)
	id, found, err := o.Find(t.Context(), "k", "jane@example.com", since)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "BBB", id)
	require.Len(t, asked, 3)
	var query struct{ Query string }
	require.NoError(t, json.Unmarshal([]byte(asked[0][len("POST /v3/logs "):]), &query))
	require.Equal(t, `to_email = 'jane@example.com' AND sg_message_id_created_at > TIMESTAMP "2026-11-23T11:40:00Z"`, query.Query)

	_, found, err = o.Find(t.Context(), "no such key", "jane@example.com", since)
	require.NoError(t, err)
	require.False(t, found)
	_, _, err = o.Find(t.Context(), "k", "o'neill@example.com", since)
	require.ErrorIs(t, err, mail.ErrNoLogs, "an address is no part of a query")
	denied := office(t, served(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	_, _, err = denied.Find(t.Context(), "k", "jane@example.com", since)
	require.ErrorIs(t, err, mail.ErrNoLogs)
}

func TestADomainInOtherLettersIsWrittenAsDNSHasIt(t *testing.T) {
	var posted struct {
		Personalizations []struct{ To []struct{ Email string } }
	}
	url := served(t, func(w http.ResponseWriter, r *http.Request) {
		if json.NewDecoder(r.Body).Decode(&posted) == nil {
			w.WriteHeader(http.StatusAccepted)
		}
	})
	l := letter(parcel.MailShipped)
	for address, want := range map[string]string{
		"jane@müller.example": "jane@xn--mller-kva.example", "jörg@example.com": "jörg@example.com", "Jane@Example.COM": "Jane@example.com",
	} {
		l.Facts.Recipient.Email = address
		require.Equal(t, mail.Accepted, office(t, url).Send(t.Context(), l).Verdict, address)
		require.Equal(t, want, posted.Personalizations[0].To[0].Email)
	}
	l.Facts.Recipient.Email = "jane@exa_mple..com"
	require.Equal(t, mail.Refused, office(t, url).Send(t.Context(), l).Verdict)
}
