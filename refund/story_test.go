package refund_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
	"waybill/refund/story"
)

// TestStories plays testdata/stories against the rules. The README there says
// how to read and write them.
func TestStories(t *testing.T) {
	stories, err := story.ReadAll(os.DirFS("testdata/stories"))
	require.NoError(t, err)
	for name, told := range stories {
		t.Run(name, func(t *testing.T) { play(newWorld(t, told.Policy, 7, &refund.Tally{}), told) })
	}
}

func play(w *world, told story.Story) {
	w.Helper()
	for _, line := range told.Lines {
		h, now := line.Happens, line.Now
		if next := w.r.Next; !next.IsZero() && (next.Before(now) || next.Equal(now) && h.Kind != story.Later) {
			require.Fail(w, "the clock rings before that: give it a line", "%s\nat %s", line, next)
		}
		lines := len(w.r.Receipt)
		deeds, err := w.happen(line)
		require.Equal(w, line.Want.Refused, said(err), line)
		require.Equal(w, line.Want.State, w.r.State, line)
		require.Equal(w, line.Want.Deeds, story.Done(deeds), line)
		require.Equal(w, line.Want.Look, w.r.Attention, line)
		if line.Want.Due != "" {
			require.Equal(w, line.Want.Due, story.Due(&w.r, now), line)
		}
		if line.Want.Because != "" {
			require.Contains(w, whys(w.r.Receipt[lines:]), line.Want.Because, line)
		}
		switch {
		case h.Kind == story.Reported:
			w.hearAgain(line)
		case h.Order == "reject" && err == nil:
			require.Equal(w, h.Input.Fields["why"], w.r.Rejection, "the customer's mail says why: %s", line)
		}
	}
	require.False(w, w.claiming, "the story says what became of the claim")
	if w.r.State.Terminal() {
		w.afterTheEnd(told.Lines[len(told.Lines)-1].Now.Add(100 * day))
	}
}

// happen has a line happen, against the rules and the order.
func (w *world) happen(line story.Line) ([]refund.Deed, error) {
	w.Helper()
	h, now := line.Happens, line.Now
	switch h.Kind {
	case story.Another:
		other := w.claim(now)
		other.Key, other.Amount = line.String(), h.Amount
		require.True(w, w.order.Claim(other).Granted, line)
		return nil, nil
	case story.Reserved:
		return w.hearOfClaim(line)
	case story.Settled:
		return w.settle(h.Payment, now)
	default:
		return w.step(now, func(r *refund.Refund) error { return tell(r, h, w.policy, now) })
	}
}

// tell tells the refund what happens.
func tell(r *refund.Refund, h story.Happening, p refund.Policy, now time.Time) error {
	switch h.Kind {
	case story.Reported:
		r.Request(h.Facts, p, now)
	case story.Gathered:
		r.Gathered(h.Facts, h.Words, p, now)
	case story.NotOurs:
		r.NotOurs(p, now)
	case story.Ordered:
		return r.Follow(h.Order, h.Input, p, now)
	case story.InPanel:
		r.PaidInPanel(p, now)
	case story.Posted:
		r.Posted(h.At, p, now)
	case story.GoodsBack:
		r.GoodsBack(h.At, p, now)
	case story.Later:
		r.Advance(p, now)
	default:
		return fmt.Errorf("nobody knows how to play that %s", h.Kind)
	}
	return nil
}

// hearOfClaim has the order's tally answer, which has to say what the story says.
// Only that there are too many refunds comes from tallies that no story has.
func (w *world) hearOfClaim(line story.Line) ([]refund.Deed, error) {
	w.Helper()
	a := w.answerClaim(line.Now)
	if line.Happens.Words == "too many refunds" {
		w.order.Release(w.r.Key(), "")
		a = refund.ClaimAnswer{Why: line.Happens.Words}
	}
	require.Equal(w, line.Happens.Granted, a.Granted, line)
	require.Equal(w, line.Happens.Words, a.Why, line)
	return w.step(line.Now, func(r *refund.Refund) error { r.ClaimAnswered(a, w.policy, line.Now); return nil })
}

