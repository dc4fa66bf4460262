package e2e_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/devstack/merchant"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/link"
	"waybill/refund"
)

// till is a shop that pays refunds.
type till struct {
	*shop
	// integration is whose parcels are sold.
	integration string
	merchant    *merchant.Server
	// endpoint is where the merchant pays.
	endpoint string
	// refundKeys are the settings of ingress and worker about refunds.
	refundKeys []string
	// patience is how long to wait for a refund.
	patience time.Duration
}

const (
	payKey  = "a key that orders to pay"
	linkKey = "a key that signs the links of the tests"
)

// keys sign as only ingress and worker can.
var keys = link.Keys{[]byte(linkKey)}

// people are those who decide in the tests, and sam, who works on parcels. Settings of refunds can
// follow.
const people = `
people:
  anna: {email: anna@shop.example, role: approver, limit: {EUR: 500}}
  ben: {email: ben@shop.example, role: approver, limit: {EUR: 500}}
  mia: {email: mia@shop.example, role: manager}
  sam: {email: sam@shop.example, role: support}
refunds:
  mode: live
  undo: 0
  shop_daily: 1000
`

// newTill opens a till.
func newTill(t *testing.T, server *temporalServer) *till {
	t.Helper()
	return newTillWith(t, server, postOffice{logs: true}, people)
}

// newTillWith does so with a SendGrid that tells more, and a policy about refunds.
func newTillWith(t *testing.T, server *temporalServer, with postOffice, policy string) *till {
	t.Helper()
	s := &till{integration: "demo", patience: patience, shop: openAccount(t, prepareStackWith(t, server, with), "v3", nil)}
	s.setPolicy("mode: live\n" + atOnce + policy)
	var err error
	s.merchant, err = merchant.New(merchant.Config{Key: payKey})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	endpoint := httptest.NewUnstartedServer(s.merchant)
	endpoint.Config.BaseContext = func(net.Listener) context.Context { return ctx } // posts that hang end with it
	endpoint.Start()
	t.Cleanup(func() {
		cancel()
		endpoint.Close()
	})
	s.endpoint = endpoint.URL + merchant.Path
	s.refundKeys = []string{
		"WAYBILL_POLICY=" + s.policy, "WAYBILL_LINK_KEYS=" + linkKey, "WAYBILL_PUBLIC_URL=" + s.url(""),
		"WAYBILL_PAY_URL_DEMO=" + s.endpoint, "WAYBILL_PAY_KEYS_DEMO=" + payKey, "WAYBILL_DIGEST_KEYS=a-digest-key-of-the-tests-which-is-long",
		"WAYBILL_SEARCH_KEYS=" + searchKey, "SENDGRID_API_KEY=" + sendGridKey, "SENDGRID_BASE_URL=" + s.sendgridURL,
		"WAYBILL_MAIL_FROM=Example Shop <tracking@shop.example>", "WAYBILL_TEMPORAL_UI=https://temporal.shop.example",
	}
	s.keys = append(append(s.keys, s.refundKeys...), "WAYBILL_RECONCILE_EVERY=1h")
	return s
}

// openDoors starts ingress and worker.
func (s *till) openDoors() {
	s.Helper()
	s.startIngress(s.refundKeys...)
	s.startWorker(s.keys...)
	s.awaitReady()
	s.awaitWorker()
}

// sold is something that was sent to a customer and comes back.
type sold struct {
	integration string
	sent, back  sendcloud.Parcel
	back0       sendcloud.Return
}

// sell sends a parcel that the account knows, of an order of EUR 180.00, and has a
// return for it that nobody was told of.
func (s *till) sell(total string) sold { return s.sellTo(s.parcel(), total) }

