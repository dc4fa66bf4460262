package activities_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/activities"
	"waybill/contract"
	"waybill/delivery"
	"waybill/mail"
	"waybill/monitoring"
	"waybill/parcel"
	"waybill/refund"
)

// write has a letter written and posted.
func write(t *testing.T, m activities.Mailer, e activities.Envelope, l mail.Letter) {
	t.Helper()
	receipt, err := m.Send(t.Context(), e, l)
	require.NoError(t, err)
	require.Equal(t, contract.MailReceipt{MessageID: "id"}, receipt)
}

func TestAShopsMailsAreSignedAndAnsweredAsItWants(t *testing.T) {
	o := accepting()
	mailer := o.mailer()
	mailer.Sender = netmail.Address{Name: "Sender", Address: "tracking@shop.example"}
	write(t, mailer, activities.Envelope{}, mail.Letter{Shop: mail.Shop{Called: "Example Shop", ReplyTo: "help@shop.example"}})
	require.Equal(t, "Example Shop", o.letter.Shop.Name)
	require.Equal(t, "Example Shop", o.post.From)
	require.Equal(t, "help@shop.example", o.post.ReplyTo)
	write(t, mailer, activities.Envelope{}, mail.Letter{})
	require.Equal(t, "Sender", o.post.From)
}

func TestMailsAboutTheSameThingShareAThread(t *testing.T) {
	o := accepting()
	thread := func(s delivery.Subject, l mail.Letter) string {
		write(t, o.mailer(), activities.Envelope{Subject: s, Post: contract.Post{Key: "k"}}, l)
		return o.post.Thread
	}
	parcel := thread("parcel:demo:7", mail.Letter{ParcelID: 7, Integration: "demo"})
	require.Equal(t, parcel, thread("parcel:demo:7", mail.Letter{Integration: "demo", ParcelID: 7, Kind: "delivered"}))
	require.Equal(t, parcel, thread("integration:demo", mail.Letter{Integration: "demo", ParcelID: 7}), "a notice about the parcel")
	threads := map[string]bool{parcel: true}
	for subject, l := range map[delivery.Subject]mail.Letter{
		"parcel:demo:8": {Integration: "demo", ParcelID: 8}, "parcel:my-shop:7": {Integration: "my-shop", ParcelID: 7},
		"refund:demo:7": {Integration: "demo", ReturnID: 7}, "integration:demo": {Integration: "demo"}, "sign-in:a": {}, "sign-in:b": {},
	} {
		threads[thread(subject, l)] = true
	}
	require.Len(t, threads, 7)
}

func TestALetterThatCannotBeWrittenIsRefused(t *testing.T) {
	o := accepting()
	mailer := o.mailer()
	renderer, err := mail.NewRenderer(nil)
	require.NoError(t, err)
	mailer.Renderer = renderer
	_, err = mailer.Send(t.Context(), activities.Envelope{}, mail.Letter{Kind: "no such kind"})
	requireFailure(t, err, contract.MailRefused, false, 0)
	require.ErrorContains(t, err, "no such kind")
	require.Zero(t, o.post)
}

// A message that is called back while it is posted may have left: an interrupted
// post could not say.
func TestAPostThatHasBegunIsNotInterrupted(t *testing.T) {
	o := accepting()
	ctx, cancel := context.WithCancel(t.Context())
	o.posting = func(within context.Context) {
		cancel()
		require.ErrorIs(t, ctx.Err(), context.Canceled)
		require.NoError(t, within.Err())
	}
	receipt, err := o.mailer().Send(ctx, activities.Envelope{}, mail.Letter{})
	require.NoError(t, err)
	require.Equal(t, contract.MailReceipt{MessageID: "id"}, receipt, "and its answer counts")
}

