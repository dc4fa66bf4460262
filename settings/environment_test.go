package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/activities"
	"waybill/link"
	"waybill/payment"
	"waybill/worker"
)

var (
	linkKey = strings.Repeat("n", 32)
	oldKey  = strings.Repeat("o", 32)
)

// ready are the settings of a worker that nothing is wrong with.
func ready(more ...string) []string {
	return append([]string{"SENDGRID_API_KEY=SG.x", "WAYBILL_MAIL_FROM=Example Shop <tracking@shop.example>"}, more...)
}

func TestHowRefundsArePaidIsReadFromFilesAndEnvironment(t *testing.T) {
	config, err := New(ready(
		"WAYBILL_PAY_URL_DEMO=https://shop.example/refunds", "WAYBILL_PAY_KEYS_DEMO= the only key of the demo \n",
		"WAYBILL_PAY_URL_MY_SHOP= https://my-shop.example/refunds ", "WAYBILL_PAY_KEYS_MY_SHOP_FILE="+secretFile(t, "the new key of my shop\r\n\nthe old key of my shop\n"),
		"WAYBILL_PAY_URL_OFF=", "WAYBILL_PAY_KEYS_OFF=", "WAYBILL_PAY_KEYS_OFF_TOO_FILE=",
		"WAYBILL_LINK_KEYS_FILE="+secretFile(t, linkKey+"\n"+oldKey+"\n"), "WAYBILL_PUBLIC_URL=https://hooks.shop.example/",
		"WAYBILL_DIGEST_KEYS="+linkKey,
	)).Worker()
	require.NoError(t, err)
	require.Equal(t, map[string]payment.Endpoint{
		"demo":    {URL: "https://shop.example/refunds", Keys: [][]byte{[]byte("the only key of the demo")}},
		"my-shop": {URL: "https://my-shop.example/refunds", Keys: [][]byte{[]byte("the new key of my shop"), []byte("the old key of my shop")}},
	}, config.Payments)
	require.Equal(t, activities.Links{Keys: link.Keys{[]byte(linkKey), []byte(oldKey)}, PublicURL: "https://hooks.shop.example"}, config.Links)
}

func TestAWorkerSaysAllThatIsWrongWithItsFilesAtOnce(t *testing.T) {
	policyFile, folder := secretFile(t, "mode: LIVE\n"), t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "words"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "words", "en.yaml"), []byte("track:\n"), 0o600))
	_, err := New([]string{"WAYBILL_POLICY=" + policyFile, "WAYBILL_MAIL_TEMPLATES=" + folder}).Worker()
	for _, fault := range []string{"SENDGRID_API_KEY is empty", ":1: mode: \"LIVE\" is not allowed", "words/en.yaml:1: track: this text cannot be empty"} {
		require.ErrorContains(t, err, fault)
	}
	_, err = New(ready("WAYBILL_MAIL_TEMPLATES=/nowhere")).Worker()
	require.EqualError(t, err, "WAYBILL_MAIL_TEMPLATES: /nowhere is not a folder")
}

func TestAWorkerThatPaysNothingNeedsNothing(t *testing.T) {
	config, err := New(ready()).Worker()
	require.NoError(t, err)
	require.Empty(t, config.Payments)
	require.Zero(t, config.Links)
}

