package parcel_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
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
					require.False(t, f.Mail.Decided.Before(ended), "seed %d: %s leaves after the end, and was decided before it", seed, f.Mail.About.Kind)
					key := fmt.Sprint(f.Mail.About.Kind, f.Mail.About.Attempt)
					require.False(t, mailed[key] && f.Mail.About.Kind != parcel.MailDelayed, "seed %d: %s twice", seed, key)
					mailed[key] = true
				case f.Decided != nil && f.Decided.Reason.Sends():
					require.True(t, ended.IsZero(), "seed %d: %s after the end", seed, f.Decided.Mail)
				}
			}
			if p.Closed {
				break
			}
			scan := randomScan(r, now)
			d := parcel.Decide(p, scan, policy, now)
			step(&p, policy, now, func() { p.Take(scan, policy, now) })
			story := fmt.Sprintf("seed %d, scan %s", seed, scan.ID())
			require.NotEmpty(t, d.Reason, story)
			require.True(t, p.Deadline.After(now), "%s: no deadline ahead", story)
			require.False(t, p.Next(now).At.IsZero(), "%s: nothing is waited for", story)
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
		take(&p, scan, policy, now)
	}
	require.NotEmpty(t, p.Mails)
	raw, err := json.Marshal(p)
	require.NoError(t, err)
	var back parcel.Parcel
	require.NoError(t, json.Unmarshal(raw, &back))
	require.Equal(t, p, back)
}

func TestAParcelThatFlapsForEverStaysSmall(t *testing.T) {
	policy := live()
	p := parcel.Parcel{Integration: "demo", ID: 1}
	now := monday(t, "00:00")
	for i := range 5000 {
		now = now.Add(time.Minute)
		phase := parcel.OutForDelivery
		if i%2 == 1 {
			phase = parcel.AttemptFailed
		}
		scan := parcel.Scan{StatusID: i, Phase: phase, At: now, ReceivedAt: now, Facts: parcel.Facts{Recipient: parcel.Recipient{Email: "jane.doe@example.com"}}}
		take(&p, scan, policy, now)
		settle(t, &p, policy, now, delivery.WasAccepted, "id")
	}
	raw, err := json.Marshal(p)
	require.NoError(t, err)
	require.Less(t, len(raw), 100_000)
	require.Equal(t, 5000, p.Reasons()[parcel.ReasonNewPhase], "what is folded away is still counted")
}

func TestAParcelRemembersWhatItToldAndWhereItIsHoweverOftenItIsScanned(t *testing.T) {
	policy := live()
	p, now := through(t, policy, parcel.InTransit)
	shipped := p.NewestAt()
	for i := range 300 {
		now = now.Add(time.Minute)
		take(&p, parcel.Scan{StatusID: i, Phase: parcel.Informational, At: now}, policy, now)
	}
	require.LessOrEqual(t, len(p.Ledger), 100)
	require.Equal(t, shipped, p.NewestAt())
	require.Equal(t, 300, p.Reasons()[parcel.ReasonInformational])
	late := take(&p, scanOf(parcel.Announced, shipped.Add(-time.Second)), policy, now)
	require.Equal(t, parcel.ReasonLateScan, late.Reason)
	take(&p, scanOf(parcel.Delayed, now.Add(time.Minute)), policy, now.Add(time.Minute))
	again := take(&p, scanOf(parcel.InTransit, now.Add(2*time.Minute)), policy, now.Add(2*time.Minute))
	require.Equal(t, parcel.ReasonAlreadyMailed, again.Reason)
}

func TestALateReportFillsInButDoesNotOverwrite(t *testing.T) {
	p := parcel.Parcel{}
	at := monday(t, "12:00")
	newer := parcel.Scan{Phase: parcel.InTransit, At: at, Facts: parcel.Facts{CarrierCode: "dhl"}}
	p.Record(newer, parcel.Decide(p, newer, parcel.Policy{}, at))
	older := parcel.Scan{Phase: parcel.Announced, At: at.Add(-time.Hour), Facts: parcel.Facts{CarrierCode: "ups", OrderNumber: "10"}}
	p.Record(older, parcel.Decide(p, older, parcel.Policy{}, at))
	require.Equal(t, parcel.Facts{CarrierCode: "dhl", OrderNumber: "10"}, p.Facts)
}

func TestALateDeliveredFillsInButDoesNotOverwrite(t *testing.T) {
	p, now := through(t, live(), parcel.InTransit, parcel.OutForDelivery)
	p.Facts.CarrierCode = "dhl"
	late := scanOf(parcel.Delivered, now.Add(-time.Minute))
	late.Facts.CarrierCode, late.Facts.OrderNumber = "ups", "10"
	take(&p, late, live(), now)
	require.Equal(t, parcel.Delivered, p.Phase)
	require.Equal(t, "dhl", p.Facts.CarrierCode)
	require.Equal(t, "10", p.Facts.OrderNumber)
}

func TestOnlyWhatPlacedTheParcelIsKnownToAPoll(t *testing.T) {
	at := monday(t, "12:00")
	for name, test := range map[string]struct {
		status parcel.Phase
		known  parcel.Entry // the line of the ledger with the same status and second
		knows  bool
	}{
		"it placed the parcel":                             {parcel.InTransit, parcel.Entry{Reason: parcel.ReasonSamePhase}, true},
		"it was of a status that was unknown then":         {parcel.OutForDelivery, parcel.Entry{Reason: parcel.ReasonUnknownStatus}, false},
		"it was thought to be late when it said delivered": {parcel.Delivered, parcel.Entry{Reason: parcel.ReasonLateScan}, false},
		"it is still informational":                        {parcel.Informational, parcel.Entry{Reason: parcel.ReasonInformational}, true},
		"it is still late":                                 {parcel.Announced, parcel.Entry{Reason: parcel.ReasonLateScan, ScanAt: at.Add(-5 * time.Hour)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := through(t, live(), parcel.InTransit)
			s := parcel.Scan{StatusID: statusID("the same"), Phase: test.status, At: at, Polled: true}
			if !test.known.ScanAt.IsZero() {
				s.At = test.known.ScanAt
			}
			test.known.StatusID, test.known.ScanAt, test.known.At = s.StatusID, s.At, at
			p.Ledger = append(p.Ledger, test.known)
			require.Equal(t, test.knows, p.Knows(s))
			require.True(t, p.Reported(s), "no webhook was missed")
		})
	}
}

func TestACarriersNameGoesWithItsCode(t *testing.T) {
	p, now := through(t, live(), parcel.Announcing)
	for _, told := range []struct{ facts, want parcel.Facts }{
		{parcel.Facts{CarrierCode: "dpd", CarrierName: "DPD"}, parcel.Facts{CarrierCode: "dpd", CarrierName: "DPD"}},
		{parcel.Facts{CarrierCode: "dpd"}, parcel.Facts{CarrierCode: "dpd", CarrierName: "DPD"}},
		{parcel.Facts{CarrierCode: parcel.NoCarrier}, parcel.Facts{CarrierCode: parcel.NoCarrier}},
		{parcel.Facts{CarrierCode: "ups", CarrierName: "UPS"}, parcel.Facts{CarrierCode: "ups", CarrierName: "UPS"}},
		{parcel.Facts{}, parcel.Facts{CarrierCode: "ups", CarrierName: "UPS"}},
	} {
		now = now.Add(time.Hour)
		s := scanOf(parcel.Announced, now)
		s.Facts = told.facts
		take(&p, s, live(), now)
		require.Equal(t, told.want, parcel.Facts{CarrierCode: p.Facts.CarrierCode, CarrierName: p.Facts.CarrierName})
	}
}
