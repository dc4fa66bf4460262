package worker

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/sendcloud"
)

// account is a Sendcloud account as the keys of one of its integrations see it.
type account struct {
	sendcloud.API
	numbers []int64
	// silent is how often it does not answer.
	silent int
}

func (a *account) Integrations(context.Context) ([]int64, error) {
	if a.silent > 0 {
		a.silent--
		return nil, &sendcloud.APIError{Kind: sendcloud.Unavailable}
	}
	return a.numbers, nil
}

func integrated(version string, number int64) sendcloud.APIConfig {
	return sendcloud.APIConfig{Keys: []sendcloud.KeyPair{{Public: "p", Secret: "s"}}, Version: version, Integration: number}
}

func TestFaultsInTheSettingsOfAccountsAreTold(t *testing.T) {
	v2, v3 := sendcloud.V2, sendcloud.V3
	for _, c := range []struct {
		name         string
		integrations map[string]sendcloud.APIConfig
		accounts     map[string]string
		fault        string
	}{
		{"an account each", map[string]sendcloud.APIConfig{"demo": integrated(v2, 7), "other": integrated(v2, 8)}, nil, ""},
		{"one account for both", map[string]sendcloud.APIConfig{"demo": integrated(v3, 7), "other": integrated(v3, 8)}, map[string]string{"other": "demo"}, ""},
		{"one account, and a version that cannot tell them apart", map[string]sendcloud.APIConfig{"demo": integrated(v3, 7), "other": integrated(v2, 8)}, map[string]string{"other": "demo"}, "set SENDCLOUD_API_VERSION_OTHER to v3"},
		{"one integration twice", map[string]sendcloud.APIConfig{"demo": integrated(v3, 7), "my-shop": integrated(v3, 7)}, nil, "SENDCLOUD_INTEGRATION_ID_DEMO and SENDCLOUD_INTEGRATION_ID_MY_SHOP are the same integration"},
		{"a name that cannot be", nil, map[string]string{"other": "Main:1"}, `SENDCLOUD_ACCOUNT_OTHER is "Main:1"`},
		{"an account without API keys", nil, map[string]string{"other": "demo"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Config{Integrations: c.integrations, Accounts: c.accounts}.checkAccounts()
			if c.fault == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.fault)
		})
	}
}

func TestAWorkerRefusesAnAccountThatIsSharedWithoutSayingSo(t *testing.T) {
	c := Config{Integrations: map[string]sendcloud.APIConfig{"demo": integrated(sendcloud.V3, 7), "other": integrated(sendcloud.V3, 8)}}
	shared := func() map[string]sendcloud.API {
		return map[string]sendcloud.API{"demo": &account{numbers: []int64{7, 8, 9}}, "other": &account{numbers: []int64{7, 8, 9}}}
	}
	start := func(c Config, apis map[string]sendcloud.API) error {
		return c.settleAccounts(t.Context(), apis, slog.New(slog.DiscardHandler), nil)
	}
	err := start(c, shared())
	require.EqualError(t, err, "demo and other belong to the same Sendcloud account: a return could be paid once for each. Set SENDCLOUD_ACCOUNT_OTHER=demo, and never change it: it is part of the keys under which refunds are paid")

	c.Accounts = map[string]string{"other": "demo"}
	require.NoError(t, start(c, shared()))
	c.Accounts = nil
	require.NoError(t, start(c, map[string]sendcloud.API{"demo": &account{numbers: []int64{7}}, "other": &account{numbers: []int64{8, 9}}}))

	c.Integrations = map[string]sendcloud.APIConfig{"demo": integrated(sendcloud.V2, 7)}
	require.ErrorContains(t, start(c, map[string]sendcloud.API{"demo": &account{numbers: []int64{7, 9}}}),
		"version 2 of the API cannot tell their parcels and returns apart: set SENDCLOUD_API_VERSION_DEMO to v3", "also one that Waybill does not serve")
}

// A Sendcloud that is down stops no mails. What it tells later still counts.
func TestASilentSendcloudIsAskedForAccountsUntilItAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Config{Integrations: map[string]sendcloud.APIConfig{"demo": integrated(sendcloud.V3, 7), "other": integrated(sendcloud.V3, 8)}}
		began := time.Now()
		heard := make(chan error, 1)
		require.NoError(t, c.settleAccounts(t.Context(), map[string]sendcloud.API{
			"demo": &account{numbers: []int64{7, 8}, silent: 3}, "other": &account{numbers: []int64{7, 8}, silent: 3},
		}, slog.New(slog.DiscardHandler), func(err error) { heard <- err }))
		require.ErrorContains(t, <-heard, "belong to the same Sendcloud account")
		require.Equal(t, 3*accountsPause, time.Since(began))
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		require.NoError(t, Config{}.settleAccounts(ctx, map[string]sendcloud.API{"demo": &account{silent: 1_000_000}}, slog.New(slog.DiscardHandler),
			func(error) { panic(errors.New("nothing is known to be wrong")) }))
		<-time.After(time.Hour) // of the bubble
		stop()                  // without it, the bubble would not end
	})
}

// The keys of one of them cannot list integrations, and never will. Those of the other can.
func TestEitherIntegrationTellsThatAnAccountIsShared(t *testing.T) {
	c := Config{Integrations: map[string]sendcloud.APIConfig{"demo": integrated(sendcloud.V3, 7), "other": integrated(sendcloud.V3, 8)}}
	for _, mute := range []string{"demo", "other"} {
		apis := map[string]sendcloud.API{"demo": &account{numbers: []int64{7, 8}}, "other": &account{numbers: []int64{7, 8}}}
		apis[mute] = &account{silent: 1_000_000}
		_, faults := c.askAccounts(t.Context(), apis)
		require.EqualError(t, faults, "demo and other belong to the same Sendcloud account: a return could be paid once for each. Set SENDCLOUD_ACCOUNT_OTHER=demo, and never change it: it is part of the keys under which refunds are paid", mute)
	}
}
