package doctor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSendGrid(t *testing.T) {
	const eventKey = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
	hook := func(more string) string {
		return `200 {"webhooks":[{"url":"https://crm.shop.example"},{"url":"https://hooks.shop.example/webhooks/sendgrid","enabled":true,"processed":true,"dropped":true,"deferred":true,"delivered":true,"bounce":true,"spam_report":true,"public_key":"` + eventKey + `"` + more + `}]}`
	}
	const scopes, domains, senders, send, hooks = "GET /v3/scopes", "GET /v3/whitelabel/domains", "GET /v3/verified_senders", "POST /v3/mail/send", "GET /v3/user/webhooks/event/settings/all"
	mailing := `200 {"scopes":["mail.send"]}`
	for _, c := range []struct {
		name        string
		check       Check
		answers     answers
		level       Level
		says, mends string
	}{
		{"a key that is accepted", sendgridKeyCheck, answers{scopes: mailing}, OK, "mail.send", ""},
		{"a key that is refused", sendgridKeyCheck, answers{scopes: `401 {"errors":[{"message":"expired"}]}`}, Fault, "refuses the key: SendGrid answered 401 Unauthorized: expired", "SENDGRID_API_KEY"},
		{"a key that may not send", sendgridKeyCheck, answers{scopes: `200 {"scopes":["stats.read"]}`}, Fault, "lacks the scope mail.send", "full access to Mail Send"},
		{"a SendGrid that is broken", sendgridKeyCheck, answers{scopes: "502 <html>"}, Fault, "502", "SENDGRID_BASE_URL"},

		{"a domain that is authenticated", sendgridSenderCheck, answers{scopes: mailing, domains: `200 [{"domain":"shop.example","valid":true}]`}, OK, "authenticated", ""},
		{"a domain whose DNS is wrong", sendgridSenderCheck, answers{scopes: mailing, domains: `200 [{"domain":"shop.example","valid":false}]`, senders: `200 {"results":[]}`}, Fault, "not verified", "Authenticate Your Domain"},
		{"a single sender", sendgridSenderCheck, answers{scopes: mailing, domains: `200 []`, senders: `200 {"results":[{"from_email":"tracking@shop.example","verified":true}]}`}, Warning, "verified by itself", "Authenticate Your Domain"},
		{"a key that may not read senders", sendgridSenderCheck, answers{scopes: mailing, domains: "401 {}"}, Skipped, "may not read the sender authentication", ""},

		{"a mail that is accepted", sendgridMailCheck, answers{scopes: mailing, send: "200 "}, OK, "nothing was sent", ""},
		{"a plan that is used up", sendgridMailCheck, answers{scopes: mailing, send: `401 {"errors":[{"message":"Maximum credits exceeded"}]}`}, Fault, "Maximum credits exceeded", "larger plan"},
		{"a mail without an answer to its key", sendgridMailCheck, answers{scopes: "401 {}"}, Skipped, "sendgrid-key", ""},

		{"a mail that the key may not send", sendgridMailCheck, answers{scopes: `200 {"scopes":[]}`}, Skipped, "may not send mails", ""},

		{"an Event Webhook", sendgridEventsCheck, answers{scopes: mailing, hooks: hook("")}, OK, "reports all events", ""},
		{"no Event Webhook", sendgridEventsCheck, answers{scopes: mailing, hooks: `200 {"webhooks":[]}`}, Warning, "no Event Webhook", "https://hooks.shop.example/webhooks/sendgrid"},
		{"an Event Webhook to another address", sendgridEventsCheck, answers{scopes: mailing, hooks: `200 {"webhooks":[{"url":"https://old.shop.example"}]}`}, Warning, "there are 1 to other addresses", "Create new webhook"},
		{"an Event Webhook that is off", sendgridEventsCheck, answers{scopes: mailing, hooks: hook(`,"enabled":false`)}, Fault, "switched off", "switch it on"},
		{"an Event Webhook without bounces", sendgridEventsCheck, answers{scopes: mailing, hooks: hook(`,"bounce":false`)}, Warning, "does not report: Bounced", "choose these events"},
		{"an Event Webhook that is not signed", sendgridEventsCheck, answers{scopes: mailing, hooks: hook(`,"public_key":""`)}, Fault, "not signed", "Signature Verification"},
		{"an Event Webhook with another key", sendgridEventsCheck, answers{scopes: mailing, hooks: hook(`,"public_key":"MFkw"`)}, Fault, "does not have the verification key", "SENDGRID_WEBHOOK_KEYS"},
		{"a key that may not read webhooks", sendgridEventsCheck, answers{scopes: mailing}, Skipped, "may not read the Event Webhook's settings", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := deployment(t, "SENDGRID_API_KEY="+wellFormedKey, "SENDGRID_BASE_URL="+c.answers.serve(t), "WAYBILL_MAIL_FROM=Shop <tracking@shop.example>",
				"WAYBILL_PUBLIC_URL=https://hooks.shop.example", "SENDGRID_WEBHOOK_KEYS="+eventKey)
			one(t, d, c.check, c.level, c.says, c.mends)
		})
	}
}

