package e2e_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
// fifth before the one that should come first.
func TestAStorm(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	r := rand.New(rand.NewPCG(1, 2))
	began := time.Now()
	var trips []trip
	webhooks, sent := 0, 0
	for webhooks < *storm {
		j := sendcloud.Journeys[r.IntN(len(sendcloud.Journeys))]
		if _, ok := truth[j.Name]; !ok {
			continue
		}
		trip := newTrip(s.parcel(), j, began, r)
		webhooks, sent = webhooks+len(j.Steps), sent+len(trip.bodies)
		trips = append(trips, trip)
	}
	refused := s.sendAll(trips, 16)
	t.Logf("%d webhooks of %d parcels, %d with duplicates, in %v", webhooks, len(trips), sent, time.Since(began).Round(time.Second))
	require.Empty(t, refused)

	mails := map[string]int{}
	for _, trip := range trips {
		trip.requireTruth(s)
	}
	for _, m := range s.sendgrid.Mails() {
		mails[m.CustomArgs["waybill_key"]]++
		require.Equal(t, 1, mails[m.CustomArgs["waybill_key"]], "mailed twice: %s to %s", m.Categories[1], m.To)
	}
	t.Logf("%d mails, none twice, everything settled after %v", len(mails), time.Since(began).Round(time.Second))
}

// trip is a parcel's journey as it is told: twice here, in the wrong order there.
type trip struct {
	parcel  sendcloud.Parcel
	journey sendcloud.Journey
	bodies  [][]byte
}

func newTrip(p sendcloud.Parcel, j sendcloud.Journey, end time.Time, r *rand.Rand) trip {
	t := trip{parcel: p, journey: j}
	for _, step := range j.Steps {
		t.bodies = append(t.bodies, p.Body(step.Status, end.Add(-step.Ago)))
	}
	for i := 1; i < len(t.bodies); i++ {
		if r.IntN(5) == 0 {
			t.bodies[i-1], t.bodies[i] = t.bodies[i], t.bodies[i-1]
		}
	}
	for _, body := range t.bodies {
		if r.IntN(5) == 0 {
			t.bodies = append(t.bodies, body)
		}
	}
	return t
}

// sendAll sends many trips at a time and returns what was not answered 200.
func (s *stack) sendAll(trips []trip, atOnce int) (refused []string) {
	s.Helper()
	var lock sync.Mutex
	queue := make(chan trip)
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for trip := range queue {
				for _, body := range trip.bodies {
					if code, said := s.knock(body); code != http.StatusOK {
						lock.Lock()
						refused = append(refused, fmt.Sprintf("%d %s", code, said))
						lock.Unlock()
					}
				}
			}
		})
	}
	for _, trip := range trips {
		queue <- trip
	}
	close(queue)
	all.Wait()
	return refused
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
			if m.State != parcel.MailAccepted && m.State != parcel.MailSuperseded {
				return fmt.Errorf("mail %s is %s", m.Kind, m.State)
			}
		}
		return nil
	})
}