// everyMail posts a message of each kind of subject.
func everyMail(t *testing.T, o *provider) map[string]func(contract.Post) (contract.MailReceipt, error) {
	t.Helper()
	notices := activities.Notices{Mailer: o.mailer(), Operations: func(string) (string, parcel.Language) { return "ops@shop.example", parcel.Dutch }}
	siblings := &siblings{claim: parcel.Claim{Reached: 2}}
	return map[string]func(contract.Post) (contract.MailReceipt, error){
		"a parcel's mail": func(p contract.Post) (contract.MailReceipt, error) {
			return perform(t, contract.SendMail, activities.Mails{Mailer: o.mailer(), Siblings: siblings}.SendMail, contract.MailOrder{
				Post: p, ParcelRef: contract.ParcelRef{Integration: "demo", ID: 7}, Together: true, Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane.doe@example.com"}},
			})
		},
		"a mail to a refund's customer": func(p contract.Post) (contract.MailReceipt, error) {
			return perform(t, contract.SendRefundMail, letters(t, o).SendRefundMail,
				order(t, refund.Deed{What: refund.TellPaid}, func(m *contract.RefundMail) { m.Post = p }))
		},
		"a mail to an approver": func(p contract.Post) (contract.MailReceipt, error) {
			return perform(t, contract.SendRefundMail, letters(t, o).SendRefundMail,
				order(t, refund.Deed{What: refund.Remind, Person: "anna"}, func(m *contract.RefundMail) { m.Post = p }))
		},
		"a mail to sign in": func(p contract.Post) (contract.MailReceipt, error) {
			return perform(t, contract.SendSignIn, letters(t, o).SendSignIn, signIn("anna", p))
		},
		"a notice to operations": func(p contract.Post) (contract.MailReceipt, error) {
			return perform(t, contract.TellOperations, notices.TellOperations,
				contract.Notice{Post: p, Of: "parcel:demo:7", About: "parcel:demo:7", Integration: "demo", Attention: "no scan for days"})
		},
	}
}

func TestAMessageThatIsOnlyLookedForIsNeverPosted(t *testing.T) {
	for about, c := range map[string]struct {
		found        string
		unsearchable error
		want         contract.MailReceipt
	}{
		"there is proof":  {"proof", nil, contract.MailReceipt{MessageID: "proof"}},
		"there is none":   {"", nil, contract.MailReceipt{NoProof: true}},
		"nobody may look": {"", errors.New("the logs cannot be read"), contract.MailReceipt{NoProof: true}},
	} {
		o := accepting()
		o.found, o.unsearchable = c.found, c.unsearchable
		for whose, post := range everyMail(t, o) {
			t.Run(about+" of "+whose, func(t *testing.T) {
				o.searched = nil
				receipt, err := post(contract.Post{Key: "k", Try: 2, InDoubtSince: noon, LookOnly: true})
				require.NoError(t, err)
				require.Equal(t, c.want, receipt)
				require.Len(t, o.searched, 1)
				require.Zero(t, o.post)
			})
		}
	}
}

// Temporal was restored, and does not know what was sent after the backup.
func TestAfterARestoreEveryMessageIsLookedForFirst(t *testing.T) {
	for about, c := range map[string]struct {
		found        string
		unsearchable error
		doubt        time.Time
		from         time.Time
		posted       bool
	}{
		"it was sent after the backup":        {"proof", nil, time.Time{}, noon.Add(-5 * time.Minute), false},
		"it was not sent":                     {"", nil, time.Time{}, noon.Add(-5 * time.Minute), true},
		"it was in doubt long before":         {"proof", nil, noon.Add(-time.Hour), noon.Add(-time.Hour), false},
		"nobody can look, so that it waits":   {"", errors.New("the logs cannot be read"), time.Time{}, noon.Add(-5 * time.Minute), false},
		"in doubt, nobody can look: it waits": {"", errors.New("the logs cannot be read"), noon, noon.Add(-5 * time.Minute), false},
	} {
		o := accepting()
		o.found, o.unsearchable, o.restored = c.found, c.unsearchable, noon
		for whose, post := range everyMail(t, o) {
			t.Run(about+": "+whose, func(t *testing.T) {
				o.searched, o.post = nil, delivery.Post{}
				receipt, err := post(contract.Post{Key: "k", Try: 1, InDoubtSince: c.doubt})
				require.Len(t, o.searched, 1)
				require.Equal(t, c.from, o.searchedFrom)
				require.Equal(t, c.posted, o.post.Key == "k")
				if c.unsearchable != nil {
					requireFailure(t, err, contract.MailConfiguration, true, time.Minute)
					require.ErrorContains(t, err, "WAYBILL_RESTORED_FROM")
					return
				}
				require.NoError(t, err)
				require.Equal(t, contract.MailReceipt{MessageID: cmp.Or(c.found, "id"), Claim: receipt.Claim}, receipt)
			})
		}
	}
}

func TestEveryMessageIsPostedUnderItsKeyAndTry(t *testing.T) {
	o := accepting()
	for whose, post := range everyMail(t, o) {
		t.Run(whose, func(t *testing.T) {
			receipt, err := post(contract.Post{Key: "k", Try: 3, InDoubtSince: time.Time{}})
			require.NoError(t, err)
			require.False(t, receipt.NoProof)
			require.Equal(t, "id", receipt.MessageID)
			require.Equal(t, "k", o.post.Key)
			require.Equal(t, 3, o.post.Try)
			require.Empty(t, o.searched)
		})
	}
}