// sellTo does so with a parcel that has a recipient.
func (s *till) sellTo(sent sendcloud.Parcel, total string) sold {
	back := s.parcel()
	sent.Order = fmt.Sprintf("O-%d", sent.ID)
	sent.OrderValue, sent.OrderCurrency = "180.00", "EUR"
	sent.Created = time.Now().AddDate(0, 0, -5)
	back.IsReturn, back.Order = true, sent.Order
	s.account.Set(sent, sendcloud.Delivered, time.Now().AddDate(0, 0, -1))
	return sold{integration: s.integration, sent: sent, back: back, back0: sendcloud.Return{
		ID: sent.ID, OutgoingParcel: sent.ID, IncomingParcel: back.ID, Order: sent.Order, RefundType: "money", Total: total, Reason: 16,
		CustomerName: sent.Recipient.Name, CustomerEmail: sent.Recipient.Email, CustomerCountry: "GB", CreatedAt: time.Now().Add(-time.Hour),
	}}
}

// ask has the customer ask for the money.
func (s *till) ask(o sold) {
	s.Helper()
	s.account.AddReturn(o.back0)
	s.reportTo(o.integration, o)
}

// reportTo has Sendcloud report the return to an integration.
func (s *till) reportTo(integration string, o sold) {
	s.Helper()
	body := o.back0.Created(o.back0.CreatedAt)
	code, said := s.request(http.MethodPost, "/webhooks/sendcloud/"+integration, body, sendcloud.Sign(signatureKeys[integration], body))
	require.Equal(s, http.StatusOK, code, said)
	require.JSONEq(s, `{"outcome":"recorded"}`, said)
}

func (o sold) of() contract.RefundRef {
	return contract.RefundRef{Integration: o.integration, ReturnID: o.back0.ID}
}

func (o sold) workflowID() string { return o.of().WorkflowID() }

// key is that of its payment: all integrations of the tests are of the account demo.
func (o sold) key() string {
	return contract.RefundRef{Integration: "demo", ReturnID: o.back0.ID}.WorkflowID()
}

// refund is everything that is known of one.
func (s *till) refund(o sold) (known refund.Refund, err error) {
	ctx, cancel := context.WithTimeout(s.Context(), 5*time.Second)
	defer cancel()
	value, err := s.client.QueryWorkflow(ctx, o.workflowID(), "", string(contract.DescribeRefund))
	if err == nil {
		err = value.Get(&known)
	}
	return known, err
}

// reaches waits until a refund is in a state and its mails are done.
func (s *till) reaches(o sold, want refund.State) refund.Refund {
	s.Helper()
	var known refund.Refund
	s.within(s.patience, "the refund to be "+string(want), func() (err error) {
		if known, err = s.refund(o); err != nil {
			return err
		}
		if known.Mails.Open() {
			err = fmt.Errorf("it is %s, and has mails to send: %+v", known.State, known.Mails)
		}
		if known.State != want {
			err = fmt.Errorf("it is %s: %+v", known.State, known.Receipt)
		}
		return err
	})
	require.NoError(s, refund.CheckReceipt(known.Receipt))
	return known
}

// orderRefund gives an order with the proof of an ingress.
func orderRefund(s *till, o sold, name, by string, fields ...string) (contract.RefundAnswer, error) {
	return updateRefund(s, o, name, proven(s, o, name, by, fields...))
}

// proven is an order as an ingress sends it.
func proven(s *till, o sold, name, by string, fields ...string) refund.Input {
	in := refund.Input{Said: refund.Said{By: by, Via: refund.ViaPage}, Fields: map[string]string{}}
	for pair := range slices.Chunk(fields, 2) {
		in.Fields[pair[0]] = pair[1]
	}
	var known refund.Refund
	s.eventually(o.workflowID()+" to say how it began", func() (err error) {
		known, err = s.refund(o)
		return err
	})
	in.Proof = keys.Prove(contract.ProvenText(o.workflowID(), known.Begun(), name, in), time.Now())
	return in
}

// updateRefund sends an Update, as anybody can who reaches Temporal.
func updateRefund(s *till, o sold, name string, in refund.Input) (answer contract.RefundAnswer, err error) {
	order, ok := refund.OrderNamed(name)
	require.True(s, ok, name)
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	handle, err := s.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: o.workflowID(), UpdateName: order.UpdateName(), Args: []any{in}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &answer)
	}
	return answer, err
}

