package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/activities"
	"waybill/contract"
	"waybill/delivery"
	"waybill/link"
	"waybill/mail"
	"waybill/parcel"
)

func signIn(person string, post ...contract.Post) contract.SignInMail {
	return contract.SignInMail{Post: append(post, contract.Post{Key: "k", Try: 1})[0], Name: "name-of-anna", Nonce: "a-nonce", Person: person, Until: noon.Add(time.Hour)}
}

func TestALinkSignsOnePersonIn(t *testing.T) {
	o := accepting()
	_, err := perform(t, contract.SendSignIn, letters(t, o).SendSignIn, signIn("anna"))
	require.NoError(t, err)
	opened := followed(t, o.letter.Link, "/session", link.SignIn)
	require.True(t, linkKeys(t).IsPerson(opened.Person, "anna as the policy has her"))
	require.Equal(t, link.Link{Purpose: link.SignIn, Subject: "name-of-anna", Nonce: "a-nonce", Person: opened.Person, Until: noon.Add(time.Hour).Unix()}, opened)
	require.Equal(t, "anna@shop.example", o.post.To)
	require.Equal(t, delivery.Subject("sign-in:name-of-anna"), o.post.Subject)
	o.letter.Link = ""
	require.Equal(t, mail.Letter{
		Kind: mail.SignIn, Language: parcel.Dutch, Happened: noon.Add(time.Hour),
		Facts: parcel.Facts{Recipient: parcel.Recipient{Name: "anna"}},
	}, o.letter)
}

func TestWhoLeftThePolicyIsNotSignedIn(t *testing.T) {
	o := accepting()
	_, err := perform(t, contract.SendSignIn, letters(t, o).SendSignIn, signIn("eve"))
	requireFailure(t, err, contract.MailRefused, false, 0)
	require.ErrorContains(t, err, "the policy does not name the person any more")
	require.NotContains(t, err.Error(), "eve")
	require.Zero(t, o.letter)
}

func TestASignInMailFailsLikeAnyOther(t *testing.T) {
	_, err := perform(t, contract.SendSignIn, letters(t, &provider{outcome: delivery.Outcome{Verdict: delivery.NotSent, Why: "busy"}}).SendSignIn, signIn("anna"))
	requireFailure(t, err, contract.MailNotSent, true, 0)
	_, err = perform(t, contract.SendSignIn, letters(t, &provider{outcome: delivery.Outcome{Verdict: delivery.Unanswered, Why: "no answer"}}).SendSignIn, signIn("anna"))
	requireFailure(t, err, contract.MailUnanswered, false, 0)
}

// A mail to sign in without a link helps nobody; another worker may have the keys.
func TestAWorkerWithoutKeysSendsNoMailToSignIn(t *testing.T) {
	o := accepting()
	mails := letters(t, o)
	mails.Links = activities.Links{PublicURL: publicURL}
	_, err := perform(t, contract.SendSignIn, mails.SendSignIn, signIn("anna"))
	requireFailure(t, err, contract.MailConfiguration, true, time.Minute)
	require.ErrorContains(t, err, "set WAYBILL_LINK_KEYS and WAYBILL_PUBLIC_URL")
	require.Zero(t, o.letter)
}
