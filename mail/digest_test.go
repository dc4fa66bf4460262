package mail_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/mail"
	"waybill/parcel"
)

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
