package doctor

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"waybill/mail/sendgrid"
	"waybill/settings"
)

var sendgridKeyCheck = Check{Name: "sendgrid-key", About: "whether SendGrid takes the API key, and its scopes", Needs: []Need{needsSendGridKey}, Look: lookAtSendGridKey}

func lookAtSendGridKey(ctx context.Context, d *Deployment) []Finding {
	const why = "Mails wait until SendGrid accepts the key."
	scopes, err := d.keyScopes(ctx)
	var refused *sendgrid.Refusal
	switch {
	case errors.As(err, &refused) && (refused.Status == http.StatusUnauthorized || refused.Status == http.StatusForbidden):
		return []Finding{fault("SendGrid refuses the key: "+refused.Why, why,
			"Make a key with the scope mail.send in SendGrid (Settings, API Keys, Create API Key), and set "+settings.SendGridKey+" to it. A key of an EU subuser also needs "+settings.SendGridURL+"=https://api.eu.sendgrid.com.")}
	case err != nil:
		return []Finding{fault("SendGrid does not say what the key may do: "+err.Error(), why, "Check "+settings.SendGridURL+" and the network, then run:\n  waybill doctor --only sendgrid-key")}
	case !slices.Contains(scopes, sendgrid.ScopeSend):
		return []Finding{fault("the key lacks the scope "+sendgrid.ScopeSend, "SendGrid refuses each mail.",
			"In SendGrid, open Settings, API Keys, edit the key, and give it full access to Mail Send.")}
	}
	return []Finding{ok("SendGrid accepts it; it has the scope %s and %d others", sendgrid.ScopeSend, len(scopes)-1)}
}
