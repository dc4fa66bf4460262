package activities_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"waybill/activities"
	"waybill/contract"
	"waybill/mail"
)

// post has mails of an integration end so, one after the other.
func post(t *testing.T, o *office, ends ...mail.Verdict) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	mails := activities.Mails{Office: o, Shops: &activities.Shops{Records: o}, Setups: &activities.Setups{Records: o}}
	env.RegisterActivityWithOptions(func(ctx context.Context, order contract.MailOrder) (contract.MailReceipt, error) {
		for _, v := range ends {
			o.outcome = mail.Outcome{Verdict: v, Why: "the key is dead"}
			if v == mail.Accepted {
				o.outcome.Why = ""
			}
			_, _ = mails.SendMail(ctx, order) // what comes of each is tested elsewhere
		}
		return contract.MailReceipt{}, nil
	}, activity.RegisterOptions{Name: string(contract.SendMail)})
	_, err := env.ExecuteActivity(string(contract.SendMail), contract.MailOrder{Integration: "demo"})
	require.NoError(t, err)
}

func TestADeadKeyIsToldOnceAndSoIsItsEnd(t *testing.T) {
	o := &office{}
	post(t, o, mail.Accepted, mail.Setup, mail.Setup, mail.NotSent, mail.Setup, mail.Refused, mail.Accepted, mail.Accepted)
	require.Equal(t, []string{"the key is dead", ""}, o.setups)
}

func TestAWorkerThatStartsAnewKnowsOfTheFault(t *testing.T) {
	o := &office{}
	o.settled.Latest.ID = "1"
	o.settled.MailSetup = &contract.MailSetupState{Fault: "the key is dead"}
	post(t, o, mail.Setup, mail.Accepted, mail.Accepted)
	require.Equal(t, []string{""}, o.setups, "it is told that it is mended, and not what is known")
}

func TestWhatCouldNotBeToldIsToldWithTheNextMail(t *testing.T) {
	o := &office{}
	o.fails = errors.New("Temporal is away")
	post(t, o, mail.Setup, mail.Setup)
	require.Len(t, o.setups, 2)
}
