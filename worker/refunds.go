package worker

import (
	"errors"
	"maps"
	"slices"

	"waybill/contract"
)

// leastPayKey is how many characters a key has at least that signs orders to pay.
const leastPayKey = 16

// checkRefunds says what is wrong with the settings of refunds.
func (c Config) checkRefunds() error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(c.Payments)) {
		endpoint, variable := c.Payments[name], contract.VariableFor(name)
		short := func(key []byte) bool { return len(key) < leastPayKey }
		faults = append(faults,
			contract.CheckVariable("WAYBILL_PAY_URL_", name),
			CheckURL("WAYBILL_PAY_URL_"+variable, endpoint.URL, "https://host/path"),
			fault(len(endpoint.Keys) == 0 || slices.ContainsFunc(endpoint.Keys, short),
				"WAYBILL_PAY_KEYS_%s has no key, or one of fewer than %d characters: set it to the secret that you share with the endpoint, one key a line", variable, leastPayKey))
	}
	return errors.Join(append(faults,
		fault(len(c.Payments) > 0 && len(c.Customers) == 0,
			"refunds are paid, and WAYBILL_DIGEST_KEYS is empty: set it to a key of at least 32 characters, the same for all workers: each customer's refunds are counted under it. Make one with: openssl rand -hex 32"),
		fault(len(c.Links.Keys) > 0 && c.Links.PublicURL == "",
			"WAYBILL_LINK_KEYS is set and WAYBILL_PUBLIC_URL is empty: set it to where the ingress is reached from outside, such as https://hooks.shop.example"),
		fault(c.peopleLackLinks(),
			"the policy has people decide about refunds, and WAYBILL_LINK_KEYS is empty, so that no mail could lead them there: set it to a key of at least 32 characters, the same for workers and ingress; make one with: openssl rand -hex 32"))...)
}

// peopleLackLinks reports whether people decide about refunds anywhere, and no mail
// can lead them there.
func (c Config) peopleLackLinks() bool {
	if c.Policy == nil || len(c.Links.Keys) > 0 {
		return false
	}
	book := c.Policy.Book()
	return slices.ContainsFunc(append(book.Integrations(), ""), func(name string) bool {
		p := book.For(name)
		return !p.Refunds.Shadow && len(p.Refunds.People) > 0
	})
}
