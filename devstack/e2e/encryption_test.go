package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"waybill/codec"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
	"waybill/refund"
)

// plantedTexts are what people wrote and were told in a test, each by what it is.
var plantedTexts = map[string]string{
	"a name":                 "Quillon Quillonsen",
	"a mail address":         "@quillon.example",
	"a postal address":       "Quillonstraat 12, Quillonstad",
	"a phone number":         "+31 6 5551 2377",
	"the text of an order":   "the quilloned sofa has a scratch",
	"the text of a batch":    "the quillonware was misspelt",
	"a reason for a refusal": "worn at a quillonade",
	"an approver's note":     "quillonly speaking",
}

// keysOfTheTests are keys and tokens. Temporal never gets one, encrypted or not.
var keysOfTheTests = []string{signatureKey, sendGridKey, searchKey, linkKey, payKey, "a token of anna", strings.TrimPrefix(codecKey, "tests:")}

// What people wrote is in Temporal's database only if it is told not to encrypt: the same search finds
// all of it then.
func TestTemporalsDatabaseShowsNothingOfWhatPeopleWrote(t *testing.T) {
	t.Parallel()
	searchEverywhere(t, func(t *testing.T) *temporalServer {
		return &temporalServer{folder: t.TempDir(), port: freePort(t)}
	})
}

// searchEverywhere has two stacks work on what people wrote, one of which encrypts, and searches the files of
// their databases and all logs for it.
func searchEverywhere(t *testing.T, newServer func(*testing.T) *temporalServer) {
	t.Helper()
	for plain, shown := range map[codec.Plain]bool{codec.PlainRefused: false, codec.PlainWritten: true} {
		t.Run("plain "+string(plain), func(t *testing.T) {
			t.Parallel()
			server := newServer(t)
			require.NoError(t, server.start())
			s := newTillWith(t, server, postOffice{events: true, logs: true}, plantedPeople())
			s.encrypt(codecKey, plain)
			s.openDoors()
			s.plant()
			uses, code := s.waybill([]string{"keys", "uses", "tests"}, s.operatorEnv()...)
			logs := s.terminate()
			server.terminate()
			logs += server.output()
			database := readFolder(t, server.folder)
			for what, text := range plantedTexts {
				require.Equal(t, shown, bytes.Contains(database, []byte(text)), "%s in the database", what)
				require.NotContains(t, logs, text, "%s in a log", what)
			}
			// The log has that too, without addresses.
			require.Equal(t, shown, bytes.Contains(database, []byte("400 Bad Request: no mail for")), "a failure in the database")
			for _, key := range keysOfTheTests {
				require.False(t, bytes.Contains(database, []byte(key)), "the database has the key %s", key)
				require.NotContains(t, logs, key)
			}
			if shown {
				require.Regexp(t, `tests +decrypts +0 +0 +0\n\(not encrypted\) +written +\d+ +1 +\d+\n`, uses)
				require.Zero(t, code, uses)
			} else {
				require.Regexp(t, `tests +encrypts +\d+ +1 +[\d,]+\n`, uses)
				require.NotContains(t, uses, "not encrypted", "everything is")
				require.Equal(t, 1, code, uses)
			}
		})
	}
}

// plant has parcels, a batch, a refund and a sign-in go through what people write, and what is written to them.
func (s *till) plant() {
	s.Helper()
	command := func(who string, args ...string) {
		s.Helper()
		said, code := s.waybill(args, append(s.operatorEnv(), "WAYBILL_TOKEN=a token of "+who, "WAYBILL_PUBLIC_URL="+s.url(""))...)
		require.Zero(s, code, said)
	}
	p := s.plantedParcel("recipient")
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 400, Message: "no mail for " + p.Recipient.Email, Times: 1})
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, delivery.Parked)
	command("sam", "parcels", "change-recipient", fmt.Sprintf("demo/%d", p.ID), "--email", "mended-"+p.Recipient.Email, "--why", plantedTexts["the text of an order"]+", call "+plantedTexts["a phone number"]+" or write to "+plantedTexts["a postal address"])
	s.eventually("it to be listed", func() error { return s.listedParked(1) })
	command("anna", "mails", "retry", "--all", "--yes", "--why", plantedTexts["the text of a batch"])
	s.settled(p, 1, delivery.Accepted)

	o := s.sellTo(s.plantedParcel("customer"), "120.00")
	s.ask(o)
	s.reaches(o, refund.AwaitingApproval)
	s.link("anna@quillon.example", "approval_asked", fmt.Sprint(o.back0.ID))
	of := []string{"demo", fmt.Sprint(o.back0.ID)}
	command("anna", slices.Concat([]string{"refunds", "note", "--text", plantedTexts["an approver's note"]}, of)...)
	command("anna", slices.Concat([]string{"refunds", "reject", "--why", plantedTexts["a reason for a refusal"]}, of)...)
	s.reaches(o, refund.Rejected)
	s.signsIn("sam@quillon.example")
}

// readFolder is everything in the files of a folder and of those in it.
func readFolder(t *testing.T, folder string) (all []byte) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		all = append(all, raw...)
		return err
	}))
	require.NotEmpty(t, all)
	return all
}

// taskFailure is why the last task of a parcel failed, as Temporal has it.
func (s *stack) taskFailure(p sendcloud.Parcel) (message string) {
	s.Helper()
	for _, e := range s.events(workflowID(p)) {
		if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_FAILED {
			message = e.GetWorkflowTaskFailedEventAttributes().GetFailure().GetMessage()
		}
	}
	return message
}

