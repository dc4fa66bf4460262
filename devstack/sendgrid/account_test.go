package sendgrid_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/devstack/sendgrid"
	provider "waybill/mail/sendgrid"
)

func TestAnAccountTellsHowItIsSetUp(t *testing.T) {
	const key, sender = "SG.0123456789", "tracking@shop.example"
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	stand, err := sendgrid.New(sendgrid.Config{Key: key, Webhook: sendgrid.Webhook{URL: "https://hooks.shop.example/webhooks/sendgrid", Key: signing}})
	require.NoError(t, err)
	server := httptest.NewServer(stand)
	defer server.Close()
	account := provider.OpenAccount(key, server.URL)

	scopes, err := account.Scopes(t.Context())
	require.NoError(t, err)
	require.Contains(t, scopes, provider.ScopeSend)
	standing, err := account.Sender(t.Context(), sender)
	require.NoError(t, err)
	require.Equal(t, provider.DomainAuthenticated, standing)
	webhooks, err := account.EventWebhooks(t.Context())
	require.NoError(t, err)
	require.Len(t, webhooks, 1)
	require.Empty(t, webhooks[0].Silent())
	require.True(t, provider.EventKeys{&signing.PublicKey}.Verifies(webhooks[0]))
	require.NoError(t, account.TryMail(t.Context(), sender))
	require.Empty(t, stand.Mails(), "nothing is sent")

	stand.SetUp(sendgrid.Account{
		Scopes: []string{sendgrid.ScopeSend, sendgrid.ScopeSenders}, Senders: []string{"other@shop.example"},
	})
	standing, err = account.Sender(t.Context(), sender)
	require.NoError(t, err)
	require.Equal(t, provider.NotVerified, standing)
	require.NoError(t, account.TryMail(t.Context(), sender), "the sandbox checks the form")
	mails := provider.New(provider.Config{Key: key, BaseURL: server.URL, Sender: sender})
	refused := mails.Post(t.Context(), delivery.Post{Key: "sample", Try: 1, To: "jane@example.com", Title: "t", Text: "t", HTML: "t"})
	require.Equal(t, delivery.ConfigurationFault, refused.Verdict)
	require.Contains(t, refused.Why, "verified Sender Identity")
	_, err = account.EventWebhooks(t.Context())
	var refusal *provider.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, http.StatusForbidden, refusal.Status)

	_, err = provider.OpenAccount("SG.another", server.URL).Scopes(t.Context())
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, http.StatusUnauthorized, refusal.Status)
}
