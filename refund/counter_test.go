package refund_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// count asks a counter to count a refund of somebody, of whom two others may be counted in 90 days.
func count(c *refund.Counter, id int64, who string, at time.Time) refund.CountAnswer {
	return c.Count(refund.CountOrder{
		CountQuestion: refund.CountQuestion{Refund: id, Who: refund.Digest(who), Since: at.Add(-90 * day)}, At: at, Most: 2,
	})
}

// others is how many refunds of somebody are counted.
func others(c *refund.Counter, who string) int {
	return c.Others(refund.CountQuestion{Who: refund.Digest(who)})
}

func TestACustomersRefundsAreCountedWithinAWindow(t *testing.T) {
	var c refund.Counter
	require.True(t, count(&c, 1, "jane@example.com", monday).Granted)
	require.True(t, count(&c, 2, "joe@example.com", monday).Granted)
	require.True(t, count(&c, 3, "JANE@example.com ", monday).Granted)
	require.Equal(t, refund.CountAnswer{Granted: true, Others: 2}, count(&c, 4, "jane@example.com", monday), "two others are not too many")
	require.Equal(t, refund.CountAnswer{Others: 3, Why: "too many refunds"}, count(&c, 5, "jane@example.com", monday.Add(90*day)), "the window has both its ends")
	require.Equal(t, 3, others(&c, "jane@example.com"), "what is not granted is not counted")
	require.True(t, count(&c, 5, "jane@example.com", monday.Add(90*day+time.Second)).Granted)
	require.Equal(t, 1, c.Refunds(), "what is older than the window is forgotten, also of others")
}

func TestTheSameRefundIsCountedOnce(t *testing.T) {
	var c refund.Counter
	for i := range 3 {
		require.Equal(t, refund.CountAnswer{Granted: true}, count(&c, 1, "jane@example.com", monday.Add(time.Duration(i)*day)))
	}
	require.Equal(t, 1, c.Refunds())
	require.Equal(t, 1, c.Others(refund.CountQuestion{Who: refund.Digest("jane@example.com"), Since: monday.Add(2 * day)}), "as it was counted last")
}

func TestNoOtherIsALimitTooAndForceKnowsNone(t *testing.T) {
	var c refund.Counter
	first := refund.CountOrder{CountQuestion: refund.CountQuestion{Refund: 1}, At: monday}
	require.True(t, c.Count(first).Granted)
	second := first
	second.Refund = 2
	require.False(t, c.Count(second).Granted)
	second.Most = -1
	require.True(t, c.Count(second).Granted, "below 0 is no limit")
	third := first
	third.Refund, third.Forced = 3, true
	require.Equal(t, refund.CountAnswer{Granted: true, Others: 2, Why: "too many refunds"}, c.Count(third))
}

func TestWhatIsUncountedIsFreeAgain(t *testing.T) {
	var c refund.Counter
	c.Uncount("", 1)
	for id := range int64(3) {
		require.True(t, count(&c, id, "jane@example.com", monday).Granted)
	}
	c.Uncount(refund.Digest("joe@example.com"), 1)
	c.Uncount(refund.Digest("jane@example.com"), 7)
	require.False(t, count(&c, 3, "jane@example.com", monday).Granted)
	c.Uncount(refund.Digest("jane@example.com"), 1)
	require.True(t, count(&c, 3, "jane@example.com", monday).Granted)
	for id := range int64(4) {
		c.Uncount(refund.Digest("jane@example.com"), id)
	}
	require.Zero(t, c.Refunds())
	require.Zero(t, c.Customers())
}

// Requests can come late: what they were asked at counts.
func TestRefundsThatAreCountedLateStandInTheirOrder(t *testing.T) {
	var c refund.Counter
	for i, days := range []int{5, 1, 3} {
		require.True(t, count(&c, int64(i), "jane@example.com", monday.AddDate(0, 0, days)).Granted)
	}
	q := refund.CountQuestion{Refund: 9, Who: refund.Digest("jane@example.com"), Since: monday.AddDate(0, 0, 2)}
	require.Equal(t, 2, c.Others(q))
	q.Refund = 1 // it is older, and not among them
	require.Equal(t, 2, c.Others(q))
	q.Refund = 2
	require.Equal(t, 1, c.Others(q))
}

// A step records its changes, which make the same counter of the one before: also where
// lists are shared, and requests come late.
func TestAStepsChangesMakeTheSameCounter(t *testing.T) {
	var state refund.Counter
	for i, days := range []int{5, 1, 3, 80, 95, 96, 94, 200, 201} {
		before := js(t, state)
		after := state.Copy()
		count(&after, int64(i), fmt.Sprint("customer-", i%2), monday.AddDate(0, 0, days))
		after.Uncount(refund.Digest("customer-0"), 4)
		require.Equal(t, before, js(t, state), "a step leaves the counter as it was")
		changes, err := after.Changes()
		require.NoError(t, err)
		require.Less(t, len(changes), 500)
		require.NoError(t, state.Apply(changes))
		require.Equal(t, js(t, after), js(t, state))
		require.Equal(t, after.Until(), state.Until())
	}
	require.Equal(t, 2, state.Refunds())
}

