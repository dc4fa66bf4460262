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
	"waybill/parcel"
)

// siblings answer every claim the same.
type siblings struct {
	claim parcel.Claim
	err   error
	asked []contract.ColloReady
}

func (s *siblings) MailReady(context.Context, contract.ColloReady) error { return s.err }

func (s *siblings) ClaimMail(_ context.Context, ready contract.ColloReady) (parcel.Claim, error) {
	s.asked = append(s.asked, ready)
	return s.claim, s.err
}

func TestAMailOfSeveralParcelsAsksWhetherAllIsTold(t *testing.T) {
	for _, c := range []struct {
		name     string
		together bool
		siblings siblings
		want     contract.MailReceipt
		sent     bool
	}{
		{"it tells of two", true, siblings{claim: parcel.Claim{Reached: 2}}, contract.MailReceipt{MessageID: "id", Claim: parcel.Claim{Reached: 2}}, true},
		{"another has told it", true, siblings{claim: parcel.Claim{ToldBy: 8}}, contract.MailReceipt{Claim: parcel.Claim{ToldBy: 8}}, false},
		{"nobody says", true, siblings{err: errors.New("no answer")}, contract.MailReceipt{MessageID: "id"}, true},
		{"it goes alone", false, siblings{claim: parcel.Claim{ToldBy: 8}}, contract.MailReceipt{MessageID: "id"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			o := &office{outcome: mail.Outcome{Verdict: mail.Accepted, MessageID: "id"}}
			mails := activities.Mails{Office: o, Shops: &activities.Shops{Records: o}, Colli: activities.Colli{Siblings: &c.siblings}}
			env.RegisterActivityWithOptions(mails.SendMail, activity.RegisterOptions{Name: string(contract.SendMail)})
			value, err := env.ExecuteActivity(string(contract.SendMail), contract.MailOrder{
				Key: "k", Try: 1, Kind: parcel.MailShipped, Integration: "demo", ParcelID: 7, Together: c.together,
				Facts: parcel.Facts{Collo: parcel.Collo{UUID: "u", Count: 3}},
			})
			require.NoError(t, err)
			var receipt contract.MailReceipt
			require.NoError(t, value.Get(&receipt))
			require.Equal(t, c.want, receipt)
			require.Equal(t, c.sent, o.letter.Key == "k")
			require.Equal(t, c.want.Reached, o.letter.Reached)
			if c.together {
				require.Equal(t, []contract.ColloReady{{Integration: "demo", UUID: "u", Mail: parcel.ColloMail{ParcelID: 7, Kind: parcel.MailShipped, Key: "k"}}}, c.siblings.asked)
			}
		})
	}
}