// told are the kinds of mails to a customer, in their order.
func (s *till) told(o sold) []string { return s.mails(o.sent) }

// asked are the kinds of mails to somebody who decides about a refund.
func (s *till) asked(o sold, address string) []string {
	var kinds []string
	for _, m := range s.sendgrid.Mails() {
		if m.To == address && strings.Contains(m.Text, fmt.Sprint(o.back0.ID)) {
			kinds = append(kinds, m.Categories[1])
		}
	}
	return kinds
}

// paid is what the shop paid for a refund.
func (s *till) paid(o sold) []string {
	var amounts []string
	for _, p := range s.merchant.Payments() {
		if p.Key == o.key() {
			amounts = append(amounts, p.Currency+" "+p.Amount)
		}
	}
	return amounts
}

var wholeWay = []string{"refund_received", "refund_approved", "refund_paid"}

func TestRefunds(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.openDoors()
	for name, play := range map[string]func(*till) sold{
		"small":           smallRefund,
		"one-approver":    oneApprover,
		"both-webhooks":   bothWebhooks,
		"paid-in-panel":   refundedInPanel,
		"stubborn":        stubbornEndpoint,
		"partial-refunds": partialRefunds,
		"told-again":      toldAgain,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := s.at(t)
			o := play(inner)
			// It stays open for days, in case a mail comes back.
			inner.record(o.workflowID(), string(contract.ApproveRefund)+"-"+name)
			inner.record(contract.TallyWorkflowID("demo", contract.OrderTally("order/demo/"+o.sent.Order)), string(contract.TallyRefunds)+"-"+name)
			if name == "small" { // no person has seen it
				inner.record(contract.TallyWorkflowID("demo", contract.ShopTally), string(contract.CountRefunds)+"-"+name)
			}
		})
	}
}

// at is the till with another test to fail.
func (s *till) at(t *testing.T) *till {
	inner, shop := *s, *s.shop
	shop.stack = s.in(t)
	inner.shop = &shop
	return &inner
}

// An approval with a wrong amount is undone before anything is paid or said, and given again.
func TestAnApprovalIsUndone(t *testing.T) {
	t.Parallel()
	undo := func(span string) string { return strings.Replace(people, "undo: 0", "undo: "+span, 1) }
	s := newTillWith(t, shared.get(t), postOffice{logs: true}, undo("1h"))
	s.openDoors()
	o := s.sell("120.00")
	s.ask(o)
	s.reaches(o, refund.AwaitingApproval)
	_, err := orderRefund(s, o, "approve", "anna", "amount", "12.00")
	require.NoError(t, err)
	known := s.reaches(o, refund.Approved)
	require.Contains(t, known.Summary().Turn.String(), "anna can undo that until ")
	_, err = orderRefund(s, o, "undo-approval", "ben")
	require.ErrorContains(t, err, "only anna can undo the approval")
	_, err = orderRefund(s, o, "undo-approval", "anna")
	require.NoError(t, err)
	require.Equal(t, "EUR 120.00", s.reaches(o, refund.AwaitingApproval).Facts.Amount.String())
	require.Equal(t, []string{"refund_received"}, s.told(o))

	s.setPolicy("mode: live\n" + atOnce + undo("1s"))
	s.awaitPolicy()
	_, err = orderRefund(s, o, "approve", "anna")
	require.NoError(t, err)
	s.reaches(o, refund.Paid)
	require.Equal(t, wholeWay, s.told(o))
	require.Equal(t, []string{"EUR 120.00"}, s.paid(o))
	s.record(o.workflowID(), string(contract.ApproveRefund)+"-undone")
}

func smallRefund(s *till) sold {
	o := s.sell("40.00")
	s.ask(o)
	known := s.reaches(o, refund.Paid)
	require.Equal(s, wholeWay, s.told(o))
	require.Equal(s, []string{"EUR 40.00"}, s.paid(o))
	require.NotEmpty(s, known.Reference)
	require.Empty(s, s.asked(o, "anna@shop.example"))
	return o
}