// hearAgain has a source tell the same once more: the copy changes nothing.
func (w *world) hearAgain(line story.Line) {
	w.Helper()
	before := js(w, w.r)
	deeds, err := w.happen(line)
	require.NoError(w, err)
	require.Empty(w, deeds, "the copy of %s", line)
	require.Equal(w, before, js(w, w.r), "the copy of %s", line)
}

// afterTheEnd has everything happen once more: nothing comes of it.
func (w *world) afterTheEnd(now time.Time) {
	w.Helper()
	w.r.Wrote = true // what the customer wrote is erased, whenever it comes
	before := js(w, w.r)
	for _, h := range everything() {
		deeds, _ := w.step(now, func(r *refund.Refund) error { return tell(r, h, w.policy, now) })
		require.Empty(w, deeds, h.Kind)
		require.Equal(w, before, js(w, w.r), h.Kind)
	}
	_, err := w.settle(refund.Payment{Outcome: refund.PaidNow}, now)
	require.Error(w, err)
}

// everything is one of each that can happen.
func everything() []story.Happening {
	all := []story.Happening{
		{Kind: story.Reported, Facts: refund.Facts{Source: refund.FromReconciliation, Message: "Too small.", RequestedBy: "eve"}},
		{Kind: story.Gathered, Facts: refund.Facts{Message: "Too small."}},
		{Kind: story.NotOurs},
		{Kind: story.InPanel},
		{Kind: story.Posted, At: monday},
		{Kind: story.GoodsBack, At: monday},
		{Kind: story.Later},
	}
	for _, o := range refund.Orders() {
		all = append(all, story.Happening{Kind: story.Ordered, Order: o.Name, Input: example(o, "mia")})
	}
	return all
}

// said is what an error says.
func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func whys(lines []refund.Entry) []string {
	var all []string
	for _, e := range lines {
		all = append(all, e.Why)
	}
	return all
}

func TestAStoryThatCannotBeReadNamesItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "nothing happens",
		"# only words\n":                 "nothing happens",
		"  \n\t\n":                       "nothing happens",
		"people: anna":                   "line 1: \"anna\" is not a person with a role",
		"people: anna cook; mia manager": "line 1: \"anna cook\" is not a person with a role",
		"people: anna approver EUR x":    "line 1: \"x\" is not an amount",
		"\nmon 09:00 anna: approve approved reserve":                             "line 2: a line has three columns",
		"mon 09:00  anna: approve":                                               "line 1: a line has three columns",
		"mon  anna approves  approved":                                           "line 1: a line has three columns",
		"mon 9am  later  approved":                                               "line 1: \"9am\" is no time of day",
		"someday 09:00  later  approved":                                         "line 1: \"someday\" is no day",
		"mon 09:00  anna dances  approved":                                       "line 1: \"anna dances\" is not an event",
		"mon 09:00  later  happy":                                                "line 1: \"happy\" is not a state",
		"mon 09:00  gathered: EUR 5.00, sad  paid":                               "line 1: \"sad\" is not a fact",
		"mon 09:00  gathered: EUR 1.2345  paid":                                  "line 1: EUR has 2 decimals",
		"mon 09:00  another refund of EUR 0  paid":                               "line 1: an amount is more than 0",
		"mon 09:00  anna: dance  approved":                                       "line 1: \"anna: dance\" is not an event",
		"mon 09:00  anna: reject why  rejected":                                  "line 1: \"anna: reject why\" is not an event",
		"mon 09:00  later  refused: no  pay":                                     "line 1: what is refused changes nothing",
		"mon 09:00  later  paid\nsun 09:00  later  paid\nsat 09:00  later  paid": "line 3: it happens before the line above it",
		"mon 09:00  later  paid\ngoods first":                                    "line 2: the policy comes before the events",
		"mon 09:00  later  paid\nmode: shadow":                                   "line 2: the policy comes before the events",
		"mon 09:00  later  paid\npeople: mia manager":                            "line 2: the policy comes before the events",
	} {
		_, err := story.Parse(text)
		require.ErrorContains(t, err, want, text)
	}
}

