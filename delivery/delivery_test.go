package delivery_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

type message = delivery.Message[string]

// informs is a message that informs, and asks one that asks its reader to act; both
// are being tried for the first time.
func informs() *message {
	return try(delivery.Terms{Patience: 72 * time.Hour, ProofWait: 5 * time.Minute, MaxUnproven: 3})
}

func asks() *message {
	return try(delivery.Terms{Patience: 7 * 24 * time.Hour, ProofWait: 5 * time.Minute})
}

func try(terms delivery.Terms) *message {
	m := &message{Key: "k", State: delivery.Waiting, Decided: noon, Terms: terms}
	m.HandOver(0, noon)
	return m
}

func unanswered(m *message, at time.Time) {
	m.Settle(delivery.Outcome{Verdict: delivery.Unanswered}, at)
}

func TestAMessageWithoutAnswerIsTriedAgainAfterGrowingPauses(t *testing.T) {
	m, at := asks(), noon
	for i, pause := range []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 2 * time.Hour} {
		unanswered(m, at)
		require.Equal(t, delivery.Waiting, m.State, "try %d", i+1)
		require.Equal(t, at.Add(pause), m.NotBefore, "try %d", i+1)
		require.False(t, m.Due(m.NotBefore.Add(-time.Millisecond)))
		at = m.NotBefore
		require.True(t, m.Due(at))
		m.HandOver(0, at)
	}
	require.Equal(t, noon, m.DoubtSince)
}

func TestAMessageThatInformsIsParkedAfterTheThirdTryWithoutAnswer(t *testing.T) {
	m := informs()
	for range 2 {
		unanswered(m, noon)
		require.Equal(t, delivery.Waiting, m.State)
		m.HandOver(0, noon)
	}
	unanswered(m, noon)
	require.Equal(t, delivery.Parked, m.State)
	require.Contains(t, m.Why, "3 times")

	m.Retry(time.Time{})
	require.Equal(t, 3, m.Unproven, "what may have gone out stays on record")
	m.HandOver(0, noon)
	unanswered(m, noon)
	require.Equal(t, delivery.Waiting, m.State, "a person's retry counts anew")
}

func TestAMessageThatAsksToActGoesOnUntilItsPatienceIsOver(t *testing.T) {
	m, at := asks(), noon
	for m.State != delivery.Parked {
		unanswered(m, at)
		require.False(t, at.After(noon.Add(m.Terms.Patience)))
		if m.State == delivery.Waiting {
			at = m.NotBefore
			m.HandOver(0, at)
		}
	}
	require.True(t, at.Add(2*time.Hour).After(noon.Add(m.Terms.Patience)), "not before: %s", at)
	require.Greater(t, m.Tries, 80)
}

func TestWhatATryComesTo(t *testing.T) {
	for name, c := range map[string]struct {
		before  func(*message)
		outcome delivery.Outcome
		state   delivery.State
		why     string
	}{
		"it is accepted":                       {nil, delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "one"}, delivery.Accepted, ""},
		"it is refused":                        {nil, delivery.Outcome{Verdict: delivery.Refused, Why: "no subject"}, delivery.Parked, "no subject"},
		"patience is over":                     {nil, delivery.Outcome{Verdict: delivery.NotSent, Why: "busy"}, delivery.Parked, "busy"},
		"the configuration stays at fault":     {nil, delivery.Outcome{Verdict: delivery.ConfigurationFault, Why: "dead key"}, delivery.Parked, "dead key"},
		"it is recalled before it left":        {func(m *message) { m.Recall() }, delivery.Outcome{Verdict: delivery.NotSent}, delivery.Waiting, ""},
		"it is recalled too late":              {func(m *message) { m.Recall() }, delivery.Outcome{Verdict: delivery.WasAccepted}, delivery.Accepted, ""},
		"it is recalled, and nobody can say":   {func(m *message) { m.Recall() }, delivery.Outcome{Verdict: delivery.Unanswered}, delivery.Waiting, ""},
		"it is overtaken before it left":       {func(m *message) { m.Overtake("delivered", noon) }, delivery.Outcome{Verdict: delivery.NotSent}, delivery.Superseded, "overtaken by delivered"},
		"it is overtaken too late":             {func(m *message) { m.Overtake("delivered", noon) }, delivery.Outcome{Verdict: delivery.WasAccepted}, delivery.Accepted, ""},
		"it is overtaken and refused":          {func(m *message) { m.Overtake("delivered", noon) }, delivery.Outcome{Verdict: delivery.Refused, Why: "x"}, delivery.Superseded, "overtaken by delivered"},
		"it is reported before its answer":     {func(m *message) { hear(m, "one", delivery.Processed) }, delivery.Outcome{Verdict: delivery.Unanswered}, delivery.Accepted, ""},
		"it is reported, and then not sent":    {func(m *message) { hear(m, "one", delivery.Processed) }, delivery.Outcome{Verdict: delivery.NotSent}, delivery.Accepted, ""},
		"a worker died, and nothing was heard": {nil, delivery.Outcome{Verdict: delivery.Unanswered}, delivery.Waiting, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := informs()
			if c.before != nil {
				c.before(m)
			}
			m.Settle(c.outcome, noon)
			require.Equal(t, c.state, m.State)
			require.Equal(t, c.why, m.Why)
			require.False(t, m.Recalled)
		})
	}
}

