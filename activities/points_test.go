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
	"waybill/mail"
	"waybill/parcel"
	"waybill/sendcloud"
)

// kiosks know one service point.
type kiosks struct {
	sendcloud.API
	asked int
	fails error
}

func (k *kiosks) ServicePoint(context.Context, int64) (sendcloud.ServicePoint, error) {
	k.asked++
	return sendcloud.ServicePoint{Name: "Kiosk", Street: "Stationsplein", HouseNumber: "1", City: "Eindhoven", Hours: [7][]sendcloud.Hours{
		{{From: "09:00", To: "12:00"}, {From: "14:00", To: "18:00"}},
	}}, k.fails
}

func TestAMailThatAsksToCollectSaysWhere(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	o, api := &provider{outcome: delivery.Outcome{Verdict: delivery.WasAccepted}}, &kiosks{}
	mails := activities.Mails{Mailer: o.mailer(), Points: activities.NewPoints(map[string]sendcloud.API{"demo": api})}
	env.RegisterActivityWithOptions(mails.SendMail, activity.RegisterOptions{Name: string(contract.SendMail)})
	send := func(order contract.MailOrder) mail.Pickup {
		o.letter = mail.Letter{}
		_, err := env.ExecuteActivity(string(contract.SendMail), order)
		require.NoError(t, err, "a mail does not depend on it")
		return o.letter.Pickup
	}
	order := contract.MailOrder{ParcelRef: contract.ParcelRef{Integration: "demo"}, Kind: parcel.MailAwaitingPickup, Facts: parcel.Facts{ServicePoint: 7}}
	want := mail.Pickup{Name: "Kiosk", Address: "Stationsplein 1, Eindhoven", Hours: [7]string{"09:00–12:00, 14:00–18:00"}}
	require.Equal(t, want, send(order))
	require.Equal(t, want, send(order))
	require.Equal(t, 1, api.asked, "and remembered")

	other := order
	other.Kind = parcel.MailShipped
	require.Zero(t, send(other), "it is of no use yet")
	other = order
	other.Integration = "keyless"
	require.Zero(t, send(other))
	other = order
	other.Facts.ServicePoint = 0
	require.Zero(t, send(other))
	api.fails = errors.New("no answer")
	other.Facts.ServicePoint = 8
	require.Zero(t, send(other))
	require.Equal(t, 2, api.asked)
}
