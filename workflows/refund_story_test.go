package workflows_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/refund"
	"waybill/refund/story"
	"waybill/workflows"
)

// TestRefundStories plays the stories of package refund against the workflow, in
// skipped time: each source twice, and once with people's orders as updates, once
// as signals.
func TestRefundStories(t *testing.T) {
	stories, err := story.ReadAll(os.DirFS("../refund/testdata/stories"))
	require.NoError(t, err)
	for name, told := range stories {
		t.Run(name+"/by update", func(t *testing.T) { newRefundPlay(t, told, false).play() })
		t.Run(name+"/by signal", func(t *testing.T) { newRefundPlay(t, told, true).play() })
	}
}

// refundPlay plays one story. Whoever the workflow asks for facts, a claim or a
// payment waits until the line in which the story has the answer.
type refundPlay struct {
	*testing.T
	env       *testsuite.TestWorkflowEnvironment
	told      story.Story
	bySignal  bool
	began     time.Time
	order     refund.Tally
	asked     map[string]question
	key       string
	letters   map[string]bool
	rejection string

	// played are the lines that were looked at, deeds what was done since then, and
	// known how the refund looked.
	played int
	deeds  []refund.Deed
	known  refund.Refund
	// refused is why the last update was refused, answered what it was answered.
	refused  error
	answered *contract.RefundAnswer
	// left says that the story is over and the refund is not.
	left bool
}

// question is what an activity was asked that has no answer yet.
type question struct {
	token []byte
	in    converter.EncodedValues
}

func newRefundPlay(t *testing.T, told story.Story, bySignal bool) *refundPlay {
	t.Helper()
	p := &refundPlay{
		T: t, env: skippedTime(t), told: told, bySignal: bySignal, key: "refund:demo:7",
		// The workflow is there before the first line, so that it can be asked.
		began: told.Lines[0].Now.Add(-time.Minute), asked: map[string]question{}, letters: map[string]bool{},
		known: refund.Refund{Receipt: []refund.Entry{}},
	}
	p.env.SetStartTime(p.began)
	about := &workflows.Refunds{Policy: func(string) refund.Policy { return told.Policy }, Proves: anyProof}
	p.env.RegisterWorkflowWithOptions(about.ApproveRefund, workflow.RegisterOptions{Name: string(contract.ApproveRefund)})
	p.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, in converter.EncodedValues) { p.note(info, in) })
	stand(p.env, contract.GatherRefund, func(in contract.RefundQuery) (found contract.RefundGathered, err error) {
		if !in.Again {
			return found, activity.ErrResultPending
		}
		return contract.RefundGathered{Endpoint: "shop.example/refunds", Facts: refund.Facts{PanelRead: true}}, nil
	})
	stand(p.env, contract.ClaimRefund, func(in contract.RefundClaim) (refund.ClaimAnswer, error) {
		if in.Forced {
			return refund.ClaimAnswer{Granted: true}, nil
		}
		return refund.ClaimAnswer{}, activity.ErrResultPending
	})
	stand(p.env, contract.PayRefund, func(contract.RefundPayment) (refund.Payment, error) {
		return refund.Payment{}, activity.ErrResultPending
	})
	stand(p.env, contract.SendRefundMail, func(contract.RefundMail) (contract.MailReceipt, error) { return taken(1), nil })
	stand(p.env, contract.ReleaseRefund, func(contract.RefundClaim) (none struct{}, err error) { return none, nil })
	stand(p.env, contract.RecordRefundEnd, func(in contract.RefundClaim) (none struct{}, err error) {
		require.True(p, in.As.Terminal())
		return none, nil
	})
	stand(p.env, contract.WatchReturn, func(contract.ReturnWatch) (none struct{}, err error) { return none, nil })
	stand(p.env, contract.TellOperations, func(contract.Notice) (contract.MailReceipt, error) { return taken(1), nil })
	return p
}

