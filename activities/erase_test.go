package activities_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/activities"
	"waybill/contract"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
)

// erasableRun is a run of a refund.
type erasableRun struct {
	id      string
	start   contract.RefundStart
	knows   refund.Refund
	running bool
}

// oneRefund is a Temporal with one refund, and the list of those who are erased.
type oneRefund struct {
	runs []erasableRun // oldest first
	// goesOn has the refund go on by itself right before an order comes; refuses has a kept run fail.
	goesOn, refuses bool

	list     contract.ErasedList
	stopped  bool
	noted    []string
	inMemory contract.ErasedList
}

func (o *oneRefund) newest() *erasableRun { return &o.runs[len(o.runs)-1] }

// next ends the newest run, and begins another one.
func (o *oneRefund) next(id string, start contract.RefundStart, knows refund.Refund, running bool) {
	o.newest().running = false
	o.runs = append(o.runs, erasableRun{id, start, knows, running})
}

func (o *oneRefund) OrderErase(_ context.Context, _ string, order contract.EraseOrder) (string, error) {
	if o.goesOn {
		o.goesOn = false
		known := o.newest().knows
		o.next("by itself", contract.RefundStart{Carried: &contract.CarriedRefund{Refund: known}}, known, true)
	}
	if !o.newest().running {
		return "", recorder.ErrOver
	}
	run, known := o.newest().id, o.newest().knows
	known.Erase(refund.Said{By: order.By}, refund.Policy{}, noon)
	o.next("without", contract.RefundStart{Carried: &contract.CarriedRefund{Refund: known}}, known, true)
	return run, nil
}

func (o *oneRefund) KeepRefund(_ context.Context, _ contract.RefundRef, kept contract.KeptRefund) error {
	if o.refuses {
		o.next("refused", contract.RefundStart{Kept: &kept}, refund.Refund{}, false)
		return temporal.NewNonRetryableApplicationError("not proven", "NotKept", nil)
	}
	o.next("kept", contract.RefundStart{Kept: &kept}, kept.Refund, !kept.Refund.Closed)
	return nil
}

func (o *oneRefund) NewestRun(_ context.Context, id string) (string, bool, error) {
	switch id {
	case contract.ErasedWorkflowID:
		return "list", !o.stopped, nil
	case "refund:demo:9":
		return o.newest().id, o.newest().running, nil
	}
	return "", false, nil
}

func (o *oneRefund) StartOf(_ context.Context, _, run string, start any) error {
	i := slices.IndexFunc(o.runs, func(one erasableRun) bool { return one.id == run })
	*(start.(*contract.RefundStart)) = o.runs[i].start //nolint:forcetypeassert // there are only refunds
	return nil
}

func (o *oneRefund) DeleteRuns(_ context.Context, id, keep string) (int, error) {
	if id != "refund:demo:9" {
		return 0, nil
	}
	i := slices.IndexFunc(o.runs, func(one erasableRun) bool { return one.id == keep })
	o.runs = o.runs[i:]
	return i, nil
}

func (o *oneRefund) DeleteRunsBefore(context.Context, string, string) ([]string, error) {
	return nil, nil
}

func (o *oneRefund) Parcel(context.Context, contract.ParcelRef) (parcel.Parcel, bool, error) {
	return parcel.Parcel{}, false, nil
}

func (o *oneRefund) Refund(context.Context, contract.RefundRef) (refund.Refund, bool, error) {
	return o.newest().knows, true, nil
}

func (o *oneRefund) LastRefund(context.Context, contract.RefundRef) (refund.Refund, bool, error) {
	for _, run := range slices.Backward(o.runs) {
		if run.knows.State != "" {
			return run.knows, true, nil
		}
	}
	return refund.Refund{}, false, nil
}

func (o *oneRefund) ErasedList(context.Context) (contract.ErasedList, error) { return o.list, nil }

func (o *oneRefund) NoteErased(_ context.Context, names contract.ErasedNames, all contract.ErasedList) error {
	o.noted, o.inMemory = names.Names, all
	if o.stopped {
		o.list = contract.ErasedList{}
	}
	o.list.Add(names.Names, time.Now())
	return nil
}

// customersRefund is one in a state, with a decision log of two lines.
func customersRefund(state refund.State) refund.Refund {
	r := refund.Refund{Integration: "demo", ReturnID: 9}
	r.Request(refund.Facts{Source: refund.FromReturnCreated, Customer: refund.Customer{Name: "Jane Doe", Email: "jane@example.com"}}, refund.Policy{}, noon)
	r.State, r.Todo = state, nil
	return r
}

func eraseIt(t *testing.T, o *oneRefund, prove func(string, time.Time) string) (contract.ErasedItem, error) {
	t.Helper()
	e := activities.Erasures{Records: o, Policy: func(string) refund.Policy { return refund.Policy{} }, Prove: prove}
	return e.EraseRefund(t.Context(), contract.EraseTask{WorkflowID: "refund:demo:9", By: "anna"})
}

func provenForTest(string, time.Time) string { return "proven" }

// requireOnlyWithout requires that no run is left that knows the customer, and that the decision log is.
func requireOnlyWithout(t *testing.T, o *oneRefund) {
	t.Helper()
	for _, run := range o.runs {
		require.Empty(t, run.knows.Facts.Customer, run.id)
	}
	require.Len(t, o.newest().knows.Receipt, 2)
	require.NoError(t, refund.CheckReceipt(o.newest().knows.Receipt))
}

