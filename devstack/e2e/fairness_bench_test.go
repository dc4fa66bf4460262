//go:build bench

package e2e_test

import (
	"flag"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"waybill/devstack/sendcloud"
)

var (
	flood        = flag.Int("flood", 10_000, "how many scans of one shop TestAFloodOfOneShopLeavesTheOthersInPeace sends")
	floodAtATime = flag.Int("flood-at-a-time", 32, "how many of them are on their way at a time")
	quiet        = flag.Int("quiet-scans", 200, "how many scans of the other shop are measured, without the flood and with it")
)

// What another shop sees of a flood: how long the answer to its webhook takes, and how long it takes from its scan to
// the mail. It prints both, without the flood and with it, and demands nothing of the time: machines differ.
func TestAFloodOfOneShopLeavesTheOthersInPeace(t *testing.T) {
	const other, otherKey = "other", "a-signature-key-of-the-other-shop"
	server := &temporalServer{folder: t.TempDir(), port: freePort(t)}
	require.NoError(t, server.start())
	defer server.kill()
	s := prepareStack(t, server)
	s.setUp()
	s.startIngress("SENDCLOUD_KEYS_OTHER=" + otherKey)
	s.startWorker()
	s.awaitReady()
	s.awaitWorker()

	// measured sends a scan of a new parcel of the other shop five times a second.
	measured := func(name string) (answers, mails []time.Duration) {
		began := map[string]time.Time{}
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		refused := 0
		for range *quiet {
			<-tick.C
			p := s.parcel()
			body := p.Body(sendcloud.ToSorting, time.Now())
			began[p.Recipient.Email] = time.Now()
			for code := 0; code != http.StatusOK; {
				var said string
				if code, said = s.once(http.MethodPost, "/webhooks/sendcloud/"+other, body, sendcloud.Sign(otherKey, body)); code != http.StatusOK {
					require.Equal(t, http.StatusServiceUnavailable, code, said)
					refused++
				}
			}
			answers = append(answers, time.Since(began[p.Recipient.Email]))
		}
		s.eventually("a mail for each scan", func() error {
			mails = nil
			for _, m := range s.sendgrid.Mails() {
				if at, is := began[m.To]; is {
					mails = append(mails, m.ReceivedAt.Sub(at))
				}
			}
			if len(mails) < len(began) {
				return fmt.Errorf("%d of %d", len(mails), len(began))
			}
			return nil
		})
		t.Logf("%-18s answer p50 %6v p99 %6v   scan to mail p50 %6v p99 %6v   refused %d", name,
			percentile(answers, 50), percentile(answers, 99), percentile(mails, 50), percentile(mails, 99), refused)
		return answers, mails
	}
	measured("to warm up")
	alone, aloneMails := measured("alone")

	stop, sent, again := make(chan struct{}), atomic.Int64{}, atomic.Int64{}
	var group errgroup.Group
	group.SetLimit(*floodAtATime)
	began := time.Now()
	flooded := make(chan struct{})
	go func() {
		defer close(flooded)
		parcels := s.newParcels(*flood / 5)
		for i := range *flood {
			select {
			case <-stop:
				return
			default:
			}
			p, status := parcels[i%len(parcels)], []sendcloud.Status{sendcloud.ReadyToSend, sendcloud.ToSorting, sendcloud.EnRoute, sendcloud.DriverEnRoute, sendcloud.Delivered}[i/len(parcels)]
			group.Go(func() error {
				body := p.Body(status, time.Now().Add(-time.Hour))
				for code := 0; code != http.StatusOK; {
					if code, _ = s.once(http.MethodPost, "/webhooks/sendcloud/demo", body, sendcloud.Sign(signatureKey, body)); code != http.StatusOK {
						again.Add(1)
						time.Sleep(100 * time.Millisecond) //nolint:forbidigo // a sender that comes again
					}
				}
				sent.Add(1)
				return nil
			})
		}
	}()
	under, underMails := measured("with the flood")
	t.Logf("the flood: %d scans taken, %d refused, in %v", sent.Load(), again.Load(), time.Since(began).Round(time.Second))
	close(stop)
	<-flooded
	require.NoError(t, group.Wait())
	t.Logf("p99 of the answer %.1f times, of scan to mail %.1f times what it is alone",
		ratio(under, alone), ratio(underMails, aloneMails))
}

func ratio(with, without []time.Duration) float64 {
	return float64(percentile(with, 99)) / float64(percentile(without, 99))
}

// percentile is the value below which so many of a hundred are.
func percentile(all []time.Duration, p int) time.Duration {
	all = slices.Clone(all)
	slices.Sort(all)
	return all[int(math.Ceil(float64(len(all)*p)/100))-1].Round(100 * time.Microsecond)
}
