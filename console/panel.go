package console

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"waybill/contract"
	"waybill/ingress"
	"waybill/settings"
)

// ShowPanel says what to enter in Sendcloud's panel. It prints no secret.
func ShowPanel(env *settings.Environment, say func(string)) error {
	integrations, err := env.Integrations()
	if err != nil {
		return err
	}
	public := strings.TrimSuffix(cmp.Or(env.Text(settings.PublicURL), "https://<your host>"), "/")
	for _, name := range slices.Sorted(maps.Keys(integrations)) {
		variable := contract.VariableFor(name)
		address := public + "/webhooks/sendcloud/" + name
		if len(integrations[name].BasicAuth) > 0 {
			scheme, rest, _ := strings.Cut(address, "://")
			address = scheme + "://<user>:<password>@" + rest
		}
		say("")
		say("In Sendcloud's panel, in the settings of the integration for " + name + ":")
		say("  Webhook URL            " + address)
		say("  Webhook signature key  the first line of " + ingress.KeysVariable + variable)
		if len(integrations[name].BasicAuth) > 0 {
			say("  <user>:<password>      the first line of " + ingress.BasicAuthVariable + variable)
		}
		say("Then press \"Test API Webhook\": the ingress answers 200.")
	}
	return nil
}
