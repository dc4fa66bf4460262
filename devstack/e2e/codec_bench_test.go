//go:build bench

package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"waybill/codec"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
)

var (
	codecParcels = flag.Int("codec-parcels", 100, "with how many parcels TestWhatEncryptionCosts measures each time")
	codecRounds  = flag.Int("codec-rounds", 5, "how many times TestWhatEncryptionCosts measures with and without encryption")
)

// standardParcel is the way of a parcel with the mail that each scan causes.
var standardParcel = []struct {
	status sendcloud.Status
	mail   string
}{
	{sendcloud.ReadyToSend, ""}, {sendcloud.ToSorting, "shipped"}, {sendcloud.EnRoute, ""},
	{sendcloud.DriverEnRoute, "out_for_delivery"}, {sendcloud.Delivered, "delivered"},
}

// cost is what one round has measured.
type cost struct {
	// bytes is the size of Temporal's history of a parcel, and told what it is if each scan tells everything that it
	// says of the parcel.
	bytes, told float64
	// worker, ingress and temporal are the processor time of a scan in each process.
	worker, ingress, temporal time.Duration
	// scans is how many a second the whole stack takes, until all mails have left.
	scans float64
}

// It prints what encryption costs, and demands nothing of the time: machines differ. Each round has a server and a shop
// of its own, and rounds with and without encryption take turns, so that what else a machine does hits both.
func TestWhatEncryptionCosts(t *testing.T) {
	measured := map[codec.Plain][]cost{}
	for n := range *codecRounds {
		for _, plain := range []codec.Plain{codec.PlainWritten, codec.PlainRefused} {
			t.Run(fmt.Sprintf("round %d plain %s", n+1, plain), func(t *testing.T) {
				one := measure(t, plain)
				t.Logf("%+v", one)
				measured[plain] = append(measured[plain], one)
			})
		}
	}
	if t.Failed() {
		return
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "median (and range) of %d rounds of %d parcels with %d scans and 3 mails each\tplain\tencrypted\tdifference of medians\n", *codecRounds, *codecParcels, len(standardParcel))
	row := func(what, form string, of func(cost) float64) {
		plain, encrypted := sorted(measured[codec.PlainWritten], of), sorted(measured[codec.PlainRefused], of)
		shown := func(all []float64) string {
			return fmt.Sprintf(form+" ("+form+" to "+form+")", median(all), all[0], all[len(all)-1])
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%+.0f %%\n", what, shown(plain), shown(encrypted), (median(encrypted)/median(plain)-1)*100)
	}
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	row("bytes of history a parcel", "%.0f", func(c cost) float64 { return c.bytes })
	row("the same, if each scan told everything", "%.0f", func(c cost) float64 { return c.told })
	row("processor time a scan, worker (ms)", "%.1f", func(c cost) float64 { return ms(c.worker) })
	row("processor time a scan, ingress (ms)", "%.1f", func(c cost) float64 { return ms(c.ingress) })
	row("processor time a scan, Temporal on SQLite (ms)", "%.1f", func(c cost) float64 { return ms(c.temporal) })
	row("scans a second, all on one machine", "%.1f", func(c cost) float64 { return c.scans })
	require.NoError(t, w.Flush())
	t.Logf("\n%s", table.String())
}

func sorted(all []cost, of func(cost) float64) (values []float64) {
	for _, one := range all {
		values = append(values, of(one))
	}
	slices.Sort(values)
	return values
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// measure has parcels go all their way, and looks at the processes meanwhile.
func measure(t *testing.T, plain codec.Plain) cost {
	t.Helper()
	server := &temporalServer{folder: t.TempDir(), port: freePort(t)}
	require.NoError(t, server.start())
	defer server.kill()
	s := prepareStack(t, server)
	s.encrypt(codecKey, plain)
	s.setUp()
	s.startIngress()
	s.startWorker()
	s.awaitReady()
	s.awaitWorker()
	s.journey(s.newParcels(4), func() {}) // what is done once is not counted
	parcels := s.newParcels(*codecParcels)
	processes := []*process{s.worker, s.ingress, server.process}
	var before, spent [3]time.Duration
	for i, p := range processes {
		before[i] = p.cpu(t)
	}
	began := time.Now()
	s.journey(parcels, func() {})
	took := time.Since(began)
	scans := len(parcels) * len(standardParcel)
	for i, p := range processes {
		spent[i] = (p.cpu(t) - before[i]) / time.Duration(scans)
	}
	few := s.newParcels(10)
	s.journey(few, func() {})
	told := s.newParcels(10)
	s.journey(told, func() {
		// An ingress that has just started does not know what a parcel was told before.
		s.ingress.terminate()
		s.startIngress()
		s.awaitReady()
	})
	return cost{
		bytes: s.bytes(few), told: s.bytes(told), scans: float64(scans) / took.Seconds(),
		worker: spent[0], ingress: spent[1], temporal: spent[2],
	}
}

// bytes is the size of the history of a parcel that has gone all its way.
func (s *stack) bytes(parcels []sendcloud.Parcel) (bytes float64) {
	s.Helper()
	for _, p := range parcels {
		s.settled(p, len(standardParcel), delivery.Accepted, delivery.Accepted, delivery.Accepted)
		s.idle(p)
		d, err := s.client.DescribeWorkflowExecution(s.Context(), workflowID(p), "")
		require.NoError(s, err)
		bytes += float64(d.GetWorkflowExecutionInfo().GetHistorySizeBytes()) / float64(len(parcels))
	}
	return bytes
}

// cpu is the processor time that a process has taken so far. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
func (p *process) cpu(t *testing.T) time.Duration {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	require.NoError(t, err, "processor times are read as Linux has them")
	_, after, found := strings.Cut(string(raw), ") ")
	require.True(t, found)
	fields := strings.Fields(after)
	var ticks int64
	for _, field := range fields[11:13] { // in user mode and in the kernel
		n, err := strconv.ParseInt(field, 10, 64)
		require.NoError(t, err)
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100)
}

func (s *stack) newParcels(n int) (all []sendcloud.Parcel) {
	for range n {
		all = append(all, s.parcel())
	}
	return all
}

// journey has parcels go all the way: the first scan of all, sixteen at a time, and once these are mailed, the second of
// all, and so on. No parcel is asked meanwhile, which would cost processor time too.
func (s *stack) journey(parcels []sendcloud.Parcel, before func()) {
	s.Helper()
	at := time.Now().Add(-10 * time.Hour)
	for _, step := range standardParcel {
		before()
		at = at.Add(time.Hour)
		var group errgroup.Group
		group.SetLimit(16)
		for _, p := range parcels {
			group.Go(func() error {
				s.tell(p, step.status, at)
				return nil
			})
		}
		require.NoError(s, group.Wait())
		if step.mail != "" {
			s.mailed(parcels, step.mail)
		}
	}
}

// mailed waits until each parcel has had a mail of this kind.
func (s *stack) mailed(parcels []sendcloud.Parcel, kind string) {
	s.Helper()
	s.eventually("a mail for each parcel", func() error {
		had := map[string]bool{}
		for _, m := range s.sendgrid.Mails() {
			had[m.To] = had[m.To] || m.Categories[1] == kind
		}
		for _, p := range parcels {
			if !had[p.Recipient.Email] {
				return fmt.Errorf("parcel %d has no mail %s", p.ID, kind)
			}
		}
		return nil
	})
}
