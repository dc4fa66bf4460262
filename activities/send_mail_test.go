package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"waybill/activities"
	"waybill/contract"
	"waybill/delivery"
	"waybill/mail"
	"waybill/parcel"
)

// provider renders nothing, and answers every post with the same outcome.
type provider struct {
	outcome delivery.Outcome
	letter  mail.Letter
	post    delivery.Post
	// posting is done while a message is posted; nil is nothing.
	posting func(context.Context)
	// What it knows of its integration is told at once, or not at all.
	records
	asked int
	// found is the message that the logs have, unsearchable why they say nothing.
	found        string
	unsearchable error
	searched     []string
	searchedFrom time.Time
	traced       []delivery.Reference
	// restored is the backup that Temporal was restored from.
	restored time.Time
}

func (o *provider) mailer() activities.Mailer {
	return activities.Mailer{
		Renderer: o, Provider: o, RestoredFrom: o.restored, Shops: activities.NewShops(o, func(string) mail.Shop { return mail.Shop{} }),
	}
}

func (o *provider) Integration(ctx context.Context, name string) (contract.IntegrationState, bool, error) {
	o.asked++
	if o.fails != nil {
		return contract.IntegrationState{}, false, o.fails
	}
	return o.records.Integration(ctx, name)
}

func (o *provider) Render(l mail.Letter) (mail.Rendered, error) {
	o.letter = l
	return mail.Rendered{Subject: "subject", Text: "text", HTML: "html"}, nil
}

func (o *provider) Post(ctx context.Context, p delivery.Post) delivery.Outcome {
	o.post = p
	if o.posting != nil {
		o.posting(ctx)
	}
	return o.outcome
}

func (o *provider) Find(_ context.Context, key, to string, since time.Time) (string, bool, error) {
	o.searched, o.searchedFrom = append(o.searched, key+" to "+to), since
	return o.found, o.found != "", o.unsearchable
}

func (o *provider) Trace(context.Context, string, time.Time) ([]delivery.Reference, error) {
	return o.traced, o.unsearchable
}

func send(t *testing.T, o *provider) (contract.MailReceipt, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	mails := activities.Mails{Mailer: o.mailer()}
	env.RegisterActivityWithOptions(mails.SendMail, activity.RegisterOptions{Name: string(contract.SendMail)})
	value, err := env.ExecuteActivity(string(contract.SendMail), contract.MailOrder{
		Post: contract.Post{Key: "k", Try: 2}, Kind: parcel.MailShipped, ParcelRef: contract.ParcelRef{Integration: "demo", ID: 7}, Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane@example.com"}},
	})
	if err != nil {
		return contract.MailReceipt{}, err
	}
	var receipt contract.MailReceipt
	require.NoError(t, value.Get(&receipt))
	return receipt, nil
}

func TestAnAcceptedMailHasAReceipt(t *testing.T) {
	o := &provider{outcome: delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "id"}}
	receipt, err := send(t, o)
	require.NoError(t, err)
	require.Equal(t, "id", receipt.MessageID)
	facts := parcel.Facts{Recipient: parcel.Recipient{Email: "jane@example.com"}}
	require.Equal(t, mail.Letter{Kind: mail.Kind(parcel.MailShipped), Integration: "demo", ParcelID: 7, Facts: facts}, o.letter)
	require.Equal(t, delivery.Post{
		Key: "k", Try: 2, Subject: "parcel:demo:7", To: "jane@example.com", Title: "subject", Text: "text", HTML: "html",
		Tags: []string{"waybill", "shipped", "demo"}, Thread: o.post.Thread,
	}, o.post)
}

