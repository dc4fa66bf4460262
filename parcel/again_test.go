package parcel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/parcel"
)

// After an outage, all of a burst is decided in the same moment.
func TestABurstDecidedInOneMomentMailsAPhaseOnceAnAttempt(t *testing.T) {
	policy := live()
	policy.Hold = 3 * time.Minute
	now := monday(t, "09:00")
	p := parcel.Parcel{Integration: "demo", ID: 1}
	for i, phase := range []parcel.Phase{parcel.OutForDelivery, parcel.InTransit, parcel.OutForDelivery} {
		take(&p, scanOf(phase, now.Add(time.Duration(i)*time.Second)), policy, now)
	}
	require.Equal(t, []delivery.State{delivery.Superseded, delivery.Superseded, delivery.Waiting}, states(p))
	now = now.Add(3 * time.Minute)
	step(&p, policy, now, func() {})
	settle(t, &p, policy, now, delivery.WasAccepted, "one")

	now = now.Add(24 * time.Hour)
	take(&p, scanOf(parcel.InTransit, now), policy, now)
	entry := take(&p, scanOf(parcel.OutForDelivery, now.Add(time.Second)), policy, now)
	require.Equal(t, parcel.ReasonSameAttempt, entry.Reason)
}

// The mail was overtaken by news of which nobody is told, and then that news was
// overtaken in its turn.
func TestAMailThatMayHaveLeftIsWantedAgainWhenTheParcelComesBackToIt(t *testing.T) {
	policy := live()
	policy.Mails[parcel.MailShipped] = false
	for name, c := range map[string]struct {
		verdict delivery.Verdict
		settled bool
	}{
		"while it is in doubt": {delivery.Unanswered, true},
		"while it is tried":    {delivery.NotSent, false},
	} {
		t.Run(name, func(t *testing.T) {
			p, now := through(t, policy, parcel.OutForDelivery)
			if c.settled {
				settle(t, &p, policy, now, c.verdict, "")
			}
			take(&p, scanOf(parcel.InTransit, now.Add(time.Minute)), policy, now.Add(time.Minute))
			require.NotEmpty(t, p.Mails[0].Overtaken)
			now = now.Add(2 * time.Minute)
			take(&p, scanOf(parcel.OutForDelivery, now), policy, now)
			if !c.settled {
				settle(t, &p, policy, now, c.verdict, "") // it is called back
			}
			now = now.Add(time.Hour)
			step(&p, policy, now, func() {})
			require.Len(t, p.Mails, 1)
			require.Equal(t, delivery.Sending, p.Mails[0].State)
			require.False(t, p.Mails[0].Looks, "it is posted, and not only looked for")
		})
	}
}

func TestARetryDoesNotSendTheOlderOfTwoMailsOfOneKind(t *testing.T) {
	p, now := parkAll(t, parcel.InTransit, parcel.Delayed)
	for range 2 {
		now = now.Add(49 * time.Hour)
		take(&p, scanOf(parcel.InTransit, now), live(), now)
		now = now.Add(time.Hour)
		take(&p, scanOf(parcel.Delayed, now), live(), now)
		if p.Mails.Sending() != nil {
			settle(t, &p, live(), now, delivery.WasAccepted, "two")
		}
	}
	require.Equal(t, []parcel.MailKind{parcel.MailDelayed, parcel.MailDelayed}, []parcel.MailKind{p.Mails[1].About.Kind, p.Mails[2].About.Kind})
	judged := order(t, &p, "retry-mails", parcel.Input{Keys: []string{p.Mails[1].Key}, DryRun: true}, live(), now)
	require.False(t, judged[0].Leaves, "the second delay was told already")
}