// counts are what was counted, one text each.
type counts struct {
	client.MetricsHandler
	labels map[string]string
	seen   *[]string
}

func (c counts) WithTags(labels map[string]string) client.MetricsHandler {
	return counts{c.MetricsHandler, labels, c.seen}
}

func (c counts) Counter(name string) client.MetricsCounter {
	*c.seen = append(*c.seen, fmt.Sprintf("%s %v", name, c.labels))
	return client.MetricsNopHandler.Counter(name)
}

func (c counts) Timer(name string) client.MetricsTimer {
	*c.seen = append(*c.seen, fmt.Sprintf("%s %v", name, c.labels))
	return client.MetricsNopHandler.Timer(name)
}

func TestEveryMailIsCountedByWhatBecameOfIt(t *testing.T) {
	var seen []string
	meter := monitoring.With(counts{client.MetricsNopHandler, nil, &seen})
	post := func(o *provider) {
		mailer := o.mailer()
		mailer.Meter = meter
		_, _ = perform(t, contract.SendMail, activities.Mails{Mailer: mailer}.SendMail, contract.MailOrder{
			Post: contract.Post{Key: "k", Try: 1}, Kind: parcel.MailShipped, ParcelRef: contract.ParcelRef{Integration: "demo", ID: 7},
			Facts: parcel.Facts{Recipient: parcel.Recipient{Name: "Jane Doe", Email: "jane@example.com"}}, Happened: noon,
		}) // a mail that fails is counted too
	}
	post(accepting())
	post(&provider{outcome: delivery.Outcome{Verdict: delivery.Refused, Why: "jane@example.com is no address", Reason: delivery.Rejected}})
	require.Equal(t, []string{
		"waybill_mails_total map[integration:demo kind:shipped outcome:accepted reason:]",
		"waybill_scan_to_mail map[integration:demo kind:shipped]",
		"waybill_mails_total map[integration:demo kind:shipped outcome:refused reason:rejected]",
	}, seen)
}

// The line about a mail says which one it was, and nothing about who gets it.
func TestEachPostHasALineInTheLog(t *testing.T) {
	for name, c := range map[string]struct {
		letter  mail.Letter
		outcome delivery.Outcome
		want    string
	}{
		"a parcel's mail": {
			mail.Letter{Kind: "shipped", Integration: "demo", ParcelID: 868, Language: parcel.German}, delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "id"},
			`level=INFO msg="mail posted" kind=shipped parcel=demo/868 language=de`,
		},
		"a refund's mail": {
			mail.Letter{Kind: mail.RefundPaid, Integration: "demo", ReturnID: 7001, ParcelID: 868, Language: parcel.Dutch}, delivery.Outcome{Verdict: delivery.WasAccepted},
			`level=INFO msg="mail posted" kind=refund_paid refund=demo/7001 language=nl`,
		},
		"a link to sign in with": {
			mail.Letter{Kind: mail.SignIn, Language: parcel.English}, delivery.Outcome{Verdict: delivery.WasAccepted},
			`level=INFO msg="mail posted" kind=sign_in language=en`,
		},
		"a mail that is refused": {
			mail.Letter{Kind: "shipped", Integration: "demo", ParcelID: 868, Language: parcel.German}, delivery.Outcome{Verdict: delivery.Refused, Why: "too large"},
			`level=WARN msg="mail not accepted" kind=shipped parcel=demo/868 language=de verdict=refused reason="too large"`,
		},
		"a mail that waits": {
			mail.Letter{Kind: "shipped", Integration: "demo", ParcelID: 868, Language: parcel.German}, delivery.Outcome{Verdict: delivery.NotSent}, ``,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			o := accepting()
			o.outcome = c.outcome
			mailer := o.mailer()
			mailer.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey || a.Key == "took" {
					return slog.Attr{}
				}
				return a
			}}))
			c.letter.Facts.Recipient = parcel.Recipient{Name: "Jane Doe", Email: "jane.doe@example.com"}
			_, err := mailer.Send(t.Context(), activities.Envelope{To: "jane.doe@example.com", Subject: "sign-in:pseudonym"}, c.letter)
			require.Equal(t, c.outcome.Verdict != delivery.WasAccepted, err != nil)
			require.Equal(t, c.want, strings.TrimSpace(log.String()))
		})
	}
}