func oneApprover(s *till) sold {
	o := s.sell("120.00")
	s.ask(o)
	s.reaches(o, refund.AwaitingApproval)
	require.Equal(s, []string{"approval_asked"}, s.asked(o, "anna@shop.example"))
	_, err := orderRefund(s, o, "approve", "nobody")
	require.ErrorContains(s, err, "not in the policy")
	answer, err := orderRefund(s, o, "approve", "anna")
	require.NoError(s, err)
	require.Equal(s, refund.Approved, answer.State)
	s.reaches(o, refund.Paid)
	require.Equal(s, wholeWay, s.told(o))
	require.Equal(s, []string{"EUR 120.00"}, s.paid(o))
	_, err = orderRefund(s, o, "reject", "ben", "why", "no")
	require.Error(s, err, "it is over")
	s.requireTurns(o)
	return o
}

// requireTurns wants the money to go first, and all else of the integration to take turns with others.
func (s *till) requireTurns(o sold) {
	s.Helper()
	events := s.events(o.workflowID())
	require.Equal(s, "demo", events[0].GetWorkflowExecutionStartedEventAttributes().GetPriority().GetFairnessKey())
	priorities := map[string]int32{}
	for _, e := range events {
		if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
			priorities[a.GetActivityType().GetName()] = a.GetPriority().GetPriorityKey() // of GatherRefund, the last look
		}
	}
	require.Equal(s, int32(1), priorities[string(contract.PayRefund)])
	require.Equal(s, int32(1), priorities[string(contract.GatherRefund)])
	require.Zero(s, priorities[string(contract.SendRefundMail)], "as usual")
}

// refund_requested tells the parcels and not the return.
func bothWebhooks(s *till) sold {
	o := s.sell("120.00")
	s.account.AddReturn(o.back0)
	for _, body := range [][]byte{o.back0.RefundRequested(time.Now()), o.back0.Created(time.Now()), o.back0.RefundRequested(time.Now().Add(time.Second))} {
		code, said := s.knock(body)
		require.Equal(s, http.StatusOK, code, said)
		require.JSONEq(s, `{"outcome":"recorded"}`, said)
	}
	s.reaches(o, refund.AwaitingApproval)
	_, err := orderRefund(s, o, "approve", "ben")
	require.NoError(s, err)
	s.reaches(o, refund.Paid)
	require.Equal(s, wholeWay, s.told(o))
	require.Equal(s, []string{"EUR 120.00"}, s.paid(o))
	return o
}

// What no webhook told is found by asking.
func TestARefundThatNoWebhookToldOfIsFound(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.keys = append(s.keys, "WAYBILL_RECONCILE_EVERY=1s")
	s.openDoors()
	s.awaitAttention("")
	o := s.sell("45.00")
	o.back0.CreatedAt = time.Now()
	s.account.AddReturn(o.back0)
	known := s.reaches(o, refund.Paid)
	require.Equal(t, refund.FromReconciliation, known.Facts.Source)
	require.Equal(t, []string{"EUR 45.00"}, s.paid(o))
	require.Equal(t, wholeWay, s.told(o))
}

func refundedInPanel(s *till) sold {
	o := s.sell("120.00")
	s.ask(o)
	s.reaches(o, refund.AwaitingApproval)
	s.account.MarkRefunded(o.back0.ID, time.Now())
	_, err := orderRefund(s, o, "approve", "ben")
	require.NoError(s, err)
	s.reaches(o, refund.PaidElsewhere)
	require.Empty(s, s.paid(o))
	return o
}

