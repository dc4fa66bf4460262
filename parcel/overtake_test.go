package parcel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/parcel"
)

func TestANewerMailOvertakesWhatStillWaits(t *testing.T) {
	held := live()
	held.Hold = 24 * time.Hour
	p, _ := through(t, held, parcel.InTransit, parcel.OutForDelivery)
	require.Equal(t, []delivery.State{delivery.Superseded, delivery.Waiting}, states(p))
	require.Equal(t, "overtaken by out for delivery", p.Mails[0].Why)
}

// What becomes of a mail that has not left, by the news that comes.
func TestWhatOvertakesAMail(t *testing.T) {
	held := live()
	held.Hold = 24 * time.Hour
	for name, c := range map[string]struct {
		before []parcel.Phase
		news   parcel.Phase
		want   delivery.State
	}{
		"a depot scan does not overtake a failed attempt":                    {[]parcel.Phase{parcel.OutForDelivery, parcel.AttemptFailed}, parcel.InTransit, delivery.Waiting},
		"the next attempt, which is mailed, does":                            {[]parcel.Phase{parcel.AttemptFailed}, parcel.OutForDelivery, delivery.Superseded},
		"delivered makes a failed attempt untrue":                            {[]parcel.Phase{parcel.AttemptFailed}, parcel.Delivered, delivery.Superseded},
		"returned makes a failed attempt untrue":                             {[]parcel.Phase{parcel.AttemptFailed}, parcel.Returned, delivery.Superseded},
		"a depot scan does not overtake a parcel that waits to be collected": {[]parcel.Phase{parcel.AwaitingPickup}, parcel.InTransit, delivery.Waiting},
		"an exception makes nothing untrue":                                  {[]parcel.Phase{parcel.OutForDelivery}, parcel.Exception, delivery.Waiting},
	} {
		t.Run(name, func(t *testing.T) {
			p, now := through(t, held, c.before...)
			m := len(p.Mails) - 1
			require.Equal(t, delivery.Waiting, p.Mails[m].State)
			take(&p, scanOf(c.news, now.Add(time.Minute)), held, now.Add(time.Minute))
			require.Equal(t, c.want, p.Mails[m].State, "%v", p.Mails[m].Why)
		})
	}
}

// Without any fault during the hold, and whatever else the mail waits for.
func TestAFailedAttemptIsToldAlthoughTheParcelMovesAgain(t *testing.T) {
	for name, before := range map[string]func(*parcel.Parcel, parcel.Policy, time.Time){
		"while it is held": func(*parcel.Parcel, parcel.Policy, time.Time) {},
		"while it is in doubt": func(p *parcel.Parcel, policy parcel.Policy, now time.Time) {
			settle(t, p, policy, now, delivery.Unanswered, "")
		},
		"while no worker runs":  func(*parcel.Parcel, parcel.Policy, time.Time) {},
		"while the key is dead": func(*parcel.Parcel, parcel.Policy, time.Time) {},
	} {
		t.Run(name, func(t *testing.T) {
			policy := live()
			if name == "while it is held" {
				policy.Hold = time.Hour
			}
			p, now := through(t, policy, parcel.AttemptFailed)
			before(&p, policy, now)
			take(&p, scanOf(parcel.InTransit, now.Add(2*time.Second)), policy, now.Add(2*time.Second))
			m := &p.Mails[0]
			require.Contains(t, []delivery.State{delivery.Waiting, delivery.Sending}, m.State)
			require.Empty(t, m.Overtaken)
			require.False(t, m.Recalled)
			require.Len(t, p.Mails, 1, "and nobody is told that the parcel is on its way")
		})
	}
}

func TestAMailThatWaitsForAMendedKeyIsOvertaken(t *testing.T) {
	p, now := through(t, live(), parcel.InTransit)
	require.Equal(t, delivery.Sending, p.Mails[0].State)
	now = now.Add(30 * time.Hour)
	take(&p, scanOf(parcel.Delivered, now), live(), now)
	require.True(t, p.Mails[0].Recalled, "it is called back")
	require.Equal(t, delivery.Waiting, p.Mails[1].State, "one at a time")
	settle(t, &p, live(), now, delivery.NotSent, "")
	require.Equal(t, []delivery.State{delivery.Superseded, delivery.Sending}, states(p))
	require.Equal(t, "overtaken by delivered", p.Mails[0].Why)
	require.Equal(t, "overtaken by delivered", parcel.Remark(p.Mails[0]).String(), "it is said once")
}

func TestNewsDoesNotWaitForADoubtThatItOvertakes(t *testing.T) {
	p, now := through(t, live(), parcel.InTransit)
	settle(t, &p, live(), now, delivery.Unanswered, "")
	doubt := p.Mails[0].NotBefore
	now = now.Add(time.Minute)
	take(&p, scanOf(parcel.OutForDelivery, now), live(), now)
	require.Equal(t, []delivery.State{delivery.Waiting, delivery.Sending}, states(p))
	settle(t, &p, live(), now, delivery.WasAccepted, "two")
	step(&p, live(), doubt, func() {})
	require.Equal(t, delivery.Sending, p.Mails[0].State)
	require.True(t, p.Mails[0].Looks, "it is looked for, and not posted")
	settle(t, &p, live(), doubt, delivery.NotSent, "")
	require.Equal(t, []delivery.State{delivery.Superseded, delivery.Accepted}, states(p))
}

