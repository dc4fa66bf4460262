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
	"waybill/mail"
	"waybill/parcel"
)

// office answers every letter with the same outcome.
type office struct {
	outcome mail.Outcome
	letter  mail.Letter
	// What it knows of its integration is told at once, or not at all.
	records
	asked int
	// found is the mail that the logs have, unsearchable why they say nothing.
	found        string
	unsearchable error
	searched     []string
}

func (o *office) Integration(ctx context.Context, name string) (contract.IntegrationState, bool, error) {
	o.asked++
	if o.fails != nil {
		return contract.IntegrationState{}, false, o.fails
	}
	return o.records.Integration(ctx, name)
}

func (o *office) Send(_ context.Context, l mail.Letter) mail.Outcome {
	o.letter = l
	return o.outcome
}

func (o *office) Find(_ context.Context, key, to string, _ time.Time) (string, bool, error) {
	o.searched = append(o.searched, key+" to "+to)
	return o.found, o.found != "", o.unsearchable
}

func send(t *testing.T, o *office) (contract.MailReceipt, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	mails := activities.Mails{Office: o, Shops: &activities.Shops{Records: o}}
	env.RegisterActivityWithOptions(mails.SendMail, activity.RegisterOptions{Name: string(contract.SendMail)})
	value, err := env.ExecuteActivity(string(contract.SendMail), contract.MailOrder{Key: "k", Try: 2, Kind: parcel.MailShipped, Integration: "demo", ParcelID: 7})
	if err != nil {
		return contract.MailReceipt{}, err
	}
	var receipt contract.MailReceipt
	require.NoError(t, value.Get(&receipt))
	return receipt, nil
}

func TestAnAcceptedMailHasAReceipt(t *testing.T) {
	o := &office{outcome: mail.Outcome{Verdict: mail.Accepted, MessageID: "id"}}
	receipt, err := send(t, o)
	require.NoError(t, err)
	require.Equal(t, "id", receipt.MessageID)
	require.Equal(t, mail.Letter{Key: "k", Try: 2, Kind: mail.Kind(parcel.MailShipped), Integration: "demo", ParcelID: 7}, o.letter)
}

func TestAMailThatMayHaveGoneOutIsLookedForFirst(t *testing.T) {
	for _, c := range []struct {
		name     string
		since    time.Time
		office   *office
		searched int
		posted   bool
		id       string
	}{
		{"it is new", time.Time{}, &office{found: "proof"}, 0, true, "id"},
		{"it is in the logs", time.Now(), &office{found: "proof"}, 1, false, "proof"},
		{"it is not in the logs", time.Now(), &office{}, 1, true, "id"},
		{"nobody may look", time.Now(), &office{unsearchable: mail.ErrNoLogs}, 1, true, "id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			o := c.office
			o.outcome = mail.Outcome{Verdict: mail.Accepted, MessageID: "id"}
			mails := activities.Mails{Office: o, Shops: &activities.Shops{Records: o}}
			env.RegisterActivityWithOptions(mails.SendMail, activity.RegisterOptions{Name: string(contract.SendMail)})
			value, err := env.ExecuteActivity(string(contract.SendMail), contract.MailOrder{
				Key: "k", Try: 2, Integration: "demo", InDoubtSince: c.since, Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane@example.com"}},
			})
			require.NoError(t, err)
			var receipt contract.MailReceipt
			require.NoError(t, value.Get(&receipt))
			require.Equal(t, c.id, receipt.MessageID)
			require.Equal(t, c.posted, o.letter.Key == "k")
			require.Len(t, o.searched, c.searched)
		})
	}
}

func TestAMailIsWrittenInTheNameOfTheShop(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	o := &office{outcome: mail.Outcome{Verdict: mail.Accepted}}
	o.settled.Latest = contract.IntegrationChange{ID: "1", ShopName: "Example Shop", ShopURL: "https://shop.example"}
	mails := activities.Mails{Office: o, Shops: &activities.Shops{Records: o}}
	env.RegisterActivityWithOptions(mails.SendMail, activity.RegisterOptions{Name: string(contract.SendMail)})
	for range 3 {
		_, err := env.ExecuteActivity(string(contract.SendMail), contract.MailOrder{Integration: "demo"})
		require.NoError(t, err)
		require.Equal(t, mail.Shop{Name: "Example Shop", URL: "https://shop.example"}, o.letter.Shop)
	}
	require.Equal(t, 1, o.asked, "and remembered")

	mute := &office{outcome: mail.Outcome{Verdict: mail.Accepted}, records: records{fails: errors.New("it does not answer")}}
	_, err := send(t, mute)
	require.NoError(t, err, "a mail does not depend on it")
	require.Zero(t, mute.letter.Shop)
}

func TestFailuresAreSortedByWhatIsSafeToTryAgain(t *testing.T) {
	for _, c := range []struct {
		verdict  mail.Verdict
		wait     time.Duration
		failure  string
		retries  bool
		delay    time.Duration
		category temporal.ApplicationErrorCategory
	}{
		{mail.NotSent, 0, contract.MailNotSent, true, 0, temporal.ApplicationErrorCategoryBenign},
		{mail.NotSent, time.Minute, contract.MailNotSent, true, time.Minute, temporal.ApplicationErrorCategoryBenign},
		{mail.Setup, 0, contract.MailSetup, true, time.Minute, temporal.ApplicationErrorCategoryUnspecified},
		{mail.Unanswered, 0, contract.MailUnanswered, false, 0, temporal.ApplicationErrorCategoryUnspecified},
		{mail.Refused, 0, contract.MailRefused, false, 0, temporal.ApplicationErrorCategoryUnspecified},
		{"a verdict of tomorrow", 0, contract.MailRefused, false, 0, temporal.ApplicationErrorCategoryUnspecified},
	} {
		t.Run(string(c.verdict), func(t *testing.T) {
			_, err := send(t, &office{outcome: mail.Outcome{Verdict: c.verdict, Wait: c.wait, Why: "because"}})
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
