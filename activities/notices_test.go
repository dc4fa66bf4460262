package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/activities"
	"waybill/contract"
	"waybill/delivery"
	"waybill/mail"
	"waybill/parcel"
)

// notices tell the operations of a shop, in Dutch.
func notices(o *provider) activities.Notices {
	return activities.Notices{
		Mailer: o.mailer(), Operations: func(string) (string, parcel.Language) { return "ops@shop.example", parcel.Dutch },
		Links: activities.Links{PublicURL: publicURL},
	}
}

func TestOperationsGetAMailAboutWhatTheyShouldLookAt(t *testing.T) {
	for name, c := range map[string]struct {
		notice contract.Notice
		want   mail.Letter
	}{
		"a parcel": {
			contract.Notice{Of: "parcel:demo:7", About: "parcel:demo:7", Integration: "demo", Attention: "no scan for days"},
			mail.Letter{Kind: mail.Attention, Integration: "demo", ParcelID: 7},
		},
		"an integration": {
			contract.Notice{Of: "integration:demo", Integration: "demo", Attention: "webhook switched off"},
			mail.Letter{Kind: mail.IntegrationAttention, Integration: "demo"},
		},
		"a refund, whose page it leads to": {
			contract.Notice{Of: "refund:demo:42", About: "refund:demo:42", Integration: "demo", Attention: "payment failed"},
			mail.Letter{Kind: mail.RefundAttention, Integration: "demo", ReturnID: 42, Link: publicURL + "/refunds/demo/42"},
		},
		"a parcel whose workflow is closed": {
			contract.Notice{Of: "integration:demo", About: "parcel:demo:7", Integration: "demo", Attention: contract.MailCameBack},
			mail.Letter{Kind: mail.Attention, Integration: "demo", ParcelID: 7},
		},
		"a refund whose workflow is closed": {
			contract.Notice{Of: "integration:demo", About: "refund:demo:42", Integration: "demo", Attention: contract.MailCameBack},
			mail.Letter{Kind: mail.RefundAttention, Integration: "demo", ReturnID: 42, Link: publicURL + "/refunds/demo/42"},
		},
		"a refund whose return is not known": {
			contract.Notice{Of: "integration:demo", About: "refund:demo:0", Integration: "demo", Attention: "refund without a return"},
			mail.Letter{Kind: mail.RefundAttention, Integration: "demo"},
		},
		"somebody who signs in": {
			contract.Notice{Of: "sign-in:a-nonce", About: "sign-in:a-nonce", Attention: contract.SignInNotReached},
			mail.Letter{Kind: mail.SignInAttention},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := accepting()
			c.notice.Post, c.notice.At = contract.Post{Key: "k", Try: 2}, noon
			c.want.Happened, c.want.Language, c.want.Attention = noon, parcel.Dutch, string(c.notice.Attention)
			receipt, err := perform(t, contract.TellOperations, notices(o).TellOperations, c.notice)
			require.NoError(t, err)
			require.Equal(t, contract.MailReceipt{MessageID: "id"}, receipt)
			require.Equal(t, c.want, o.letter)
			require.Equal(t, "ops@shop.example", o.post.To)
			require.Equal(t, c.notice.Of, o.post.Subject, "what is reported of it goes to the workflow that keeps it")
			require.Equal(t, "k", o.post.Key)
			require.Equal(t, 2, o.post.Try)
		})
	}
}

func TestWithoutAPublicAddressANoticeHasNoLink(t *testing.T) {
	o := accepting()
	n := notices(o)
	n.Links = activities.Links{Keys: linkKeys(t)}
	_, err := perform(t, contract.TellOperations, n.TellOperations,
		contract.Notice{Of: "refund:demo:42", About: "refund:demo:42", Integration: "demo", Attention: "payment failed"})
	require.NoError(t, err)
	require.Empty(t, o.letter.Link, "nobody knows where the page is")
}

func TestWithoutOperationsNobodyIsTold(t *testing.T) {
	o := accepting()
	n := notices(o)
	n.Operations = func(string) (string, parcel.Language) { return "", parcel.English }
	receipt, err := perform(t, contract.TellOperations, n.TellOperations, contract.Notice{Of: "integration:demo", Integration: "demo", Attention: "webhook failing"})
	require.NoError(t, err)
	require.False(t, receipt.NoProof, "there is nothing to try again")
	require.Zero(t, o.letter)
	require.Zero(t, o.post)
}

func TestANoticeFailsLikeAnyOtherMail(t *testing.T) {
	notice := contract.Notice{Of: "integration:demo", Integration: "demo", Attention: "webhook failing"}
	for verdict, want := range map[delivery.Verdict]string{
		delivery.NotSent: contract.MailNotSent, delivery.Unanswered: contract.MailUnanswered, delivery.Refused: contract.MailRefused,
	} {
		_, err := perform(t, contract.TellOperations, notices(&provider{outcome: delivery.Outcome{Verdict: verdict, Why: "because"}}).TellOperations, notice)
		requireFailure(t, err, want, verdict == delivery.NotSent, 0)
	}
}
