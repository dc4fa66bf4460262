package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	netmail "net/mail"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/delivery"
	"waybill/mail"
	"waybill/monitoring"
)

// Provider is a mail provider; a client of mail/sendgrid is one.
type Provider interface {
	// Post hands one message over and says what became of it.
	Post(context.Context, delivery.Post) delivery.Outcome
	// Find looks for a message that went to an address since a moment. An error
	// says that there is no proof, for or against.
	Find(ctx context.Context, key, to string, since time.Time) (messageID string, found bool, err error)
	// Trace lists the messages that went to an address since a moment, newest
	// first. An error says that nobody knows.
	Trace(ctx context.Context, to string, since time.Time) ([]delivery.Reference, error)
}

// Renderer puts letters into words; a [mail.Renderer] is one.
type Renderer interface {
	Render(mail.Letter) (mail.Rendered, error)
}

// Mailer writes letters and posts them.
type Mailer struct {
	Renderer Renderer
	Provider Provider
	// Sender is who mails come from. One without a name writes in the name of each
	// letter's shop.
	Sender netmail.Address
	// Shops are those in whose names mails are written. They learn whether their mails
	// can be sent, unless Shops is nil.
	Shops *Shops
	// Meter counts mails and what became of them.
	Meter monitoring.Meter
	// Log gets a line about each post; nil gets none.
	Log *slog.Logger
	// RestoredFrom is when the backup was taken from which Temporal's database was restored; zero if it
	// was not. Mails that were posted since then may be decided again, under the same keys: each is looked
	// for in the provider's log first.
	RestoredFrom time.Time
}

// Envelope says whose message a letter is, which one, and where it goes.
type Envelope struct {
	contract.Post
	Subject delivery.Subject
	// To is a mail address.
	To string
}

// clocksDiffer is more than the clocks of Waybill and the provider differ.
const clocksDiffer = 5 * time.Minute

// found looks for proof of a message that may have gone out before. done says that nothing is to be
// posted: there is proof, or only proof was wanted. After a restore there is an error, as of Send, if
// nobody can look: the message waits.
func (m Mailer) found(ctx context.Context, e Envelope) (receipt contract.MailReceipt, done bool, err error) {
	since := e.InDoubtSince
	if !m.RestoredFrom.IsZero() {
		since = delivery.Earliest(since, m.RestoredFrom.Add(-clocksDiffer))
	}
	if since.IsZero() {
		return contract.MailReceipt{}, false, nil
	}
	id, found, mute := m.Provider.Find(ctx, e.Key, e.To, since)
	if mute != nil {
		// A key that may not read the provider's logs has no proof to offer.
		activity.GetLogger(ctx).Info("no proof of what became of a mail", "key", e.Key, "reason", mute.Error())
		if !m.RestoredFrom.IsZero() && !e.LookOnly {
			return contract.MailReceipt{}, false, sortOutcome(delivery.Outcome{Verdict: delivery.ConfigurationFault, Why: mute.Error() +
				", and the mail may have been sent after the backup that WAYBILL_RESTORED_FROM names: give the API key the right to read them, or remove the setting"})
		}
	}
	return contract.MailReceipt{MessageID: id, NoProof: !found}, found || e.LookOnly, nil
}

// Send writes one letter and posts it. It fails like SendMail.
func (m Mailer) Send(ctx context.Context, e Envelope, l mail.Letter) (contract.MailReceipt, error) {
	began := time.Now()
	outcome := m.post(ctx, e, l)
	m.count(l, outcome)
	if m.Shops != nil && l.Integration != "" {
		m.Shops.learn(ctx, l.Integration, outcome)
	}
	m.note(ctx, l, outcome, time.Since(began))
	return contract.MailReceipt{MessageID: outcome.MessageID}, sortOutcome(outcome)
}

func (m Mailer) post(ctx context.Context, e Envelope, l mail.Letter) delivery.Outcome {
	l.Shop.Name = mail.Signature(m.Sender, l.Shop)
	rendered, err := m.Renderer.Render(l)
	if err != nil {
		return delivery.Outcome{Verdict: delivery.Refused, Why: err.Error(), Reason: delivery.Unwritable}
	}
	// A post that was begun is not interrupted: nobody could say whether it was sent.
	return m.Provider.Post(context.WithoutCancel(ctx), delivery.Post{
		Key: e.Key, Try: e.Try, Subject: e.Subject, To: e.To, From: l.Shop.Name, ReplyTo: l.Shop.ReplyTo,
		Title: rendered.Subject, Text: rendered.Text, HTML: rendered.HTML,
		Tags: []string{"waybill", string(l.Kind), l.Integration}, Thread: thread(e, l),
	})
}

// count counts what became of a mail. A mail that is accepted ends what the breaker held back.
func (m Mailer) count(l mail.Letter, o delivery.Outcome) {
	m.Meter.Count(monitoring.Mails, 1, l.Integration, string(l.Kind), string(o.Verdict), string(o.Reason))
	switch o.Verdict {
	case delivery.ConfigurationFault:
		m.Meter.Set(monitoring.MailBreakerOpen, 1)
	case delivery.WasAccepted:
		m.Meter.Set(monitoring.MailBreakerOpen, 0)
	default: // says nothing about the configuration
	}
}

// note logs what became of a post, without personal data. A mail that has to wait is news
// for debugging only: while the provider takes none, thousands are tried again and again, and
// the attention of their integration says so.
func (m Mailer) note(ctx context.Context, l mail.Letter, outcome delivery.Outcome, took time.Duration) {
	if m.Log == nil {
		return
	}
	attrs := []slog.Attr{slog.String("kind", string(l.Kind))}
	switch {
	case l.ReturnID != 0:
		attrs = append(attrs, slog.String("refund", contract.RefundRef{Integration: l.Integration, ReturnID: l.ReturnID}.String()))
	case l.ParcelID != 0:
		attrs = append(attrs, slog.String("parcel", contract.ParcelRef{Integration: l.Integration, ID: l.ParcelID}.String()))
	case l.Integration != "":
		attrs = append(attrs, slog.String("integration", l.Integration))
	}
	level, happened := slog.LevelInfo, "mail posted"
	attrs = append(attrs, slog.String("language", string(l.Language)), slog.Duration("took", took))
	if outcome.Verdict != delivery.WasAccepted {
		happened, level = "mail not accepted", slog.LevelWarn
		if outcome.Verdict == delivery.NotSent || outcome.Verdict == delivery.ConfigurationFault {
			level = slog.LevelDebug
		}
		attrs = append(attrs, slog.String("verdict", string(outcome.Verdict)), slog.String("reason", outcome.Why))
	}
	m.Log.LogAttrs(ctx, level, happened, attrs...)
}

// thread is an id that all mails about one parcel or one refund share.
func thread(e Envelope, l mail.Letter) string {
	about := string(e.Subject)
	switch {
	case l.ReturnID != 0:
		about = contract.RefundRef{Integration: l.Integration, ReturnID: l.ReturnID}.WorkflowID()
	case l.ParcelID != 0:
		about = contract.ParcelRef{Integration: l.Integration, ID: l.ParcelID}.WorkflowID()
	}
	sum := sha256.Sum256([]byte(about))
	return "p" + hex.EncodeToString(sum[:12])
}