func TestAWorkerChecksHowRefundsArePaid(t *testing.T) {
	missing := "/nowhere/secret"
	for name, c := range map[string]struct {
		environ []string
		want    string
	}{
		"a key and no address":     {[]string{"WAYBILL_PAY_KEYS_DEMO=a key of the tests"}, "WAYBILL_PAY_URL_DEMO: it is not of the form https://host/path"},
		"an address and no key":    {[]string{"WAYBILL_PAY_URL_DEMO=https://shop.example/"}, "WAYBILL_PAY_KEYS_DEMO has no key"},
		"an empty file":            {[]string{"WAYBILL_PAY_URL_DEMO=https://shop.example/", "WAYBILL_PAY_KEYS_DEMO_FILE=" + secretFile(t, "\n")}, "WAYBILL_PAY_KEYS_DEMO has no key"},
		"a file that is not there": {[]string{"WAYBILL_PAY_URL_DEMO=https://shop.example/", "WAYBILL_PAY_KEYS_DEMO_FILE=" + missing}, "WAYBILL_PAY_KEYS_DEMO_FILE: "},
		"a key and a file":         {[]string{"WAYBILL_PAY_URL_DEMO=https://shop.example/", "WAYBILL_PAY_KEYS_DEMO=a key of the tests", "WAYBILL_PAY_KEYS_DEMO_FILE=" + secretFile(t, "another key of the tests")}, "WAYBILL_PAY_KEYS_DEMO and WAYBILL_PAY_KEYS_DEMO_FILE are both set"},
		"a short second key":       {[]string{"WAYBILL_PAY_URL_DEMO=https://shop.example/", "WAYBILL_PAY_KEYS_DEMO=a key of the tests\nshort"}, "WAYBILL_PAY_KEYS_DEMO has no key, or one of fewer than 16 characters"},
		"no integration":           {[]string{"WAYBILL_PAY_URL_=https://shop.example/", "WAYBILL_PAY_KEYS_=a key of the tests"}, `"" cannot be an integration's name`},
		"a short key for links":    {[]string{"WAYBILL_LINK_KEYS=" + linkKey[:31], "WAYBILL_PUBLIC_URL=https://hooks.shop.example"}, "WAYBILL_LINK_KEYS: a key has fewer than 32 characters"},
		"keys for links alone":     {[]string{"WAYBILL_LINK_KEYS=" + linkKey}, "WAYBILL_LINK_KEYS is set and WAYBILL_PUBLIC_URL is empty"},
		"no public address":        {[]string{"WAYBILL_PUBLIC_URL=hooks.shop.example"}, "WAYBILL_PUBLIC_URL is not of the form https://hooks.shop.example"},
		"no host":                  {[]string{"WAYBILL_PUBLIC_URL=https:///refunds"}, "WAYBILL_PUBLIC_URL is not of the form"},
		"a public mail address":    {[]string{"WAYBILL_PUBLIC_URL=mailto:ops@shop.example"}, "WAYBILL_PUBLIC_URL is not of the form"},
		"a password":               {[]string{"WAYBILL_PUBLIC_URL=https://joe:his-password@hooks.shop.example"}, "WAYBILL_PUBLIC_URL is not of the form"},
		"a query":                  {[]string{"WAYBILL_PUBLIC_URL=https://hooks.shop.example/?a=b"}, "WAYBILL_PUBLIC_URL is not of the form"},
	} {
		t.Run(name, func(t *testing.T) {
			said := start(t, []string{"worker"}, ready(c.environ...)...)
			require.Contains(t, said, c.want)
			for _, secret := range []string{"key of the tests", "nnn", "his-password"} {
				require.NotContains(t, said, secret)
			}
		})
	}
}

// One fault hides no other, wherever it is read.
func TestAWorkerTellsAllFaultsOfRefundsAtOnce(t *testing.T) {
	said := start(t, []string{"worker"}, "SENDGRID_API_KEY_FILE=/nowhere/secret", "WAYBILL_POLICY="+policyFile(t, "mode: loud\n"),
		"WAYBILL_PAY_URL_DEMO=http://shop.example/refunds", "WAYBILL_PAY_KEYS_DEMO_FILE=/nowhere/key", "WAYBILL_LINK_KEYS=short-secret", "WAYBILL_PUBLIC_URL=hooks.shop.example",
		"WAYBILL_MAIL_RATE=fast", "WAYBILL_RECONCILE_EVERY=soon")
	for _, want := range []string{
		"SENDGRID_API_KEY_FILE: ", "policy.yaml:1: mode", "WAYBILL_PAY_URL_DEMO: what is sent there would not be", "WAYBILL_PAY_KEYS_DEMO_FILE: ", "WAYBILL_PAY_KEYS_DEMO has no key",
		"WAYBILL_LINK_KEYS: a key has fewer than 32 characters", "WAYBILL_PUBLIC_URL is not of the form", `WAYBILL_MAIL_RATE is "fast"`, `WAYBILL_RECONCILE_EVERY is "soon"`, "WAYBILL_MAIL_FROM is empty",
	} {
		require.Contains(t, said, want)
		require.Equal(t, 1, strings.Count(said, want), "%s is told once", want)
	}
	require.NotContains(t, said, "short-secret")
}

