package activities_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"waybill/activities"
	"waybill/contract"
	"waybill/delivery"
	"waybill/link"
	"waybill/mail"
	"waybill/parcel"
	"waybill/refund"
	"waybill/words"
)

const publicURL = "https://hooks.shop.example"

func linkKeys(t *testing.T) link.Keys {
	t.Helper()
	keys, err := link.ParseKeys(strings.Repeat("n", 32) + "\n" + strings.Repeat("o", 32))
	require.NoError(t, err)
	return keys
}

// letters are the mails about refunds of a shop where anna decides in Dutch.
func letters(t *testing.T, o *provider) activities.RefundMails {
	t.Helper()
	return activities.RefundMails{
		Mailer: o.mailer(),
		Links:  activities.Links{Keys: linkKeys(t), PublicURL: publicURL},
		Person: func(_, name string) (activities.Decider, bool) {
			return activities.Decider{Address: name + "@shop.example", Language: parcel.Dutch, Identity: name + " as the policy has her"}, name == "anna"
		},
		Language: func(_, country string) parcel.Language {
			return map[string]parcel.Language{"FR": parcel.French, "DE": parcel.German}[country]
		},
	}
}

// undecided is a refund of a French customer's that waits for a decision.
func undecided(t *testing.T) refund.Refund {
	t.Helper()
	return refund.Refund{
		Integration: "demo", ReturnID: 42, State: refund.AwaitingApproval, Question: "Which size?", Answer: "XL", Rejection: "It was used.",
		DueBy: noon.AddDate(0, 0, 12),
		Facts: refund.Facts{
			OrderNumber: "1042", Amount: amount(t, "120", "EUR"), Reason: refund.Damaged, ReasonText: "Parcel damaged on arrival", Message: "It broke.",
			Customer: refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "FR"},
		},
	}
}

// mailOf is the order to send a mail about a refund.
func mailOf(r refund.Refund, d refund.Deed) contract.RefundMail {
	of := contract.RefundRef{Integration: r.Integration, ReturnID: r.ReturnID}
	return contract.RefundMail{Post: contract.Post{Key: "k", Try: 2}, RefundRef: of, Deed: d, Told: r.Told(d), At: noon}
}

// order is the order to send a mail about the refund that is undecided.
func order(t *testing.T, d refund.Deed, change ...func(*contract.RefundMail)) contract.RefundMail {
	t.Helper()
	o := mailOf(undecided(t), d)
	for _, do := range change {
		do(&o)
	}
	return o
}

func sendRefundMail(t *testing.T, o *provider, m contract.RefundMail) (contract.MailReceipt, error) {
	t.Helper()
	return perform(t, contract.SendRefundMail, letters(t, o).SendRefundMail, m)
}

func accepting() *provider {
	return &provider{outcome: delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "id"}}
}

func TestTheCustomerIsToldInTheirLanguage(t *testing.T) {
	for what, want := range map[refund.What]struct {
		kind   mail.Kind
		reason string
	}{
		refund.TellReceived: {mail.RefundReceived, ""}, refund.TellApproved: {mail.RefundApproved, ""}, refund.TellPaid: {mail.RefundPaid, ""},
		refund.TellRejected: {mail.RefundRejected, "It was used."}, refund.TellNeedsInfo: {mail.RefundNeedsInfo, "Which size?"},
	} {
		t.Run(string(what), func(t *testing.T) {
			require.True(t, what.ToCustomer())
			o := accepting()
			o.settled.Latest = contract.IntegrationChange{ID: "1", ShopName: "Example Shop"}
			receipt, err := sendRefundMail(t, o, order(t, refund.Deed{What: what}))
			require.NoError(t, err)
			require.Equal(t, "id", receipt.MessageID)
			require.Equal(t, mail.Letter{
				Kind: want.kind, Integration: "demo", ReturnID: 42, Happened: noon, Language: parcel.French,
				Facts:  parcel.Facts{OrderNumber: "1042", Recipient: parcel.Recipient{Name: "Jane Doe", Country: "FR"}},
				Refund: mail.Refund{Amount: mail.Amount{Value: "120.00", Currency: "EUR"}, Reason: words.Verbatim(want.reason), Deadline: "2026-11-14"},
				Shop:   mail.Shop{Name: "Example Shop"},
			}, o.letter, "and customers get no link")
			require.Equal(t, delivery.Post{
				Key: "k", Try: 2, Subject: "refund:demo:42", To: "jane.doe@example.com", From: "Example Shop", Title: "subject", Text: "text", HTML: "html",
				Tags: []string{"waybill", string(want.kind), "demo"}, Thread: o.post.Thread,
			}, o.post)
		})
	}
}

