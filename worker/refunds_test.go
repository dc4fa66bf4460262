package worker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/activities"
	"waybill/link"
	"waybill/payment"
	"waybill/policy"
	"waybill/refund"
	"waybill/worker"
)

func keep(t *testing.T, text string) *policy.Keeper {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	kept, err := policy.Keep(path)
	require.NoError(t, err)
	return kept
}

// sound is a config that nothing is wrong with.
func sound(t *testing.T) worker.Config {
	t.Helper()
	c := worker.Config{SendGridKey: "SG.x", From: "Example Shop <tracking@shop.example>", Policy: keep(t, "mode: live\n"), Customers: refund.DigestKeys{[]byte("a digest key of the tests, which is long")}}
	require.NoError(t, c.Validate())
	return c
}

func pays(url string, keys ...string) payment.Endpoint {
	e := payment.Endpoint{URL: url}
	for _, key := range keys {
		e.Keys = append(e.Keys, []byte(key))
	}
	return e
}

const (
	goodURL = "https://shop.example/refunds"
	goodKey = "sixteen letters!"
)

func TestWhatIsWrongWithAnEndpointThatPays(t *testing.T) {
	noURL := "WAYBILL_PAY_URL_DEMO: it is not of the form https://host/path"
	openURL := "WAYBILL_PAY_URL_DEMO: what is sent there would not be encrypted: use https"
	noKey := "WAYBILL_PAY_KEYS_DEMO has no key, or one of fewer than 16 characters"
	for name, c := range map[string]struct {
		integration string
		endpoint    payment.Endpoint
		want        []string
	}{
		"nothing":                         {"demo", pays(goodURL, goodKey), nil},
		"two keys":                        {"demo", pays(goodURL, goodKey, goodKey+"old"), nil},
		"another port":                    {"demo", pays("https://shop.example:8443/refunds?shop=1", goodKey), nil},
		"this machine":                    {"demo", pays("http://127.0.0.1:8027/refunds", goodKey), nil},
		"this machine, by name":           {"demo", pays("http://localhost:8027/refunds", goodKey), nil},
		"this machine, by IPv6":           {"demo", pays("http://[::1]:8027/refunds", goodKey), nil},
		"no URL":                          {"demo", pays("", goodKey), []string{noURL}},
		"no scheme":                       {"demo", pays("shop.example/secret-path", goodKey), []string{noURL}},
		"no host":                         {"demo", pays("https:///secret-path", goodKey), []string{noURL}},
		"no URL at all":                   {"demo", pays("https://shop.example/%zz-secret-path", goodKey), []string{noURL}},
		"plain http":                      {"demo", pays("http://shop.example/secret-path", goodKey), []string{openURL}},
		"plain http to another's host":    {"demo", pays("http://127.0.0.1.example/secret-path", goodKey), []string{openURL}},
		"another scheme":                  {"demo", pays("ftp://shop.example/secret-path", goodKey), []string{openURL}},
		"a password":                      {"demo", pays("https://joe:secret-password@shop.example/", goodKey), []string{"WAYBILL_PAY_URL_DEMO: leave user and password out of it"}},
		"no key":                          {"demo", pays(goodURL), []string{noKey}},
		"a short key":                     {"demo", pays(goodURL, "a secret too few"[:15]), []string{noKey}},
		"a short key beside a good one":   {"demo", pays(goodURL, goodKey, "short-secret"), []string{noKey}},
		"everything":                      {"-", pays("", "short-secret"), []string{`WAYBILL_PAY_URL__: "-" cannot be an integration's name`, "WAYBILL_PAY_URL__: it is not of the form", "WAYBILL_PAY_KEYS__ has no key"}},
		"everything of one with a hyphen": {"my-shop", pays("", ""), []string{"WAYBILL_PAY_URL_MY_SHOP: it is not", "WAYBILL_PAY_KEYS_MY_SHOP has no key"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := sound(t)
			config.Payments = map[string]payment.Endpoint{c.integration: c.endpoint, "other": pays(goodURL, goodKey)}
			err := config.Validate()
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			require.Len(t, strings.Split(err.Error(), "\n"), len(c.want))
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, err.Error(), "secret-")
			for _, key := range []string{goodKey, "short-secret", "a secret too"} {
				require.NotContains(t, err.Error(), key)
			}
		})
	}
}

func TestThoseWhoDecideNeedLinks(t *testing.T) {
	const people = "people: {anna: {email: anna@shop.example, role: approver}}\n"
	keys, err := link.ParseKeys(strings.Repeat("k", 32))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		policy string
		links  activities.Links
		want   string
	}{
		"nobody decides":         {"refunds:\n  mode: live\n", activities.Links{}, ""},
		"they only would decide": {"refunds:\n  mode: shadow\n" + people, activities.Links{}, ""},
		"they decide":            {"refunds:\n  mode: live\n" + people, activities.Links{Keys: keys, PublicURL: "https://hooks.shop.example"}, ""},
		"an address alone":       {"refunds:\n  mode: shadow\n", activities.Links{PublicURL: "https://hooks.shop.example"}, ""},
		"they decide without keys": {"refunds:\n  mode: live\n" + people, activities.Links{PublicURL: "https://hooks.shop.example"},
			"the policy has people decide about refunds, and WAYBILL_LINK_KEYS is empty"},
		"they decide for one integration": {"refunds:\n" + people + "integrations:\n  my-shop:\n    refunds: {mode: live}\n", activities.Links{},
			"the policy has people decide about refunds, and WAYBILL_LINK_KEYS is empty"},
		"keys without an address": {"refunds:\n  mode: shadow\n", activities.Links{Keys: keys}, "WAYBILL_LINK_KEYS is set and WAYBILL_PUBLIC_URL is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			config := sound(t)
			config.Policy = keep(t, c.policy)
			config.Links = c.links
			if c.want == "" {
				require.NoError(t, config.Validate())
				return
			}
			require.ErrorContains(t, config.Validate(), c.want)
			require.NotContains(t, config.Validate().Error(), "kkkk")
		})
	}
}

func TestAllFaultsOfRefundsAreToldAtOnce(t *testing.T) {
	config := sound(t)
	config.SendGridKey = ""
	config.Policy = keep(t, "refunds:\n  mode: live\npeople: {anna: {email: anna@shop.example, role: approver}}\n")
	config.Payments = map[string]payment.Endpoint{"demo": pays("http://shop.example", "short"), "my-shop": {}}
	err := config.Validate()
	for _, want := range []string{
		"SENDGRID_API_KEY is empty", "WAYBILL_PAY_URL_DEMO", "WAYBILL_PAY_KEYS_DEMO", "WAYBILL_PAY_URL_MY_SHOP", "WAYBILL_PAY_KEYS_MY_SHOP", "WAYBILL_LINK_KEYS is empty",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestCustomersAreCountedUnderAKey(t *testing.T) {
	c := sound(t)
	c.Customers = nil
	require.NoError(t, c.Validate(), "a worker that pays nothing counts nobody")
	c.Payments = map[string]payment.Endpoint{"demo": pays(goodURL, goodKey)}
	require.ErrorContains(t, c.Validate(), "refunds are paid, and WAYBILL_DIGEST_KEYS is empty: set it to a key of at least 32 characters")
}