func TestTheIngressReadsWhatRefundsNeed(t *testing.T) {
	file := secretFile(t, linkKey+"\n"+oldKey+"\n")
	door, config, _, err := New([]string{
		"SENDCLOUD_KEYS_DEMO=the-key-of-the-demo", "WAYBILL_LINK_KEYS_FILE=" + file, "WAYBILL_PUBLIC_URL=https://hooks.shop.example/",
		"WAYBILL_TRUSTED_PROXIES=10.0.0.0/8, 192.0.2.1,2001:db8::/32  ::1",
		"WAYBILL_POLICY=" + policyFile(t, "people: {anna: {email: anna@shop.example, role: approver}}\nintegrations:\n  my-shop:\n    people: {ben: {email: ben@shop.example, role: manager}}\n"),
	}).Ingress()
	require.NoError(t, err)
	keys, err := config.LinkKeys()
	require.NoError(t, err)
	require.Equal(t, link.Keys{[]byte(linkKey), []byte(oldKey)}, keys)
	require.Equal(t, "https://hooks.shop.example", config.PublicURL)
	require.Equal(t, []string{"10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1"}, door.TrustedProxies)
	_, people := config.Refunds("my-shop")
	require.Len(t, people, 2)
	require.Len(t, config.Everybody(), 2)
	_, people = config.Refunds("demo")
	require.Len(t, people, 1)
}

func TestTheIngressTellsAllFaultsOfRefundsAtOnce(t *testing.T) {
	said := start(t, []string{"ingress"}, "SENDCLOUD_KEYS_DEMO=", "SENDGRID_WEBHOOK_KEYS=no key", "WAYBILL_LINK_KEYS=short-secret",
		"WAYBILL_PUBLIC_URL=https://joe:his-password@hooks.shop.example", "WAYBILL_TRUSTED_PROXIES=10.0.0.0/8,proxy.example", "WAYBILL_POLICY="+policyFile(t, "mode: loud\n"))
	for _, want := range []string{
		"SENDCLOUD_KEYS_DEMO is empty", "SENDGRID_WEBHOOK_KEYS: ", "WAYBILL_LINK_KEYS: a key has fewer than 32 characters", "WAYBILL_PUBLIC_URL is not of the form",
		"WAYBILL_TRUSTED_PROXIES names no address and no network: write them as in 10.0.0.1 or 10.0.0.0/8", "policy.yaml:1: mode",
	} {
		require.Equal(t, 1, strings.Count(said, want), "%s is told once", want)
	}
	require.NotContains(t, said, "short-secret")
	require.NotContains(t, said, "his-password")
}

func TestTheRetentionHasLimits(t *testing.T) {
	kept, err := New(nil).Retention()
	require.NoError(t, err)
	require.Equal(t, worker.Retention{Keep: 30 * 24 * time.Hour}, kept)
	kept, err = New([]string{"WAYBILL_RETENTION=2160h"}).Retention()
	require.NoError(t, err)
	require.Equal(t, worker.Retention{Keep: 90 * 24 * time.Hour, Chosen: true}, kept)
	for _, wrong := range []string{"23h", "8761h", "0"} {
		_, err = New([]string{"WAYBILL_RETENTION=" + wrong}).Retention()
		require.ErrorContains(t, err, "set it to at least 24h0m0s and at most 8760h0m0s", wrong)
	}
	_, err = New([]string{"WAYBILL_RETENTION=30 days"}).Retention()
	require.EqualError(t, err, `WAYBILL_RETENTION is "30 days": set it to a duration such as 5m or 90s`)
}

func TestTheFolderForExportsIsThere(t *testing.T) {
	folder := t.TempDir()
	file := secretFile(t, "a file")
	for value, want := range map[string]string{
		folder: "", "": "", "exports": "write the whole path, which begins with /",
		filepath.Join(folder, "missing"): "WAYBILL_EXPORT_FOLDER: there is no folder", file: "is a file: name a folder",
	} {
		config, err := New(ready("WAYBILL_EXPORT_FOLDER=" + value)).Worker()
		if want == "" {
			require.NoError(t, err)
			require.Equal(t, value, string(config.ExportFolder))
		} else {
			require.ErrorContains(t, err, want)
		}
	}
}