// awaitTaskFailure waits until a task of a parcel failed, which leaves the parcel as it is.
func (s *stack) awaitTaskFailure(p sendcloud.Parcel, says string) {
	s.Helper()
	s.eventually("the task to fail", func() error {
		if got := s.taskFailure(p); !strings.Contains(got, says) {
			return fmt.Errorf("the last failure is %q", got)
		}
		return nil
	})
	d, err := s.client.DescribeWorkflowExecution(s.Context(), workflowID(p), "")
	require.NoError(s, err)
	require.Equal(s, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, d.GetWorkflowExecutionInfo().GetStatus())
}

// A worker without the key leaves the parcel as it is, and says which key it needs. As soon as its
// file has the key, it goes on, without a restart.
func TestAWorkerWithoutTheKeyFailsTheTaskAndNotTheWorkflow(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	s.tell(p, sendcloud.ToSorting, time.Now().Add(-time.Minute))
	s.settled(p, 1, delivery.Accepted)
	s.worker.terminate()

	another, err := codec.NewKey("another")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(file, []byte(another), 0o600))
	s.startWorker("WAYBILL_CODEC_KEYS=", "WAYBILL_CODEC_KEYS_FILE="+file)
	s.tell(p, sendcloud.DriverEnRoute, time.Now())
	s.awaitTaskFailure(p, "a payload was encrypted with the key tests, which is not in WAYBILL_CODEC_KEYS")

	require.NoError(t, os.WriteFile(file, []byte(another+"\n"+codecKey), 0o600))
	s.ingress.terminate()
	s.encrypt(codecKey+"\n"+another, codec.PlainRefused)
	s.startIngress()
	s.awaitReady()
	s.settled(p, 2, delivery.Accepted, delivery.Accepted)
	require.Equal(t, []string{"shipped", "out_for_delivery"}, s.mails(p))
	uses, err := s.waybill("keys", "uses")
	require.NoError(t, err, uses)
	require.Regexp(t, `tests +encrypts +[1-9]`, uses)
	require.Regexp(t, `another +decrypts +[1-9]`, uses)
}

// A start with histories from before the keys.
func TestParcelsFromBeforeTheKeysGoOn(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	s.encrypt("", codec.PlainWritten)
	start := func() {
		t.Helper()
		s.startIngress()
		s.startWorker()
		s.awaitReady()
		s.awaitWorker()
	}
	stop := func() {
		s.ingress.terminate()
		s.worker.terminate()
	}
	s.setUp()
	start()
	p := s.parcel()
	s.tell(p, sendcloud.ToSorting, time.Now().Add(-time.Minute))
	s.settled(p, 1, delivery.Accepted)
	stop()

	s.encrypt(codecKey, codec.PlainRefused)
	start()
	s.tell(p, sendcloud.DriverEnRoute, time.Now())
	s.awaitTaskFailure(p, "a payload is not encrypted: while there are workflows from before the keys, set WAYBILL_CODEC_PLAIN=read")
	stop()

	s.encrypt(codecKey, codec.PlainRead)
	start()
	s.settled(p, 2, delivery.Accepted, delivery.Accepted)
	s.refusePlainOrders(p)
	uses, err := s.waybill("keys", "uses")
	require.NoError(t, err, uses)
	require.Regexp(t, `tests +encrypts +[1-9]`, uses)
	require.Regexp(t, `\(not encrypted\) +read +[1-9]`, uses)
}

func TestAPlainOrderIsRefusedAndRecorded(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, delivery.Accepted)
	s.refusePlainOrders(p)
}

// refusePlainOrders gives orders as everyone can who reaches Temporal, and not the key.
func (s *stack) refusePlainOrders(p sendcloud.Parcel) {
	s.Helper()
	const why = "the order is neither encrypted nor proven"
	plain, err := client.NewLazyClient(client.Options{HostPort: s.temporal.address(), Namespace: s.namespace, FailureConverter: newCodec(s.T, codecKey, codec.PlainRead).Failures()})
	require.NoError(s, err)
	defer plain.Close()
	given, err := plain.UpdateWorkflow(s.Context(), client.UpdateWorkflowOptions{
		WorkflowID: workflowID(p), UpdateName: "PauseMails", Args: []any{parcel.Input{By: "anna", Why: "because"}}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = given.Get(s.Context(), nil)
	}
	require.ErrorContains(s, err, why)
	require.NoError(s, plain.SignalWorkflow(s.Context(), workflowID(p), "", "PauseMails", parcel.Input{By: "anna", Why: "because"}))
	s.eventually("the refusal to be recorded", func() error {
		known, err := s.describe(p)
		if err == nil && len(known.Orders) == 0 {
			err = errors.New("nothing is")
		}
		return err
	})
	known, err := s.describe(p)
	require.NoError(s, err)
	require.False(s, known.Paused)
	require.Contains(s, fmt.Sprintf("%+v", known.Orders), why)
	_, err = order(s, p, "PauseMails", parcel.Input{By: "ops", Why: "encrypted"})
	require.NoError(s, err)
	known, err = s.describe(p)
	require.NoError(s, err)
	require.True(s, known.Paused)
}

// What Temporal's own tools send is not encrypted, so that a refund by hand needs a command.
func TestARefundIsRequestedByHand(t *testing.T) {
	t.Parallel()
	s := newTillWith(t, shared.get(t), postOffice{logs: true}, people)
	s.openDoors()
	o := s.sell("120.00")
	request := []string{"refunds", "request", "demo", fmt.Sprint(o.back0.ID)}
	said, code := s.waybill(request, s.operatorEnv()...)
	require.Equal(t, 2, code, said)
	require.Contains(t, said, "say who asks for the refund: --as anna")
	said, code = s.waybill(append(request, "--as", "anna"), s.operatorEnv()...)
	require.Zero(t, code, said)
	require.Equal(t, "anna", s.reaches(o, refund.AwaitingApproval).Facts.RequestedBy)
}
