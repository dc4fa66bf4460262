package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheScreenHasAShortLineForEachEvent(t *testing.T) {
	const at = `{"time":"2026-11-28T04:34:55.9Z","level":"INFO",`
	for name, c := range map[string]struct{ child, line, want string }{
		"a webhook": {"ingress", at + `"msg":"answered","method":"POST","route":"/webhooks/sendcloud/:integration","code":200,"took_ms":9.2,"integration":"demo","action":"parcel_status_changed","parcel":868,"status":11,"outcome":"recorded"}`,
			"webhook   demo/868         status 11: recorded"},
		"a webhook about the integration": {"ingress", at + `"msg":"answered","method":"POST","route":"/webhooks/sendcloud/:integration","code":200,"integration":"demo","action":"integration_updated","outcome":"recorded"}`,
			"webhook   demo             integration updated: recorded"},
		"a webhook that is refused": {"ingress", at + `"msg":"answered","method":"POST","route":"/webhooks/sendcloud/:integration","code":401,"integration":"demo","outcome":"not verified"}`,
			"webhook   demo             ?: not verified (401)"},
		"reports of mails": {"ingress", at + `"msg":"answered","method":"POST","route":"/webhooks/sendgrid","code":200,"events":3,"outcome":"recorded"}`,
			"reports   3 about mails: recorded"},
		"a page":                   {"ingress", at + `"msg":"answered","method":"GET","route":"/refunds","code":200,"outcome":"shown"}`, ""},
		"what Temporal's UI shows": {"ingress", at + `"msg":"answered","method":"POST","route":"/codec/decode","code":200,"action":"decode","person":"ida","payloads":3,"outcome":"decoded"}`, ""},
		"what it may not show": {"ingress", at + `"msg":"answered","method":"POST","route":"/codec/decode","code":403,"action":"decode","outcome":"wrong origin"}`,
			"person    decode: wrong origin (403)"},
		"a decision": {"ingress", at + `"msg":"answered","method":"POST","route":"/api/refunds/:integration/:return/:order","code":200,"integration":"demo","refund":7001,"action":"approve","outcome":"followed"}`,
			"person    demo/7001        approve: followed"},
		"a mail":             {"worker", at + `"msg":"mail posted","kind":"shipped","parcel":"demo/868","language":"de","took_ms":11.2}`, "mail      demo/868         shipped, de"},
		"a mail to a person": {"worker", at + `"msg":"mail posted","kind":"sign_in","language":"en"}`, "mail                       sign_in, en"},
		"a payment":          {"worker", at + `"msg":"payment answered","refund":"demo/7001","outcome":"paid","WorkflowID":"refund:demo:7001"}`, "payment   demo/7001        paid"},
		"a change that was missed": {"worker", at + `"msg":"change found that no webhook reported","parcel":"demo/868","late_ms":4000}`,
			"found     demo/868         no webhook reported it"},
		"a mail that is refused": {"worker", strings.Replace(at, "INFO", "WARN", 1) + `"msg":"mail not accepted","kind":"shipped","parcel":"demo/868","verdict":"refused","reason":"too large"}`,
			"warning   mail not accepted: demo/868: shipped: too large"},
		"the same, told by the SDK":      {"worker", strings.Replace(at, "INFO", "ERROR", 1) + `"msg":"Activity error.","ActivityType":"SendMail","Error":"too large"}`, ""},
		"an error":                       {"worker", strings.Replace(at, "INFO", "ERROR", 1) + `"msg":"keys not reloaded","fault":"a key is empty"}`, "error     keys not reloaded: a key is empty"},
		"what is of no interest":         {"worker", at + `"msg":"Started Worker"}`, ""},
		"what a program says at its end": {"worker", "waybill: SENDGRID_API_KEY is empty", "worker | waybill: SENDGRID_API_KEY is empty"},
		"Temporal's own log":             {"temporal", "anything", ""},
		"a line of a stand-in":           {"sendgrid", at + `"msg":"x"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, regexp.MustCompile(`^\d\d:\d\d:\d\d  `).ReplaceAllString(screen{}.line(c.child, c.line), ""))
			if c.want != "" {
				require.Contains(t, screen{colours: true}.line(c.child, c.line), "\x1b[")
			}
		})
	}
}

func TestTheQuestionsAreThoseOfTheDocs(t *testing.T) {
	raw, err := os.ReadFile("../docs/operating.md")
	require.NoError(t, err)
	_, page, _ := strings.Cut(string(raw), "| you want | filter |\n|---|---|\n")
	page, _, _ = strings.Cut(page, "\n\n")
	var documented, linked []string
	for _, row := range regexp.MustCompile("(?m)^\\| [^|]+ \\| `([^`]+)`").FindAllStringSubmatch(page, -1) {
		documented = append(documented, strings.Replace(row[1], "my-shop", integration, 1))
	}
	for _, q := range questions {
		linked = append(linked, q.filter)
	}
	require.Len(t, documented, 8)
	require.Equal(t, documented, linked)
}

func TestAListHasItsFilterInTheAddress(t *testing.T) {
	require.Equal(t, `http://127.0.0.1:8233/namespaces/default/workflows?query=Attention%20%3D%20%22mails%20paused%22`, ports{UI: 8233}.listOf(`Attention = "mails paused"`))
}