func TestAPromiseSaysWhetherItWaitsForTheGoods(t *testing.T) {
	for state, want := range map[refund.State]bool{refund.AwaitingGoods: true, refund.Paying: false} {
		o, r := accepting(), undecided(t)
		r.State = state
		_, err := sendRefundMail(t, o, mailOf(r, refund.Deed{What: refund.TellApproved}))
		require.NoError(t, err)
		require.Equal(t, want, o.letter.Refund.GoodsFirst)
	}
}

func TestWhatIsNotKnownIsNotTold(t *testing.T) {
	o, r := accepting(), undecided(t)
	r.Facts, r.DueBy = refund.Facts{Customer: r.Facts.Customer}, time.Time{}
	_, err := sendRefundMail(t, o, mailOf(r, refund.Deed{What: refund.TellReceived}))
	require.NoError(t, err)
	require.Zero(t, o.letter.Refund, "the law's clock stands, and nobody knows the amount")
}

func TestThoseWhoDecideAreAskedInTheirLanguage(t *testing.T) {
	for what, kind := range map[refund.What]mail.Kind{
		refund.AskApproval: mail.ApprovalAsked, refund.Remind: mail.ApprovalReminder, refund.Escalate: mail.ApprovalEscalated,
	} {
		t.Run(string(what), func(t *testing.T) {
			require.True(t, what.ToApprover())
			o := accepting()
			_, err := sendRefundMail(t, o, order(t, refund.Deed{What: what, Person: "anna", Days: 3}))
			require.NoError(t, err)
			require.NotEmpty(t, o.letter.Link)
			o.letter.Link = ""
			require.Equal(t, mail.Letter{
				Kind: kind, Integration: "demo", ReturnID: 42, Happened: noon, Language: parcel.Dutch,
				Facts:  parcel.Facts{OrderNumber: "1042", Recipient: parcel.Recipient{Name: "anna"}},
				Refund: mail.Refund{Amount: mail.Amount{Value: "120.00", Currency: "EUR"}, Customer: "Jane Doe", Reason: words.Verbatim("Parcel damaged on arrival"), Deadline: "2026-11-14", WaitedDays: 3},
			}, o.letter)
			require.Equal(t, "anna@shop.example", o.post.To)
			require.Equal(t, delivery.Subject("refund:demo:42"), o.post.Subject)
		})
	}
	o, r := accepting(), undecided(t)
	r.Facts.ReasonText = ""
	_, err := sendRefundMail(t, o, mailOf(r, refund.Deed{What: refund.AskApproval, Person: "anna"}))
	require.NoError(t, err)
	require.Equal(t, "beschadigd", words.Reader{Language: o.letter.Language}.Tell(o.letter.Refund.Reason))
}

// followed opens the token of a mailed link.
func followed(t *testing.T, mailed, path string, purpose link.Purpose) link.Link {
	t.Helper()
	at, err := url.Parse(mailed)
	require.NoError(t, err)
	require.Equal(t, publicURL+path, at.Scheme+"://"+at.Host+at.Path)
	opened, err := linkKeys(t).Open(at.Query().Get("link"), purpose, noon)
	require.NoError(t, err)
	return opened
}

func TestALinkIsForThatPersonAndThatRefund(t *testing.T) {
	o := accepting()
	_, err := sendRefundMail(t, o, order(t, refund.Deed{What: refund.AskApproval, Person: "anna"}))
	require.NoError(t, err)
	require.NotContains(t, o.letter.Link, "anna")
	opened := followed(t, o.letter.Link, "/refunds/decide", link.Decide)
	require.True(t, linkKeys(t).IsPerson(opened.Person, "anna as the policy has her"))
	require.Equal(t, link.Link{
		Purpose: link.Decide, Subject: "refund:demo:42", Person: opened.Person, Nonce: "k", Until: noon.AddDate(0, 0, 7).Unix(),
	}, opened, "its nonce is the mail's key: every copy decides once")
	first := o.letter.Link
	_, err = sendRefundMail(t, o, order(t, refund.Deed{What: refund.AskApproval, Person: "anna"}, func(m *contract.RefundMail) { m.Try = 3 }))
	require.NoError(t, err)
	require.Equal(t, first, o.letter.Link)
}

func TestWithoutKeysOrAPublicAddressThereIsNoLink(t *testing.T) {
	for name, links := range map[string]activities.Links{
		"nothing": {}, "no keys": {PublicURL: publicURL}, "no address": {Keys: linkKeys(t)},
	} {
		o := accepting()
		mails := letters(t, o)
		mails.Links = links
		_, err := perform(t, contract.SendRefundMail, mails.SendRefundMail, order(t, refund.Deed{What: refund.AskApproval, Person: "anna"}))
		require.NoError(t, err)
		require.Equal(t, "k", o.post.Key)
		require.Empty(t, o.letter.Link, name)
	}
}

