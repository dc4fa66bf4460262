package workflows_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/refund"
	"waybill/workflows"
)

// counter is a refund's workflow in skipped time, where Sendcloud, the tallies,
// the mail provider and the shop's endpoint do what the test says.
type counter struct {
	*testing.T
	env    *testsuite.TestWorkflowEnvironment
	policy refund.Policy
	proves workflows.Proves
	began  time.Time
	// facts are what Sendcloud tells.
	facts refund.Facts
	// What the n-th call is answered, from 1; nil is that all goes well.
	gather  func(n int, q contract.RefundQuery) (contract.RefundGathered, error)
	claim   func(n int) (refund.ClaimAnswer, error)
	release func(n int) error
	pay     func(n int) (refund.Payment, error)
	post    func(n int, m contract.RefundMail) error
	notice  func(n int) error
	erase   func(n int) error

	mu       sync.Mutex
	queries  []contract.RefundQuery
	claims   []contract.RefundClaim
	releases []contract.RefundClaim
	ends     []contract.RefundClaim
	watches  []contract.ReturnWatch
	payments []contract.RefundPayment
	posts    []posted
	notices  []contract.Notice
	deleted  []contract.EarlierRuns
	// written are the search attributes, as often as they were.
	written []map[string]any
}

// posted is a mail that was posted, and when.
type posted struct {
	contract.RefundMail
	when time.Time
}

// What the tests look at besides, which no workflow answers by itself.
const (
	currentDetails    contract.Query[string]            = "current details"
	currentAttributes contract.Query[map[string]string] = "current search attributes"
)

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{T: t, env: skippedTime(t), policy: refund.DefaultPolicy(), proves: anyProof, began: nineOClock}
	c.env.SetStartTime(c.began)
	c.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "refund:demo:42", TaskQueue: contract.RefundsQueue})
	c.policy.Version, c.policy.Shadow, c.policy.Undo = "7", false, 0
	limits := map[string]refund.Money{"EUR": euro(t, "500.00")}
	c.policy.People = []refund.Person{
		{Name: "anna", Email: "anna@shop.example", Role: refund.Approver, Limits: limits},
		{Name: "ben", Email: "ben@shop.example", Role: refund.Approver, Limits: limits},
		{Name: "mia", Email: "mia@shop.example", Role: refund.Manager},
	}
	c.facts = refund.Facts{
		Source: refund.FromReturnCreated, OutgoingParcel: 7001, IncomingParcel: 7002, OrderNumber: "1042", Kind: "money",
		Amount: euro(t, "40.00"), OrderValue: euro(t, "180.00"), Reason: refund.ChangedMind, NoticeAt: c.began.Add(-time.Hour), OrderedAt: c.began.Add(-5 * day),
		Customer: refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"}, CustomerRefunds: new(int), ShopToday: new(int),
		Confirmed: true, PanelRead: true,
	}
	about := &workflows.Refunds{Policy: func(string) refund.Policy { return c.policy }, Proves: func(proof, text string, at time.Time, within time.Duration) bool {
		return c.proves(proof, text, at, within)
	}}
	c.env.RegisterWorkflowWithOptions(func(ctx workflow.Context, start contract.RefundStart) (contract.RefundEnd, error) {
		if err := workflow.SetQueryHandler(ctx, string(currentDetails), func() (string, error) { return workflow.GetCurrentDetails(ctx), nil }); err != nil {
			return contract.RefundEnd{}, err
		}
		if err := workflow.SetQueryHandler(ctx, string(currentAttributes), func() (map[string]string, error) { return shownAttributes(ctx), nil }); err != nil {
			return contract.RefundEnd{}, err
		}
		return about.ApproveRefund(ctx, start)
	}, workflow.RegisterOptions{Name: string(contract.ApproveRefund)})
	c.env.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(args mock.Arguments) {
		set, ok := args.Get(0).(temporal.SearchAttributes)
		require.True(t, ok)
		now := map[string]any{}
		for key, value := range set.GetUntypedValues() {
			now[key.GetName()] = value
		}
		c.written = append(c.written, now)
	}).Return(nil).Maybe()
	c.work()
	return c
}

// shownAttributes are the search attributes as Temporal lists them.
func shownAttributes(ctx workflow.Context) map[string]string {
	all := map[string]string{}
	for _, a := range contract.SearchAttributes() {
		switch a.Type {
		case contract.Keyword:
			if value, ok := workflow.GetTypedSearchAttributes(ctx).GetKeyword(temporal.NewSearchAttributeKeyKeyword(a.Name)); ok {
				all[a.Name] = value
			}
		case contract.Datetime:
			if value, ok := workflow.GetTypedSearchAttributes(ctx).GetTime(temporal.NewSearchAttributeKeyTime(a.Name)); ok {
				all[a.Name] = value.UTC().Format(time.RFC3339)
			}
		case contract.Int: // a refund has none
		}
	}
	return all
}

