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
	"waybill/delivery"
)

// post has mails of an integration end so, one after the other.
func post(t *testing.T, o *provider, ends ...delivery.Verdict) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	mails := activities.Mails{Mailer: o.mailer()}
	env.RegisterActivityWithOptions(func(ctx context.Context, order contract.MailOrder) (contract.MailReceipt, error) {
		for _, v := range ends {
			o.outcome = delivery.Outcome{Verdict: v, Why: "the key is dead"}
			if v == delivery.WasAccepted {
				o.outcome.Why = ""
			}
			_, _ = mails.SendMail(ctx, order) // what comes of each is tested elsewhere
		}
		return contract.MailReceipt{}, nil
	}, activity.RegisterOptions{Name: string(contract.SendMail)})
	_, err := env.ExecuteActivity(string(contract.SendMail), contract.MailOrder{ParcelRef: contract.ParcelRef{Integration: "demo"}})
	require.NoError(t, err)
}

func TestADeadKeyIsToldOnceAndSoIsItsEnd(t *testing.T) {
	o := &provider{}
	post(t, o, delivery.WasAccepted, delivery.ConfigurationFault, delivery.ConfigurationFault, delivery.NotSent, delivery.ConfigurationFault, delivery.Refused, delivery.WasAccepted, delivery.WasAccepted)
	require.Equal(t, []string{"the key is dead", ""}, o.faults)
}

func TestAWorkerThatStartsAnewKnowsOfTheFault(t *testing.T) {
	o := &provider{}
	o.settled.Latest.ID = "1"
	o.settled.Mail = &contract.MailState{Fault: "the key is dead"}
	post(t, o, delivery.ConfigurationFault, delivery.WasAccepted, delivery.WasAccepted)
	require.Equal(t, []string{""}, o.faults, "it is told that it is mended, and not what is known")
}

func TestWhatCouldNotBeToldIsToldWithTheNextMail(t *testing.T) {
	o := &provider{}
	o.fails = errors.New("Temporal is away")
	post(t, o, delivery.ConfigurationFault, delivery.ConfigurationFault)
	require.Len(t, o.faults, 2)
}