func TestAStoryIsReadAsItIsWritten(t *testing.T) {
	told, err := story.Parse(`# What it is about.
# What it is not about.
people: anna approver EUR 250, USD 300; mia manager
goods first
approve below threshold

mon 09:00  refund_requested: EUR 60.00 of EUR 60.00, exchange, other, ordered 31 days ago, withdrawn 3 days ago  requested
mon 09:01  gathered: no amount, of EUR 9.00, EUR 1.00 refunded before, no reason, customer had 3 refunds, shop had 50 refunds
           requested
           look: payment failed  tell paid, operations: payment failed
           because of nothing    due in 4 days
mon 09:02  anna by link a1: approve amount 60.00 why "as told, no more"  refused: no: never
a week later
tue 08:00:00.300  goods back 2 days ago  paid  nobody need look  no deadline
`)
	require.NoError(t, err)
	require.True(t, told.Policy.GoodsFirst && told.Policy.ApproveBelow && !told.Policy.Shadow)
	require.Equal(t, []refund.Person{
		{Name: "anna", Email: "anna@shop.example", Role: refund.Approver, Limits: map[string]refund.Money{"EUR": money(t, "EUR 250"), "USD": money(t, "USD 300")}},
		{Name: "mia", Email: "mia@shop.example", Role: refund.Manager},
	}, told.Policy.People)
	lines := told.Lines
	require.Len(t, lines, 4)
	require.Equal(t, refund.Facts{
		Source: refund.FromRefundRequested, Amount: money(t, "EUR 60.00"), OrderValue: money(t, "EUR 60.00"), Kind: "exchange", Reason: refund.Other,
		OrderedAt: monday.Add(-31 * day), NoticeAt: monday.Add(-3 * day),
	}, lines[0].Happens.Facts)
	f := lines[1].Happens.Facts
	require.Equal(t, []any{"an unknown amount", "EUR 9.00", "EUR 1.00", refund.Reason(""), 3, 50, story.IncomingParcel},
		[]any{f.Amount.String(), f.OrderValue.String(), f.Refunded.String(), f.Reason, *f.CustomerRefunds, *f.ShopToday, f.IncomingParcel})
	require.Equal(t, story.Want{
		State: refund.Requested, Deeds: []string{"tell paid", "operations: payment failed"}, Because: "of nothing", Look: refund.PaymentFailed, Due: "due in 4 days",
	}, lines[1].Want)
	require.Equal(t, "approve", lines[2].Happens.Order)
	require.Equal(t, linked(input("anna", "amount", "60.00", "why", "as told, no more"), "a1"), lines[2].Happens.Input)
	require.Equal(t, story.Want{Refused: "no: never", State: refund.Requested, Look: refund.PaymentFailed}, lines[2].Want)
	require.Equal(t, time.Date(2026, 11, 10, 8, 0, 0, 300e6, time.UTC), lines[3].Now)
	require.Equal(t, lines[3].Now.Add(-2*day), lines[3].Happens.At)
	require.Equal(t, story.Want{State: refund.Paid, Due: "no deadline"}, lines[3].Want)
	require.Equal(t, lines[3:], told.Of(story.GoodsBack))
	require.Empty(t, told.Of(story.Later))
}

func FuzzStory(f *testing.F) {
	files, err := filepath.Glob("testdata/stories/*.txt")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		told, err := story.Parse(text)
		if err != nil {
			return
		}
		require.NotEmpty(t, told.Lines)
		for _, line := range told.Lines {
			require.False(t, line.Now.IsZero())
			require.NotEmpty(t, line.Happens.Kind)
			require.Contains(t, append(refund.States(), ""), line.Want.State)
		}
	})
}