func TestAMailThatMayHaveGoneOutIsLookedForFirst(t *testing.T) {
	for _, c := range []struct {
		name     string
		since    time.Time
		provider *provider
		searched int
		posted   bool
		id       string
	}{
		{"it is new", time.Time{}, &provider{found: "proof"}, 0, true, "id"},
		{"it is in the logs", time.Now(), &provider{found: "proof"}, 1, false, "proof"},
		{"it is not in the logs", time.Now(), &provider{}, 1, true, "id"},
		{"nobody may look", time.Now(), &provider{unsearchable: errors.New("the logs cannot be read")}, 1, true, "id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			o := c.provider
			o.outcome = delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "id"}
			mails := activities.Mails{Mailer: o.mailer()}
			env.RegisterActivityWithOptions(mails.SendMail, activity.RegisterOptions{Name: string(contract.SendMail)})
			value, err := env.ExecuteActivity(string(contract.SendMail), contract.MailOrder{
				Post: contract.Post{Key: "k", Try: 2, InDoubtSince: c.since}, ParcelRef: contract.ParcelRef{Integration: "demo"}, Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane@example.com"}},
			})
			require.NoError(t, err)
			var receipt contract.MailReceipt
			require.NoError(t, value.Get(&receipt))
			require.False(t, receipt.NoProof)
			require.Equal(t, c.id, receipt.MessageID)
			require.Equal(t, c.posted, o.post.Key == "k")
			require.Len(t, o.searched, c.searched)
		})
	}
}

func TestAMailIsWrittenInTheNameOfTheShop(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	o := &provider{outcome: delivery.Outcome{Verdict: delivery.WasAccepted}}
	o.settled.Latest = contract.IntegrationChange{ID: "1", ShopName: "Example Shop", ShopURL: "https://shop.example"}
	mails := activities.Mails{Mailer: o.mailer()}
	env.RegisterActivityWithOptions(mails.SendMail, activity.RegisterOptions{Name: string(contract.SendMail)})
	for range 3 {
		_, err := env.ExecuteActivity(string(contract.SendMail), contract.MailOrder{ParcelRef: contract.ParcelRef{Integration: "demo"}})
		require.NoError(t, err)
		require.Equal(t, mail.Shop{Name: "Example Shop", URL: "https://shop.example"}, o.letter.Shop)
	}
	require.Equal(t, 1, o.asked, "and remembered")

	mute := &provider{outcome: delivery.Outcome{Verdict: delivery.WasAccepted}, records: records{fails: errors.New("it does not answer")}}
	_, err := send(t, mute)
	require.NoError(t, err, "a mail does not depend on it")
	require.Zero(t, mute.letter.Shop)
}

func TestFailuresAreSortedByWhatIsSafeToTryAgain(t *testing.T) {
	for _, c := range []struct {
		verdict  delivery.Verdict
		wait     time.Duration
		failure  string
		retries  bool
		delay    time.Duration
		category temporal.ApplicationErrorCategory
	}{
		{delivery.NotSent, 0, contract.MailNotSent, true, 0, temporal.ApplicationErrorCategoryBenign},
		{delivery.NotSent, time.Minute, contract.MailNotSent, true, time.Minute, temporal.ApplicationErrorCategoryBenign},
		{delivery.ConfigurationFault, 0, contract.MailConfiguration, true, time.Minute, temporal.ApplicationErrorCategoryUnspecified},
		{delivery.Unanswered, 0, contract.MailUnanswered, false, 0, temporal.ApplicationErrorCategoryUnspecified},
		{delivery.Refused, 0, contract.MailRefused, false, 0, temporal.ApplicationErrorCategoryUnspecified},
		{"a verdict of tomorrow", 0, contract.MailRefused, false, 0, temporal.ApplicationErrorCategoryUnspecified},
	} {
		t.Run(string(c.verdict), func(t *testing.T) {
			_, err := send(t, &provider{outcome: delivery.Outcome{Verdict: c.verdict, Wait: c.wait, Why: "because"}})
			var failure *temporal.ApplicationError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, c.failure, failure.Type())
			require.Equal(t, "because", failure.Message())
			require.Equal(t, c.retries, !failure.NonRetryable())
			require.Equal(t, c.delay, failure.NextRetryDelay())
			require.Equal(t, c.category, failure.Category())
		})
	}
}