func TestBooksAreNotDeletedIfWorkersCannotKeepThem(t *testing.T) {
	for name, refuses := range map[string]bool{"without link keys": false, "with keys that another worker lacks": true} {
		t.Run(name, func(t *testing.T) {
			paid := customersRefund(refund.Paid)
			o := &oneRefund{runs: []erasableRun{{id: "books", knows: paid}}, refuses: refuses}
			prove := provenForTest
			if !refuses {
				prove = func(string, time.Time) string { return "" }
			}
			for range 3 { // it is tried again
				_, err := eraseIt(t, o, prove)
				require.Error(t, err)
			}
			require.Equal(t, paid, o.runs[0].knows)

			o.refuses = false
			item, err := eraseIt(t, o, provenForTest)
			require.NoError(t, err)
			require.Equal(t, contract.ErasedBooks, item.Outcome)
			requireOnlyWithout(t, o)
			require.Equal(t, paid.Receipt[0].Hash, o.newest().knows.Receipt[0].Hash)
		})
	}
}

func TestARefundThatGoesOnByItselfMeanwhileIsErasedAllTheSame(t *testing.T) {
	o := &oneRefund{goesOn: true, runs: []erasableRun{{id: "first", knows: customersRefund(refund.AwaitingApproval), running: true}}}
	item, err := eraseIt(t, o, provenForTest)
	require.NoError(t, err)
	require.Equal(t, contract.ErasedFollowed, item.Outcome)
	requireOnlyWithout(t, o)
	require.True(t, o.newest().running)
}

func TestARefundThatWasStoppedBeforeItWasOverGoesOnWithoutTheCustomer(t *testing.T) {
	asked := customersRefund(refund.Paying)
	asked.Asked, asked.Endpoint = 1, "shop.example/pay"
	o := &oneRefund{runs: []erasableRun{{id: "terminated", knows: asked}}}
	item, err := eraseIt(t, o, provenForTest)
	require.NoError(t, err)
	require.Equal(t, contract.ErasedFollowed, item.Outcome)
	known := o.newest().knows
	require.True(t, o.newest().running)
	require.Equal(t, refund.PayFailed, known.State)
	require.True(t, known.InDoubt, "it may have been paid")
	require.NoError(t, refund.CheckReceipt(known.Receipt))
}

func TestWhoWasErasedBeforeStaysErasedIfTheListWasStopped(t *testing.T) {
	o := &oneRefund{runs: []erasableRun{{id: "first"}}, stopped: true}
	require.True(t, o.list.Add([]string{"parcel:demo:1"}, time.Now()))
	_, err := activities.Erasures{Records: o}.NoteErased(t.Context(), contract.ErasedNames{Names: []string{"parcel:demo:2"}})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"parcel:demo:1", "parcel:demo:2"}, o.noted)
	require.True(t, o.inMemory.Has("parcel:demo:1"), "doors know before a worker has looked")

	o.stopped = false
	_, err = activities.Erasures{Records: o}.NoteErased(t.Context(), contract.ErasedNames{Names: []string{"parcel:demo:3"}})
	require.NoError(t, err)
	require.Equal(t, []string{"parcel:demo:3"}, o.noted)
}

func TestOnlyReportsAreDeletedAsTheyStand(t *testing.T) {
	for _, id := range []string{"refund:demo:9", "tally:demo:return-9", "integration:demo", "erased", "export:refunds"} {
		_, err := activities.Erasures{Records: &oneRefund{}}.DeleteWorkflow(t.Context(), contract.EraseTask{WorkflowID: id})
		require.ErrorContains(t, err, "only reports", id)
	}
	for _, id := range []string{"return-report:demo:a:7", contract.BounceWorkflowID("b")} {
		item, err := activities.Erasures{Records: &oneRefund{}}.DeleteWorkflow(t.Context(), contract.EraseTask{WorkflowID: id})
		require.NoError(t, err)
		require.Equal(t, contract.ErasedGone, item.Outcome)
	}
}

// deletions are the runs that were to be deleted.
type deletions struct {
	oneRefund
	asked []string
}

func (d *deletions) DeleteRuns(_ context.Context, id, _ string) (int, error) {
	d.asked = append(d.asked, id)
	return 1, nil
}

func (d *deletions) DeleteRunsBefore(_ context.Context, id, run string) ([]string, error) {
	d.asked = append(d.asked, id+" before "+run)
	return nil, nil
}

// Everyone who reaches Temporal can tell a refund of any report.
func TestARunHasThoseBeforeItAndItsReportsDeleted(t *testing.T) {
	var records deletions
	env := new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment()
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "refund:demo:9"})
	env.RegisterActivity(activities.Erasures{Records: &records}.DeleteEarlierRuns)
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		return workflow.ExecuteActivity(ctx, "DeleteEarlierRuns", contract.EarlierRuns{Reports: []string{
			"return-report:demo:a:7", "return-report:other:a:7", "bounce:1", "parcel:demo:7",
		}}).Get(ctx, nil)
	})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"refund:demo:9 before default-test-run-id", "return-report:demo:a:7"}, records.asked)
}
