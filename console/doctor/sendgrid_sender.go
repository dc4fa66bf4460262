package doctor

import (
	"context"

	"waybill/mail"
	"waybill/mail/sendgrid"
)

var sendgridSenderCheck = Check{Name: "sendgrid-sender", About: "whether the sender of the mails is verified", Needs: []Need{needsSendGridKey, needsMailFrom, needsSendGrid}, Look: lookAtSender}

func lookAtSender(ctx context.Context, d *Deployment) []Finding {
	sender, err := mail.ParseSender(d.worker.From)
	if err != nil {
		return []Finding{skipped("WAYBILL_MAIL_FROM cannot be read: see the check settings")}
	}
	const mend = "In SendGrid, open Settings, Sender Authentication, Authenticate Your Domain, and enter the DNS records that it shows."
	standing, err := d.sendgrid().Sender(ctx, sender.Address)
	switch {
	case err != nil:
		return []Finding{skipped("the key may not read the sender authentication, so only the check sendgrid-mail shows whether the sender is accepted (%v)", err)}
	case standing == sendgrid.NotVerified:
		return []Finding{fault("the address in WAYBILL_MAIL_FROM is not verified at SendGrid", "SendGrid refuses each mail with 403.", mend)}
	case standing == sendgrid.SingleSender:
		return []Finding{warning("the address in WAYBILL_MAIL_FROM is verified by itself, but its domain is not authenticated",
			"Mailbox providers refuse or hide mails that the sender's domain has not signed.", mend)}
	}
	return []Finding{ok("the domain of WAYBILL_MAIL_FROM is authenticated")}
}