func TestSendcloud(t *testing.T) {
	const integration, shipments, logs, all = "GET /api/v3/integrations/7", "GET /api/v3/shipments", "GET /api/v3/integrations/7/logs", "GET /api/v3/integrations"
	const url = "https://hooks.shop.example/webhooks/sendcloud/demo"
	panel := func(more string) string {
		return `200 {"id":7,"webhook_active":true,"webhook_url":"` + url + `"` + more + `}`
	}
	refusedAt := func(at time.Time) string {
		return `200 {"data":[{"full_url":"https://joe:word@hooks.shop.example/webhooks/sendcloud/demo","response_code":401,"created_at":"` + at.Format(time.RFC3339) + `"},
			{"full_url":"https://hooks.shop.example/other","response_code":401,"created_at":"` + at.Format(time.RFC3339) + `"}]}`
	}
	for _, c := range []struct {
		name        string
		check       Check
		answers     answers
		level       Level
		says, mends string
	}{
		{"keys that are accepted", sendcloudAPICheck, answers{integration: panel(""), shipments: `200 {"data":[]}`}, OK, "demo: integration 7 answers", ""},
		{"keys that are refused", sendcloudAPICheck, answers{integration: `401 {"error":{"code":401,"message":"Invalid username/password."}}`}, Fault, "Invalid username/password", "SENDCLOUD_API_KEYS_DEMO"},
		{"keys that may not read parcels", sendcloudAPICheck, answers{integration: panel(""), shipments: "401 {}"}, Fault, "status 401", "SENDCLOUD_API_KEYS_DEMO"},
		{"another number", sendcloudAPICheck, answers{}, Fault, "not found", "SENDCLOUD_INTEGRATION_ID_DEMO"},
		{"a Sendcloud that is broken", sendcloudAPICheck, answers{integration: "502 <html>"}, Fault, "502", "SENDCLOUD_BASE_URL"},

		{"an account of one", sendcloudAccountCheck, answers{integration: panel(""), all: `200 {"data":[{"id":7}]}`}, OK, "share an account", ""},

		{"a webhook", sendcloudWebhookCheck, answers{integration: panel("")}, OK, "demo: active", ""},
		{"a webhook that is off", sendcloudWebhookCheck, answers{integration: panel(`,"webhook_active":false`)}, Fault, "switched off", "switch the webhook on"},
		{"no webhook", sendcloudWebhookCheck, answers{integration: panel(`,"webhook_url":""`)}, Fault, "no webhook URL", url},
		{"a webhook to another address, whose password is not shown", sendcloudWebhookCheck, answers{integration: panel(`,"webhook_url":"https://joe:word@old.shop.example/"`)}, Fault, "webhook URL is https://old.shop.example/ and not " + url, url},
		{"a webhook with another password", sendcloudWebhookCheck, answers{integration: panel(`,"webhook_url":"https://joe:word@hooks.shop.example/webhooks/sendcloud/demo"`)}, Fault, "differ from SENDCLOUD_BASIC_AUTH_DEMO", "<user>:<password>"},
		{"a webhook that fails", sendcloudWebhookCheck, answers{integration: panel(`,"started_failing_at":"2026-11-01T10:00:00Z"`)}, Fault, "failing since 2026-11-01T10:00:00Z", "Test API Webhook"},
		{"a webhook that Sendcloud does not show", sendcloudWebhookCheck, answers{}, Skipped, "sendcloud-api", ""},

		{"no webhook refused", sendcloudKeyCheck, answers{integration: panel(""), logs: `200 {"data":[]}`}, OK, "no webhook was refused", ""},
		{"a webhook refused just now", sendcloudKeyCheck, answers{integration: panel(""), logs: refusedAt(time.Now())}, Fault, "gave up 1 webhooks", "SENDCLOUD_KEYS_DEMO"},
		{"a webhook refused before", sendcloudKeyCheck, answers{integration: panel(""), logs: refusedAt(time.Now().Add(-5 * time.Hour))}, Warning, "gave up 1 webhooks", "SENDCLOUD_KEYS_DEMO"},
		{"a log that cannot be read", sendcloudKeyCheck, answers{integration: panel(""), logs: "401 {}"}, Skipped, "cannot be read", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := deployment(t, "SENDCLOUD_API_KEYS_DEMO=public:secret", "SENDCLOUD_INTEGRATION_ID_DEMO=7", "SENDCLOUD_BASE_URL="+c.answers.serve(t),
				"WAYBILL_PUBLIC_URL=https://hooks.shop.example", "SENDCLOUD_KEYS_DEMO=a-key-of-16-chars")
			one(t, d, c.check, c.level, c.says, c.mends)
		})
	}
}

