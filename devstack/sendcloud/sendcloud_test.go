package sendcloud_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/sendcloud"
)

var keyed = regexp.MustCompile(`"([a-z0-9_]+)": `)

// keys are all keys of a body, in the order in which they stand there.
func keys(body []byte) []string {
	var found []string
	for _, m := range keyed.FindAllSubmatch(body, -1) {
		found = append(found, string(m[1]))
	}
	return found
}

func TestABodyHasTheShapeOfACapturedOne(t *testing.T) {
	captured, err := os.ReadFile("testdata/signed-own-captured-pystyle.json")
	require.NoError(t, err)
	p := sendcloud.NewParcel(sendcloud.Journeys[0], time.Now())
	p.Recipient.Name = "DUPONT Hélène 👋"
	p.OrderValue, p.OrderCurrency = "", "" // the captured one has none
	body := p.Body(sendcloud.BeingAnnounced, time.UnixMilli(1793620800000))
	require.Equal(t, keys(captured), keys(body))
	require.Contains(t, string(body), `DUPONT H\u00e9l\u00e8ne \ud83d\udc4b`)
	require.Contains(t, string(body), `"insured_value": 0.0,`)

	var got, want map[string]any
	require.NoError(t, json.Unmarshal(body, &got))
	require.NoError(t, json.Unmarshal(captured, &want))
	requireSameTypes(t, "", want, got)
}

func requireSameTypes(t *testing.T, path string, want, got any) {
	t.Helper()
	require.IsType(t, want, got, path)
	object, ok := want.(map[string]any)
	if !ok {
		return
	}
	for key, value := range object {
		requireSameTypes(t, path+"."+key, value, got.(map[string]any)[key])
	}
}

func TestTheDocumentedSignature(t *testing.T) {
	require.Equal(t, "1eed4b3d41f4653ac64fd56f1bf1cbfd349e4482cbc11dff7134bd93e5da4b0a", sendcloud.Sign("secretkey", []byte(`{"key": "value"}`)))
}

func TestEveryJourneyIsOfRecentDays(t *testing.T) {
	names := map[string]bool{}
	for _, j := range sendcloud.Journeys {
		require.False(t, names[j.Name], j.Name)
		names[j.Name] = true
		found, ok := sendcloud.Find(j.Name)
		require.True(t, ok)
		require.Equal(t, j.About, found.About)
		for _, step := range j.Steps {
			require.Less(t, step.Ago, 72*time.Hour, "older news is not mailed")
		}
	}
	_, ok := sendcloud.Find("to the moon")
	require.False(t, ok)
}

func TestParcelsDiffer(t *testing.T) {
	ids := map[int64]bool{}
	for range 5 {
		id := sendcloud.NewParcel(sendcloud.Journeys[0], time.Now()).ID
		require.Greater(t, id, int64(99_999_999))
		require.Less(t, id, int64(1_000_000_000))
		ids[id] = true
	}
	require.Len(t, ids, 5)
}

func TestAWebhookIsSentUntilItIsTaken(t *testing.T) {
	var calls atomic.Int32
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Sendcloud-Signature") != sendcloud.Sign("key", body) {
			t.Error("not signed")
		}
		if calls.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer door.Close()
	player := sendcloud.Player{URL: door.URL, Key: "key"}
	journey := sendcloud.Journey{Name: "short", Steps: []sendcloud.Step{{Status: sendcloud.Delivered, Copies: 1}}}
	var lines []string
	err := player.Play(t.Context(), journey, sendcloud.NewParcel(journey, time.Now()), func(line string) { lines = append(lines, line) })
	require.NoError(t, err)
	require.Equal(t, int32(3), calls.Load(), "once in vain, once taken, and a copy")
	require.Len(t, lines, 2)
}

func TestADoorThatIsNotThereIsNamed(t *testing.T) {
	door := httptest.NewServer(http.NotFoundHandler())
	door.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := sendcloud.Player{URL: door.URL, Key: "key"}.Send(ctx, []byte("{}"))
	require.ErrorContains(t, err, "is the stack running?")
}
