package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/refund"
)

// whoIsErased marks everything that is one person's.
const whoIsErased = "quillonissima"

// theirParcel is one of theirs; all go to one address.
func (s *till) theirParcel(order string) sendcloud.Parcel {
	p := s.parcel()
	p.Recipient.Name, p.Recipient.Email, p.Order = whoIsErased+" Jansen", whoIsErased+"@quillon.example", whoIsErased+order
	return p
}

// A person asks to be forgotten while one parcel is on its way and one refund waits for its approval;
// others have ended. Nothing that Temporal keeps knows them after that, whatever is reported again. Their
// refund is paid all the same, once, and the shop keeps its books.
func TestAPersonIsErasedInTheMiddleOfEverything(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.openDoors()
	other := s.parcel()
	moving, ended := s.theirParcel("1"), s.theirParcel("2")
	asked, rejected := s.sellTo(s.theirParcel("3"), "120.00"), s.sellTo(s.theirParcel("4"), "90.00")
	for i, p := range []sendcloud.Parcel{other, moving, ended} {
		s.account.Set(p, sendcloud.ToSorting, time.Now().Add(-time.Minute))
		s.tell(p, sendcloud.ToSorting, time.Now().Add(time.Duration(i)*time.Millisecond))
		s.settled(p, 1, delivery.Accepted)
	}
	paidBefore, stopped := s.sellTo(s.theirParcel("5"), "95.00"), s.sellTo(s.theirParcel("6"), "110.00")
	for _, o := range []sold{asked, rejected, paidBefore, stopped} {
		o.back0.Message = whoIsErased + " writes that it is broken"
		s.ask(o)
		s.reaches(o, refund.AwaitingApproval)
	}
	_, err := orderRefund(s, rejected, "reject", "anna", "why", whoIsErased+" has worn it")
	require.NoError(t, err)
	s.reaches(rejected, refund.Rejected)
	_, err = orderRefund(s, paidBefore, "approve", "anna")
	require.NoError(t, err)
	s.reaches(paidBefore, refund.Paid)
	counted, err := s.refund(paidBefore)
	require.NoError(t, err)
	counter := contract.TallyWorkflowID("demo", contract.CustomerTally(counted.Pseudonym))
	for _, id := range []string{workflowID(ended), rejected.workflowID(), stopped.workflowID()} {
		require.NoError(t, s.client.TerminateWorkflow(t.Context(), id, "", "it ends after some days"))
	}
	require.Positive(t, s.knownToTemporal(whoIsErased), "the same search finds them before")
	mailed, ops := len(s.sendgrid.Mails()), s.receiptOf(rejected)

	var dry string
	s.eventually("the lists to have all that is theirs", func() (err error) {
		if dry, err = s.stack.waybill("erase", "--mail", moving.Recipient.Email, "--dry-run"); err == nil && strings.Count(dry, "parcel ") < 2 || strings.Count(dry, "refund ") < 4 {
			err = errors.Join(err, errors.New(dry))
		}
		return err
	})
	require.Contains(t, dry, "This is a dry run, and nothing was erased.")
	require.Positive(t, s.knownToTemporal(whoIsErased))

	file := filepath.Join(t.TempDir(), "erased.json")
	said, code := s.waybill([]string{"erase", "--mail", moving.Recipient.Email, "--as", "anna", "--yes"}, s.operatorEnv()...)
	require.Zero(t, code, said)
	var done contract.Erased
	_, rest, _ := strings.Cut(said, "\n{")
	require.NoError(t, json.NewDecoder(strings.NewReader("{"+rest)).Decode(&done), said)
	require.NotContains(t, rest, whoIsErased, "the certificate does not say who it is")
	require.NoError(t, os.WriteFile(file, []byte("{"+rest[:strings.LastIndex(rest, "}")+1]), 0o600))
	for id, want := range map[string]contract.ErasureOutcome{
		workflowID(moving): contract.ErasedFollowed, workflowID(ended): contract.ErasedDeleted,
		asked.workflowID(): contract.ErasedFollowed, stopped.workflowID(): contract.ErasedFollowed, paidBefore.workflowID(): contract.ErasedFollowed, rejected.workflowID(): contract.ErasedBooks,
	} {
		i := slices.IndexFunc(done.Items, func(item contract.ErasedItem) bool { return item.WorkflowID == id })
		require.GreaterOrEqual(t, i, 0, id)
		require.Equal(t, want, done.Items[i].Outcome, id)
	}
	said, code = s.waybill([]string{"erase", "verify", file}, append(s.operatorEnv(), "WAYBILL_LINK_KEYS="+linkKey)...)
	require.Zero(t, code, said)
	s.requireErased()
	described, err := s.client.DescribeWorkflowExecution(t.Context(), counter, "")
	require.NoError(t, err, "four refunds had it forget the same customer at the same time")
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, described.GetWorkflowExecutionInfo().GetStatus())

	s.record(contract.ErasureWorkflowID(done.ID), string(contract.ErasePerson)+"-everything")
	s.record(contract.ErasedWorkflowID, string(contract.RememberErased)+"-one")
	s.record(rejected.workflowID(), string(contract.ApproveRefund)+"-kept")

	// Everything is reported once more, and found by those who look.
	for i, p := range []sendcloud.Parcel{moving, ended, asked.sent} {
		s.account.Set(p, sendcloud.DriverEnRoute, time.Now())
		body := p.Body(sendcloud.DriverEnRoute, time.Now().Add(time.Duration(i)*time.Millisecond))
		code, said := s.request(http.MethodPost, "/webhooks/sendcloud/demo", body, sendcloud.Sign(signatureKey, body))
		require.Equal(t, http.StatusOK, code, said)
	}
	for _, o := range []sold{asked, rejected} {
		body := o.back0.Created(o.back0.CreatedAt)
		code, said := s.request(http.MethodPost, "/webhooks/sendcloud/demo", body, sendcloud.Sign(signatureKey, body))
		require.Equal(t, http.StatusOK, code, said)
	}
	s.reconcile(t, contract.ReconcileStart{Overlap: contract.Span(100 * time.Hour)})
	known := s.settled(moving, 2, delivery.Accepted)
	s.record(workflowID(moving), string(contract.TrackParcel)+"-erased")
	require.Equal(t, "out_for_delivery", string(known.Phase), "it is followed on")

	for o, amount := range map[*sold]string{&asked: "EUR 120.00", &stopped: "EUR 110.00"} {
		_, err = orderRefund(s, *o, "approve", "anna")
		require.NoError(t, err)
		s.reaches(*o, refund.Paid)
		require.Equal(t, []string{amount}, s.paid(*o))
	}
	require.Equal(t, []string{"EUR 95.00"}, s.paid(paidBefore))
	s.requireErased()
	for _, m := range s.sendgrid.Mails()[mailed:] {
		require.NotContains(t, m.To, whoIsErased)
	}
	books := s.receiptOf(rejected)
	require.NoError(t, refund.CheckReceipt(books))
	require.Len(t, books, len(ops)+1)
	for i, line := range ops {
		require.Equal(t, line.Hash, books[i].Hash)
	}
	s.settled(other, 1, delivery.Accepted)
	require.Len(t, s.mails(other), 1, "others are mailed as before")
}