// note writes down what is done, as an activity begins.
func (p *refundPlay) note(info *activity.Info, in converter.EncodedValues) {
	d := refund.Deed{}
	switch name := info.ActivityType.Name; name {
	case string(contract.GatherRefund):
		if read[contract.RefundQuery](p, in).Again {
			return // a last look before it is paid
		}
		d.What = refund.Gather
		p.wait(info, in)
	case string(contract.ClaimRefund):
		if claim := read[contract.RefundClaim](p, in); claim.Forced {
			d.What = refund.Count
			p.order.Claim(p.claimed(claim))
			break
		}
		d.What = refund.Claim
		p.wait(info, in)
	case string(contract.ReleaseRefund):
		d.What = refund.Release
		claim := read[contract.RefundClaim](p, in)
		require.True(p, p.counted(), "nothing was taken")
		p.order.Release(claim.Key, "")
	case string(contract.RecordRefundEnd):
		return // no task of the refund
	case string(contract.PayRefund):
		d.What = refund.Pay
		payment := read[contract.RefundPayment](p, in)
		require.Equal(p, p.key, payment.Key)
		require.Equal(p, p.describe().Facts.Amount, payment.Amount)
		p.wait(info, in)
	case string(contract.SendRefundMail):
		letter := read[contract.RefundMail](p, in)
		d, p.letters[letter.Key], p.rejection = letter.Deed, true, letter.Told.Reason
	case string(contract.TellOperations):
		d = refund.Deed{What: refund.TellOperations, Attention: refund.Attention(read[contract.Notice](p, in).Attention)}
	case string(contract.WatchReturn):
		d.What = refund.Watch
		require.Equal(p, story.IncomingParcel, read[contract.ReturnWatch](p, in).ID)
	default:
		require.Fail(p, "no story knows this activity", name)
	}
	p.deeds = append(p.deeds, d)
}

func read[In any](p *refundPlay, values converter.EncodedValues) (in In) {
	p.Helper()
	require.NoError(p, values.Get(&in))
	return in
}

// wait keeps what is asked until the story answers.
func (p *refundPlay) wait(info *activity.Info, in converter.EncodedValues) {
	p.Helper()
	require.NotContains(p, p.asked, info.ActivityType.Name, "it is asked twice at a time")
	p.asked[info.ActivityType.Name] = question{info.TaskToken, in}
}

// claimed is what a claim asks of the order.
func (p *refundPlay) claimed(c contract.RefundClaim) refund.ClaimOrder {
	return refund.ClaimOrder{
		Claimed: refund.Claimed{Key: c.Key, Amount: c.Amount, At: c.At},
		Value:   c.OrderValue, ValueBy: c.OrderValueBy, Forced: c.Forced,
	}
}

// counted reports whether the order counts the refund.
func (p *refundPlay) counted() bool {
	return slices.ContainsFunc(p.order.Claims, func(c refund.Claimed) bool { return c.Key == p.key })
}

// apart is how long after each other those lines are played that are of the same
// moment. While an activity is under way the clock of the tests goes as fast as
// everybody's, so each needs time; all of a story have to fit into a minute.
const apart = 3 * time.Second

func (p *refundPlay) play() {
	p.Helper()
	require.Less(p, time.Duration(len(p.told.Lines)+1)*apart, time.Minute)
	for i, line := range p.told.Lines {
		// Those of the same moment come one after the other.
		after := line.Now.Sub(p.began) + time.Duration(i)*apart
		p.env.RegisterDelayedCallback(func() { p.happen(line) }, after)
		if line.Happens.Kind == story.Reported {
			p.env.RegisterDelayedCallback(func() { p.happenAgain(line) }, after+apart/3)
		}
		p.env.RegisterDelayedCallback(func() { p.look(line) }, after+apart*2/3)
	}
	last := len(p.told.Lines) - 1
	p.env.RegisterDelayedCallback(func() { p.left = true; p.env.CancelWorkflow() }, p.told.Lines[last].Now.Sub(p.began)+time.Duration(last+1)*apart)
	of := contract.RefundRef{Integration: "demo", ReturnID: 7}
	p.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: of.WorkflowID(), TaskQueue: contract.RefundsQueue})
	p.env.ExecuteWorkflow(string(contract.ApproveRefund), contract.RefundStart{RefundRef: of})
	require.True(p, p.env.IsWorkflowCompleted())
	if p.left {
		var canceled *temporal.CanceledError
		require.ErrorAs(p, p.env.GetWorkflowError(), &canceled)
		require.Len(p, p.told.Lines, p.played, "every line was played")
		return
	}
	p.lookAtTheEnd()
}

