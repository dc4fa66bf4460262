package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/activities"
	"waybill/contract"
	"waybill/link"
	"waybill/mail"
	"waybill/parcel"
)

func signIn(person string) contract.SignInMail {
	return contract.SignInMail{Nonce: "a-nonce", SignInStart: contract.SignInStart{Person: person, Until: noon.Add(15 * time.Minute)}}
}

func TestALinkSignsOnePersonIn(t *testing.T) {
	o := accepting()
	_, err := perform(t, contract.SendSignIn, letters(t, o).SendSignIn, signIn("anna"))
	require.NoError(t, err)
	opened := followed(t, o.letter.Link, "/refunds/session", link.SignIn)
	require.True(t, linkKeys(t).IsPerson(opened.Person, "anna"))
	require.Equal(t, link.Link{Purpose: link.SignIn, Subject: "a-nonce", Person: opened.Person, Until: noon.Add(15 * time.Minute).Unix()}, opened)
	require.NotEmpty(t, o.letter.Key)
	require.NotContains(t, o.letter.Key, "nonce", "it stands in the provider's records")
	o.letter.Key, o.letter.Link = "", ""
	require.Equal(t, mail.Letter{
		Try: 1, Kind: mail.SignIn, Language: parcel.Dutch, Happened: noon.Add(15 * time.Minute),
		Facts: parcel.Facts{Recipient: parcel.Recipient{Name: "anna", Email: "anna@shop.example"}},
	}, o.letter)
}

func TestWhoLeftThePolicyIsNotSignedIn(t *testing.T) {
	o := accepting()
	_, err := perform(t, contract.SendSignIn, letters(t, o).SendSignIn, signIn("eve"))
	require.NoError(t, err)
	require.Zero(t, o.letter)
}

func TestASignInMailFailsLikeAnyOther(t *testing.T) {
	_, err := perform(t, contract.SendSignIn, letters(t, &office{outcome: mail.Outcome{Verdict: mail.NotSent, Why: "busy"}}).SendSignIn, signIn("anna"))
	requireFailure(t, err, contract.MailNotSent, true, 0)
	_, err = perform(t, contract.SendSignIn, letters(t, &office{outcome: mail.Outcome{Verdict: mail.Unanswered, Why: "no answer"}}).SendSignIn, signIn("anna"))
	requireFailure(t, err, contract.MailUnanswered, false, 0)
}

// A mail to sign in without a link helps nobody; another worker may have the keys.
func TestAWorkerWithoutKeysSendsNoMailToSignIn(t *testing.T) {
	o := accepting()
	hands := letters(t, o)
	hands.Links = activities.Links{PublicURL: publicURL}
	_, err := perform(t, contract.SendSignIn, hands.SendSignIn, signIn("anna"))
	requireFailure(t, err, contract.MailSetup, true, time.Minute)
	require.ErrorContains(t, err, "set WAYBILL_LINK_KEYS and WAYBILL_PUBLIC_URL")
	require.Zero(t, o.letter)
}
