package sendgrid_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/mail/sendgrid"
)

// client is one of the SendGrid at url.
func client(url string) *sendgrid.Client {
	return sendgrid.New(sendgrid.Config{Key: "SG.key", BaseURL: url, Sender: "tracking@shop.example"})
}

func message() delivery.Post {
	return delivery.Post{
		Key: "k", Try: 1, Subject: "parcel:demo:364000001", To: "jane.doe@example.com", From: "Example Shop", Title: "On its way",
		Text: "It is on its way.", HTML: "<p>It is on its way.</p>", Tags: []string{"waybill", "shipped", "demo"}, Thread: "p1",
	}
}

// served starts a SendGrid that answers everything with f.
func served(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
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

func TestManyMailsAtOnceDoNotMixUp(t *testing.T) {
	var lock sync.Mutex
	seen := map[string]string{}
	url := served(t, func(w http.ResponseWriter, r *http.Request) {
		var got posted
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		lock.Lock()
		defer lock.Unlock()
		seen[got.Personalizations[0].CustomArgs["waybill_key"]] += got.Personalizations[0].To[0]["email"]
		w.WriteHeader(http.StatusAccepted)
	})
	c := client(url)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			p := message()
			p.Key, p.To = fmt.Sprint(i), fmt.Sprintf("r%d@example.com", i)
			c.Post(context.Background(), p)
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
	c := sendgrid.New(sendgrid.Config{Key: "SG.key", BaseURL: url, Sender: "tracking@shop.example", Pace: sendgrid.Pace{PerSecond: 0.01}})
	require.Equal(t, delivery.WasAccepted, c.Post(t.Context(), message()).Verdict)
	for range 3 {
		late := c.Post(t.Context(), message())
		require.Equal(t, delivery.NotSent, late.Verdict)
		require.Greater(t, late.Wait, 90*time.Second, "it comes again when it is its turn")
		require.Less(t, late.Wait, 101*time.Second)
	}
	require.Equal(t, 1, posted)
}

// A link works for an hour, and a backlog can take longer.
func TestALinkToSignInDoesNotWaitBehindABacklog(t *testing.T) {
	code := http.StatusAccepted
	url := served(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	c := sendgrid.New(sendgrid.Config{Key: "SG.key", BaseURL: url, Sender: "tracking@shop.example", Pace: sendgrid.Pace{PerSecond: 0.1, FaultPause: time.Minute}})
	post := func(key string, subject delivery.Subject) delivery.Outcome {
		p := message()
		p.Key, p.Subject = key, subject
		return c.Post(t.Context(), p)
	}
	backlog := func(verdict delivery.Verdict) {
		var last delivery.Outcome
		for i := range 1000 {
			last = post(fmt.Sprint(verdict, i), "parcel:demo:7")
		}
		require.Equal(t, verdict, last.Verdict)
		require.Greater(t, last.Wait, 4*time.Minute)
	}
	backlog(delivery.NotSent)
	require.Equal(t, delivery.WasAccepted, post("link", "sign-in:nina").Verdict)

	code = http.StatusUnauthorized
	held := post("another link", "sign-in:nina")
	require.Equal(t, delivery.ConfigurationFault, held.Verdict)
	backlog(delivery.ConfigurationFault)
	held = post("another link", "sign-in:nina")
	require.Equal(t, delivery.ConfigurationFault, held.Verdict)
	require.LessOrEqual(t, held.Wait, time.Minute)
}

func TestEachMailIsToldItsOwnTurn(t *testing.T) {
	url := served(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	c := sendgrid.New(sendgrid.Config{Key: "SG.key", BaseURL: url, Sender: "tracking@shop.example", Pace: sendgrid.Pace{PerSecond: 10}})
	inSecond := map[time.Duration]int{}
	post := func(key string) delivery.Outcome {
		p := message()
		p.Key = key
		return c.Post(t.Context(), p)
	}
	var all sync.WaitGroup
	var lock sync.Mutex
	for i := range 1000 {
		all.Go(func() {
			if late := post(fmt.Sprint(i)); late.Verdict == delivery.NotSent {
				lock.Lock()
				defer lock.Unlock()
				inSecond[late.Wait.Truncate(time.Second)]++
			}
		})
	}
	all.Wait()
	for second, n := range inSecond {
		require.LessOrEqual(t, n, 20, "%v: the post of some took a moment", second)
	}
	require.Greater(t, len(inSecond), 90, "1000 mails at 10 a second take 100 seconds")
	early := post("999")
	if early.Verdict == delivery.NotSent {
		again := post("999")
		require.InDelta(t, early.Wait.Seconds(), again.Wait.Seconds(), 5, "its turn is kept, however often it comes")
	}
}
