//go:build postgres

package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
)

// load is parcels of which webhooks tell, until it is told to stop.
type load struct {
	s       *stack
	parcels []sendcloud.Parcel
	// taken counts webhooks that were recorded, again those that were told to come again, unanswered those
	// that a closed ingress was asked about, and refused those that no retry would help.
	taken, again, unanswered, refused atomic.Int64
	stopped                           chan struct{}
	sending                           sync.WaitGroup
}

const (
	// senders are at work at a time, and loadPause is how long each waits between two webhooks.
	senders   = 6
	loadPause = 100 * time.Millisecond
	// mostLoaded bounds the load.
	mostLoaded = 900
)

// steps are a parcel's way.
var steps = []sendcloud.Status{sendcloud.ToSorting, sendcloud.DriverEnRoute, sendcloud.Delivered}

func (s *stack) startLoad() *load {
	l := &load{s: s, stopped: make(chan struct{})}
	var mu sync.Mutex
	for range senders {
		l.sending.Go(func() {
			for {
				mu.Lock()
				full := len(l.parcels) >= mostLoaded/len(steps)
				p := s.parcel()
				if !full {
					l.parcels = append(l.parcels, p)
				}
				mu.Unlock()
				if full {
					return
				}
				began := time.Now()
				for i, status := range steps {
					l.send(p.Body(status, began.Add(time.Duration(i)*time.Millisecond)))
				}
				select {
				case <-l.stopped:
					return
				default:
				}
			}
		})
	}
	return l
}

// send sends a webhook until it is recorded, as Sendcloud does, in less time.
func (l *load) send(body []byte) {
	deadline := time.Now().Add(patience)
	for {
		code, _ := l.s.once(http.MethodPost, "/webhooks/sendcloud/demo", body, sendcloud.Sign(signatureKey, body))
		<-time.After(loadPause)
		switch code {
		case http.StatusOK:
			l.taken.Add(1)
			return
		case http.StatusServiceUnavailable:
			l.again.Add(1)
		case http.StatusBadGateway, 0:
			l.unanswered.Add(1)
		default:
			l.refused.Add(1)
			return
		}
		if time.Now().After(deadline) {
			l.refused.Add(1)
			return
		}
	}
}

// stop ends the load with the parcels that are under way.
func (l *load) stop() {
	close(l.stopped)
	l.sending.Wait()
}

// Both workers and both ingresses are restarted, one after the other, while webhooks come in: no webhook is
// refused for good or meets a closed door, and every mail that is due is sent once.
func TestARollingRestartLosesNothing(t *testing.T) {
	s := newStack(t, shared.get(t))
	l := s.startLoad()
	for i, running := range []**process{&s.ingress, &s.twins.ingress} {
		s.eventually("webhooks to be taken", l.further(20))
		s.endsCleanly(*running)
		*running = s.startIngressAt(s.twins.listen[i], "WAYBILL_TRUSTED_PROXIES=127.0.0.1", stopDelay)
		s.eventually("the ingress to be ready again", func() error {
			resp, err := http.Get("http://" + s.twins.listen[i] + "/readyz")
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return fmt.Errorf("it answers %d", resp.StatusCode)
			}
			return nil
		})
	}
	for _, running := range []**process{&s.worker, &s.twins.worker} {
		s.eventually("webhooks to be taken", l.further(20))
		s.endsCleanly(*running)
		*running = s.startOneWorker()
		s.awaitWorker()
	}
	s.eventually("webhooks to be taken", l.further(20))
	l.stop()
	t.Logf("%d webhooks of %d parcels were recorded; %d had to come again, %d met a closed ingress, %d were refused", l.taken.Load(), len(l.parcels), l.again.Load(), l.unanswered.Load(), l.refused.Load())
	require.Zero(t, l.refused.Load())
	require.Zero(t, l.unanswered.Load())
	require.EqualValues(t, len(l.parcels)*len(steps), l.taken.Load())
	for _, p := range l.parcels {
		s.sentOnce(p)
	}
}

// further waits until so many webhooks more have been recorded.
func (l *load) further(n int64) func() error {
	want := l.taken.Load() + n
	return func() error {
		if got := l.taken.Load(); got < want {
			return fmt.Errorf("%d of %d", got, want)
		}
		return nil
	}
}

// sentOnce waits until everything about a parcel is settled: each scan is in the ledger, and the recipient has
// each mail that was not overtaken, once.
func (s *stack) sentOnce(p sendcloud.Parcel) {
	s.Helper()
	var due []string
	s.eventually("the mails of a parcel to be settled", func() error {
		due = nil
		known, err := s.describe(p)
		if err != nil {
			return err
		}
		if len(known.Ledger) != len(steps) || known.Mails.Open() {
			return fmt.Errorf("%d scans, mails %+v", len(known.Ledger), known.Mails)
		}
		for _, m := range known.Mails {
			require.Zero(s, m.Unproven, "no post was interrupted: %+v", m)
			switch m.State {
			case delivery.Accepted:
				due = append(due, string(m.About.Kind))
			case delivery.Superseded:
			default:
				require.Fail(s, "it was not sent", "%+v", m)
			}
		}
		return nil
	})
	require.Contains(s, due, "delivered")
	sent := s.mails(p)
	slices.Sort(sent)
	slices.Sort(due)
	require.Equal(s, due, sent)
}
