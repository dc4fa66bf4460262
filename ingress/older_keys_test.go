package ingress

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/mail/sendgrid"
	"waybill/monitoring"
	"waybill/sendcloud"
)

// olderUses are how often older keys were used, by setting.
type olderUses struct {
	client.MetricsHandler
	all     map[string]int
	setting string
}

func (o olderUses) WithTags(tags map[string]string) client.MetricsHandler {
	o.setting = tags["setting"]
	return o
}

func (o olderUses) Counter(name string) client.MetricsCounter {
	if name == monitoring.OlderKeyUses.Name {
		o.all[o.setting]++
	}
	return o.MetricsHandler.Counter(name)
}

func keyless() (sendgrid.EventKeys, error) { return nil, nil }

// While keys are changed, all of them are accepted, and the uses of those that are not first are counted.
func TestTheUsesOfOlderKeysAreCounted(t *testing.T) {
	keyed := Integration{
		Keys:      [][]byte{[]byte("the-new-key-of-webhooks"), []byte("the-old-key-of-webhooks")},
		BasicAuth: [][]byte{[]byte("sendcloud:new"), []byte("sendcloud:old")},
	}
	const key, password = "SENDCLOUD_KEYS_MY_SHOP", "SENDCLOUD_BASIC_AUTH_MY_SHOP"
	for name, c := range map[string]struct {
		key, password string
		code          int
		counted       map[string]int
	}{
		"both are new":          {"the-new-key-of-webhooks", "new", http.StatusOK, map[string]int{}},
		"both are old":          {"the-old-key-of-webhooks", "old", http.StatusOK, map[string]int{key: 1, password: 1}},
		"the key is old":        {"the-old-key-of-webhooks", "new", http.StatusOK, map[string]int{key: 1}},
		"the password is old":   {"the-new-key-of-webhooks", "old", http.StatusOK, map[string]int{password: 1}},
		"the key is wrong":      {"another-key-of-webhooks", "old", http.StatusUnauthorized, map[string]int{}},
		"the password is wrong": {"the-old-key-of-webhooks", "another", http.StatusUnauthorized, map[string]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			config := Config{Integrations: func() (Integrations, error) { return Integrations{"my-shop": keyed}, nil }, EventKeys: keyless}
			uses := olderUses{MetricsHandler: client.MetricsNopHandler, all: map[string]int{}}
			handler, err := Handler(config, &taking{}, uses, slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			const body = `{"action":"test_webhook","timestamp":1793610000000}`
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/sendcloud/my-shop", strings.NewReader(body))
			r.Header.Set(sendcloud.SignatureHeader, sendcloud.Sign([]byte(c.key), []byte(body)))
			r.SetBasicAuth("sendcloud", c.password)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			require.Equal(t, c.code, w.Code, w.Body)
			require.Equal(t, c.counted, uses.all)
		})
	}
}
