package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/ingress"
	"waybill/sendcloud"
)

// start reads the settings of a command, which must make it refuse.
func start(t *testing.T, args []string, environ ...string) string {
	t.Helper()
	env := New(environ)
	var err error
	switch args[0] {
	case "worker":
		_, err = env.Worker()
	case "ingress":
		_, _, _, err = env.Ingress()
	}
	require.Error(t, err)
	return err.Error()
}

func secretFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func policyFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestTheIngressRefusesToStartWithoutASecret(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, c := range []struct {
		name    string
		environ []string
		says    []string
	}{
		{"no integration", nil, []string{"no integration has a key: set SENDCLOUD_KEYS_<INTEGRATION>"}},
		{"an empty key", []string{"SENDCLOUD_KEYS_DEMO="}, []string{"SENDCLOUD_KEYS_DEMO is empty: set it to the webhook signature key"}},
		{"a key of blanks", []string{"SENDCLOUD_KEYS_DEMO= \n "}, []string{"SENDCLOUD_KEYS_DEMO is empty"}},
		{"an empty file", []string{"SENDCLOUD_KEYS_DEMO_FILE=" + secretFile(t, "\n")}, []string{"SENDCLOUD_KEYS_DEMO is empty"}},
		{"a file that is not there", []string{"SENDCLOUD_KEYS_DEMO_FILE=" + missing}, []string{"SENDCLOUD_KEYS_DEMO_FILE: ", "no such file"}},
		{"a key and a file", []string{"SENDCLOUD_KEYS_DEMO=a", "SENDCLOUD_KEYS_DEMO_FILE=" + secretFile(t, "b")}, []string{"SENDCLOUD_KEYS_DEMO and SENDCLOUD_KEYS_DEMO_FILE are both set"}},
		{"a name that cannot stand in a path", []string{"SENDCLOUD_KEYS_=a"}, []string{`"" cannot be an integration's name`}},
		{"basic auth without a password", []string{"SENDCLOUD_KEYS_DEMO=a", "SENDCLOUD_BASIC_AUTH_DEMO=sendcloud"}, []string{"SENDCLOUD_BASIC_AUTH_DEMO is not of the form user:password"}},
		{"basic auth without a key", []string{"SENDCLOUD_KEYS_DEMO=a", "SENDCLOUD_BASIC_AUTH_SHOP=user:password"}, []string{"SENDCLOUD_KEYS_SHOP is empty"}},
		{"one good and one empty key", []string{"SENDCLOUD_KEYS_DEMO=a", "SENDCLOUD_KEYS_MY_SHOP="}, []string{"SENDCLOUD_KEYS_MY_SHOP is empty"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := start(t, []string{"ingress"}, c.environ...)
			for _, want := range c.says {
				require.Contains(t, said, want)
			}
		})
	}
}

