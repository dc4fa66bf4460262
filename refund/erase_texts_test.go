package refund_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/refund"
)

// withTexts is a refund that is over, of a customer who wrote everything that one can write.
func withTexts(t *testing.T) (refund.Refund, refund.Policy) {
	t.Helper()
	p := live()
	p.Salt = "random text"
	f := known(t, "EUR 300.00")
	f.Customer = refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"}
	f.Message, f.ReasonText = "planted words", "arrived broken"
	r := in(t, refund.AwaitingApproval, p, f)
	r.Facts.Items = []refund.Item{{Name: "shoes", Message: "planted again"}}
	for _, order := range []struct{ name, field, says string }{
		{"ask-customer", "question", "Which size?"},
		{"enter-answer", "answer", "planted first"},
		{"ask-customer", "question", "Are you sure?"},
		{"enter-answer", "answer", "planted second"},
		{"reject", "why", "worn for a year"},
	} {
		r = stepped(t, r, p, monday, func(r *refund.Refund) {
			require.NoError(t, r.Follow(order.name, input("anna", order.field, order.says), p, monday))
		})
		for _, m := range r.Mails {
			r.SettleMail(m.Key, delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: m.Key}, p, monday)
		}
	}
	r = stepped(t, r, p, monday, func(r *refund.Refund) { r.EndKnown() })
	require.Equal(t, refund.Rejected, r.State)
	require.Contains(t, js(t, r), "planted")
	return r, p
}

// stepped is a refund after something has happened.
func stepped(t *testing.T, r refund.Refund, p refund.Policy, now time.Time, happens func(*refund.Refund)) refund.Refund {
	t.Helper()
	r, err := r.Step(p, now, func(r *refund.Refund) error { happens(r); return nil })
	require.NoError(t, err)
	r.Dispatch(p, now)
	return r
}

func advance(p refund.Policy, now time.Time) func(*refund.Refund) {
	return func(r *refund.Refund) { r.Advance(p, now) }
}

func TestWhatACustomerWroteIsErasedAtTheEnd(t *testing.T) {
	r, p := withTexts(t)
	end := monday.AddDate(0, 0, 3)
	require.Equal(t, end, r.Next, "mails may come back until then")
	require.Equal(t, js(t, r), js(t, stepped(t, r, p, end.Add(-time.Minute), advance(p, end.Add(-time.Minute)))))

	gone := stepped(t, r, p, end, advance(p, end))
	require.NotContains(t, js(t, gone), "planted")
	require.Equal(t, end, gone.TextsErasedAt)
	require.True(t, gone.EarlierRuns)
	require.False(t, gone.Closed)
	require.NoError(t, refund.CheckReceipt(gone.Receipt))
	require.Equal(t, 2, refund.ErasedReasons(gone.Receipt))
	require.Equal(t, "What the customer wrote was erased on Thu 5 Nov 2026, 09:00 UTC.", gone.Receipt[len(gone.Receipt)-1].Sentence().String())
	for _, stays := range []string{"Jane Doe", "shoes", "arrived broken", "Which size?", "Are you sure?", "worn for a year"} {
		require.Contains(t, js(t, gone), stays, "the customer did not write: "+stays)
	}

	over := stepped(t, gone, p, end, func(r *refund.Refund) { r.EarlierRunsGone() })
	require.True(t, over.Closed)
	require.Zero(t, over.Next)
}

func TestARefundOfACustomerWhoWroteNothingHasNothingToErase(t *testing.T) {
	p := live()
	r := in(t, refund.Withdrawn, p, known(t, "EUR 300.00"))
	r = stepped(t, r, p, monday, func(r *refund.Refund) { r.EndKnown() })
	require.True(t, r.Closed, "no mail is awaited")
	require.Zero(t, r.TextsErasedAt)
	require.False(t, r.EarlierRuns)
}

// In shadow mode, people look for some days at what the rules would have done.
func TestWhatACustomerWroteCanBeLookedAtForThreeDays(t *testing.T) {
	p := live()
	f := known(t, "EUR 300.00")
	f.Message = "planted words"
	r := in(t, refund.PaidElsewhere, p, f)
	r.Mails = nil
	end := monday.AddDate(0, 0, 3)
	r = stepped(t, r, p, monday, func(r *refund.Refund) { r.Clock.EndedAt = monday; r.EndKnown() })
	require.False(t, r.Closed)
	require.Equal(t, end, r.Next)
	require.NotContains(t, js(t, stepped(t, r, p, end, advance(p, end))), "planted")
}

// What the refund itself does not use stands in the history of its run all the same.
func TestATextThatComesAfterTheEndIsErasedToo(t *testing.T) {
	p := live()
	r := in(t, refund.Withdrawn, p, known(t, "EUR 300.00"))
	late := monday.AddDate(0, 0, 10)
	for name, happens := range map[string]func(*refund.Refund){
		"a report with remarks about items": func(r *refund.Refund) {
			r.Request(refund.Facts{Items: []refund.Item{{Name: "shoes", Message: "planted"}}}, p, late)
		},
		"Sendcloud's answer":     func(r *refund.Refund) { r.Gathered(refund.Facts{Message: "planted"}, "", p, late) },
		"an answer that is late": func(r *refund.Refund) { r.Refuse(by("anna"), "enter-answer", "it is over", p, late) },
	} {
		after := stepped(t, r, p, late, happens)
		require.Equal(t, late, after.TextsErasedAt, name)
		require.True(t, after.EarlierRuns, name)
		require.False(t, after.Closed, name)
	}
}

func TestErasedTextsAreNotLearnedAgain(t *testing.T) {
	r, p := withTexts(t)
	end := monday.AddDate(0, 0, 3)
	told := r.Facts
	r = stepped(t, r, p, end, advance(p, end))
	for _, happens := range []func(*refund.Refund){
		func(r *refund.Refund) { r.Request(told, p, end) },
		func(r *refund.Refund) { r.Gathered(told, "", p, end) },
		func(r *refund.Refund) { r.Learn(told, p, end) },
	} {
		r = stepped(t, r, p, end, happens)
		require.NotContains(t, js(t, r), "planted")
	}
}

// Otherwise anyone could remove a manager's reason from the log.
func TestOnlyAnAnswerIsErasedWithTheTexts(t *testing.T) {
	r, p := withTexts(t)
	end := monday.AddDate(0, 0, 3)
	texts := stepped(t, r, p, end, advance(p, end)).Receipt
	customer := stepped(t, r, p, end, func(r *refund.Refund) { r.Erase(by("anna"), p, end) }).Receipt
	blank := func(in []refund.Entry, line int) error {
		in = slices.Clone(in)
		in[line] = customer[line]
		return refund.CheckReceipt(in)
	}
	for i, e := range r.Receipt {
		switch {
		case customer[i].Erased == "":
		case e.What == "answered":
			require.NoError(t, blank(texts, i))
			require.Error(t, blank(r.Receipt, i), "nothing says that it was erased")
		default:
			require.Error(t, blank(texts, i), e.What)
		}
	}
}

func TestARefundRemembersWhoToldOfIt(t *testing.T) {
	var r refund.Refund
	for _, id := range []string{"return-report:demo:a:7", "return-report:demo:a:7", "return-report:demo:b:7"} {
		r.ReportedBy(id)
	}
	require.Equal(t, []string{"return-report:demo:a:7", "return-report:demo:b:7"}, r.Reports)
}
