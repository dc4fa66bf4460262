package activities_test

import (
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

func TestOperationsGetAMailAboutWhatTheyShouldLookAt(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	o := &office{outcome: mail.Outcome{Verdict: mail.Accepted}}
	address := "ops@shop.example"
	notices := activities.Notices{Office: o, Shops: &activities.Shops{Records: o}, Operations: func(string) (string, parcel.Language) { return address, parcel.Dutch }}
	env.RegisterActivityWithOptions(notices.TellOperations, activity.RegisterOptions{Name: string(contract.TellOperations)})
	tell := func(n contract.Notice) error {
		o.letter = mail.Letter{}
		_, err := env.ExecuteActivity(string(contract.TellOperations), n)
		return err
	}
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	require.NoError(t, tell(contract.Notice{Integration: "demo", Trouble: "webhook switched off", At: at}))
	require.Equal(t, mail.IntegrationTrouble, o.letter.Kind)
	require.Equal(t, "ops@shop.example", o.letter.Facts.Recipient.Email)
	require.Equal(t, parcel.Dutch, o.letter.Language)
	first := o.letter.Key
	require.NoError(t, tell(contract.Notice{Integration: "demo", ParcelID: 7, Trouble: "no scan for days", At: at}))
	require.Equal(t, mail.Attention, o.letter.Kind)
	require.NotEqual(t, first, o.letter.Key)

	o.outcome = mail.Outcome{Verdict: mail.Unanswered}
	require.NoError(t, tell(contract.Notice{Integration: "demo", Trouble: "webhook failing", At: at}), "it is not told twice")
	o.outcome = mail.Outcome{Verdict: mail.NotSent, Why: "busy"}
	var failure *temporal.ApplicationError
	require.ErrorAs(t, tell(contract.Notice{Integration: "demo", Trouble: "webhook failing", At: at}), &failure)

	address = ""
	require.NoError(t, tell(contract.Notice{Integration: "demo", Trouble: "webhook failing", At: at}))
	require.Zero(t, o.letter, "nobody wants to know")
}

func TestOperationsGetAMailAboutARefundThatLeadsToItsPage(t *testing.T) {
	o := accepting()
	notices := activities.Notices{
		Office: o, Shops: &activities.Shops{Records: o}, Operations: func(string) (string, parcel.Language) { return "ops@shop.example", parcel.Dutch },
		Links: activities.Links{PublicURL: publicURL},
	}
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	notice := contract.Notice{Integration: "demo", Refund: true, ReturnID: 42, Trouble: "payment failed", At: at}
	_, err := perform(t, contract.TellOperations, notices.TellOperations, notice)
	require.NoError(t, err)
	first := o.letter.Key
	o.letter.Key = ""
	require.Equal(t, mail.Letter{
		Try: 1, Kind: mail.RefundTrouble, Integration: "demo", ReturnID: 42, Happened: at, Language: parcel.Dutch, Trouble: "payment failed",
		Link: "https://hooks.shop.example/refunds/demo/42", Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "ops@shop.example"}},
	}, o.letter)
	keys := map[string]bool{first: true}
	for _, other := range []contract.Notice{
		{Integration: "demo", Refund: true, ReturnID: 43, Trouble: "payment failed", At: at},
		{Integration: "demo", Refund: true, ReturnID: 42, Trouble: "legal deadline is over", At: at},
		{Integration: "demo", Refund: true, ReturnID: 42, Trouble: "payment failed", At: at.Add(time.Hour)},
		{Integration: "my-shop", Refund: true, ReturnID: 42, Trouble: "payment failed", At: at},
	} {
		_, err = perform(t, contract.TellOperations, notices.TellOperations, other)
		require.NoError(t, err)
		require.False(t, keys[o.letter.Key], "each is a mail of its own")
		keys[o.letter.Key] = true
	}

	_, err = perform(t, contract.TellOperations, notices.TellOperations, contract.Notice{Integration: "demo", Refund: true, Trouble: "refund without a return", At: at})
	require.NoError(t, err)
	require.Equal(t, mail.RefundTrouble, o.letter.Kind)
	require.Empty(t, o.letter.Link, "there is no page")
	notices.Links = activities.Links{Keys: linkKeys(t)}
	_, err = perform(t, contract.TellOperations, notices.TellOperations, notice)
	require.NoError(t, err)
	require.Empty(t, o.letter.Link, "nobody knows where it is")
}
