package settings

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"waybill/contract"
	"waybill/ingress"
	"waybill/payment"
	"waybill/sendcloud"
)

// Integrations reads the Sendcloud integrations, also those that have a password and
// no key: their key was forgotten.
func (e *Environment) Integrations() (ingress.Integrations, error) {
	all := ingress.Integrations{}
	for end, name := range e.integrations(ingress.KeysVariable, ingress.BasicAuthVariable) {
		keys := lines(e.secret(ingress.KeysVariable + end))
		e.noSpaces(ingress.KeysVariable+end, keys)
		all[name] = ingress.Integration{BasicAuth: lines(e.secret(ingress.BasicAuthVariable + end)), Keys: keys}
	}
	return all, errors.Join(e.faults...)
}

// integrations are those that variables with one of some prefixes are about, by the
// end of the variable: my-shop by MY_SHOP. Two ends that mean one integration are a fault:
// one of them would win by chance.
func (e *Environment) integrations(prefixes ...string) map[string]string {
	names, first := map[string]string{}, map[string]string{}
	for _, variable := range slices.Sorted(maps.Keys(e.vars)) {
		for _, prefix := range prefixes {
			end, ok := strings.CutPrefix(strings.TrimSuffix(variable, fileSuffix), prefix)
			if !ok {
				continue
			}
			name := strings.ReplaceAll(strings.ToLower(end), "_", "-")
			if before, twice := first[name]; !twice {
				first[name], names[end] = variable, name
			} else if _, same := names[end]; !same {
				e.fault("%s and %s mean the same integration, %s: end both in %s, or remove one", before, variable, name, contract.VariableFor(name))
			}
		}
	}
	return names
}

// IntegrationNames are the integrations that any setting is about, in order.
func (e *Environment) IntegrationNames() []string {
	var prefixes []string
	for _, v := range variables {
		if prefix, many := strings.CutSuffix(v.Name, perIntegration); many {
			prefixes = append(prefixes, prefix)
		}
	}
	names := slices.Sorted(maps.Values((&Environment{vars: e.vars}).integrations(prefixes...)))
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return !contract.ValidIntegration(name) })
}

// apis reads how to reach Sendcloud's API for each integration that has keys.
func (e *Environment) apis() map[string]sendcloud.APIConfig {
	const apiKeys = "SENDCLOUD_API_KEYS_" //nolint:gosec // a name, not a key
	const number, version = "SENDCLOUD_INTEGRATION_ID_", "SENDCLOUD_API_VERSION_"
	all := map[string]sendcloud.APIConfig{}
	for end, name := range e.integrations(apiKeys, number, version) {
		var pairs []sendcloud.KeyPair
		for _, pair := range lines(e.secret(apiKeys + end)) {
			public, secret, _ := strings.Cut(string(pair), ":")
			pairs = append(pairs, sendcloud.KeyPair{Public: public, Secret: secret})
		}
		if len(pairs) == 0 {
			continue // off
		}
		// What is no number becomes 0, which is refused.
		id, _ := strconv.ParseInt(e.Text(number+end), 10, 64)
		all[name] = sendcloud.APIConfig{
			BaseURL: e.Text("SENDCLOUD_BASE_URL"), Version: e.Text(version + end),
			Keys: pairs, Integration: id,
		}
	}
	return all
}

// accounts reads the names of the Sendcloud accounts of integrations.
func (e *Environment) accounts() map[string]string {
	const account = "SENDCLOUD_ACCOUNT_"
	all := map[string]string{}
	for end, name := range e.integrations(account) {
		if named := e.Text(account + end); named != "" {
			all[name] = named
		}
	}
	return all
}

// Payments reads the endpoints that pay refunds out.
func (e *Environment) Payments() map[string]payment.Endpoint {
	const payURL, payKeys = "WAYBILL_PAY_URL_", "WAYBILL_PAY_KEYS_"
	all := map[string]payment.Endpoint{}
	for end, name := range e.integrations(payURL, payKeys) {
		endpoint := payment.Endpoint{URL: e.Text(payURL + end), Keys: lines(e.secret(payKeys + end))}
		if endpoint.URL == "" && len(endpoint.Keys) == 0 {
			continue // off
		}
		all[name] = endpoint
	}
	return all
}