func TestARetryIsNotOvertakenByAnOldMailThatWasSentAgain(t *testing.T) {
	p, now := through(t, live(), parcel.OutForDelivery)
	settle(t, &p, live(), now, delivery.WasAccepted, "one")
	now = now.Add(time.Hour)
	take(&p, scanOf(parcel.AttemptFailed, now), live(), now)
	settle(t, &p, live(), now, delivery.Refused, "")
	order(t, &p, "send-again", parcel.Input{Keys: []string{p.Mails[0].Key}}, live(), now)
	settle(t, &p, live(), now, delivery.WasAccepted, "two")
	judged := order(t, &p, "retry-mails", parcel.Input{DryRun: true}, live(), now)
	require.True(t, judged[0].Leaves, "%s", judged[0].Why)
}

func TestARetryIsOvertakenByWhatTheMailOfAnotherParcelSaid(t *testing.T) {
	p, now := parkAll(t, parcel.AttemptFailed)
	now = now.Add(time.Hour)
	take(&p, scanOf(parcel.OutForDelivery, now), live(), now)
	m := p.Mails.Sending()
	step(&p, live(), now, func() { p.Settle(m.Key, delivery.Outcome{Verdict: delivery.NotSent}, parcel.Claim{ToldBy: 2}, now) })
	judged := order(t, &p, "retry-mails", parcel.Input{DryRun: true}, live(), now)
	require.False(t, judged[0].Leaves)
	require.Equal(t, "overtaken by out for delivery", judged[0].Why)
}

func TestAMailThatIsTriedGoesToNoAddressThatTurnsOutToBounce(t *testing.T) {
	for name, verdict := range map[string]delivery.Verdict{"it is called back": delivery.NotSent, "no answer came": delivery.Unanswered} {
		t.Run(name, func(t *testing.T) {
			p, now := through(t, live(), parcel.InTransit)
			settle(t, &p, live(), now, delivery.WasAccepted, "one")
			now = now.Add(time.Hour)
			take(&p, scanOf(parcel.OutForDelivery, now), live(), now) // and the key is dead
			step(&p, live(), now, func() {
				p.Report(delivery.Report{Key: p.Mails[0].Key, Kind: delivery.Bounced, At: now, MessageID: "one"}, now)
			})
			require.True(t, p.Mails[1].Recalled)
			settle(t, &p, live(), now, verdict, "")
			require.Equal(t, delivery.Parked, p.Mails[1].State)
			judged := order(t, &p, "change-recipient", parcel.Input{Email: "jane@example.org"}, live(), now)
			require.Equal(t, []parcel.Judged{{Key: p.Mails[1].Key, Mail: parcel.MailOutForDelivery, Leaves: true}}, judged)
			require.Equal(t, delivery.Sending, p.Mails[1].State)
		})
	}
}

// Their recipient would be told nothing for as long as one of them is paused.
func TestAPausedMailSpeaksForNoOtherParcel(t *testing.T) {
	for name, verdict := range map[string]delivery.Verdict{"it is called back": delivery.NotSent, "no answer came": delivery.Unanswered} {
		t.Run(name, func(t *testing.T) {
			policy, now := live(), monday(t, "09:00")
			policy.Together = time.Minute
			p := parcel.Parcel{Integration: "demo", ID: 1}
			scan := scanOf(parcel.InTransit, now)
			scan.Facts.Collo = parcel.Collo{UUID: "u", Count: 2}
			take(&p, scan, policy, now)
			now = now.Add(time.Minute)
			step(&p, policy, now, func() {})
			p.TakeTasks()
			pause := func() { order(t, &p, "pause-mails", parcel.Input{}, policy, now) }
			if verdict == delivery.Unanswered {
				settle(t, &p, policy, now, verdict, "")
				require.Empty(t, p.TakeTasks(), "nobody knows yet")
				pause()
			} else {
				pause()
				require.Empty(t, p.TakeTasks(), "nobody knows yet")
				settle(t, &p, policy, now, verdict, "")
			}
			require.Equal(t, []parcel.Task{{Kind: parcel.SettleSiblings, Mail: p.Mails[0].Key, News: parcel.MailShipped}}, p.TakeTasks())

			p.Mails[0].Accept("one", now)
			order(t, &p, "resume-mails", parcel.Input{}, policy, now)
			pause()
			require.Empty(t, p.TakeTasks(), "of what is over they know")
		})
	}
}

