package e2e_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
)

var recording = flag.Bool("record", false, "record workflow histories for the replay test of package workflows")

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
		"goods-back":   goodsBack,
		"too-quiet":    tooQuiet,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := s.in(t)
			p := s.parcel()
			play(s, p)
			s.record(workflowID(p), string(contract.TrackParcel)+"-"+name)
		})
	}
	t.Run("integration", func(t *testing.T) {
		t.Parallel()
		s := s.in(t)
		switchOffAndDelete(s)
		s.record(contract.IntegrationWorkflowID("demo"), string(contract.WatchIntegration)+"-deleted")
	})
}

// TestRecordHistoriesOfReconciliation does the same for what is found by asking.
func TestRecordHistoriesOfReconciliation(t *testing.T) {
	t.Parallel()
	s := newShop(t, "v3", nil)
	s.open(t)
	s.awaitAttention("")
	p := s.parcel()
	s.tell(p, sendcloud.ToSorting, time.Now().Add(-time.Minute))
	s.settled(p, 1, delivery.Accepted)
	s.account.Set(p, sendcloud.DriverEnRoute, time.Now().Add(-time.Second))
	known := s.settled(p, 2, delivery.Accepted, delivery.Accepted)
	require.Equal(t, parcel.OutForDelivery, known.Phase)
	s.eventually("the report, and then a quiet one", func() error {
		known, err := s.integration()
		if err == nil && (known.Missed.Parcels != 1 || known.Attention != "") {
			err = fmt.Errorf("%d missed, attention %q", known.Missed.Parcels, known.Attention)
		}
		return err
	})
	done := s.reconcile(t, contract.ReconcileStart{Overlap: contract.Span(time.Hour)})
	require.Equal(t, 1, done.Rechecked.Parcels)
	s.record(workflowID(p), string(contract.TrackParcel)+"-polled")
	s.record(contract.IntegrationWorkflowID("demo"), string(contract.WatchIntegration)+"-reconciled")
	s.record(s.byHand, string(contract.ReconcileParcels)+"-by-hand")
}

// goodsBack has somebody wait for a return parcel who is gone when it is back.
func goodsBack(s *stack, p sendcloud.Parcel) {
	p.IsReturn = true
	s.tell(p, sendcloud.ReadyToSend, time.Now().Add(-time.Hour))
	require.NoError(s, s.client.SignalWorkflow(s.Context(), workflowID(p), "", string(contract.AwaitGoods),
		parcel.Waiter{WorkflowID: "nobody", Until: time.Now().Add(time.Hour)}))
	s.idle(p)
	s.tell(p, sendcloud.Delivered, time.Now())
	s.eventually("the failed attempt to tell somebody", func() error {
		if n := count(s.events(workflowID(p)), enums.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED); n != 1 {
			return fmt.Errorf("%d attempts", n)
		}
		return nil
	})
}

// tooQuiet is a parcel that nobody has scanned for weeks, until it moves again.
func tooQuiet(s *stack, p sendcloud.Parcel) {
	s.tell(p, sendcloud.ToSorting, time.Now().AddDate(0, 0, -20))
	look := func(want parcel.Attention) {
		s.eventually("attention", func() error {
			known, err := s.describe(p)
			if err == nil && known.Attention != want {
				err = fmt.Errorf("attention is %q", known.Attention)
			}
			return err
		})
	}
	look(parcel.AttentionNoScan)
	s.eventually("the parcel in the list of those to look at", func() error {
		found, err := s.client.CountWorkflow(s.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: s.namespace,
			Query:     fmt.Sprintf("WorkflowId = %q AND Attention = %q", workflowID(p), parcel.AttentionNoScan),
		})
		if err == nil && found.GetCount() != 1 {
			err = fmt.Errorf("%d found", found.GetCount())
		}
		return err
	})
	s.tell(p, sendcloud.EnRoute, time.Now())
	look("")
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
	s.settled(p, 6, delivery.Accepted, delivery.Accepted, delivery.Accepted)
}

func outOfOrder(s *stack, p sendcloud.Parcel) {
	now := time.Now()
	s.tell(p, sendcloud.DriverEnRoute, now.Add(-time.Hour))
	s.tell(p, sendcloud.ToSorting, now.Add(-2*time.Hour))
	s.tell(p, sendcloud.FromTheFuture, now)
	s.settled(p, 3, delivery.Accepted)
}

func parkAndRetry(s *stack, p sendcloud.Parcel) {
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 400, Times: 1})
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, delivery.Parked)
	_, err := order(s, p, "RetryMails", parcel.Input{})
	require.NoError(s, err)
	s.settled(p, 1, delivery.Accepted)
}

func unanswered(s *stack, p sendcloud.Parcel) {
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultAcceptThenClose, Times: 1})
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, delivery.Accepted)
}

// record waits until a workflow is idle; with -record it writes its history where
// the replay test looks for it.
func (s *stack) record(workflowID, name string) {
	s.Helper()
	s.idleWorkflow(workflowID)
	if !*recording {
		return
	}
	events := s.events(workflowID)
	raw, err := protojson.MarshalOptions{Multiline: true, Indent: " "}.Marshal(decrypted(s.T, &history.History{Events: events})) // a reader needs no key
	require.NoError(s, err)
	folder := filepath.Join("..", "..", "workflows", "testdata", "histories")
	require.NoError(s, os.MkdirAll(folder, 0o755))
	file := filepath.Join(folder, fmt.Sprintf("%s-%s.json", name, time.Now().Format("2006-01-02")))
	require.NotZero(s, count(events, enums.EVENT_TYPE_MARKER_RECORDED)+count(events, enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED)+
		count(events, enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED),
		"something happened in it")
	// A golden file is never overwritten: it is what an older version wrote.
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		s.Logf("%s is there already and stays", file)
		return
	}
	require.NoError(s, err)
	_, err = f.Write(append(raw, '\n'))
	require.NoError(s, errors.Join(err, f.Close()))
}
