package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
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
	require.Equal(t, parcel.MailSuperseded, known.Mails[0].State)
	require.Equal(t, "told in the mail of parcel 364000002, which goes with it", known.Mails[0].Why)
	require.Len(t, known.Told, 1)
}

func TestAMailGoesAloneIfItsSiblingsCannotBeTold(t *testing.T) {
	s := newShop(t)
	s.joins(errors.New("no"))
	s.colloScan(0, parcel.InTransit)
	s.run()
	require.Equal(t, []parcel.MailKind{parcel.MailShipped}, s.kinds())
}

func TestColliAreForgottenWhenTheyTellNothingMore(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflowWithOptions(workflows.GatherColli, workflow.RegisterOptions{Name: string(contract.GatherColli)})
	began := env.Now()
	mail := func(id int64) parcel.ColloMail {
		return parcel.ColloMail{ParcelID: id, Kind: parcel.MailShipped, Key: "k"}
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
	env.RegisterDelayedCallback(func() { claim(2) }, 3*day)
	env.ExecuteWorkflow(string(contract.GatherColli), contract.ColliStart{Integration: "demo"})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, map[int64]parcel.Claim{1: {Reached: 2}, 2: {ToldBy: 1}}, claims)
	require.Equal(t, began.Add(10*day).UTC(), env.Now().UTC())
}
