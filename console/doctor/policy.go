package doctor

import (
	"context"
	"fmt"
	"slices"

	"waybill/parcel"
	"waybill/policy"
	"waybill/settings"
)

var policyCheck = Check{
	Name: "policy", About: "the policy file: its faults, what is live, and API tokens that expire",
	Look: lookAtPolicy,
}

func lookAtPolicy(_ context.Context, d *Deployment) []Finding {
	if !d.Env.Has(settings.Policy) {
		return []Finding{warning("WAYBILL_POLICY is not set here: the default policy applies, which sends no mail",
			"Everything is decided and recorded, and no recipient gets a mail.", "Copy waybill.example.yaml, set WAYBILL_POLICY to it, and read docs/policy.md before you write mode: live.")}
	}
	keeper, err := d.Env.Policy()
	if err != nil {
		return []Finding{fault(err.Error(), "Running processes keep the previous policy. A process that starts refuses this one.", "Correct the lines, then run:\n  waybill policy check")}
	}
	book := keeper.Book()
	known := slices.Concat(names(d.worker.Integrations), names(d.integrations))
	all := []Finding{ok("version %s; %s", book.For("").Version, modes(book, known))}
	for _, name := range book.Integrations() {
		if len(known) > 0 && !slices.Contains(known, name) {
			all = append(all, warning(fmt.Sprintf("it has a section for %s, an integration without keys here", name),
				"If the name is misspelt, the section has no effect.", "Correct the name below integrations:, or set "+variable(settings.WebhookKeys, name)+"."))
		}
	}
	if book.For("").Operations == "" {
		all = append(all, warning("operations.mail is empty", "Nobody gets a mail when something needs attention.", "Write in the policy:\n  operations: {mail: you@shop.example}"))
	}
	for _, person := range book.Named() {
		if expiry := person.TokenExpiry(d.Now()); expiry != "" {
			all = append(all, warning(expiry, "An expired token is refused, and a token that never expires works for anyone who finds it.", "Make a new token:\n  waybill token "+person.Name+"\nand write its token_sha256 and token_expires into the policy."))
		}
	}
	return append(all, d.unpaid(book)...)
}

// modes says what is live.
func modes(book *policy.Book, known []string) string {
	said := "mode " + string(book.For("").Mode)
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(known, book.Integrations()...)))) {
		refunds := parcel.Live
		if book.For(name).Refunds.Shadow {
			refunds = parcel.Shadow
		}
		said += fmt.Sprintf("; %s: mails %s, refunds %s", name, book.For(name).Mode, refunds)
	}
	return said
}

// unpaid are integrations whose refunds are live and cannot be paid.
func (d *Deployment) unpaid(book *policy.Book) (all []Finding) {
	for _, name := range names(d.worker.Integrations) {
		if _, paid := d.worker.Payments[name]; !book.For(name).Refunds.Shadow && !paid {
			all = append(all, warning(fmt.Sprintf("refunds of %s are live, and %s is not set here", name, variable(settings.PayURLs, name)),
				"An approved refund waits for operations.", "Set the address of the endpoint that pays, as docs/paying.md says."))
		}
	}
	return all
}