// lookAtTheEnd is after the workflow's own end: the line that ended it could not
// be looked at before, and those below it reach nobody any more.
func (p *refundPlay) lookAtTheEnd() {
	p.Helper()
	require.NoError(p, p.env.GetWorkflowError())
	require.Less(p, p.played, len(p.told.Lines), "a line has ended it")
	ending := p.told.Lines[p.played]
	p.look(ending)
	var end contract.RefundEnd
	require.NoError(p, p.env.GetWorkflowResult(&end))
	require.True(p, end.State.Terminal())
	require.Equal(p, contract.RefundEnd{State: ending.Want.State, Hash: p.known.Receipt[len(p.known.Receipt)-1].Hash}, end)
	for _, line := range p.told.Lines[p.played:] {
		require.Equal(p, end.State, line.Want.State, "the workflow had ended before %s", line)
		require.Empty(p, line.Want.Deeds, "the workflow had ended before %s", line)
	}
}

// happen has a line happen.
func (p *refundPlay) happen(line story.Line) {
	p.Helper()
	p.refused, p.answered = nil, nil
	h := line.Happens
	switch h.Kind {
	case story.Reported:
		p.env.SignalWorkflow(string(contract.RefundRequested), contract.RefundReport{ID: strconv.Itoa(line.Number), Facts: h.Facts})
	case story.Posted:
		p.env.SignalWorkflow(string(contract.GoodsPosted), contract.GoodsReturned{ParcelID: story.IncomingParcel, At: h.At})
	case story.GoodsBack:
		p.env.SignalWorkflow(string(contract.GoodsBack), contract.GoodsReturned{ParcelID: story.IncomingParcel, At: h.At})
	case story.InPanel:
		p.env.SignalWorkflow(string(contract.RefundedInPanel), contract.PanelRefund{At: line.Now})
	case story.Gathered:
		answer(p, line, contract.GatherRefund, contract.RefundGathered{Facts: h.Facts, Why: h.Words}, nil)
	case story.NotOurs:
		answer(p, line, contract.GatherRefund, contract.RefundGathered{NotOurs: true}, nil)
	case story.Reserved:
		p.answerClaim(line)
	case story.Settled:
		if h.Payment.Outcome == refund.Doubt {
			answer(p, line, contract.PayRefund, refund.Payment{}, temporal.NewApplicationError(h.Payment.Why, contract.PayUnanswered))
			break
		}
		answer(p, line, contract.PayRefund, h.Payment, nil)
	case story.Another:
		other := refund.Claimed{Key: line.String(), Amount: h.Amount, At: line.Now}
		require.True(p, p.order.Claim(refund.ClaimOrder{Claimed: other, Value: p.describe().Facts.OrderValue}).Granted, line)
	case story.Later:
	default:
		p.tellOrder(line)
	}
}

// happenAgain has a source tell the same once more: the copy changes nothing.
func (p *refundPlay) happenAgain(line story.Line) {
	p.Helper()
	before, done := p.describe(), len(p.deeds)
	p.happen(line)
	p.env.RegisterDelayedCallback(func() {
		require.Equal(p, before, p.describe(), "the copy of %s", line)
		require.Len(p, p.deeds, done, "the copy of %s", line)
	}, apart/6)
}

// answer is what the one who was asked says.
func answer[In, Out any](p *refundPlay, line story.Line, name contract.Activity[In, Out], out Out, err error) {
	p.Helper()
	require.Contains(p, p.asked, string(name), "nobody has asked: %s", line)
	token := p.asked[string(name)].token
	delete(p.asked, string(name))
	require.NoError(p, p.env.CompleteActivity(token, out, err))
}

// answerClaim has the order's tally answer, which has to say what the story says.
// Only that there are too many refunds comes from tallies that no story has.
func (p *refundPlay) answerClaim(line story.Line) {
	p.Helper()
	require.Contains(p, p.asked, string(contract.ClaimRefund), "nobody has claimed: %s", line)
	a := p.order.Claim(p.claimed(read[contract.RefundClaim](p, p.asked[string(contract.ClaimRefund)].in)))
	if line.Happens.Words == "too many refunds" {
		p.order.Release(p.key, "")
		a = refund.ClaimAnswer{Why: line.Happens.Words}
	}
	require.Equal(p, line.Happens.Granted, a.Granted, line)
	require.Equal(p, line.Happens.Words, a.Why, line)
	answer(p, line, contract.ClaimRefund, a, nil)
}

