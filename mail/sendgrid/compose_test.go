package sendgrid_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
)

func TestWhatIsPosted(t *testing.T) {
	var got posted
	var header http.Header
	url := served(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
	})
	p := message()
	p.Tags = append(p.Tags, "demo", "", "shipped")
	require.Equal(t, delivery.WasAccepted, client(url).Post(t.Context(), p).Verdict)

	require.Equal(t, "Bearer SG.key", header.Get("Authorization"))
	require.Empty(t, header.Get("Idempotency-Key"), "it makes net/http post twice by itself")
	require.Equal(t, []map[string]string{{"email": "jane.doe@example.com"}}, got.Personalizations[0].To, "a comma in a name makes the mail vanish")
	require.Equal(t, map[string]string{"waybill_key": "k", "waybill_try": "1", "waybill_parcel": "demo:364000001"}, got.Personalizations[0].CustomArgs)
	require.Equal(t, "tracking@shop.example", got.From.Email)
	require.Equal(t, []string{"text/plain", "text/html"}, []string{got.Content[0].Type, got.Content[1].Type})
	require.Equal(t, []string{"waybill", "shipped", "demo"}, got.Categories, "a category that stands twice has the mail refused")
	require.Equal(t, "<k@shop.example>", got.Headers["Message-ID"])
	require.Equal(t, "<p1@shop.example>", got.Headers["References"])
	require.Equal(t, "auto-generated", got.Headers["Auto-Submitted"])
	for _, tracking := range []string{"click_tracking", "open_tracking", "subscription_tracking", "ganalytics"} {
		enabled, said := got.TrackingSettings[tracking]["enable"]
		require.True(t, said && !enabled, tracking)
	}
}

// SendGrid answers 400 for a mail that has one category twice.
func TestAnIntegrationMayBeNamedLikeACategory(t *testing.T) {
	for integration, want := range map[string][]string{
		"waybill": {"waybill", "shipped"}, "shipped": {"waybill", "shipped"}, "demo": {"waybill", "shipped", "demo"}, "": {"waybill", "shipped"},
	} {
		var got posted
		url := served(t, func(w http.ResponseWriter, r *http.Request) {
			if json.NewDecoder(r.Body).Decode(&got) == nil {
				w.WriteHeader(http.StatusAccepted)
			}
		})
		p := message()
		p.Tags = []string{"waybill", "shipped", integration}
		require.Equal(t, delivery.WasAccepted, client(url).Post(t.Context(), p).Verdict)
		require.Equal(t, want, got.Categories, integration)
	}
}

func TestEachKindOfSubjectHasItsOwnArgument(t *testing.T) {
	for subject, want := range map[delivery.Subject][2]string{
		"parcel:demo:364000001": {"waybill_parcel", "demo:364000001"}, "refund:demo:1500002": {"waybill_refund", "demo:1500002"},
		"sign-in:a-nonce": {"waybill_sign_in", "a-nonce"}, "integration:demo": {"waybill_integration", "demo"},
	} {
		var got posted
		url := served(t, func(w http.ResponseWriter, r *http.Request) {
			if json.NewDecoder(r.Body).Decode(&got) == nil {
				w.WriteHeader(http.StatusAccepted)
			}
		})
		p := message()
		p.Subject, p.Try = subject, 2
		require.Equal(t, delivery.WasAccepted, client(url).Post(t.Context(), p).Verdict)
		require.Equal(t, map[string]string{"waybill_key": "k", "waybill_try": "2", want[0]: want[1]}, got.Personalizations[0].CustomArgs)
	}
}

func TestADomainInOtherLettersIsWrittenAsDNSHasIt(t *testing.T) {
	var posted struct {
		Personalizations []struct{ To []struct{ Email string } }
	}
	url := served(t, func(w http.ResponseWriter, r *http.Request) {
		if json.NewDecoder(r.Body).Decode(&posted) == nil {
			w.WriteHeader(http.StatusAccepted)
		}
	})
	p := message()
	for address, want := range map[string]string{
		"jane@müller.example": "jane@xn--mller-kva.example", "Jane@Example.COM": "Jane@example.com",
		`"aaa..bbb"@mail.example`: `"aaa..bbb"@mail.example`, `"jane doe"@Mail.example`: `"jane doe"@mail.example`, `"jane"@mail.example`: "jane@mail.example",
		`"a@b\"c"@mail.example`: `"a@b\"c"@mail.example`, "jane+shop@mail.example": "jane+shop@mail.example",
	} {
		p.To = address
		require.Equal(t, delivery.WasAccepted, client(url).Post(t.Context(), p).Verdict, address)
		require.Equal(t, want, posted.Personalizations[0].To[0].Email)
	}
	p.To = "jane@exa_mple..com"
	require.Equal(t, delivery.Refused, client(url).Post(t.Context(), p).Verdict)
}

func TestAnAddressThatSendGridDoesNotTakeIsRefusedWithWhatToDo(t *testing.T) {
	url := served(t, func(http.ResponseWriter, *http.Request) { t.Error("posted") })
	p := message()
	p.To = "jö@mail.example"
	got := client(url).Post(t.Context(), p)
	require.Equal(t, delivery.Refused, got.Verdict)
	require.Equal(t, "SendGrid takes no letters outside ASCII before the @ of the recipient's address: ask for another one, and change the recipient", got.Why)
}

func TestAnAddressThatIsNoneIsRefusedWithoutAPost(t *testing.T) {
	url := served(t, func(http.ResponseWriter, *http.Request) { t.Error("posted") })
	for _, email := range []string{"", "jane", "jane@", "a@example.com, b@example.com", "jane doe@example.com"} {
		p := message()
		p.To = email
		got := client(url).Post(t.Context(), p)
		require.Equal(t, delivery.Refused, got.Verdict, email)
		require.Equal(t, "the recipient's mail address is not valid", got.Why)
	}
}