// attributesOf is the inverse of it.
func attributesOf(shown map[string]string) temporal.SearchAttributes {
	var all []temporal.SearchAttributeUpdate
	for _, a := range contract.SearchAttributes() {
		value, ok := shown[a.Name]
		at, err := time.Parse(time.RFC3339, value)
		switch {
		case ok && err == nil:
			all = append(all, temporal.NewSearchAttributeKeyTime(a.Name).ValueSet(at))
		case ok:
			all = append(all, temporal.NewSearchAttributeKeyKeyword(a.Name).ValueSet(value))
		}
	}
	return temporal.NewSearchAttributes(all...)
}

// unpaid is a last look that finds nothing against paying.
var unpaid = contract.RefundGathered{Endpoint: "shop.example/refunds", Facts: refund.Facts{PanelRead: true}}

// work has the activities of a refund done.
func (c *counter) work() {
	stand(c.env, contract.GatherRefund, func(q contract.RefundQuery) (contract.RefundGathered, error) {
		n := kept(c, &c.queries, q)
		switch {
		case c.gather != nil:
			return c.gather(n, q)
		case q.Again:
			return unpaid, nil
		}
		return contract.RefundGathered{Facts: c.facts}, nil
	})
	stand(c.env, contract.ClaimRefund, func(claim contract.RefundClaim) (refund.ClaimAnswer, error) {
		if n := kept(c, &c.claims, claim); c.claim != nil {
			return c.claim(n)
		}
		return refund.ClaimAnswer{Granted: true}, nil
	})
	stand(c.env, contract.ReleaseRefund, func(claim contract.RefundClaim) (struct{}, error) {
		if n := kept(c, &c.releases, claim); c.release != nil {
			return struct{}{}, c.release(n)
		}
		return struct{}{}, nil
	})
	stand(c.env, contract.RecordRefundEnd, func(claim contract.RefundClaim) (struct{}, error) {
		kept(c, &c.ends, claim)
		return struct{}{}, nil
	})
	stand(c.env, contract.WatchReturn, func(w contract.ReturnWatch) (struct{}, error) {
		kept(c, &c.watches, w)
		return struct{}{}, nil
	})
	stand(c.env, contract.PayRefund, func(p contract.RefundPayment) (refund.Payment, error) {
		if n := kept(c, &c.payments, p); c.pay != nil {
			return c.pay(n)
		}
		return refund.Payment{Outcome: refund.PaidNow, Reference: "payout-42"}, nil
	})
	stand(c.env, contract.SendRefundMail, func(m contract.RefundMail) (contract.MailReceipt, error) {
		if n := kept(c, &c.posts, posted{m, c.env.Now().UTC()}); c.post != nil {
			return taken(n), c.post(n, m)
		}
		return taken(1), nil
	})
	stand(c.env, contract.DeleteEarlierRuns, func(in contract.EarlierRuns) (struct{}, error) {
		if n := kept(c, &c.deleted, in); c.erase != nil {
			return struct{}{}, c.erase(n)
		}
		return struct{}{}, nil
	})
	stand(c.env, contract.TellOperations, func(n contract.Notice) (contract.MailReceipt, error) {
		if n := kept(c, &c.notices, n); c.notice != nil {
			return taken(n), c.notice(n)
		}
		return taken(1), nil
	})
}

// taken is the provider's word for the n-th mail.
func taken(n int) contract.MailReceipt {
	return contract.MailReceipt{MessageID: fmt.Sprintf("message-%d", n)}
}

// kept keeps what an activity was asked, and says how many times that was: several
// are asked at a time.
func kept[In any](c *counter, all *[]In, in In) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	*all = append(*all, in)
	return len(*all)
}

// at does something some time after the start.
func (c *counter) at(after time.Duration, f func()) { c.env.RegisterDelayedCallback(f, after) }

// tell tells a fact some time after the start.
func tell[In any](c *counter, after time.Duration, name contract.Signal[In], in In) {
	c.at(after, func() { c.env.SignalWorkflow(string(name), in) })
}

// give gives an order as an update, some time after the start; the returned value
// is what came of it.
func give[In any](c *counter, after time.Duration, name contract.Order[In, contract.RefundAnswer], in In) *verdict[contract.RefundAnswer] {
	v := &verdict[contract.RefundAnswer]{}
	c.at(after, func() { c.order(string(name), in, v) })
	return v
}