// hear has the provider report on a message.
func hear(m *message, id string, kind delivery.ReportKind) delivery.Effect[string] {
	box := delivery.Outbox[string]{*m}
	heard := box.Apply(delivery.Report{Key: "k", MessageID: id, Kind: kind, At: noon}, noon)
	*m = box[0]
	return heard
}

func TestAMessageInDoubtIsNotOvertakenUntilItsDoubtIsSettled(t *testing.T) {
	m := informs()
	unanswered(m, noon)
	m.Overtake("delivered", noon)
	require.Equal(t, delivery.Waiting, m.State)

	later := m.NotBefore
	m.HandOver(0, later)
	require.True(t, m.Looks)
	found := *m
	m.Settle(delivery.Outcome{Verdict: delivery.NotSent}, later)
	require.Equal(t, delivery.Superseded, m.State, "no proof")
	require.Contains(t, m.Remark(nil).String(), "may have been sent")
	found.Settle(delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "one"}, later)
	require.Equal(t, delivery.Accepted, found.State, "proof")
}

// Whether a try only looks for proof is settled when it is handed over: news that
// comes while it is being posted does not unpost it.
func TestASecondTryThatIsOvertakenWhileItIsPostedIsInDoubtAsTheFirstWas(t *testing.T) {
	for name, o := range map[string]delivery.Outcome{
		"no answer came":                      {Verdict: delivery.Unanswered},
		"it was called back before it looked": {Verdict: delivery.NotSent},
	} {
		t.Run(name, func(t *testing.T) {
			m := informs()
			unanswered(m, noon)
			m.HandOver(0, noon)
			m.Overtake("delivered", noon)
			require.True(t, m.Recalled)
			m.Settle(o, noon)
			require.Equal(t, delivery.Waiting, m.State)
			m.HandOver(0, noon.Add(time.Hour))
			require.True(t, m.Looks)
			m.Settle(delivery.Outcome{Verdict: delivery.NotSent}, noon.Add(time.Hour))
			require.Equal(t, delivery.Superseded, m.State)
		})
	}
}

func TestTwoIdsAreAMessageThatWentOutTwiceInWhateverOrderTheyAreHeard(t *testing.T) {
	accepted := delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "two"}
	for name, hears := range map[string]func(m *message){
		"the first is reported while the second is posted": func(m *message) {
			unanswered(m, noon)
			m.HandOver(0, noon)
			hear(m, "one", delivery.Processed)
			m.Settle(accepted, noon)
		},
		"the first is reported after the second is accepted": func(m *message) {
			unanswered(m, noon)
			m.HandOver(0, noon)
			m.Settle(accepted, noon)
			require.False(t, m.Twice())
			hear(m, "one", delivery.Delivered)
		},
		"both are reported and none answered": func(m *message) {
			unanswered(m, noon)
			hear(m, "one", delivery.Processed)
			hear(m, "two", delivery.Processed)
		},
		"the answer comes after the report that settled it": func(m *message) {
			unanswered(m, noon)
			hear(m, "one", delivery.Processed)
			m.Settle(accepted, noon)
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := informs()
			hears(m)
			require.Equal(t, delivery.Accepted, m.State)
			require.True(t, m.Twice())
			require.ElementsMatch(t, []string{"one", "two"}, m.MessageIDs)
			require.Contains(t, m.Remark(nil).String(), "went out twice")
		})
	}
}