// The mail that speaks for it may never be heard of: its workflow was terminated.
func TestAForcedRetryWaitsForNoOtherParcel(t *testing.T) {
	policy, now := live(), monday(t, "09:00")
	policy.Together = time.Minute
	p := parcel.Parcel{Integration: "demo", ID: 1}
	scan := scanOf(parcel.InTransit, now)
	scan.Facts.Collo = parcel.Collo{UUID: "u", Count: 2}
	take(&p, scan, policy, now)
	now = now.Add(time.Minute)
	step(&p, policy, now, func() {})
	settle(t, &p, policy, now, delivery.NotSent, "") // it waited for as long as it could
	require.Equal(t, delivery.Parked, p.Mails[0].State)
	for _, force := range []bool{false, true} {
		again := p
		again.Mails = append(again.Mails[:0:0], p.Mails...)
		order(t, &again, "retry-mails", parcel.Input{Force: force}, policy, now)
		require.Equal(t, delivery.Sending, again.Mails[0].State)
		require.Equal(t, !force, again.Mails[0].About.Together)
	}
}

func TestAReturnParcelIsFollowedForAsLongAsSomebodyWaitsForItsGoods(t *testing.T) {
	now := monday(t, "09:00")
	p := parcel.Parcel{Integration: "demo", ID: 1}
	until := now.AddDate(0, 0, 120)
	step(&p, live(), now, func() { p.Await(parcel.Waiter{WorkflowID: "refund:demo:7", Until: until}, now) })
	require.Equal(t, until, p.Deadline)
	scan := scanOf(parcel.Announced, now.Add(time.Hour))
	scan.Facts.IsReturn = true
	take(&p, scan, live(), now.Add(time.Hour))
	require.Equal(t, until, p.Deadline, "the customer takes time to post it")
	scan = scanOf(parcel.InTransit, now.AddDate(0, 0, 70))
	scan.Polled = true
	take(&p, scan, live(), scan.At)
	require.Equal(t, until, p.Deadline, "the carrier has lost it for a while")
}