func (c *counter) order(name string, in any, v *verdict[contract.RefundAnswer]) {
	c.env.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
		OnReject:   func(err error) { v.refused = err },
		OnAccept:   func() {},
		OnComplete: func(out any, err error) { v.done, v.err = out, err },
	}, in)
}

// request has the customer ask for the money as the workflow begins.
func (c *counter) request() {
	tell(c, 0, contract.RefundRequested, contract.RefundReport{ID: "return_created@1", Facts: refund.Facts{Source: refund.FromReturnCreated, Kind: "money"}})
}

// run plays everything to the end of the workflow.
func (c *counter) run() contract.RefundEnd {
	c.Helper()
	c.env.ExecuteWorkflow(string(contract.ApproveRefund), contract.RefundStart{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}})
	return c.end()
}

func (c *counter) end() contract.RefundEnd {
	c.Helper()
	require.True(c, c.env.IsWorkflowCompleted())
	known := c.describe()
	var end contract.RefundEnd
	if known.EarlierRuns && len(c.deleted) == 0 { // the next run has this one deleted, and ends
		next := c.goesOn()
		require.Equal(c, known, next.Carried.Refund)
		end = contract.RefundEnd{State: known.State, Hash: known.Receipt[len(known.Receipt)-1].Hash}
	} else {
		require.NoError(c, c.env.GetWorkflowError())
		require.NoError(c, c.env.GetWorkflowResult(&end))
	}
	require.NoError(c, refund.CheckReceipt(known.Receipt))
	require.Equal(c, known.Receipt[len(known.Receipt)-1].Hash, end.Hash)
	require.Equal(c, known.State, end.State)
	return end
}

// carried plays everything to where the next run begins.
func (c *counter) carried(start contract.RefundStart) contract.RefundStart {
	c.Helper()
	c.env.ExecuteWorkflow(string(contract.ApproveRefund), start)
	return c.goesOn()
}

// goesOn is what the next run begins with.
func (c *counter) goesOn() contract.RefundStart {
	c.Helper()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(c, c.env.GetWorkflowError(), &again)
	var next contract.RefundStart
	require.NoError(c, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	return next
}

// over is when the last mail was taken: a refund that is over waits three days for
// one that comes back.
func (c *counter) over() time.Time { return c.env.Now().UTC().Add(-3 * day) }

func asked[Out any](c *counter, name contract.Query[Out]) (out Out) {
	c.Helper()
	value, err := c.env.QueryWorkflow(string(name))
	require.NoError(c, err)
	require.NoError(c, value.Get(&out))
	return out
}

func (c *counter) describe() refund.Refund { return asked(c, contract.DescribeRefund) }

// mails are the posts so far, as deeds.
func (c *counter) mails() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, p := range c.posts {
		all = append(all, p.Deed.String())
	}
	return all
}

// alarms are what operations were told.
func (c *counter) alarms() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, n := range c.notices {
		all = append(all, string(n.Attention))
	}
	return all
}

// lines are those of the receipt, without who and when.
func lines(r refund.Refund) []string {
	var all []string
	for _, e := range r.Receipt {
		line := e.What
		if e.Why != "" {
			line += ": " + e.Why
		}
		all = append(all, line)
	}
	return all
}

func euro(t *testing.T, amount string) refund.Money {
	t.Helper()
	m, err := refund.ParseMoney(amount, "EUR")
	require.NoError(t, err)
	return m
}

// later is a failure that is tried again after a while.
func later(kind, why string, wait time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(why, kind, temporal.ApplicationErrorOptions{NextRetryDelay: wait})
}

// orderOf is an order of people, by its name.
func orderOf(name string) contract.Order[refund.Input, contract.RefundAnswer] {
	o, ok := refund.OrderNamed(name)
	if !ok {
		panic("there is no order " + name)
	}
	return contract.RefundOrder(o)
}

// anyProof takes any proof. TestAnOrderNeedsItsOwnProof has real ones.
func anyProof(proof, _ string, _ time.Time, _ time.Duration) bool { return proof != "" }

// says is what somebody gives an order with on the pages: the names and values of its fields.
func says(by string, fields ...string) refund.Input {
	in := refund.Input{Said: refund.Said{By: by, Via: refund.ViaPage, Proof: rand.Text()}, Fields: map[string]string{}}
	for pair := range slices.Chunk(fields, 2) {
		in.Fields[pair[0]] = pair[1]
	}
	return in
}
