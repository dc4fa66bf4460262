package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/activities"
	"waybill/contract"
	"waybill/parcel"
	"waybill/recorder"
)

// siblings answer every claim the same.
type siblings struct {
	claim parcel.Claim
	err   error
	asked []contract.ColloReady
}

func (s *siblings) ClaimMail(_ context.Context, ready contract.ColloReady) (parcel.Claim, error) {
	s.asked = append(s.asked, ready)
	return s.claim, s.err
}

// sendOneOf has the mail of one of several parcels sent.
func sendOneOf(t *testing.T, o *provider, s *siblings, together bool) (contract.MailReceipt, error) {
	t.Helper()
	mails := activities.Mails{Mailer: o.mailer(), Siblings: s}
	return perform(t, contract.SendMail, mails.SendMail, contract.MailOrder{
		Post: contract.Post{Key: "k", Try: 2}, Kind: parcel.MailShipped, ParcelRef: contract.ParcelRef{Integration: "demo", ID: 7}, Together: together,
		Facts: parcel.Facts{Collo: parcel.Collo{UUID: "u", Count: 3}},
	})
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
			o := accepting()
			receipt, err := sendOneOf(t, o, &c.siblings, c.together)
			require.NoError(t, err)
			require.Equal(t, c.want, receipt)
			require.Equal(t, c.sent, o.post.Key == "k")
			require.Equal(t, c.want.Reached, o.letter.Reached)
			if c.together {
				require.Equal(t, []contract.ColloReady{{
					Integration: "demo", UUID: "u", Mail: parcel.ColloMail{ParcelID: 7, Kind: parcel.MailShipped, Key: "k"}, Try: 2,
				}}, c.siblings.asked)
			}
		})
	}
}

// The mail that speaks for this one is under way, and nobody knows yet whether it
// goes out.
func TestAMailWaitsForTheOneThatSpeaksForIt(t *testing.T) {
	o := accepting()
	_, err := sendOneOf(t, o, &siblings{err: recorder.ErrPending}, true)
	requireFailure(t, err, contract.MailNotSent, true, 10*time.Second)
	require.Zero(t, o.letter)
	require.Zero(t, o.post)
}
