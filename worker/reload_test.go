package worker

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdkworker "go.temporal.io/sdk/worker"

	"waybill/activities"
	"waybill/link"
	"waybill/payment"
	"waybill/sendcloud"
)

// hand is a worker that works with some keys.
type hand struct {
	sdkworker.Worker
	name  string
	fails error
	diary *[]string
}

func (h hand) Start() error {
	*h.diary = append(*h.diary, h.name+" starts")
	return h.fails
}

func (h hand) Stop() { *h.diary = append(*h.diary, h.name+" stops") }

func TestAWorkerReloadsItsKeys(t *testing.T) {
	before := Config{SendGridKey: "old"}
	for name, change := range map[string]func(*Config){
		"of SendGrid": func(c *Config) { c.SendGridKey = "new" },
		"of Sendcloud": func(c *Config) {
			c.Integrations = map[string]sendcloud.APIConfig{"demo": {Keys: []sendcloud.KeyPair{{Secret: "new"}}}}
		},
		"of an endpoint":   func(c *Config) { c.Payments = map[string]payment.Endpoint{"demo": {Keys: [][]byte{[]byte("new")}}} },
		"of links":         func(c *Config) { c.Links = activities.Links{Keys: link.Keys{[]byte("new")}} },
		"none has changed": func(*Config) {},
	} {
		t.Run(name, func(t *testing.T) {
			var diary []string
			after := before
			after.Reload = func() (Config, error) { return after, nil }
			first := before
			first.Reload = func() (Config, error) { return after, nil }
			change(&after)
			changes := name != "none has changed"
			r := &running{
				config: first, workers: workers{hand{name: "first", diary: &diary}}, log: slog.New(slog.DiscardHandler),
				settle: func(context.Context, Config) error { return nil }, asked: func() {},
				open: func(c Config) (workers, error) {
					require.Equal(t, after.keys(), c.keys())
					return workers{hand{name: "second", diary: &diary}}, nil
				},
			}
			require.Equal(t, changes, r.reload(t.Context()))
			r.before.Wait()
			require.False(t, r.reload(t.Context()), "it reloads once")
			r.stop()
			want := []string{"first stops"}
			if changes {
				want = []string{"second starts", "first stops", "second stops"}
			}
			require.Equal(t, want, diary)
		})
	}
}

func TestKeysWithAFaultAreNotUsed(t *testing.T) {
	var log bytes.Buffer
	var diary []string
	fault := errors.New("SENDGRID_API_KEY_FILE: no such file")
	next := Config{SendGridKey: "new"}
	opens, starts := error(nil), error(nil)
	r := &running{
		config:  Config{SendGridKey: "old", Reload: func() (Config, error) { return next, fault }},
		workers: workers{hand{name: "first", diary: &diary}}, log: slog.New(slog.NewJSONHandler(&log, nil)),
		open: func(Config) (workers, error) {
			return workers{hand{name: "second", fails: starts, diary: &diary}}, opens
		},
	}
	logged := func() int { return strings.Count(log.String(), "the previous keys stay in use") }
	require.False(t, r.reload(t.Context()))
	require.False(t, r.reload(t.Context()))
	require.Equal(t, 1, logged(), "a fault is logged once")
	fault, opens = nil, errors.New("a template is missing")
	require.False(t, r.reload(t.Context()))
	opens, starts = nil, errors.New("Temporal does not answer")
	require.False(t, r.reload(t.Context()))
	require.Equal(t, 3, logged())
	require.False(t, slices.Contains(diary, "first stops"))
	starts = nil
	require.True(t, r.reload(t.Context()))
	r.before.Wait()
	require.Contains(t, diary, "first stops")
	require.NotContains(t, log.String(), "old")
	require.False(t, (&running{}).reload(t.Context()), "without Reload it never does")
}

// Sendcloud may not have answered with the keys before, and an integration may have had none.
func TestSendcloudIsAskedAboutAccountsWithNewKeys(t *testing.T) {
	var diary []string
	next := Config{Integrations: map[string]sendcloud.APIConfig{"demo": {Keys: []sendcloud.KeyPair{{Secret: "new"}}}}}
	reload := func() (Config, error) { return next, nil }
	next.Reload = reload
	shared := errors.New("demo and other belong to the same Sendcloud account")
	var before, asking context.Context
	before, stopped := context.WithCancel(t.Context())
	asks := 0
	r := &running{
		config:  Config{Reload: reload},
		workers: workers{hand{name: "first", diary: &diary}}, log: slog.New(slog.DiscardHandler), asked: stopped,
		open: func(Config) (workers, error) { return workers{hand{name: "second", diary: &diary}}, nil },
		settle: func(ctx context.Context, c Config) error {
			require.Equal(t, next.keys(), c.keys())
			asking, asks = ctx, asks+1
			return shared
		},
	}
	require.False(t, r.reload(t.Context()))
	require.False(t, r.reload(t.Context()))
	require.Equal(t, 1, asks, "Sendcloud is not asked every few seconds")
	require.Error(t, asking.Err())
	require.NoError(t, before.Err(), "with the keys that stay in use it is asked on")
	require.Empty(t, diary)

	shared, next.Integrations = nil, map[string]sendcloud.APIConfig{"demo": {Keys: []sendcloud.KeyPair{{Secret: "newer"}}}}
	require.True(t, r.reload(t.Context()))
	r.before.Wait()
	require.Error(t, before.Err(), "it is not asked with the old keys any more")
	require.NoError(t, asking.Err())
	next.SendGridKey = "new"
	require.True(t, r.reload(t.Context()))
	r.before.Wait()
	require.Equal(t, 2, asks, "another key has nothing to do with it")
	r.stop()
}
