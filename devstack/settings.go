package main

import (
	"cmp"
	"slices"
	"strconv"

	"waybill/devstack/merchant"
	"waybill/devstack/sendgrid"
	"waybill/devstack/temporal"
)

// temporal says where Temporal is, and how what it stores is encrypted.
func (s state) temporal() []string {
	return []string{
		"TEMPORAL_ADDRESS=" + address(s.Ports.Temporal), "TEMPORAL_NAMESPACE=" + temporal.Namespace,
		"WAYBILL_CODEC_KEYS=" + s.CodecKey, "WAYBILL_CODEC_PLAIN=" + string(s.CodecPlain),
	}
}

// forCommands are the settings of commands that reach Temporal, for a shell.
func (s state) forCommands() string {
	settings := "TEMPORAL_ADDRESS=" + address(s.Ports.Temporal) + " WAYBILL_CODEC_KEYS=" + s.CodecKey
	if s.CodecPlain != "" {
		settings += " WAYBILL_CODEC_PLAIN=" + string(s.CodecPlain)
	}
	return settings
}

// settings are those of the ingress and of the worker of the stack.
func (s state) settings(policyPath string) (ingress, worker []string, err error) {
	p := s.Ports
	eventKey, err := readEventKey(s.EventKey)
	if err != nil {
		return nil, nil, err
	}
	// What ingress and worker have to agree on, and how they log: see screen.
	shared := append(s.temporal(), "WAYBILL_LOG_FORMAT=json", "WAYBILL_POLICY="+policyPath, "WAYBILL_LINK_KEYS="+s.LinkKey, "WAYBILL_PUBLIC_URL="+origin(p.Ingress), "WAYBILL_SEARCH_KEYS="+s.SearchKey,
		"SENDGRID_API_KEY="+s.SendGridKey, "SENDGRID_BASE_URL="+origin(p.SendGrid), "WAYBILL_MAIL_FROM=Demo Shop <tracking@demo-shop.example>")
	ingress = slices.Concat(shared, []string{
		"WAYBILL_LISTEN=" + address(p.Ingress), "WAYBILL_TEMPORAL_UI=" + origin(p.UI), "SENDCLOUD_KEYS_DEMO=" + s.SendcloudKey,
		"WAYBILL_CODEC_LISTEN=" + address(p.Codec), "WAYBILL_CODEC_ORIGINS=" + origin(p.UI) + ",http://localhost:" + strconv.Itoa(p.UI),
		"SENDGRID_WEBHOOK_KEYS=" + sendgrid.Webhook{Key: eventKey}.PublicKey(),
	})
	worker = slices.Concat(shared, []string{
		"SENDCLOUD_BASE_URL=" + origin(p.Sendcloud), "SENDCLOUD_API_KEYS_DEMO=" + s.apiKeys(),
		"SENDCLOUD_INTEGRATION_ID_DEMO=" + strconv.Itoa(integrationNumber), "WAYBILL_RECONCILE_EVERY=" + reconcileEvery.String(),
		"WAYBILL_PAY_URL_DEMO=" + cmp.Or(s.PayURL, origin(p.Merchant)+merchant.Path), "WAYBILL_PAY_KEYS_DEMO=" + s.PayKey,
		"WAYBILL_DIGEST_KEYS=" + s.DigestKey, "WAYBILL_ATTENTION_EVERY=5s",
	})
	return ingress, worker, nil
}