// What gets into a key when it is copied: every webhook would be answered 401.
func TestTheIngressTellsWhatIsWrongWithAKey(t *testing.T) {
	const good = "the-signature-key-0001"
	for name, c := range map[string]struct {
		environ []string
		says    string
	}{
		"quotation marks":                {[]string{`SENDCLOUD_KEYS_SHOP="` + good + `"`}, "SENDCLOUD_KEYS_SHOP begins or ends with a quotation mark: remove"},
		"typographic quotation marks":    {[]string{"SENDCLOUD_KEYS_SHOP=“" + good + "”"}, "begins or ends with a quotation mark"},
		"quotation marks in the second":  {[]string{"SENDCLOUD_KEYS_SHOP=" + good + "\n'" + good + "2'"}, "begins or ends with a quotation mark"},
		"a byte order mark":              {[]string{"SENDCLOUD_KEYS_SHOP_FILE=" + secretFile(t, "\ufeff"+good+"\n")}, "SENDCLOUD_KEYS_SHOP has an invisible character, such as a byte order mark"},
		"a zero-width space":             {[]string{"SENDCLOUD_KEYS_SHOP=the-signature\u200b-key-0001"}, "has an invisible character"},
		"a variation selector":           {[]string{"SENDCLOUD_KEYS_SHOP=the-signature\ufe0f-key-0001"}, "has an invisible character"},
		"a joiner of letters":            {[]string{"SENDCLOUD_KEYS_SHOP=the-signature\u034f-key-0001"}, "has an invisible character"},
		"a filler of Hangul":             {[]string{"SENDCLOUD_KEYS_SHOP=the-signature-key-0001\u3164"}, "has an invisible character"},
		"a blank of Braille":             {[]string{"SENDCLOUD_KEYS_SHOP=\u2800the-signature-key-0001"}, "has an invisible character"},
		"an icon of a web page":          {[]string{"SENDCLOUD_KEYS_SHOP=the-signature-key-0001\ue14d"}, "has an invisible character"},
		"a letter that was lost":         {[]string{"SENDCLOUD_KEYS_SHOP=the-signature\ufffdkey-0001"}, "has an invisible character"},
		"UTF-16":                         {[]string{"SENDCLOUD_KEYS_SHOP_FILE=" + secretFile(t, "\xff\xfet\x00h\x00e\x00-\x00k\x00e\x00y\x00-\x000\x000\x000\x001\x00")}, "SENDCLOUD_KEYS_SHOP is not UTF-8: save its file as UTF-8"},
		"a space":                        {[]string{"SENDCLOUD_KEYS_SHOP=the-signature-key 0001"}, "SENDCLOUD_KEYS_SHOP has a space within a key"},
		"two keys on one line":           {[]string{"SENDCLOUD_KEYS_SHOP=" + good + "\u00a0" + good}, "has a space within a key: remove it, and write one key a line"},
		"few characters":                 {[]string{"SENDCLOUD_KEYS_SHOP=fifteen-letters"}, "SENDCLOUD_KEYS_SHOP has a key of fewer than 16 characters"},
		"one key of two integrations":    {[]string{"SENDCLOUD_KEYS_DEMO=" + good, "SENDCLOUD_KEYS_SHOP=" + good + "\n" + good + "2"}, "SENDCLOUD_KEYS_SHOP has a key that SENDCLOUD_KEYS_DEMO has too"},
		"one key twice":                  {[]string{"SENDCLOUD_KEYS_SHOP=" + good + "\n" + good}, "SENDCLOUD_KEYS_SHOP has a key that SENDCLOUD_KEYS_SHOP has too"},
		"two variables, one integration": {[]string{"SENDCLOUD_KEYS_SHOP=upper-key-000000", "SENDCLOUD_KEYS_shop=lower-key-000000"}, "SENDCLOUD_KEYS_SHOP and SENDCLOUD_KEYS_shop mean the same integration, shop: end both in SHOP, or remove one"},
		"a file and another variable":    {[]string{"SENDCLOUD_KEYS_shop_FILE=" + secretFile(t, good), "SENDCLOUD_KEYS_SHOP=" + good}, "SENDCLOUD_KEYS_SHOP and SENDCLOUD_KEYS_shop_FILE mean the same integration"},
		"a password that is another's":   {[]string{"SENDCLOUD_KEYS_my_shop=" + good, "SENDCLOUD_BASIC_AUTH_MY_SHOP=user:password"}, "SENDCLOUD_BASIC_AUTH_MY_SHOP and SENDCLOUD_KEYS_my_shop mean the same integration, my-shop"},
		"a public address without TLS":   {[]string{"SENDCLOUD_KEYS_SHOP=" + good, "WAYBILL_PUBLIC_URL=http://hooks.shop.example"}, "WAYBILL_PUBLIC_URL begins with http: sessions and mailed links would not be encrypted"},
		"a public address like a local":  {[]string{"SENDCLOUD_KEYS_SHOP=" + good, "WAYBILL_PUBLIC_URL=http://localhost.shop.example"}, "WAYBILL_PUBLIC_URL begins with http"},
		"a key of links in quotation":    {[]string{"SENDCLOUD_KEYS_SHOP=" + good, "WAYBILL_LINK_KEYS='" + good + good + "'"}, "WAYBILL_LINK_KEYS begins or ends with a quotation mark"},
		"basic auth with what is unseen": {[]string{"SENDCLOUD_KEYS_SHOP=" + good, "SENDCLOUD_BASIC_AUTH_SHOP=user:pass\u200bword"}, "SENDCLOUD_BASIC_AUTH_SHOP has an invisible character"},
	} {
		t.Run(name, func(t *testing.T) {
			said := start(t, []string{"ingress"}, c.environ...)
			require.Contains(t, said, c.says)
			require.Equal(t, 1, strings.Count(said, c.says), "it is told once")
			require.NotContains(t, said, "the-signature", "the key is not quoted")
			require.Equal(t, said, start(t, []string{"ingress"}, c.environ...), "each time the same")
		})
	}
	for _, fine := range [][]string{
		{"SENDCLOUD_KEYS_SHOP=" + good, "SENDCLOUD_BASIC_AUTH_SHOP='user':a \"password\""},
		{"SENDCLOUD_KEYS_SHOP=" + good, "WAYBILL_PUBLIC_URL=http://127.0.0.1:8080"},
		{"SENDCLOUD_KEYS_shop=" + good, "SENDCLOUD_BASIC_AUTH_shop=user:password"},
	} {
		_, _, _, err := New(fine).Ingress()
		require.NoError(t, err, fine)
	}
}