func TestOneIdIsAMessageThatWentOutOnce(t *testing.T) {
	m := informs()
	hear(m, "one", delivery.Processed)
	m.Settle(delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "one"}, noon)
	hear(m, "one", delivery.Delivered)
	require.False(t, m.Twice())
}

func TestAReportCountsAgainstTheAddressOfItsTry(t *testing.T) {
	m := informs()
	unanswered(m, noon)
	m.HandOver(1, noon) // the address was changed meanwhile
	m.Settle(delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "two"}, noon)
	for try, address := range map[int]int{0: 1, 1: 0, 2: 1, 9: 1} {
		box := delivery.Outbox[string]{*m}
		heard := box.Apply(delivery.Report{Key: "k", Try: try, Kind: delivery.Bounced, At: noon}, noon)
		require.True(t, heard.Missed)
		require.Equal(t, address, heard.Address, "try %d", try)
	}
}

func TestOnlyTheFirstWordOfAReaderWhoIsNotReachedIsNews(t *testing.T) {
	m := informs()
	m.Settle(delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "one"}, noon)
	require.False(t, hear(m, "one", delivery.Delivered).Missed)
	require.True(t, hear(m, "one", delivery.Bounced).Missed, "some servers bounce late")
	require.False(t, hear(m, "one", delivery.Bounced).Missed)
	require.True(t, hear(m, "one", delivery.Spam).Missed, "that says more")
}

func TestReportsThatChangeNothingDoNotMatter(t *testing.T) {
	m := informs()
	m.Settle(delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "one"}, noon)
	box := delivery.Outbox[string]{*m}
	for kind, matters := range map[delivery.ReportKind]bool{
		delivery.Processed: false, delivery.Deferred: false, delivery.Delivered: false, delivery.Blocked: false,
		delivery.NotTried: true, delivery.Unsubscribed: true, delivery.Bounced: true, delivery.Spam: true,
	} {
		require.Equal(t, matters, box.Matters(delivery.Report{Key: "k", MessageID: "one", Kind: kind, At: noon}), kind)
	}
	require.True(t, box.Matters(delivery.Report{Key: "k", MessageID: "two", Kind: delivery.Processed}), "a second copy")
	require.False(t, box.Matters(delivery.Report{Key: "another", Kind: delivery.Bounced}))
	require.True(t, box.Matters(delivery.Report{Kind: delivery.Bounced}), "of the last one that was accepted")
}

func TestABlockedMessageThatComesThroughLaterWasDelivered(t *testing.T) {
	box := delivery.Outbox[string]{*informs()}
	box[0].Settle(delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "one"}, noon)
	report := func(kind delivery.ReportKind, at time.Time) {
		box.Apply(delivery.Report{Key: "k", MessageID: "one", Kind: kind, At: at}, at)
	}
	report(delivery.Blocked, noon)
	report(delivery.Delivered, noon.Add(-time.Minute))
	require.Equal(t, delivery.Blocked, box[0].Report.Kind)
	report(delivery.Delivered, noon.Add(time.Minute))
	require.Equal(t, delivery.Delivered, box[0].Report.Kind)
	report(delivery.Bounced, noon)
	report(delivery.Delivered, noon.Add(time.Hour))
	require.Equal(t, delivery.Bounced, box[0].Report.Kind)
}

