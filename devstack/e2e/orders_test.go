package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
)

// order gives an order as an Update, as Temporal's UI does.
func order(s *stack, p sendcloud.Parcel, name string, in parcel.Input) (out parcel.Answer, err error) {
	handle, err := s.client.UpdateWorkflow(s.Context(), client.UpdateWorkflowOptions{
		WorkflowID: workflowID(p), UpdateName: name, Args: []any{in}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return out, err
	}
	return out, handle.Get(s.Context(), &out)
}

func TestSupportMendsAnAddressAndSendsTheMail(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 400, Times: 1})
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, delivery.Parked)

	_, err := order(s, p, "ChangeRecipient", parcel.Input{Email: "not an address"})
	require.ErrorContains(t, err, "write it alone")
	mended := p
	mended.Recipient.Email = "mended-" + p.Recipient.Email
	_, err = order(s, p, "ChangeRecipient", parcel.Input{
		By: "support", Why: "a typing error", Email: mended.Recipient.Email,
	})
	require.NoError(t, err)
	retried, err := order(s, p, "RetryMails", parcel.Input{})
	require.NoError(t, err)
	require.Len(t, retried.Mails, 1)
	require.True(t, retried.Mails[0].Leaves)
	known := s.settled(p, 1, delivery.Accepted)
	require.Equal(t, []string{"shipped"}, s.mails(mended))
	require.Empty(t, s.mails(p))

	again, err := order(s, p, "SendAgain", parcel.Input{Keys: []string{known.Mails[0].Key}})
	require.NoError(t, err)
	require.Len(t, again.Mails, 1)
	s.settled(p, 1, delivery.Accepted, delivery.Accepted)
	require.Equal(t, []string{"shipped", "shipped"}, s.mails(mended))
	said, err := s.explain(p.ID)
	require.NoError(t, err, said)
	require.Regexp(t, `ChangeRecipient +support \(unproven\) +a typing error`, said)
	require.NotContains(t, said, mended.Recipient.Email)
	s.record(workflowID(p), string(contract.TrackParcel)+"-ordered")
}

func TestPausedParcelsAreFoundAndResumedTogether(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	parcels := []sendcloud.Parcel{s.parcel(), s.parcel()}
	for _, p := range parcels {
		s.tell(p, sendcloud.ReadyToSend, time.Now().Add(-time.Hour))
		_, err := order(s, p, "PauseMails", parcel.Input{By: "ops", Why: "the words are being changed"})
		require.NoError(t, err)
		s.tell(p, sendcloud.ToSorting, time.Now())
		s.settled(p, 2, delivery.Waiting)
	}
	var found []string
	s.eventually("both to be listed", func() error {
		listed, err := s.client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: `Attention = "mails paused"`})
		if err != nil || len(listed.Executions) != 2 {
			return fmt.Errorf("%d found, %w", len(listed.GetExecutions()), err)
		}
		found = nil
		for _, execution := range listed.Executions {
			found = append(found, execution.Execution.WorkflowId)
		}
		return nil
	})
	for _, id := range found {
		require.NoError(t, s.client.SignalWorkflow(t.Context(), id, "", "ResumeMails", parcel.Input{}))
	}
	for _, p := range parcels {
		s.settled(p, 2, delivery.Accepted)
		require.Equal(t, []string{"shipped"}, s.mails(p))
	}
}

// A live parcel gets another state, and goes on in a new run.
func TestALiveParcelIsMended(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	s.tell(p, sendcloud.Delivered, time.Now().Add(-time.Hour)) // by mistake
	mended := s.settled(p, 1)
	mended.Phase = parcel.Announced
	_, err := order(s, p, "ContinueAsNew", parcel.Input{By: "ops", Why: "not delivered at all", Parcel: &mended})
	require.NoError(t, err)
	s.tell(p, sendcloud.ToSorting, time.Now())
	known := s.settled(p, 2, delivery.Accepted)
	require.Equal(t, parcel.InTransit, known.Phase)
	require.Equal(t, "not delivered at all", known.Orders[0].Why)
}