func TestAWorkerTellsAllFaultsAtOnce(t *testing.T) {
	said := start(t, []string{"worker"}, "SENDGRID_BASE_URL=http://sendgrid.example", "WAYBILL_POLICY="+policyFile(t, "mode: loud\nmail: on\n"))
	for _, want := range []string{
		"SENDGRID_API_KEY is empty: set it, or SENDGRID_API_KEY_FILE",
		"WAYBILL_MAIL_FROM is empty: set it to the sender",
		`SENDGRID_BASE_URL: what is sent there would not be encrypted`,
		`policy.yaml:1: mode: "loud" is not allowed: write one of shadow, live`,
		`policy.yaml:2: mail is no setting`,
	} {
		require.Contains(t, said, want)
	}
}

func TestAWorkerChecksEachSetting(t *testing.T) {
	good := []string{"SENDGRID_API_KEY=SG.x", "WAYBILL_MAIL_FROM=Example Shop <tracking@shop.example>"}
	for setting, want := range map[string]string{
		"SENDGRID_API_KEY=   ":                           "SENDGRID_API_KEY is empty",
		"WAYBILL_MAIL_FROM=Example Shop":                 "is not of the form",
		"SENDGRID_BASE_URL=api.sendgrid.com":             "is not of the form https://host",
		"SENDGRID_BASE_URL=https://api.sendgrid.com/v3":  "is not of the form https://host",
		"SENDGRID_BASE_URL=http://127.example.com":       "would not be encrypted: use https",
		"WAYBILL_POLICY=/nowhere/policy.yaml":            "WAYBILL_POLICY: open the policy",
		"SENDGRID_API_KEY_FILE=" + secretFile(t, "SG.y"): "are both set",
		"SENDGRID_API_KEY=\"SG.x\"":                      "SENDGRID_API_KEY begins or ends with a quotation mark",
		"WAYBILL_PUBLIC_URL=http://hooks.shop.example":   "WAYBILL_PUBLIC_URL begins with http",
		"WAYBILL_PAY_KEYS_DEMO=x\u2060y":                 "WAYBILL_PAY_KEYS_DEMO has an invisible character",
		"SENDCLOUD_API_KEYS_DEMO=“a:b":                   "SENDCLOUD_API_KEYS_DEMO begins or ends with a quotation mark",
	} {
		require.Contains(t, start(t, []string{"worker"}, append(good, setting)...), want, setting)
	}
}