func TestAParkedMessageWaitsThirtyDaysForAPerson(t *testing.T) {
	box := delivery.Outbox[string]{*informs()}
	box[0].Park("no subject", noon)
	require.Equal(t, noon.Add(delivery.KeptParked), box.Expires())
	box.Expire(noon.Add(delivery.KeptParked - time.Millisecond))
	require.Equal(t, delivery.Parked, box[0].State)
	box.Expire(noon.Add(delivery.KeptParked))
	require.Equal(t, delivery.Dropped, box[0].State)
	require.Equal(t, "nobody retried it for 30 days: no subject", box[0].Why)
	require.Zero(t, box.Expires())
}

func TestAPersonChoosesParkedMessagesByKey(t *testing.T) {
	box := delivery.Outbox[string]{*informs(), *informs()}
	box[0].Key, box[1].Key = "one", "two"
	box[0].Park("x", noon)
	chosen, err := box.Choose(nil, delivery.Parked)
	require.NoError(t, err)
	require.Len(t, chosen, 1)
	_, err = box.Choose([]string{"two"}, delivery.Parked)
	require.ErrorContains(t, err, `"two"`)
}

func TestTheOutboxForgetsTheOldestThatIsOver(t *testing.T) {
	var box delivery.Outbox[string]
	for _, key := range []string{"one", "two", "three", "four"} {
		box.Queue(message{Key: key}, 2)
		if key != "one" {
			box.Find(key).Settle(delivery.Outcome{}, noon)
			box.Find(key).Accept(key, noon)
		}
	}
	require.NotNil(t, box.Find("one"), "it still waits")
	require.Len(t, box, 2)
	require.Nil(t, box.Find("two"))
}

func TestAKeyIsOneMessagesOwn(t *testing.T) {
	key := delivery.Key("parcel:demo:1", "shipped", 1, 0)
	require.Regexp(t, `^[a-z2-7]{16}$`, key)
	require.Equal(t, key, delivery.Key("parcel:demo:1", "shipped", 1, 0))
	for _, other := range []string{
		delivery.Key("refund:demo:1", "shipped", 1, 0), delivery.Key("parcel:demo:1", "delivered", 1, 0),
		delivery.Key("parcel:demo:1", "shipped", 2, 0), delivery.Key("parcel:demo:1", "shipped", 1, 1),
	} {
		require.NotEqual(t, key, other)
	}
}

func TestASubjectIsAWorkflowsId(t *testing.T) {
	s, ok := delivery.SubjectOf(delivery.OfParcel, "demo:364000001")
	require.True(t, ok)
	require.Equal(t, delivery.Subject("parcel:demo:364000001"), s)
	require.Equal(t, delivery.OfParcel, s.Kind())
	require.Equal(t, "demo:364000001", s.Name())
	for _, name := range []string{"", "jane@example.com", "a b"} {
		_, ok := delivery.SubjectOf(delivery.OfRefund, name)
		require.False(t, ok, name)
	}
	_, ok = delivery.SubjectOf("newsletter", "1")
	require.False(t, ok)
}

// Otherwise it would be posted a second time once the provider can be reached again.
func TestASecondTryIsCalledBackWhenTheFirstIsProven(t *testing.T) {
	m := informs()
	hear(m, "one", delivery.Processed)
	require.False(t, m.Recalled, "its own answer is under way")

	m = informs()
	unanswered(m, noon)
	m.HandOver(0, noon)
	hear(m, "one", delivery.Processed)
	require.True(t, m.Recalled)
	m.Settle(delivery.Outcome{Verdict: delivery.NotSent, Why: "called back"}, noon)
	require.Equal(t, delivery.Accepted, m.State)
	require.False(t, m.Recalled)
	require.False(t, m.Twice())
}

func TestAMessageThatWentToTwoAddressesMayComeBackFromBoth(t *testing.T) {
	bounced := func(try int) delivery.Report {
		return delivery.Report{Key: "k", Try: try, Kind: delivery.Bounced, At: noon, MessageID: []string{"", "one", "two"}[try]}
	}
	for name, order := range map[string][]int{"the old address first": {1, 2}, "the new address first": {2, 1}} {
		t.Run(name, func(t *testing.T) {
			m := informs()
			unanswered(m, noon)
			m.HandOver(1, noon) // the address was changed meanwhile
			m.Settle(delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: "two"}, noon)
			box := delivery.Outbox[string]{*m}
			missed := map[int]bool{}
			for _, try := range order {
				if !box.Matters(bounced(try)) {
					continue
				}
				if heard := box.Apply(bounced(try), noon); heard.Missed {
					missed[heard.Address] = true
				}
			}
			require.True(t, missed[1], "a corrected address that bounces, too, is seen")
			require.Equal(t, 2, box[0].Report.Try)
		})
	}
}

