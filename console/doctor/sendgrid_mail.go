package doctor

import (
	"context"
	"errors"
	"net/http"

	"waybill/mail"
	"waybill/mail/sendgrid"
)

// The mail uses SendGrid's sandbox mode: nothing is sent, and nothing counts against the plan.
var sendgridMailCheck = Check{Name: "sendgrid-mail", About: "whether SendGrid would accept a mail, in its sandbox mode", Needs: []Need{needsSendGridKey, needsMailFrom, needsSendGrid, needsScope}, Look: lookAtMail}

func lookAtMail(ctx context.Context, d *Deployment) []Finding {
	sender, err := mail.ParseSender(d.worker.From)
	if err != nil {
		return []Finding{skipped("WAYBILL_MAIL_FROM cannot be read: see the check settings")}
	}
	err = d.sendgrid().TryMail(ctx, sender.Address)
	if err == nil {
		return []Finding{ok("SendGrid accepts one in sandbox mode; nothing was sent")}
	}
	mend := "Do what SendGrid's answer says, then run:\n  waybill doctor --only sendgrid-mail"
	var refused *sendgrid.Refusal
	if errors.As(err, &refused) {
		switch refused.Status {
		case http.StatusUnauthorized:
			mend = "If the credits are used up, choose a larger plan in SendGrid: Settings, Account Details, Your Products."
		case http.StatusForbidden:
			mend = "Verify the sender in SendGrid (Settings, Sender Authentication), and give the key full access to Mail Send (Settings, API Keys)."
		}
	}
	return []Finding{fault("SendGrid does not accept a mail: "+err.Error(), "Mails wait, and are sent once SendGrid accepts them again.", mend)}
}
