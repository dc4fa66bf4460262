package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/workflows"
)

// colloScan tells of a phase of one of three parcels.
func (s *shop) colloScan(after time.Duration, phase parcel.Phase) {
	s.at(after, func() {
		scan := s.scanOf(after, phase)
		scan.Facts.Collo = parcel.Collo{UUID: "00000000-0000-4000-8000-000000000042", Count: 3}
		s.env.SignalWorkflow(string(contract.StatusChanged), scan)
	})
}

// joins keeps what siblings are told.
func (s *shop) joins(err error) *[]contract.ColloReady {
	told := &[]contract.ColloReady{}
	s.env.OnSignalExternalWorkflow(mock.Anything, "colli:demo:00000000-0000-4000-8000-000000000042", "", string(contract.MailSettled), mock.Anything).
		Return(func(_, _, _, _ string, arg any) error {
			settled, ok := arg.(parcel.SettledMail)
			require.True(s, ok)
			s.settled = append(s.settled, settled)
			return nil
		}).Maybe()
	s.env.RegisterActivityWithOptions(func(_ context.Context, ready contract.ColloReady) (struct{}, error) {
		*told = append(*told, ready)
		return struct{}{}, err
	}, activity.RegisterOptions{Name: string(contract.JoinColli)})
	return told
}

func TestAMailOfOneOfSeveralParcelsWaitsForTheOthers(t *testing.T) {
	s := newShop(t)
	joined := s.joins(nil)
	s.colloScan(0, parcel.InTransit)
	s.at(9*time.Minute, func() {
		require.Len(t, *joined, 1)
		require.Equal(t, parcel.MailShipped, (*joined)[0].Mail.Kind)
		require.Equal(t, "00000000-0000-4000-8000-000000000042", (*joined)[0].UUID)
		require.Empty(t, s.posts)
	})
	s.at(11*time.Minute, func() {
		require.Len(t, s.posts, 1)
		require.True(t, s.posts[0].Together)
		require.Equal(t, (*joined)[0].Mail.Key, s.posts[0].Key)
	})
	s.colloScan(day, parcel.Delivered)
	s.run()
	require.Len(t, *joined, 2)
	require.Len(t, s.posts, 2)
}

func TestAMailThatASiblingHasToldIsNotSent(t *testing.T) {
	s := newShop(t)
	s.joins(nil)
	s.receipt = contract.MailReceipt{Claim: parcel.Claim{ToldBy: 364000002}}
	s.colloScan(0, parcel.InTransit)
	s.run()
	known := s.describe()
	require.Equal(t, delivery.Superseded, known.Mails[0].State)
	require.Equal(t, "told in the mail of parcel 364000002, which goes with it", known.Mails[0].Why)
	require.Equal(t, parcel.ReasonNewPhase, known.Ledger[0].Reason)
}

func TestParcelsThatGoTogetherHearWhatBecameOfAMail(t *testing.T) {
	for name, c := range map[string]struct {
		fails error
		then  parcel.Phase
		told  bool
	}{
		"it was accepted":                     {nil, "", true},
		"it was refused":                      {refused("no"), "", false},
		"it was overtaken before it had gone": {later(contract.MailNotSent, "SendGrid answered 503", day), parcel.Delivered, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			joined := s.joins(nil)
			s.post = func(n int, _ contract.MailOrder) error {
				if n == 1 {
					return c.fails
				}
				return nil
			}
			s.colloScan(0, parcel.InTransit)
			if c.then != "" {
				s.colloScan(time.Hour, c.then)
			}
			s.at(90*time.Minute, func() {
				require.Equal(t, []parcel.SettledMail{{Key: (*joined)[0].Mail.Key, Told: c.told}}, s.settled[:1])
			})
			s.run()
		})
	}
}

func TestAMailGoesAloneIfItsSiblingsCannotBeTold(t *testing.T) {
	s := newShop(t)
	s.joins(errors.New("no"))
	s.colloScan(0, parcel.InTransit)
	s.run()
	require.Equal(t, []parcel.MailKind{parcel.MailShipped}, s.kinds())
}

func TestColliAreForgottenWhenTheyTellNothingMore(t *testing.T) {
	env := skippedTime(t)
	env.RegisterWorkflowWithOptions(workflows.GatherColli, workflow.RegisterOptions{Name: string(contract.GatherColli)})
	began := env.Now()
	mail := func(id int64) parcel.ColloMail {
		return parcel.ColloMail{ParcelID: id, Kind: parcel.MailShipped, Key: fmt.Sprint("k", id)}
	}
	claims := map[int64]parcel.Claim{}
	claim := func(id int64) {
		env.UpdateWorkflow(string(contract.ClaimMail), "", &testsuite.TestUpdateCallback{
			OnReject: func(err error) { require.NoError(t, err) }, OnAccept: func() {},
			OnComplete: func(out any, err error) {
				require.NoError(t, err)
				claims[id], _ = out.(parcel.Claim)
			},
		}, mail(id))
	}
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(string(contract.MailReady), mail(1))
		env.SignalWorkflow(string(contract.MailReady), mail(2))
		claim(1) // in the same moment: it knows of both
	}, 0)
	env.RegisterDelayedCallback(func() { claim(2) }, 2*day)
	env.RegisterDelayedCallback(func() {
		require.Len(t, claims, 1, "nothing is known of the mail that speaks")
		env.SignalWorkflow(string(contract.MailSettled), parcel.SettledMail{Key: "k1", Told: true})
	}, 3*day)
	env.ExecuteWorkflow(string(contract.GatherColli), contract.ColliStart{Integration: "demo"})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, map[int64]parcel.Claim{1: {Reached: 2}, 2: {ToldBy: 1}}, claims)
	require.WithinDuration(t, began.Add(10*day), env.Now(), time.Millisecond)
}
