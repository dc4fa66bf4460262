package e2e_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/parcel"
)

var storm = flag.Int("storm", 400, "how many webhooks TestAStorm sends, duplicates not counted")

// truth is where each journey ends, whatever the order in which it is told.
var truth = map[string]parcel.Phase{
	"delivered": parcel.Delivered, "second-attempt": parcel.Delivered, "pickup": parcel.Delivered,
	"returned": parcel.Returned, "cancelled": parcel.Cancelled, "unknown-status": parcel.Delivered,
}

// A storm of webhooks for many parcels at once, a fifth of them twice and a
// fifth overtaken by the next, sixteen on their way at a time. It has the machine
// to itself: where Temporal takes too long, 503 is the right answer, and the
// webhook comes again.
func TestAStorm(t *testing.T) {
	s := newShop(t, "v3", func(c *sendcloud.AccountConfig) {
		c.Weather = sendcloud.Weather{Duplicates: 0.2, Shuffled: 0.2, Seed: 1}
	})
	s.startIngress()
	s.startWorker()
	s.awaitReady()
	r := rand.New(rand.NewPCG(1, 2))
	began := time.Now()
	var trips []trip
	webhooks := 0
	for webhooks < *storm {
		j := sendcloud.Journeys[r.IntN(len(sendcloud.Journeys))]
		if _, ok := truth[j.Name]; !ok {
			continue
		}
		webhooks += len(j.Steps)
		trips = append(trips, trip{s.parcel(), j})
	}
	// The first step of all parcels, then the second of all, and so on.
	for i, told := 0, 0; told < webhooks; i++ {
		for _, t := range trips {
			if i < len(t.journey.Steps) {
				told++
				step := t.journey.Steps[i]
				s.account.Change(t.parcel, step.Status, began.Add(-step.Ago))
			}
		}
	}
	require.NoError(t, s.account.Rest(t.Context()))
	posts := s.account.Posts()
	t.Logf("%d webhooks of %d parcels, %d with duplicates, in %v", webhooks, len(trips), posts, time.Since(began).Round(time.Second))
	require.Greater(t, posts, webhooks*11/10, "many came twice")
	// An answer is logged just after it was given.
	s.eventually("every post to be answered", func() error {
		answers := s.ingress.output()
		taken, again := strings.Count(answers, `"code":200`), strings.Count(answers, `"code":503`)
		if taken+again != posts {
			return fmt.Errorf("%d were taken, and %d are to come again, of %d", taken, again, posts)
		}
		return nil
	})
	require.Empty(t, s.account.FailedCalls())

	mails := map[string]int{}
	for _, trip := range trips {
		trip.requireTruth(s.stack)
	}
	for _, m := range s.sendgrid.Mails() {
		mails[m.CustomArgs["waybill_key"]]++
		require.Equal(t, 1, mails[m.CustomArgs["waybill_key"]], "mailed twice: %s to %s", m.Categories[1], m.To)
	}
	t.Logf("%d mails, none twice, everything settled after %v", len(mails), time.Since(began).Round(time.Second))
}

// trip is a parcel on a journey.
type trip struct {
	parcel  sendcloud.Parcel
	journey sendcloud.Journey
}

// requireTruth waits until a parcel has decided on every scan and sent every
// mail, and wants it to be where its journey ended.
func (t trip) requireTruth(s *stack) {
	s.Helper()
	s.eventually(fmt.Sprintf("parcel %d (%s) to be settled", t.parcel.ID, t.journey.Name), func() error {
		known, err := s.describe(t.parcel)
		switch {
		case err != nil:
			return err
		case len(known.Ledger) != len(t.journey.Steps):
			return fmt.Errorf("%d of %d scans", len(known.Ledger), len(t.journey.Steps))
		case known.Phase != truth[t.journey.Name]:
			return fmt.Errorf("it is %s", known.Phase)
		}
		for _, m := range known.Mails {
			if m.State != delivery.Accepted && m.State != delivery.Superseded {
				return fmt.Errorf("mail %s is %s", m.About.Kind, m.State)
			}
		}
		return nil
	})
}
