package sendcloud_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/sendcloud"
)

// door takes webhooks, after it has refused some of each.
type door struct {
	*httptest.Server
	refuse int

	mu     sync.Mutex
	bodies []string
	times  map[string]int
}

func newDoor(t *testing.T, refuse int) *door {
	t.Helper()
	d := &door{refuse: refuse, times: map[string]int{}}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.times[string(body)]++
		switch {
		case err != nil || r.Header.Get("Sendcloud-Signature") != sendcloud.Sign("key", body):
			w.WriteHeader(http.StatusUnauthorized)
		case d.times[string(body)] <= d.refuse:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			d.bodies = append(d.bodies, string(body))
		}
	}))
	t.Cleanup(d.Close)
	return d
}

// heard are the webhooks that were taken, in order.
func (d *door) heard() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.bodies...)
}

var at = time.Date(2026, 11, 2, 12, 0, 0, 300_000_000, time.UTC)

// open opens an account whose retries take no time.
func open(t *testing.T, d *door, w sendcloud.Weather) *sendcloud.Account {
	t.Helper()
	a := sendcloud.NewAccount(sendcloud.AccountConfig{
		PublicKey: "public", SecretKey: "secret", Integration: 7, ShopName: "Example Shop",
		WebhookURL: d.URL, SignatureKey: "key", Scale: 1e7, Weather: w,
	})
	t.Cleanup(a.Close)
	return a
}

func parcelOf(id int64) sendcloud.Parcel {
	p := sendcloud.NewParcel(sendcloud.Journeys[0], at)
	p.ID = id
	return p
}

func TestAWebhookThatIsRefusedComesAgainTheSame(t *testing.T) {
	d := newDoor(t, 10)
	a := open(t, d, sendcloud.Weather{})
	a.Change(parcelOf(1), sendcloud.ToSorting, at)
	require.NoError(t, a.Rest(t.Context()))
	require.Len(t, d.heard(), 1, "taken at the eleventh time, the last")
	require.Equal(t, 11, a.Posts())
	require.Empty(t, a.FailedCalls())
}

func TestAfterTenRetriesAWebhookIsGivenUp(t *testing.T) {
	d := newDoor(t, 11)
	a := open(t, d, sendcloud.Weather{})
	a.Change(parcelOf(1), sendcloud.ToSorting, at)
	require.NoError(t, a.Rest(t.Context()))
	require.Empty(t, d.heard())
	require.Equal(t, 11, a.Posts())
	require.Len(t, a.FailedCalls(), 1)
	require.Equal(t, http.StatusServiceUnavailable, a.FailedCalls()[0].Code)

	d.Close()
	a.Send(sendcloud.TestWebhook())
	require.NoError(t, a.Rest(t.Context()))
	require.Len(t, a.FailedCalls(), 2)
	require.Equal(t, "requests.exceptions.ConnectionError", a.FailedCalls()[1].Exception)
}

func TestWeather(t *testing.T) {
	play := func(w sendcloud.Weather) []string {
		d := newDoor(t, 0)
		a := open(t, d, w)
		for id := range int64(200) {
			a.Change(parcelOf(id+1), sendcloud.ToSorting, at)
		}
		require.NoError(t, a.Rest(t.Context()))
		return d.heard()
	}
	require.Len(t, play(sendcloud.Weather{}), 200)
	require.Empty(t, play(sendcloud.Weather{Lost: true}))
	require.Len(t, play(sendcloud.Weather{Shuffled: 0.5, Seed: 1}), 200, "what is held back comes all the same")
	twice := len(play(sendcloud.Weather{Duplicates: 0.2, Seed: 1}))
	require.InDelta(t, 240, twice, 20)
	require.Len(t, play(sendcloud.Weather{Duplicates: 0.2, Seed: 1}), twice, "the same seed is the same weather")
}

func TestAShuffledWebhookIsOvertakenByTheNext(t *testing.T) {
	d := newDoor(t, 0)
	a := open(t, d, sendcloud.Weather{Shuffled: 1})
	first, second := []byte(`{"n":1}`), []byte(`{"n":2}`)
	a.Send(first)
	a.Send(second)
	require.NoError(t, a.Rest(t.Context()))
	require.ElementsMatch(t, []string{string(first), string(second)}, d.heard())
	a.Send(first)
	require.Equal(t, 2, a.Posts(), "held back until the next one, or until somebody rests")
	require.NoError(t, a.Rest(t.Context()))
	require.Equal(t, 3, a.Posts())
}

func TestAnAccountRemembersItsParcels(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parcels.jsonl")
	d := newDoor(t, 0)
	first := open(t, d, sendcloud.Weather{})
	require.NoError(t, first.Remember(file))
	panel := httptest.NewServer(first)
	defer panel.Close()
	far := sendcloud.Panel{URL: panel.URL, PublicKey: "public", SecretKey: "secret"}
	require.NoError(t, far.Set(t.Context(), sendcloud.Change{Parcel: parcelOf(1), Status: sendcloud.ToSorting, At: at}))
	require.NoError(t, far.Set(t.Context(), sendcloud.Change{Parcel: parcelOf(1), Status: sendcloud.Delivered, At: at.Add(time.Hour)}))
	require.ErrorContains(t, far.Set(t.Context(), sendcloud.Change{}), "not a change of a parcel")
	far.SecretKey = "another"
	require.ErrorContains(t, far.Set(t.Context(), sendcloud.Change{Parcel: parcelOf(2), Status: sendcloud.ToSorting, At: at}), "401")
	first.Close()
	appendTo(t, file, `{"Parcel":{"ID":3`)

	second := open(t, d, sendcloud.Weather{})
	require.NoError(t, second.Remember(file), "a line that was cut off is dropped")
	code, said, _ := get(t, second, "/api/v2/parcels")
	require.Equal(t, http.StatusOK, code)
	require.Len(t, said["parcels"], 1)
	code, said, _ = get(t, second, "/api/v2/tracking/3SWAYB1")
	require.Equal(t, http.StatusOK, code)
	require.Len(t, said["statuses"], 2)
}