// Two that share a key cannot be told apart: the second would be posted for ever.
func TestAMessageIsQueuedOnce(t *testing.T) {
	var box delivery.Outbox[string]
	box.Queue(message{Key: "one"}, 3)
	box.Queue(message{Key: "one"}, 3)
	require.Len(t, box, 1)
}

func TestAMessageThatSaysWhatIsSoAgainIsPostedAfterAll(t *testing.T) {
	m := informs()
	unanswered(m, noon)
	m.Overtake("in transit", noon)
	m.HandOver(0, noon)
	require.True(t, m.Looks)
	m.Renew()
	m.Settle(delivery.Outcome{Verdict: delivery.NotSent, Why: "no proof"}, noon)
	require.Equal(t, delivery.Waiting, m.State)
	m.HandOver(0, noon)
	require.False(t, m.Looks)
}

func TestTermsAreOneShortText(t *testing.T) {
	terms := delivery.Terms{Patience: 72 * time.Hour, ProofWait: 5 * time.Minute, MaxUnproven: 3}
	raw, err := json.Marshal(terms)
	require.NoError(t, err)
	require.Equal(t, `"72h0m0s 5m0s 3"`, string(raw))
	var back delivery.Terms
	require.NoError(t, json.Unmarshal(raw, &back))
	require.Equal(t, terms, back)
	for _, bad := range []string{`"72h0m0s"`, `"3 5m0s 3"`, `"72h0m0s soon 3"`, `"72h0m0s 5m0s many"`} {
		require.ErrorContains(t, json.Unmarshal([]byte(bad), &back), "read the terms of a message", bad)
	}
}

func TestATryKnowsWhichAddressItWentTo(t *testing.T) {
	m := asks() // the first try went to the first address
	unanswered(m, noon)
	m.HandOver(2, m.NotBefore)
	unanswered(m, m.NotBefore)
	for try, want := range map[int]int{1: 0, 2: 2, 0: 2, 9: 2} {
		box := delivery.Outbox[string]{*m}
		effect := box.Apply(delivery.Report{ID: "e", Key: m.Key, Try: try, Kind: delivery.Bounced, At: noon}, noon)
		require.Equal(t, want, effect.Address, "try %d", try)
	}
}

func TestALengthOfTimeIsSaidInItsLargestUnit(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-2 * time.Minute: "a minute", 119 * time.Second: "a minute", 59 * time.Minute: "59 minutes", time.Hour: "an hour", 47*time.Hour + 59*time.Minute: "47 hours",
		48 * time.Hour: "2 days", 1000 * time.Hour: "41 days",
	} {
		require.Equal(t, want, delivery.Span(d))
	}
}

func TestTheOutboxDispatchesWhatIsDueAndSaysWhenToComeBack(t *testing.T) {
	var box delivery.Outbox[string]
	require.Zero(t, box.Dispatch(noon))
	box.Queue(message{Key: "now", Decided: noon}, 9)
	box.Queue(message{Key: "later", Decided: noon, NotBefore: noon.Add(time.Hour)}, 9)
	require.Equal(t, noon.Add(time.Hour), box.Dispatch(noon))
	require.Equal(t, delivery.Sending, box.Find("now").State)
	require.True(t, box.Settle("now", delivery.Outcome{Verdict: delivery.Refused}, noon))
	require.False(t, box.Settle("unknown", delivery.Outcome{}, noon))
	later := noon.Add(time.Hour)
	require.Equal(t, noon.Add(delivery.KeptParked), box.Dispatch(later), "when the parked one is dropped")
	require.Equal(t, []delivery.State{delivery.Parked, delivery.Sending}, []delivery.State{box[0].State, box[1].State})
}
