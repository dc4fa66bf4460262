package policy

import (
	"strings"

	"waybill/parcel"
	"waybill/yamlfile"
)

// Check tells what cannot work although each setting is right by itself, a line each: refunds
// that nobody can approve, and replies that nobody reads. A policy like that counts all the
// same: most of it works.
func (b *Book) Check() error {
	r := reader{yamlfile.NewFaults(b.file)}
	for _, name := range append([]string{""}, b.Integrations()...) {
		r.checkPractice(b.chapter(name))
	}
	return r.Err()
}

func (r *reader) checkPractice(c chapter) {
	const readReplies = "%s ask for a reply, and shop.reply_to is not set: write an address whose mails you read, as in this: reply_to: help@shop.example"
	p := c.policy
	if !p.Refunds.Shadow && len(p.Refunds.People) == 0 {
		r.Add(c.from["refunds.mode"], "refunds.mode: refunds are live, and nobody can approve those that are not approved automatically: name people under people with the role approver or manager, or write mode: shadow")
	}
	if p.Shop.ReplyTo != "" {
		return
	}
	var asking []string
	for _, kind := range parcel.MailKinds() {
		if p.Mails[kind] && kind.AsksReply() {
			asking = append(asking, string(kind))
		}
	}
	if p.Mode == parcel.Live && len(asking) > 0 {
		r.Add(max(c.from["mode"], c.from["shop.reply_to"]), "mode: the mails "+readReplies, strings.Join(asking, ", "))
	}
	if !p.Refunds.Shadow {
		r.Add(max(c.from["refunds.mode"], c.from["shop.reply_to"]), "refunds.mode: "+readReplies, "mails about refunds")
	}
}
