package parcel_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

var phases = []parcel.Phase{
	parcel.Announcing, parcel.Announced, parcel.InTransit, parcel.Delayed, parcel.Exception, parcel.OutForDelivery,
	parcel.AttemptFailed, parcel.AwaitingPickup, parcel.Cancelling, parcel.Cancelled, parcel.Delivered, parcel.Returned,
	parcel.Informational,
}

// Whatever carriers send in whatever order, some things never happen.
func TestNoSequenceOfScansBreaksTheRules(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		policy := parcel.DefaultPolicy()
		policy.Mode, policy.Mails[parcel.MailStuck] = parcel.Live, true
		p := parcel.Parcel{Integration: "demo", ID: 1}
		now := monday(t, "00:00")
		over, mailed := "", map[string]bool{}
		var ended time.Time
		for range 40 {
			before := now
			now = now.Add(time.Duration(r.IntN(600)) * time.Minute)
			if r.IntN(10) == 0 {
				now = now.AddDate(0, 0, r.IntN(20)) // silence
			}
			for _, f := range p.Advance(policy, before, now) {
				switch {
				case f.Mail != nil:
					require.False(t, f.Mail.Decided.Before(ended), "seed %d: %s leaves after the end, and was decided before it", seed, f.Mail.Kind)
					key := fmt.Sprint(f.Mail.Kind, f.Mail.Attempt)
					require.False(t, mailed[key] && f.Mail.Kind != parcel.MailDelayed, "seed %d: %s twice", seed, key)
					mailed[key] = true
				case f.Decided != nil && f.Decided.Sent:
					require.True(t, ended.IsZero(), "seed %d: %s after the end", seed, f.Decided.Mail)
				}
			}
			if p.Over(now) {
				break
			}
			scan := randomScan(r, now)
			d := parcel.Decide(p, scan, policy, now)
			p.Record(scan, d)
			story := fmt.Sprintf("seed %d, scan %s", seed, scan.ID)
			require.NotEmpty(t, d.Reason, story)
			require.True(t, p.Deadline.After(now), "%s: no deadline ahead", story)
			require.False(t, p.Next().At.IsZero(), "%s: nothing is waited for", story)
			if d.Send {
				require.Empty(t, over, "%s: a mail after %s", story, over)
			}
			if p.Phase == parcel.Cancelled || p.Phase == parcel.Returned {
				over = string(p.Phase)
			}
			if p.Phase.Terminal() && ended.IsZero() {
				ended = now
			}
		}
		requireDifferentKeys(t, p)
	}
}

func randomScan(r *rand.Rand, now time.Time) parcel.Scan {
	at := now.Add(-time.Duration(r.IntN(1200)) * time.Minute)
	s := parcel.Scan{
		Phase: phases[r.IntN(len(phases))], At: at, ReceivedAt: now,
		Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane.doe@example.com"}},
	}
	switch {
	case s.Phase == parcel.Informational && r.IntN(2) == 0:
		s.Note = parcel.CancellationFailed
	case s.Phase == parcel.Exception && r.IntN(2) == 0:
		s.Note = parcel.AddressProblem
	}
	if r.IntN(5) == 0 {
		s.Polled, s.At = true, at.Truncate(time.Second)
	}
	s.StatusID = statusID(string(s.Phase) + string(s.Note))
	s.ID = fmt.Sprintf("%s%s%t@%d", s.Phase, s.Note, s.Polled, s.At.UnixMilli())
	return s
}

func requireDifferentKeys(t *testing.T, p parcel.Parcel) {
	t.Helper()
	keys := map[string]bool{}
	for _, m := range p.Mails {
		require.False(t, keys[m.Key], "two mails with one key: %+v", m)
		keys[m.Key] = true
	}
}

// Continue-as-new carries the parcel as JSON: nothing may get lost.
func TestAParcelSurvivesItsJSON(t *testing.T) {
	policy := parcel.DefaultPolicy()
	policy.Mode = parcel.Live
	p := parcel.Parcel{Integration: "demo", ID: 1}
	r := rand.New(rand.NewPCG(7, 7))
	now := monday(t, "00:00")
	for range 30 {
		now = now.Add(time.Hour)
		scan := randomScan(r, now)
		p.Record(scan, parcel.Decide(p, scan, policy, now))
	}
	require.NotEmpty(t, p.Mails)
	raw, err := json.Marshal(p)
	require.NoError(t, err)
	var back parcel.Parcel
	require.NoError(t, json.Unmarshal(raw, &back))
	require.Equal(t, p, back)
}