// Not every list of parcels says which ones are returns, and their recipient is the merchant.
func TestAParcelWhoseGoodsAreAwaitedIsAReturnWhateverAPollSays(t *testing.T) {
	policy, now := live(), monday(t, "09:00")
	policy.Hold = 3 * time.Minute
	polled := func(phase parcel.Phase, at time.Time) parcel.Scan {
		s := scanOf(phase, at)
		s.Polled = true
		return s
	}
	await := func(p *parcel.Parcel, at time.Time) {
		step(p, policy, at, func() { p.Await(parcel.Waiter{WorkflowID: "refund:demo:7", Until: at.AddDate(0, 0, 120)}, at) })
	}
	t.Run("the poll comes after the refund", func(t *testing.T) {
		p := parcel.Parcel{Integration: "demo", ID: 1}
		await(&p, now)
		line := take(&p, polled(parcel.InTransit, now), policy, now.Add(time.Hour))
		require.Equal(t, parcel.ReasonReturnParcel, line.Reason)
		require.Empty(t, p.Mails)
		require.Equal(t, parcel.TellPosted, p.TakeTasks()[0].Kind)
		require.Empty(t, p.Agenda, "the refund watches the time")
		take(&p, polled(parcel.Delivered, now.Add(time.Hour)), policy, now.Add(2*time.Hour))
		require.Equal(t, parcel.TellBack, p.TakeTasks()[0].Kind)
	})
	t.Run("the poll comes before", func(t *testing.T) {
		p := parcel.Parcel{Integration: "demo", ID: 1}
		take(&p, polled(parcel.InTransit, now), policy, now)
		require.Equal(t, []delivery.State{delivery.Waiting}, states(p))
		await(&p, now.Add(time.Minute))
		require.Equal(t, []delivery.State{delivery.Superseded}, states(p), "the mail has not left yet")
		require.Empty(t, p.Agenda)
		require.Equal(t, parcel.TellPosted, p.TakeTasks()[0].Kind)
	})
	t.Run("a mail was refused before", func(t *testing.T) {
		p := parcel.Parcel{Integration: "demo", ID: 1}
		take(&p, polled(parcel.InTransit, now), live(), now)
		settle(t, &p, live(), now, delivery.Refused, "")
		await(&p, now.Add(time.Minute))
		require.Equal(t, []delivery.State{delivery.Dropped}, states(p), "a retry would mail the merchant")
		require.Empty(t, p.Attention)
	})
	for name, at := range map[string]time.Duration{"of the same phase": time.Second, "that is late": -time.Hour} {
		t.Run("a webhook tells it after the poll, "+name, func(t *testing.T) {
			p := parcel.Parcel{Integration: "demo", ID: 1}
			take(&p, polled(parcel.InTransit, now), policy, now)
			scan := scanOf(parcel.InTransit, now.Add(at))
			scan.Facts.IsReturn = true
			take(&p, scan, policy, now.Add(time.Minute))
			require.Equal(t, []delivery.State{delivery.Superseded}, states(p), "the mail has not left yet")
			require.Empty(t, p.Agenda)
		})
	}
	t.Run("a webhook knows better", func(t *testing.T) {
		p := parcel.Parcel{Integration: "demo", ID: 1}
		take(&p, scanOf(parcel.InTransit, now), policy, now)
		await(&p, now.Add(time.Minute))
		require.False(t, p.Facts.IsReturn, "the goods that went out are not the goods that come back")
		require.Equal(t, []delivery.State{delivery.Waiting}, states(p))
	})
}

func TestAMailIsSentAgainInTheLanguageThatTheRecipientReadsNow(t *testing.T) {
	p, now := through(t, live(), parcel.InTransit)
	settle(t, &p, live(), now, delivery.WasAccepted, "one")
	again := func() parcel.Language {
		order(t, &p, "send-again", parcel.Input{Keys: []string{p.Mails[0].Key}}, live(), now)
		settle(t, &p, live(), now, delivery.WasAccepted, "again")
		return p.Mails[len(p.Mails)-1].About.Language
	}
	require.Equal(t, p.Mails[0].About.Language, again())
	order(t, &p, "change-recipient", parcel.Input{Language: parcel.French}, live(), now)
	require.Equal(t, parcel.French, again())
	require.NotEqual(t, parcel.French, p.Mails[0].About.Language, "what went out stays as it was")
}

// Mails that wait are never forgotten: a parcel whose mails are paused could be filled without end.
func TestAMailThatWaitsToBeSentAgainIsNotOrderedAgain(t *testing.T) {
	p, now := through(t, live(), parcel.InTransit)
	settle(t, &p, live(), now, delivery.WasAccepted, "one")
	first := parcel.Input{Keys: []string{p.Mails[0].Key}}
	order(t, &p, "pause-mails", parcel.Input{}, live(), now)
	order(t, &p, "send-again", first, live(), now)
	known := len(p.Mails)
	for range 100 {
		_, err := p.Follow(orderNamed(t, "send-again"), first, live(), now)
		require.ErrorContains(t, err, "is on its way again already")
	}
	require.Len(t, p.Mails, known)
	order(t, &p, "resume-mails", parcel.Input{}, live(), now)
	settle(t, &p, live(), now, delivery.WasAccepted, "two")
	order(t, &p, "send-again", first, live(), now.Add(time.Minute))
	require.Len(t, p.Mails, known+1, "it has left meanwhile")
}