func TestAWorkerChecksHowToAskSendcloud(t *testing.T) {
	good := []string{
		"SENDGRID_API_KEY=SG.x", "WAYBILL_MAIL_FROM=Example Shop <tracking@shop.example>",
		"SENDCLOUD_API_KEYS_MY_SHOP=public:secret", "SENDCLOUD_INTEGRATION_ID_MY_SHOP=7",
	}
	for setting, want := range map[string]string{
		"SENDCLOUD_API_KEYS_MY_SHOP=public":       "SENDCLOUD_API_KEYS_MY_SHOP is not of the form public-key:secret-key",
		"SENDCLOUD_INTEGRATION_ID_MY_SHOP=":       "SENDCLOUD_INTEGRATION_ID_MY_SHOP is not a number",
		"SENDCLOUD_INTEGRATION_ID_MY_SHOP=a":      "SENDCLOUD_INTEGRATION_ID_MY_SHOP is not a number",
		"SENDCLOUD_API_VERSION_MY_SHOP=v4":        "leave it empty for v3, or set it to v2",
		"SENDCLOUD_BASE_URL=http://panel.example": `SENDCLOUD_BASE_URL: what is sent there would not be encrypted`,
		"WAYBILL_RECONCILE_EVERY=10ms":            "WAYBILL_RECONCILE_EVERY is 10ms: set it to at least 1s",
		"SENDCLOUD_API_KEYS_=a:b":                 `"" cannot be an integration's name`,
		"SENDCLOUD_API_VERSION_my_shop=v2":        "SENDCLOUD_API_KEYS_MY_SHOP and SENDCLOUD_API_VERSION_my_shop mean the same integration, my-shop: end both in MY_SHOP",
		"SENDCLOUD_INTEGRATION_ID_my_shop=8":      "SENDCLOUD_API_KEYS_MY_SHOP and SENDCLOUD_INTEGRATION_ID_my_shop mean the same integration, my-shop: end both in MY_SHOP",
		"SENDCLOUD_ACCOUNT_MY_SHOP=Main account":  `SENDCLOUD_ACCOUNT_MY_SHOP is "Main account": an account is named with lower-case letters`,
	} {
		said := start(t, []string{"worker"}, append(good, setting)...)
		require.Contains(t, said, want, setting)
		require.NotContains(t, said, "secret\"", setting)
	}
}

func TestAPIKeysAreReadFromFilesAndEnvironment(t *testing.T) {
	config, err := New([]string{
		"SENDGRID_API_KEY=SG.x", "WAYBILL_MAIL_FROM=Example Shop <tracking@shop.example>",
		"SENDCLOUD_API_KEYS_MY_SHOP_FILE=" + secretFile(t, "public:secret\n"), "SENDCLOUD_INTEGRATION_ID_MY_SHOP=7",
		"SENDCLOUD_API_VERSION_MY_SHOP=v2", "SENDCLOUD_API_KEYS_OFF=", "SENDCLOUD_ACCOUNT_MY_SHOP=main", "SENDCLOUD_ACCOUNT_OFF=",
	}).Worker()
	require.NoError(t, err)
	require.Equal(t, 15*time.Minute, config.ReconcileEvery)
	require.Equal(t, map[string]sendcloud.APIConfig{"my-shop": {
		BaseURL: "https://panel.sendcloud.sc", Version: "v2", Keys: []sendcloud.KeyPair{{Public: "public", Secret: "secret"}}, Integration: 7,
	}}, config.Integrations)
	require.Equal(t, map[string]string{"my-shop": "main"}, config.Accounts)
}

func TestASenderThatIsWrongIsNotQuoted(t *testing.T) {
	said := start(t, []string{"worker"}, "SENDGRID_API_KEY=SG.x", "WAYBILL_MAIL_FROM=Jane Doe jane.doe@shop.example")
	require.Contains(t, said, "WAYBILL_MAIL_FROM: it is not of the form Shop Name <address@domain>")
	require.NotContains(t, said, "jane.doe")
}