func (s *till) receiptOf(o sold) []refund.Entry {
	s.Helper()
	known, err := s.refund(o)
	require.NoError(s, err)
	return known.Receipt
}

// requireErased waits until nothing that Temporal keeps has the person: what is being written
// when it is looked at is not done yet.
func (s *till) requireErased() {
	s.Helper()
	require.Zero(s, s.knownToTemporal(whoIsErased))
}

// knownToTemporal counts the runs, of all workflows, that have a text in their histories, memos or attributes.
func (s *stack) knownToTemporal(text string) (runs int) {
	s.Helper()
	for page := []byte(nil); ; {
		listed, err := s.client.ListWorkflow(s.Context(), &workflowservice.ListWorkflowExecutionsRequest{PageSize: 100, NextPageToken: page})
		require.NoError(s, err)
		for _, w := range listed.GetExecutions() {
			of := w.GetExecution()
			all := fmt.Sprint(decrypted(s.T, w))
			events := s.client.GetWorkflowHistory(s.Context(), of.GetWorkflowId(), of.GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
			for events.HasNext() {
				event, err := events.Next()
				if err != nil { // it is listed a while longer than it is kept
					break
				}
				all += fmt.Sprint(decrypted(s.T, event))
			}
			if strings.Contains(all, text) {
				runs++
				s.Logf("%s has it", of.GetWorkflowId())
			}
		}
		if page = listed.GetNextPageToken(); len(page) == 0 {
			return runs
		}
	}
}