func TestWhoLeftThePolicyIsNotAsked(t *testing.T) {
	o := accepting()
	_, err := sendRefundMail(t, o, order(t, refund.Deed{What: refund.AskApproval, Person: "eve"}, func(m *contract.RefundMail) { m.InDoubtSince = noon }))
	requireFailure(t, err, contract.MailRefused, false, 0)
	require.ErrorContains(t, err, "the policy does not name the person any more")
	require.NotContains(t, err.Error(), "eve")
	require.Zero(t, o.letter)
	require.Empty(t, o.searched)
}

func TestARefundMailThatMayHaveGoneOutIsLookedForFirst(t *testing.T) {
	inDoubt := func(m *contract.RefundMail) { m.InDoubtSince = noon }
	for _, c := range []struct {
		name     string
		provider *provider
		order    contract.RefundMail
		searched []string
		id       string
	}{
		{"it is new", &provider{found: "proof"}, order(t, refund.Deed{What: refund.TellPaid}), nil, "id"},
		{"it is in the logs", &provider{found: "proof"}, order(t, refund.Deed{What: refund.TellPaid}, inDoubt), []string{"k to jane.doe@example.com"}, "proof"},
		{"a question to anna is in the logs", &provider{found: "proof"}, order(t, refund.Deed{What: refund.Remind, Person: "anna"}, inDoubt), []string{"k to anna@shop.example"}, "proof"},
		{"it is not in the logs", &provider{}, order(t, refund.Deed{What: refund.TellPaid}, inDoubt), []string{"k to jane.doe@example.com"}, "id"},
		{"nobody may look", &provider{unsearchable: errors.New("the logs cannot be read")}, order(t, refund.Deed{What: refund.TellPaid}, inDoubt), []string{"k to jane.doe@example.com"}, "id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := c.provider
			o.outcome = delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "id"}
			receipt, err := sendRefundMail(t, o, c.order)
			require.NoError(t, err)
			require.False(t, receipt.NoProof)
			require.Equal(t, c.id, receipt.MessageID)
			require.Equal(t, c.searched, o.searched)
			require.Equal(t, c.id == "id", o.post.Key == "k")
		})
	}
}

func TestARefundMailFailsLikeAnyOther(t *testing.T) {
	for verdict, want := range map[delivery.Verdict]struct {
		failure string
		retries bool
	}{
		delivery.NotSent: {contract.MailNotSent, true}, delivery.ConfigurationFault: {contract.MailConfiguration, true},
		delivery.Unanswered: {contract.MailUnanswered, false}, delivery.Refused: {contract.MailRefused, false},
	} {
		_, err := sendRefundMail(t, &provider{outcome: delivery.Outcome{Verdict: verdict, Wait: time.Minute, Why: "because"}}, order(t, refund.Deed{What: refund.TellPaid}))
		wait := time.Minute
		if !want.retries {
			wait = 0
		}
		requireFailure(t, err, want.failure, want.retries, wait)
		require.ErrorContains(t, err, "because")
	}
}

// postRefundMails has mails about a refund end so, one after the other.
func postRefundMails(t *testing.T, o *provider, ends ...delivery.Verdict) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	mails := letters(t, o)
	env.RegisterActivityWithOptions(func(ctx context.Context, m contract.RefundMail) (contract.MailReceipt, error) {
		for _, v := range ends {
			o.outcome = delivery.Outcome{Verdict: v, Why: "the key is dead"}
			_, _ = mails.SendRefundMail(ctx, m) // what comes of each is tested elsewhere
		}
		return contract.MailReceipt{}, nil
	}, activity.RegisterOptions{Name: string(contract.SendRefundMail)})
	_, err := env.ExecuteActivity(string(contract.SendRefundMail), order(t, refund.Deed{What: refund.TellPaid}))
	require.NoError(t, err)
}

func TestADeadKeyThatARefundMailFindsIsToldOnceAndSoIsItsEnd(t *testing.T) {
	o := &provider{}
	postRefundMails(t, o, delivery.WasAccepted, delivery.ConfigurationFault, delivery.ConfigurationFault, delivery.NotSent, delivery.Refused, delivery.WasAccepted, delivery.WasAccepted)
	require.Equal(t, []string{"the key is dead", ""}, o.faults)

	o = &provider{}
	o.settled.Latest.ID = "1"
	o.settled.Mail = &contract.MailState{Fault: "the key is dead"}
	postRefundMails(t, o, delivery.ConfigurationFault, delivery.WasAccepted, delivery.WasAccepted)
	require.Equal(t, []string{""}, o.faults, "what is on record is not told again")
}