func TestASecretIsNeverQuoted(t *testing.T) {
	said := start(t, []string{"worker"}, "SENDGRID_API_KEY=SG.very-secret", "WAYBILL_POLICY=/nowhere")
	require.NotContains(t, said, "very-secret")
}

func TestKeysAreReadFromFilesAndEnvironment(t *testing.T) {
	file := secretFile(t, "  the-key-from-a-file \r\n\r\n")
	config, _, _, err := New([]string{
		"SENDCLOUD_KEYS_DEMO=the-new-key-of-demo\nthe-old-key-of-demo\n",
		"SENDCLOUD_KEYS_MY_SHOP_FILE=" + file,
		"SENDCLOUD_BASIC_AUTH_MY_SHOP=user:password",
		"UNRELATED=x",
	}).Ingress()
	require.NoError(t, err)
	read, err := config.Integrations()
	require.NoError(t, err)
	require.Equal(t, ingress.Integrations{
		"demo":    {Keys: [][]byte{[]byte("the-new-key-of-demo"), []byte("the-old-key-of-demo")}},
		"my-shop": {Keys: [][]byte{[]byte("the-key-from-a-file")}, BasicAuth: [][]byte{[]byte("user:password")}},
	}, read)

	require.NoError(t, os.WriteFile(file, []byte("another"), 0o600))
	read, err = config.Integrations()
	require.NoError(t, err)
	require.Equal(t, [][]byte{[]byte("another")}, read["my-shop"].Keys)
}

func TestAWorkerReadsItsKeysAgain(t *testing.T) {
	files := map[string]string{}
	write := func(name, content string) string {
		if files[name] == "" {
			files[name] = secretFile(t, "")
		}
		require.NoError(t, os.WriteFile(files[name], []byte(content), 0o600))
		return files[name]
	}
	policy := policyFile(t, "mode: live\n")
	config, err := New([]string{
		"WAYBILL_MAIL_FROM=Example Shop <tracking@shop.example>", "SENDGRID_API_KEY_FILE=" + write("mail", "SG.old"), "WAYBILL_POLICY=" + policy,
		"SENDCLOUD_API_KEYS_DEMO_FILE=" + write("api", "public:old"), "SENDCLOUD_INTEGRATION_ID_DEMO=7",
		"WAYBILL_PAY_URL_DEMO=https://shop.example/refunds", "WAYBILL_PAY_KEYS_DEMO_FILE=" + write("pay", "the old key that pays"),
		"WAYBILL_LINK_KEYS_FILE=" + write("link", linkKey), "WAYBILL_PUBLIC_URL=https://hooks.shop.example", "WAYBILL_DIGEST_KEYS=" + oldKey,
	}).Worker()
	require.NoError(t, err)
	write("mail", "SG.new")
	write("api", "public:new\npublic:old")
	write("pay", "the new key that pays\nthe old key that pays")
	write("link", oldKey+"\n"+linkKey)
	require.NoError(t, os.WriteFile(policy, []byte("mode: loud\n"), 0o600)) // it has a reader of its own
	again, err := config.Reload()
	require.NoError(t, err)
	require.Equal(t, "SG.new", again.SendGridKey)
	require.Equal(t, []sendcloud.KeyPair{{Public: "public", Secret: "new"}, {Public: "public", Secret: "old"}}, again.Integrations["demo"].Keys)
	require.Len(t, again.Payments["demo"].Keys, 2)
	require.Equal(t, oldKey, string(again.Links.Keys[0]))
	require.Same(t, config.Policy, again.Policy)
	write("link", "short")
	_, err = again.Reload()
	require.ErrorContains(t, err, "WAYBILL_LINK_KEYS: a key has fewer than 32 characters")
}