// Four mails that were parked, and a parcel that was delivered since.
func TestARetryJudgesAgain(t *testing.T) {
	p, now := parkAll(t, parcel.InTransit, parcel.OutForDelivery, parcel.AttemptFailed, parcel.OutForDelivery)
	take(&p, scanOf(parcel.Delivered, now), live(), now)
	settle(t, &p, live(), now, delivery.WasAccepted, "one")
	require.Equal(t, parcel.AttentionParked, p.Attention)

	seen := order(t, &p, "retry-mails", parcel.Input{DryRun: true}, live(), now)
	require.Len(t, seen, 4)
	require.Len(t, p.Mails.Parked(), 4, "a dry run changes nothing")
	for _, one := range seen {
		require.False(t, one.Leaves)
		require.Equal(t, "overtaken by delivered", one.Why)
	}
	forced := p
	forced.Mails = append(forced.Mails[:0:0], p.Mails...)
	require.Equal(t, seen, order(t, &p, "retry-mails", parcel.Input{}, live(), now))
	require.Equal(t, []delivery.State{delivery.Dropped, delivery.Dropped, delivery.Dropped, delivery.Dropped, delivery.Accepted}, states(p))
	require.Empty(t, p.Attention)

	order(t, &forced, "retry-mails", parcel.Input{Force: true}, live(), now)
	require.Empty(t, forced.Mails.Parked(), "force sends all")
	require.Equal(t, delivery.Sending, forced.Mails[0].State)
}

func TestARetrySendsTheNewestOfSeveralParkedMails(t *testing.T) {
	p, now := parkAll(t, parcel.InTransit, parcel.OutForDelivery, parcel.AttemptFailed)
	judged := order(t, &p, "retry-mails", parcel.Input{}, live(), now)
	require.Equal(t, []bool{false, false, true}, []bool{judged[0].Leaves, judged[1].Leaves, judged[2].Leaves})
	require.Equal(t, []delivery.State{delivery.Dropped, delivery.Dropped, delivery.Sending}, states(p))
}

func TestAParkedMailKeepsItsParcelOpenForThirtyDays(t *testing.T) {
	p, _ := parkAll(t, parcel.Delivered) // already over when first seen: no mail
	require.Empty(t, p.Mails)
	p, now := parkAll(t, parcel.InTransit, parcel.Delivered)
	over := now.Add(live().Grace)
	step(&p, live(), over, func() {})
	require.False(t, p.Closed)
	require.Equal(t, parcel.AttentionParked, p.Attention)
	end := p.Mails.Expires()
	require.Equal(t, end, p.Next(over).At)
	for !p.Next(over).At.IsZero() && !p.Closed {
		over = p.Next(over).At
		step(&p, live(), over, func() {})
	}
	require.True(t, p.Closed)
	require.Equal(t, now.Add(delivery.KeptParked), over)
	require.Contains(t, p.Mails[1].Why, "nobody retried it for 30 days")
}

func TestAPausedMailKeepsItsParcelOpenForThirtyDays(t *testing.T) {
	p, now := through(t, live(), parcel.InTransit)
	settle(t, &p, live(), now, delivery.WasAccepted, "one")
	order(t, &p, "pause-mails", parcel.Input{}, live(), now)
	take(&p, scanOf(parcel.Delivered, now.Add(time.Hour)), live(), now.Add(time.Hour))
	require.Equal(t, parcel.AttentionPaused, p.Attention)
	var at time.Time
	for !p.Closed {
		require.False(t, p.Next(at).At.IsZero())
		at = p.Next(at).At
		step(&p, live(), at, func() {})
	}
	require.Equal(t, now.Add(time.Hour+delivery.KeptParked), at)
	require.Equal(t, delivery.Dropped, p.Mails[1].State)
}

func TestPausingCallsAMailBackThatIsTriedAgainAndAgain(t *testing.T) {
	p, now := through(t, live(), parcel.InTransit)
	order(t, &p, "pause-mails", parcel.Input{}, live(), now)
	require.True(t, p.Mails[0].Recalled)
	settle(t, &p, live(), now, delivery.NotSent, "")
	require.Equal(t, delivery.Waiting, p.Mails[0].State)
	order(t, &p, "resume-mails", parcel.Input{}, live(), now)
	require.Equal(t, delivery.Sending, p.Mails[0].State)
}

// parkAll is a parcel whose mails all failed for good.
func parkAll(t *testing.T, phases ...parcel.Phase) (parcel.Parcel, time.Time) {
	t.Helper()
	p, at := parcel.Parcel{Integration: "demo", ID: 1}, time.Time{}
	for i, phase := range phases {
		at = monday(t, "09:00").Add(time.Duration(i) * time.Hour)
		take(&p, scanOf(phase, at), live(), at)
		if p.Mails.Sending() != nil {
			settle(t, &p, live(), at, delivery.Refused, "")
		}
	}
	return p, at
}

// Its siblings would wait for as long as it does.
func TestAMailThatIsCalledBackSpeaksForNobody(t *testing.T) {
	p, now := parcel.Parcel{Integration: "demo", ID: 1}, monday(t, "09:00")
	scan := scanOf(parcel.InTransit, now)
	scan.Facts.Collo = parcel.Collo{UUID: "u", Count: 2}
	policy := live()
	policy.Together = time.Minute
	take(&p, scan, policy, now)
	p.TakeTasks()
	now = now.Add(time.Minute)
	step(&p, policy, now, func() {})
	require.Equal(t, delivery.Sending, p.Mails[0].State)
	order(t, &p, "pause-mails", parcel.Input{}, policy, now)
	settle(t, &p, policy, now, delivery.NotSent, "")
	require.Equal(t, []parcel.Task{{Kind: parcel.SettleSiblings, Mail: p.Mails[0].Key, News: parcel.MailShipped}}, p.TakeTasks())
}