// tellOrder gives a person's order.
func (p *refundPlay) tellOrder(line story.Line) {
	p.Helper()
	require.Equal(p, story.Ordered, line.Happens.Kind, "nobody knows how to play %s", line)
	name, in := string(orderOf(line.Happens.Order)), line.Happens.Input
	if in.Via != "" {
		in.Proof = strconv.Itoa(line.Number)
	}
	if p.bySignal {
		p.env.SignalWorkflow(name, in)
		return
	}
	p.env.UpdateWorkflow(name, strconv.Itoa(line.Number), &testsuite.TestUpdateCallback{
		OnReject: func(err error) { p.refused = err },
		OnAccept: func() {},
		OnComplete: func(out any, err error) {
			require.NoError(p, err, line)
			a, ok := out.(contract.RefundAnswer)
			require.True(p, ok, "%#v", out)
			p.answered = &a
		},
	}, in)
}

// look compares what came of a line with what the story says.
func (p *refundPlay) look(line story.Line) {
	p.Helper()
	now, want := p.describe(), line.Want
	require.Equal(p, want.State, now.State, line)
	require.Equal(p, want.Look, now.Attention, line)
	if want.Due != "" {
		require.Equal(p, want.Due, story.Due(&now, line.Now), line)
	}
	done := story.Done(p.deeds)
	require.ElementsMatch(p, want.Deeds, done, line)
	require.Equal(p, toCustomer(want.Deeds), toCustomer(done), "the customer's mails are in order: %s", line)
	p.lookAtReceipt(line, now)
	p.lookAtOrder(line, now)
	posted := now.Mails.All(func(m *refund.Mail) bool { return m.About.What != refund.TellOperations })
	require.Len(p, posted, len(p.letters), "each mail has a key of its own: %s", line)
	if slices.Contains(done, string(refund.TellRejected)) {
		require.Equal(p, line.Happens.Input.Fields["why"], p.rejection, "the customer's mail says why: %s", line)
	}
	p.known, p.deeds = now, nil
	p.played++
	if now.State.Terminal() && !p.env.IsWorkflowCompleted() {
		require.True(p, len(p.asked) > 0 || !now.Next.IsZero(), "the workflow has nothing to wait for: %s", line)
	}
}

// toCustomer are the deeds that are mails to the customer.
func toCustomer(deeds []string) []string {
	return slices.DeleteFunc(slices.Clone(deeds), func(d string) bool { return !refund.What(d).ToCustomer() })
}

// lookAtReceipt sees that a receipt only grows, by what the story says.
func (p *refundPlay) lookAtReceipt(line story.Line, now refund.Refund) {
	p.Helper()
	require.NoError(p, refund.CheckReceipt(now.Receipt), line)
	before := len(p.known.Receipt)
	require.GreaterOrEqual(p, len(now.Receipt), before, line)
	require.Equal(p, p.known.Receipt, now.Receipt[:before:before], line)
	require.Equal(p, now.State, now.Receipt[len(now.Receipt)-1].State, line)
	if because := line.Want.Because; because != "" {
		require.True(p, slices.ContainsFunc(now.Receipt[before:], func(e refund.Entry) bool { return e.Why == because }),
			"%s\nno such reason in %+v", line, now.Receipt[before:])
	}
}

// lookAtOrder sees that an update was answered, and that what is refused changes
// nothing, but that the receipt has the signal, and that Temporal has what the customer wrote.
func (p *refundPlay) lookAtOrder(line story.Line, now refund.Refund) {
	p.Helper()
	name := line.Happens.Order
	switch why := line.Want.Refused; {
	case name == "":
	case why != "" && p.bySignal:
		require.Len(p, now.Receipt, len(p.known.Receipt)+1, line)
		last := now.Receipt[len(now.Receipt)-1]
		require.Equal(p, []string{"refused: " + name, why}, []string{last.What, last.Why}, line)
		now.Receipt, now.Wrote = now.Receipt[:len(p.known.Receipt)], p.known.Wrote
		require.Equal(p, p.known, now, line)
	case why != "":
		require.EqualError(p, p.refused, why, line)
		require.Nil(p, p.answered, line)
		require.Equal(p, p.known, now, line)
	case !p.bySignal:
		require.NoError(p, p.refused, line)
		require.Equal(p, &contract.RefundAnswer{State: line.Want.State}, p.answered, line)
	}
}

func (p *refundPlay) describe() (r refund.Refund) {
	p.Helper()
	value, err := p.env.QueryWorkflow(string(contract.DescribeRefund))
	require.NoError(p, err)
	require.NoError(p, value.Get(&r))
	return r
}
