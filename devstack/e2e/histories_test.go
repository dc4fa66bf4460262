package e2e_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"waybill/contract"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
)

var record = flag.Bool("record", false, "record workflow histories for the replay test of package workflows")

// TestRecordHistories plays parcels that between them go through every branch
// of TrackParcel, and an integration. With -record ("make histories") it keeps their histories as
// the golden files that later versions of the workflow have to replay.
func TestRecordHistories(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	for name, play := range map[string]func(*stack, sendcloud.Parcel){
		"delivered":    deliver,
		"out-of-order": outOfOrder,
		"parked":       parkAndRetry,
		"unanswered":   unanswered,
		"overtaken":    overtaken,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := s.in(t)
			p := s.parcel()
			play(s, p)
			s.idle(p)
			if *record {
				s.keepHistory(workflowID(p), string(contract.TrackParcel)+"-"+name)
			}
		})
	}
	t.Run("integration", func(t *testing.T) {
		t.Parallel()
		s := s.in(t)
		switchOffAndDelete(s)
		if *record {
			s.keepHistory(contract.IntegrationWorkflowID("demo"), string(contract.WatchIntegration)+"-deleted")
		}
	})
}

func switchOffAndDelete(s *stack) {
	for _, body := range []string{
		`{"action":"integration_connected","timestamp":1793620800000,"integration":{"id":7,"shop_name":"Example Shop","webhook_active":true}}`,
		`{"action":"integration_updated","timestamp":1793620900000,"integration":{"id":7,"webhook_active":false}}`,
		`{"action":"integration_updated","timestamp":1793620850000,"integration":{"id":7,"webhook_active":true}}`,
		`{"action":"integration_deleted","timestamp":1793621000000}`,
	} {
		code, said := s.knock([]byte(body))
		require.Equal(s, http.StatusOK, code, said)
	}
	s.eventually("all changes to be looked at", func() error {
		answer, err := s.client.QueryWorkflow(s.Context(), contract.IntegrationWorkflowID("demo"), "", string(contract.DescribeIntegration))
		if err != nil {
			return err
		}
		var state contract.IntegrationState
		if err := answer.Get(&state); err != nil || len(state.Changes) != 4 {
			return fmt.Errorf("%d changes, %w", len(state.Changes), err)
		}
		return nil
	})
}

func deliver(s *stack, p sendcloud.Parcel) {
	end := time.Now()
	for _, step := range sendcloud.Journeys[0].Steps {
		s.tell(p, step.Status, end.Add(-step.Ago))
		s.idle(p)
	}
	s.settled(p, 6, parcel.MailAccepted, parcel.MailAccepted, parcel.MailAccepted)
}

func outOfOrder(s *stack, p sendcloud.Parcel) {
	now := time.Now()
	s.tell(p, sendcloud.DriverEnRoute, now.Add(-time.Hour))
	s.tell(p, sendcloud.ToSorting, now.Add(-2*time.Hour))
	s.tell(p, sendcloud.FromTheFuture, now)
	s.settled(p, 3, parcel.MailAccepted)
}

func parkAndRetry(s *stack, p sendcloud.Parcel) {
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 400, Times: 1})
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, parcel.MailParked)
	_, err := s.retryMails(p)
	require.NoError(s, err)
	s.settled(p, 1, parcel.MailAccepted)
}

func unanswered(s *stack, p sendcloud.Parcel) {
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultAcceptThenClose, Times: 1})
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, parcel.MailAccepted)
}

// overtaken has two scans come while the first mail is stuck.
func overtaken(s *stack, p sendcloud.Parcel) {
	now := time.Now()
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 401, Times: 1})
	s.tell(p, sendcloud.ToSorting, now.Add(-2*time.Hour))
	s.awaitPost(p)
	s.tell(p, sendcloud.DriverEnRoute, now.Add(-time.Hour))
	s.tell(p, sendcloud.Delivered, now)
	s.settled(p, 3, parcel.MailSending, parcel.MailSuperseded, parcel.MailWaiting)
	s.resetActivity(p)
	s.settled(p, 3, parcel.MailAccepted, parcel.MailSuperseded, parcel.MailAccepted)
}

// keepHistory writes a history where the replay test looks for it.
func (s *stack) keepHistory(workflowID, name string) {
	s.Helper()
	events := s.events(workflowID)
	raw, err := protojson.MarshalOptions{Multiline: true, Indent: " "}.Marshal(&history.History{Events: events})
	require.NoError(s, err)
	folder := filepath.Join("..", "..", "workflows", "testdata", "histories")
	require.NoError(s, os.MkdirAll(folder, 0o755))
	file := filepath.Join(folder, fmt.Sprintf("%s-%s.json", name, time.Now().Format("2006-01-02")))
	require.NoError(s, os.WriteFile(file, append(raw, '\n'), 0o644))
	require.NotZero(s, count(events, enums.EVENT_TYPE_MARKER_RECORDED), "decisions stand in the history")
}
