package mail_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/mail"
	"waybill/parcel"
	"waybill/words"
)

func TestALineOfADigestSaysUntilWhenToPay(t *testing.T) {
	got := render(t, mail.Sample(mail.Digest, parcel.English))
	require.Contains(t, got.Text, "Jane Doe, order 1042, pay by Monday 16 November (XL · 42)")
	require.Contains(t, got.Text, "All refunds: ")
}

// What the customer wrote may end with a full stop, and the sentence about it ends with one.
func TestTheReasonInTheMailToApproversEndsWithOneFullStop(t *testing.T) {
	for _, reason := range []string{"The sole came off", "The sole came off."} {
		l := mail.Sample(mail.ApprovalAsked, parcel.English)
		l.Refund.Reason = words.Verbatim(reason)
		require.Contains(t, render(t, l).Text, "for the following reason: The sole came off.\n")
	}
	rejected := mail.Sample(mail.RefundRejected, parcel.English)
	rejected.Refund.Reason = words.Verbatim("They were worn.")
	require.Contains(t, render(t, rejected).Text, "They were worn.\n", "customers read what was written")
}

func TestAReasonWithoutTheCustomersWordsIsInTheLanguageOfTheMail(t *testing.T) {
	for _, kind := range []mail.Kind{mail.ApprovalAsked, mail.Digest} {
		l := mail.Sample(kind, parcel.German)
		l.Refund.Reason = words.Word("refund_reason", "wrong_size")
		for i := range l.Waiting.Refunds {
			l.Waiting.Refunds[i].Reason = l.Refund.Reason
		}
		require.Contains(t, render(t, l).Text, "falsche Größe")
	}
}

// Of a refund about which Sendcloud could not be asked, nothing is known but its return.
func TestEachLineOfADigestCanBeRecognizedAndOpened(t *testing.T) {
	for language, says := range map[parcel.Language]string{parcel.English: "Return 42", parcel.Dutch: "Retour 42"} {
		l := mail.Sample(mail.Digest, language)
		l.Waiting.Refunds = []mail.WaitingRefund{{Return: 42, Link: "https://shop.example/decide"}}
		got := render(t, l)
		require.Contains(t, got.HTML, `href="https://shop.example/decide" style="color:#1b1e25;">`+says+"</a>")
		require.Contains(t, got.Text, says)
	}
}