// What could not be mailed is mailed again once somebody has mended it.
func toldAgain(s *till) sold {
	o := s.sell("120.00")
	require.NoError(s, s.sendgrid.Fail(sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: http.StatusBadRequest, Times: 1, To: o.sent.Recipient.Email}))
	s.ask(o)
	known := s.reaches(o, refund.AwaitingApproval)
	require.Equal(s, refund.NotTold, known.Attention)
	require.Empty(s, s.told(o))
	_, err := orderRefund(s, o, "retry-mail", "anna")
	require.NoError(s, err)
	require.Empty(s, s.reaches(o, refund.AwaitingApproval).Attention)
	_, err = orderRefund(s, o, "approve", "anna")
	require.NoError(s, err)
	s.reaches(o, refund.Paid)
	require.Equal(s, wholeWay, s.told(o))
	return o
}

func stubbornEndpoint(s *till) sold {
	o := s.sell("45.00")
	for _, f := range []merchant.Fault{
		{Kind: merchant.FaultPayThenClose, Times: 1}, {Kind: merchant.FaultStatus, Status: 503, Times: 1}, {Kind: merchant.FaultClose, Times: 1},
	} {
		f.Key = o.workflowID()
		require.NoError(s, s.merchant.Fail(f))
	}
	s.ask(o)
	known := s.reaches(o, refund.Paid)
	require.Equal(s, refund.PaidBefore, known.Outcome)
	require.Equal(s, []string{"EUR 45.00"}, s.paid(o))
	require.Equal(s, wholeWay, s.told(o))
	return o
}

func partialRefunds(s *till) sold {
	o := s.sell("40.00")
	second, third := o, o
	second.back0.ID, second.back0.IncomingParcel = s.parcel().ID, s.parcel().ID
	third.back0.ID, third.back0.IncomingParcel = s.parcel().ID, s.parcel().ID
	second.back0.Total, third.back0.Total = "120.00", "20.01"
	third.back0.Reason = 25 // damaged on arrival, which somebody has to see
	s.ask(o)
	s.reaches(o, refund.Paid)
	s.ask(second)
	s.ask(third)
	s.reaches(second, refund.AwaitingApproval)
	s.reaches(third, refund.AwaitingApproval)
	_, err := orderRefund(s, second, "approve", "anna")
	require.NoError(s, err)
	s.reaches(second, refund.Paid)
	// When this one was asked for there was more left.
	_, err = orderRefund(s, third, "approve", "anna")
	require.NoError(s, err)
	s.eventually("the reservation to be refused", func() error {
		known, err := s.refund(third)
		if err == nil && !known.UsedUp {
			err = fmt.Errorf("it is %s", known.State)
		}
		return err
	})
	_, err = orderRefund(s, third, "approve", "anna")
	require.ErrorContains(s, err, "EUR 20.01 is more than the EUR 20.00 that is left of the order")
	_, err = orderRefund(s, third, "approve", "anna", "amount", "20.00")
	require.NoError(s, err)
	s.reaches(third, refund.Paid)
	require.Equal(s, []string{"EUR 20.00"}, s.paid(third))
	return third
}

// Temporal hears from a worker that looks for a return. One that has died is missed soon: its
// try would have taken ten minutes.
func TestAWorkerThatDiesWhileItLooksForAReturnIsMissedSoon(t *testing.T) {
	t.Parallel()
	server := shared.get(t)
	s, w := newTill(t, server), newWire(t, server)
	s.keys = append(s.keys, "TEMPORAL_ADDRESS="+w.address)
	s.openDoors()
	o := s.sell("45.00")
	s.account.AddReturn(o.back0)
	var lookup string
	looks := w.catch(beforeIt, string(contract.LookForReturn), func(workflowID string) bool {
		lookup = workflowID
		return true
	})
	code, said := s.knock(o.back0.RefundRequested(time.Now()))
	require.Equal(t, http.StatusOK, code, said)
	select {
	case <-looks:
	case <-time.After(patience):
		require.Fail(t, "nobody looks for the return")
	}
	s.worker.kill()
	s.startWorker(s.keys...)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var found contract.ReturnFound
	require.NoError(t, s.client.GetWorkflow(ctx, lookup, "").Get(ctx, &found))
	require.Equal(t, o.back0.ID, found.ReturnID)
}