func TestIntegrationsThatShareAnAccount(t *testing.T) {
	at := answers{
		"GET /api/v3/integrations/7": `200 {"id":7}`, "GET /api/v3/integrations/8": `200 {"id":8}`,
		"GET /api/v3/integrations": `200 {"data":[{"id":7},{"id":8}]}`,
	}.serve(t)
	d := deployment(t, "SENDCLOUD_BASE_URL="+at, "SENDCLOUD_API_KEYS_DEMO=public:secret", "SENDCLOUD_INTEGRATION_ID_DEMO=7", "SENDCLOUD_API_KEYS_OTHER=public:other", "SENDCLOUD_INTEGRATION_ID_OTHER=8")
	one(t, d, sendcloudAccountCheck, Fault, "Set SENDCLOUD_ACCOUNT_OTHER=demo", "start the worker again")
}

func TestTheClock(t *testing.T) {
	for _, c := range []struct {
		off   time.Duration
		level Level
		says  string
	}{
		{10 * time.Second, OK, "agrees"},
		{2 * time.Minute, Warning, "ahead of"},
		{-2 * time.Minute, Warning, "behind"},
		{time.Hour, Fault, "1h0m0s ahead of"},
	} {
		d := deployment(t, "SENDCLOUD_BASE_URL="+answers{}.serve(t))
		now := time.Now().Add(c.off)
		d.Now = func() time.Time { return now }
		found := lookAtClock(t.Context(), d)
		require.Len(t, found, 1)
		require.Equal(t, c.level, found[0].Level, c.off)
	}
	one(t, deployment(t, "SENDCLOUD_BASE_URL="+nowhere(t)), clockCheck, Skipped, "connection refused", "")
}

func TestThePublicURLAndTheIngress(t *testing.T) {
	const alive, ready, hook = "GET /healthz", "GET /readyz", "POST /webhooks/sendcloud/demo"
	for _, c := range []struct {
		name        string
		check       Check
		answers     answers
		level       Level
		says, mends string
	}{
		{"an ingress", publicURLCheck, answers{alive: `200 {"outcome":"alive"}`, ready: `200 {}`}, OK, "is ready", ""},
		{"another program", publicURLCheck, answers{alive: "200 welcome"}, Fault, "not as the ingress does", "/healthz"},
		{"an ingress without Temporal", publicURLCheck, answers{alive: `200 {"outcome":"alive"}`, ready: "503 {}"}, Fault, "not ready", "TEMPORAL_*"},
		{"an ingress with the key", ingressCheck, answers{alive: `200 {"outcome":"alive"}`, hook: "200 {}"}, OK, "answered 200", ""},
		{"an ingress with another key", ingressCheck, answers{alive: `200 {"outcome":"alive"}`, hook: "401 {}"}, Fault, "demo: a signed test webhook is answered 401", "SENDCLOUD_KEYS_DEMO"},
		{"no ingress", ingressCheck, answers{}, Skipped, "public-url", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			one(t, deployment(t, "WAYBILL_PUBLIC_URL="+c.answers.serve(t), "SENDCLOUD_KEYS_DEMO=a-key-of-16-chars"), c.check, c.level, c.says, c.mends)
		})
	}
	one(t, deployment(t, "WAYBILL_PUBLIC_URL="+nowhere(t)), publicURLCheck, Fault, "connection refused", "WAYBILL_PUBLIC_URL")
}

// An endpoint that pays is asked with OPTIONS and nothing else: answers has no other method.
func TestEndpointsThatPay(t *testing.T) {
	for _, c := range []struct {
		name        string
		at          string
		level       Level
		says, mends string
	}{
		{"one that takes POST", answers{"OPTIONS /refunds": "401 "}.serve(t), OK, "answers", ""},
		{"one that is not there", nowhere(t), Fault, "connection refused", "WAYBILL_PAY_URL_DEMO"},
		{"one that redirects", answers{"OPTIONS /refunds": "301 "}.serve(t), Warning, "redirects", "WAYBILL_PAY_URL_DEMO"},
		{"one with another path", answers{}.serve(t), Warning, "answers 404", "path"},
		{"one behind a proxy that fails", answers{"OPTIONS /refunds": "502 "}.serve(t), Warning, "answers 502", "log"},
	} {
		t.Run(c.name, func(t *testing.T) {
			one(t, deployment(t, "WAYBILL_PAY_URL_DEMO="+c.at+"/refunds", "WAYBILL_PAY_KEYS_DEMO=a-secret-of-16-chars"), paymentCheck, c.level, c.says, c.mends)
		})
	}
}

func TestACertificateThatEndsSoon(t *testing.T) {
	now := time.Now()
	require.True(t, answer{certificateEnds: now.Add(24 * time.Hour)}.expiring(now))
	require.False(t, answer{certificateEnds: now.Add(60 * 24 * time.Hour)}.expiring(now))
	require.False(t, answer{}.expiring(now), "plain http on this machine")
}
