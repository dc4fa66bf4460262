package activities

import (
	"cmp"
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/mail"
	"waybill/parcel"
	"waybill/refund"
)

// RefundMails are the activities that send mails about refunds.
type RefundMails struct {
	Office PostOffice
	Shops  *Shops
	Setups *Setups
	Links  Links
	// Person is where somebody who decides is written to; ok is false if the policy
	// names nobody so.
	Person func(integration, name string) (address string, language parcel.Language, ok bool)
	// Language is what the customers of a country are written in.
	Language func(integration, country string) parcel.Language
}

// refundKinds are the mails that deeds call for.
var refundKinds = map[refund.What]mail.Kind{
	refund.TellReceived: mail.RefundReceived, refund.TellApproved: mail.RefundApproved, refund.TellRejected: mail.RefundRejected,
	refund.TellNeedsInfo: mail.RefundNeedsInfo, refund.TellPaid: mail.RefundPaid,
	refund.AskApproval: mail.ApprovalAsked, refund.Remind: mail.ApprovalReminder, refund.Escalate: mail.ApprovalEscalated,
}

// SendRefundMail posts one mail to the customer, or to somebody who decides. Its
// failures are those of SendMail.
func (m RefundMails) SendRefundMail(ctx context.Context, order contract.RefundMail) (contract.MailReceipt, error) {
	r := order.Refund
	preparing, cancel := context.WithTimeout(ctx, prepareTimeout)
	letter, outcome := m.letter(preparing, order)
	id, sent := "", false
	if outcome == nil {
		id, sent = m.proof(preparing, order, letter.Facts.Recipient.Email)
	}
	cancel()
	switch {
	case outcome != nil:
		return contract.MailReceipt{}, sortOutcome(*outcome)
	case sent:
		return contract.MailReceipt{MessageID: id}, nil
	}
	posted := m.Office.Send(ctx, letter)
	if m.Setups != nil {
		m.Setups.learn(ctx, r.Integration, posted, m.Shops.faulty(r.Integration))
		if posted.Verdict == mail.Accepted {
			m.Shops.mended(r.Integration)
		}
	}
	return contract.MailReceipt{MessageID: posted.MessageID}, sortOutcome(posted)
}

// proof looks for a mail that may have gone out already.
func (m RefundMails) proof(ctx context.Context, order contract.RefundMail, to string) (messageID string, found bool) {
	if order.InDoubtSince.IsZero() {
		return "", false
	}
	messageID, found, err := m.Office.Find(ctx, order.Key, to, order.InDoubtSince)
	if err != nil {
		activity.GetLogger(ctx).Info("no proof of what became of a mail", "key", order.Key, "reason", err.Error())
	}
	return messageID, found
}

// letter says what to write, or why it cannot be written.
func (m RefundMails) letter(ctx context.Context, order contract.RefundMail) (mail.Letter, *mail.Outcome) {
	r, d := order.Refund, order.Deed
	l := mail.Letter{
		Key: order.Key, Try: order.Try, Kind: refundKinds[d.What], Integration: r.Integration, ReturnID: r.ReturnID, Happened: order.At,
		Facts:  parcel.Facts{OrderNumber: r.Facts.OrderNumber},
		Refund: mail.Refund{Amount: mail.Amount{Value: r.Facts.Amount.Digits(), Currency: r.Facts.Amount.Currency}, WaitedDays: d.Days},
		Shop:   m.Shops.of(ctx, r.Integration),
	}
	if due, ok := r.LegalDeadline(); ok {
		l.Refund.Deadline = due.UTC().Format(time.DateOnly)
	}
	if d.What.ToApprover() {
		address, language, ok := m.Person(r.Integration, d.Person)
		if !ok {
			return l, &mail.Outcome{Verdict: mail.Refused, Why: "the policy does not name the person any more"}
		}
		l.Facts.Recipient, l.Language = parcel.Recipient{Name: d.Person, Email: address}, language
		l.Refund.Reason = cmp.Or(r.Facts.ReasonText, string(r.Facts.Reason))
		l.Link = m.Links.Decide(&r, d.Person, order.Key, order.At)
		return l, nil
	}
	c := r.Facts.Customer
	l.Facts.Recipient = parcel.Recipient{Name: c.Name, Email: c.Email, Country: c.Country}
	l.Language = m.Language(r.Integration, c.Country)
	l.Refund.GoodsFirst = r.State == refund.AwaitingGoods
	switch d.What {
	case refund.TellRejected:
		l.Refund.Reason = r.Rejection
	case refund.TellNeedsInfo:
		l.Refund.Reason = r.Question
	}
	return l, nil
}

// SendSignIn mails a link to the refund pages. Without its link such a mail helps
// nobody; another worker may have the keys.
func (m RefundMails) SendSignIn(ctx context.Context, s contract.SignInMail) (struct{}, error) {
	address, language, ok := m.Person("", s.Person)
	switch {
	case !ok:
		return struct{}{}, nil // left the policy meanwhile
	case !m.Links.usable():
		return struct{}{}, sortOutcome(mail.Outcome{Verdict: mail.Setup, Why: "the worker cannot make the link: set WAYBILL_LINK_KEYS and WAYBILL_PUBLIC_URL, as the ingress has them"})
	}
	outcome := m.Office.Send(ctx, mail.Letter{
		Key: parcel.Key(s.Nonce, 0, parcel.MailKind(mail.SignIn), 0, 0), Try: int(activity.GetInfo(ctx).Attempt), Kind: mail.SignIn,
		Facts: parcel.Facts{Recipient: parcel.Recipient{Name: s.Person, Email: address}}, Language: language,
		Link: m.Links.SignIn(s), Happened: s.Until,
	})
	return struct{}{}, sortOutcome(outcome)
}
