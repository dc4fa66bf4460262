package worker

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"waybill/contract"
)

// leastPayKey is how many characters a key has at least that signs orders to pay.
const leastPayKey = 16

// refundFaults says what is wrong with the settings of refunds.
func (c Config) refundFaults() []error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(c.Payments)) {
		endpoint, variable := c.Payments[name], strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if !contract.ValidIntegration(name) {
			faults = append(faults, fmt.Errorf("WAYBILL_PAY_URL_%s: %q cannot be an integration's name: use letters, digits and single underscores between them", variable, name))
		}
		if err := checkPayURL(endpoint.URL); err != nil {
			faults = append(faults, fmt.Errorf("WAYBILL_PAY_URL_%s: %w", variable, err))
		}
		short := func(key []byte) bool { return len(key) < leastPayKey }
		if len(endpoint.Keys) == 0 || slices.ContainsFunc(endpoint.Keys, short) {
			faults = append(faults, fmt.Errorf("WAYBILL_PAY_KEYS_%s has no key, or one of fewer than %d characters: set it to the secret that you share with the endpoint, one key a line", variable, leastPayKey))
		}
	}
	if len(c.Links.Keys) > 0 && c.Links.PublicURL == "" {
		faults = append(faults, errors.New("WAYBILL_LINK_KEYS is set and WAYBILL_PUBLIC_URL is empty: set it to where the ingress is reached from outside, such as https://hooks.shop.example"))
	}
	return append(faults, c.undecided()...)
}

// undecided says what is missing for people to decide about refunds.
func (c Config) undecided() []error {
	if c.Policy == nil || len(c.Links.Keys) > 0 {
		return nil
	}
	book := c.Policy.Book()
	for _, name := range append([]string{""}, book.Integrations()...) {
		if !book.Refunds(name).Shadow && len(book.People(name)) > 0 {
			return []error{errors.New("the policy has people decide about refunds, and WAYBILL_LINK_KEYS is empty, so that no mail could lead them there: set it to a key of at least 32 characters, the same for workers and ingress; make one with: openssl rand -hex 32")}
		}
	}
	return nil
}

func checkPayURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "":
		return errors.New("it is not of the form https://host/path")
	case u.User != nil:
		return errors.New("leave user and password out of it: calls are signed")
	case u.Scheme == "https" || u.Scheme == "http" && thisMachine(u.Hostname()):
		return nil
	}
	return errors.New("it would tell the world who is paid what: use https")
}