func TestAParcelThatFlapsForEverStaysSmall(t *testing.T) {
	policy := parcel.DefaultPolicy()
	policy.Mode, policy.Cap = parcel.Live, 0
	p := parcel.Parcel{Integration: "demo", ID: 1}
	now := monday(t, "00:00")
	for i := range 5000 {
		now = now.Add(time.Minute)
		phase := parcel.OutForDelivery
		if i%2 == 1 {
			phase = parcel.AttemptFailed
		}
		scan := parcel.Scan{ID: fmt.Sprint(i), Phase: phase, At: now, ReceivedAt: now, Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane.doe@example.com"}}}
		p.Record(scan, parcel.Decide(p, scan, policy, now))
		for m := p.NextMail(); m != nil; m = p.NextMail() {
			m.Accepted("id", now)
		}
	}
	raw, err := json.Marshal(p)
	require.NoError(t, err)
	require.Less(t, len(raw), 100_000)
	require.Equal(t, 5000, p.Counts[parcel.ReasonNewPhase], "what is folded away is still counted")
}

func TestANewerMailOvertakesWhatStillWaits(t *testing.T) {
	p := mailed(t, parcel.InTransit, parcel.OutForDelivery)
	require.Equal(t, parcel.MailSuperseded, p.Mails[0].State)
	require.Equal(t, "overtaken by out for delivery", p.Mails[0].Why)
	require.Equal(t, parcel.MailOutForDelivery, p.NextMail().Kind)
}

func TestAMailWithoutAnswerIsTriedAgainLaterAndParkedAtLast(t *testing.T) {
	p := mailed(t, parcel.InTransit)
	now := monday(t, "12:00")
	m := p.NextMail()
	m.Unanswered(now)
	require.Equal(t, parcel.MailWaiting, m.State)
	require.Equal(t, now.Add(5*time.Minute), m.NotBefore)
	m.Unanswered(now)
	m.Unanswered(now)
	require.Equal(t, parcel.MailParked, m.State)
	require.Equal(t, "no answer from the mail provider 3 times; it may have been sent", m.Why)

	key := m.Key
	require.Zero(t, p.Retry([]string{"another"}))
	require.Equal(t, 1, p.Retry([]string{key}))
	require.Equal(t, parcel.MailWaiting, p.Mails[0].State)
	require.Equal(t, key, p.Mails[0].Key, "a retry is the same mail")
	require.Equal(t, 3, p.Mails[0].Unproven, "what may have gone out stays on record")
	p.NextMail().Unanswered(now)
	require.Equal(t, parcel.MailWaiting, p.Mails[0].State, "a person's retry starts the count anew")
}

func TestALateReportFillsInButDoesNotOverwrite(t *testing.T) {
	p := parcel.Parcel{}
	at := monday(t, "12:00")
	newer := parcel.Scan{ID: "2", Phase: parcel.InTransit, At: at, Facts: parcel.Facts{CarrierCode: "dhl"}}
	p.Record(newer, parcel.Decide(p, newer, parcel.Policy{}, at))
	older := parcel.Scan{ID: "1", Phase: parcel.Announced, At: at.Add(-time.Hour), Facts: parcel.Facts{CarrierCode: "ups", OrderNumber: "10"}}
	p.Record(older, parcel.Decide(p, older, parcel.Policy{}, at))
	require.Equal(t, parcel.Facts{CarrierCode: "dhl", OrderNumber: "10"}, p.Facts)
}

// mailed is a parcel that went through these phases, an hour each.
func mailed(t *testing.T, through ...parcel.Phase) parcel.Parcel {
	t.Helper()
	policy := parcel.DefaultPolicy()
	policy.Mode = parcel.Live
	p := parcel.Parcel{Integration: "demo", ID: 1}
	at := monday(t, "09:00")
	for _, phase := range through {
		s := parcel.Scan{ID: string(phase), Phase: phase, At: at, Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane.doe@example.com"}}}
		p.Record(s, parcel.Decide(p, s, policy, at))
		at = at.Add(time.Hour)
	}
	return p
}
