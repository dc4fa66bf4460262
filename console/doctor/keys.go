package doctor

import (
	"context"
	"fmt"
	"strings"

	"waybill/settings"
)

var keysCheck = Check{
	Name: "keys", About: "whether SendGrid's API key looks like one, and whether keys are being rotated",
	Look: lookAtKeys,
}

// sendGridKeyLength is how many characters SendGrid's keys have.
const sendGridKeyLength = 69

func lookAtKeys(_ context.Context, d *Deployment) (all []Finding) {
	if d.Env.Has(settings.SendGridKey) {
		if key := d.worker.SendGridKey; len(key) != sendGridKeyLength || !strings.HasPrefix(key, "SG.") {
			all = append(all, warning(
				fmt.Sprintf("%s has %d characters and not the form SG.… with %d characters", settings.SendGridKey, len(key), sendGridKeyLength),
				"All keys of SendGrid have this form: part of the key may be missing.",
				"Copy the whole key again, or make a new one in SendGrid: Settings, API Keys, Create API Key."))
		}
	}
	for _, name := range names(d.integrations) {
		if n := len(d.integrations[name].Keys); n > 1 {
			all = append(all, ok("%s has %d keys: remove the old ones once Sendcloud's panel has the first", variable(settings.WebhookKeys, name), n))
		}
	}
	if len(all) == 0 {
		all = append(all, ok("none looks wrong"))
	}
	return all
}