func TestACounterEndsWhenAllIsForgotten(t *testing.T) {
	var c refund.Counter
	require.Zero(t, c.Until())
	count(&c, 1, "jane@example.com", monday.Add(day))
	count(&c, 2, "joe@example.com", monday)
	require.Equal(t, monday.Add(91*day), c.Until())
}

func TestACounterSurvivesItsJSON(t *testing.T) {
	var c refund.Counter
	for id := range int64(9) {
		count(&c, id, fmt.Sprint("customer-", id%4), monday.Add(time.Duration(id)*time.Hour))
	}
	raw := js(t, c)
	back := unjs[refund.Counter](t, raw)
	require.Equal(t, raw, js(t, back))
	require.Equal(t, count(&c, 10, "customer-0", monday.Add(day)), count(&back, 10, "customer-0", monday.Add(day)))
	require.Equal(t, `{}`, js(t, unjs[refund.Counter](t, `{}`)))
	for _, broken := range []string{`{"counted":{"":[1]}}`, `{"counted":{"":[1,2,3,4]}}`, `[]`} {
		require.Error(t, c.UnmarshalJSON([]byte(broken)))
	}
}

// sizes are what a counter holds, and how much Temporal has to take of it.
var sizes = []struct {
	name string
	// refunds come evenly in a span, of so many customers each; 0 is of a shop.
	refunds   int
	over      time.Duration
	customers int
	span      time.Duration
	held      int
	most      int
}{
	{"20,000 of a shop in a day", 20_000, 23 * time.Hour, 0, day, 20_000, 350_000},
	{"1,000,000 of a shop in a year", 1_000_000, 365 * day, 0, day, 2_740, 50_000},
	{"20,000 of customers in their span", 20_000, 89 * day, 1_000, 90 * day, 20_000, 430_000},
	{"a 256th of 1,000,000 of customers in a year, the longest span", 1_000_000 / 256, 365 * day, 3_000, 365 * day, 3_906, 250_000},
	{"more than Temporal takes", 110_000, 89 * day, 200, 90 * day, 94_500, 1_900_000},
}

func fill(c *refund.Counter, refunds int, over time.Duration, customers int, span time.Duration) {
	digests := []string{""}
	for i := range customers {
		digests = append(digests, refund.Digest(fmt.Sprint("customer-", i)))
	}
	digests = digests[min(1, customers):]
	for i := range refunds {
		at := monday.Add(over / time.Duration(refunds) * time.Duration(i))
		c.Count(refund.CountOrder{
			CountQuestion: refund.CountQuestion{Refund: int64(1_500_000_000 + i), Who: digests[i%len(digests)], Since: at.Add(-span)}, At: at, Most: 99_999,
		})
	}
}

// Temporal takes 2 MB: a counter that is larger could not go on.
func TestACounterStaysSmallHoweverManyRefundsThereAre(t *testing.T) {
	t.Parallel()
	for _, s := range sizes {
		t.Run(s.name, func(t *testing.T) {
			var c refund.Counter
			fill(&c, s.refunds, s.over, s.customers, s.span)
			require.InDelta(t, s.held, c.Refunds(), 50)
			require.Less(t, len(js(t, c)), s.most)
		})
	}
}

// The policy takes a shop_daily of up to 100,000: none of a day is forgotten.
func TestTheHighestSettingOfAShopFits(t *testing.T) {
	numbers := []int64{monday.Unix()}
	for i := range int64(100_000) {
		numbers = append(numbers, 1_500_000_000+i, i*86_000/100_000)
	}
	c := unjs[refund.Counter](t, js(t, map[string]any{"counted": map[string][]int64{"": numbers}}))
	at := monday.Add(day)
	last := refund.CountOrder{CountQuestion: refund.CountQuestion{Refund: 1, Since: monday}, At: at, Most: 99_999}
	require.Equal(t, refund.CountAnswer{Others: 100_000, Why: "too many refunds"}, c.Count(last))
	last.Most = 100_000
	require.True(t, c.Count(last).Granted)
	require.Equal(t, 100_001, c.Refunds())
	require.Less(t, len(js(t, c)), 1_900_000)
}

func BenchmarkCounter(b *testing.B) {
	for _, s := range sizes {
		b.Run(s.name, func(b *testing.B) {
			var c refund.Counter
			fill(&c, s.refunds, s.over, s.customers, s.span)
			bytes, at := len(js(b, c)), monday.Add(s.over)
			for b.Loop() {
				step := c.Copy()
				step.Count(refund.CountOrder{CountQuestion: refund.CountQuestion{Refund: 1, Since: at.Add(-s.span)}, At: at, Most: -1})
				changes, err := step.Changes()
				require.NoError(b, err)
				require.NoError(b, c.Apply(changes))
			}
			b.ReportMetric(float64(bytes), "bytes")
		})
	}
}
