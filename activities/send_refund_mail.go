package activities

import (
	"cmp"
	"context"
	"time"

	"waybill/contract"
	"waybill/delivery"
	"waybill/mail"
	"waybill/parcel"
	"waybill/refund"
	"waybill/words"
)

// RefundMails are the activities that send mails about refunds.
type RefundMails struct {
	Mailer Mailer
	Links  Links
	// Person is an approver; ok is false if the policy has none of that name.
	Person func(integration, name string) (somebody Decider, ok bool)
	// Language is what the customers of a country are written in.
	Language func(integration, country string) parcel.Language
}

// Decider is somebody who decides about refunds.
type Decider struct {
	// Address is where they are written to, in their Language. Zone is what their dates go by; nil is UTC.
	Address  string
	Language parcel.Language
	Zone     *time.Location
	// Identity is whom their links are for; see [link.Keys.Person].
	Identity string
}

// refundKinds are the mails that tasks call for.
var refundKinds = map[refund.What]mail.Kind{
	refund.TellReceived: mail.RefundReceived, refund.TellApproved: mail.RefundApproved, refund.TellRejected: mail.RefundRejected,
	refund.TellWithdrawn: mail.RefundWithdrawn, refund.TellNeedsInfo: mail.RefundNeedsInfo, refund.TellPaid: mail.RefundPaid,
	refund.AskApproval: mail.ApprovalAsked, refund.Remind: mail.ApprovalReminder, refund.Escalate: mail.ApprovalEscalated,
}

// SendRefundMail posts one mail to the customer or to an approver.
func (m RefundMails) SendRefundMail(ctx context.Context, order contract.RefundMail) (contract.MailReceipt, error) {
	preparing, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	to, letter, unwritable := m.letter(preparing, order)
	if unwritable != nil {
		return contract.MailReceipt{}, sortOutcome(*unwritable)
	}
	envelope := Envelope{
		Post: order.Post, To: to, Subject: delivery.Subject(order.WorkflowID()),
	}
	if receipt, done, err := m.Mailer.found(preparing, envelope); done || err != nil {
		return receipt, err
	}
	return m.Mailer.Send(ctx, envelope, letter)
}

// letter says what to write and to which address, or why it cannot be written.
func (m RefundMails) letter(ctx context.Context, order contract.RefundMail) (to string, l mail.Letter, unwritable *delivery.Outcome) {
	told, d := order.Told, order.Deed
	l = mail.Letter{
		Kind: refundKinds[d.What], Integration: order.Integration, ReturnID: order.ReturnID, Happened: order.At,
		Facts: parcel.Facts{OrderNumber: told.OrderNumber},
		Shop:  m.Mailer.Shops.of(ctx, order.Integration),
	}
	if d.What.ToApprover() {
		somebody, ok := m.Person(order.Integration, d.Person)
		if !ok {
			return "", l, &delivery.Outcome{Verdict: delivery.Refused, Why: "the policy does not name the person any more"}
		}
		l.Facts.Recipient, l.Language = parcel.Recipient{Name: d.Person}, somebody.Language
		l.Refund = refundTold(told, somebody.Zone)
		l.Refund.WaitedDays = d.Days
		l.Link = m.Links.Decide(order.RefundRef, somebody.Identity, order.Key, order.At)
		return somebody.Address, l, nil
	}
	l.Facts.Recipient = parcel.Recipient{Name: told.Customer.Name, Country: told.Customer.Country}
	l.Language = m.Language(order.Integration, told.Customer.Country)
	l.Refund = refundTold(told, nil)
	l.Refund.Customer = "" // only colleagues are told whose refund it is
	return told.Customer.Email, l, nil
}

// refundTold is what a mail tells of a refund, with the dates of a time zone; nil is UTC.
func refundTold(told refund.Told, zone *time.Location) mail.Refund {
	one := mail.Refund{
		Amount: amountTold(told.Amount), Customer: told.Customer.Name, GoodsFirst: told.GoodsFirst,
		Reason: cmp.Or(words.Verbatim(told.Reason), refund.Facts{Reason: told.Coded}.ReasonSaid()),
	}
	if !told.DueBy.IsZero() {
		one.Deadline = told.DueBy.In(cmp.Or(zone, time.UTC)).Format(time.DateOnly)
	}
	return one
}

func amountTold(m refund.Money) mail.Amount {
	return mail.Amount{Value: m.Digits(), Currency: m.Currency}
}

// SendSignIn mails a link to the pages of the desk. Without keys for the link it fails:
// another worker may have them.
func (m RefundMails) SendSignIn(ctx context.Context, s contract.SignInMail) (contract.MailReceipt, error) {
	somebody, ok := m.Person("", s.Person)
	switch {
	case !ok:
		return contract.MailReceipt{}, sortOutcome(delivery.Outcome{Verdict: delivery.Refused, Why: "the policy does not name the person any more"})
	case !m.Links.usable():
		return contract.MailReceipt{}, sortOutcome(delivery.Outcome{Verdict: delivery.ConfigurationFault, Why: "the worker cannot make the link: set WAYBILL_LINK_KEYS and WAYBILL_PUBLIC_URL, as the ingress has them"})
	}
	envelope := Envelope{Post: s.Post, Subject: delivery.Subject(contract.SignInWorkflowID(s.Name)), To: somebody.Address}
	preparing, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	if receipt, done, err := m.Mailer.found(preparing, envelope); done || err != nil {
		return receipt, err
	}
	return m.Mailer.Send(ctx, envelope, mail.Letter{
		Kind: mail.SignIn, Facts: parcel.Facts{Recipient: parcel.Recipient{Name: s.Person}}, Language: somebody.Language,
		Link: m.Links.SignIn(s, somebody.Identity), Happened: s.Until,
	})
}
