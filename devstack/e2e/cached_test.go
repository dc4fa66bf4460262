package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/sendcloud"
)

var cached = flag.Int("cached", 200, "with how many parcels TestWhatACachedParcelCosts measures")

// A worker keeps the workflows of parcels in memory (the SDK's default is 10,000), so
// what one costs has a budget: 2 goroutines, and 60 kB resident.
func TestWhatACachedParcelCosts(t *testing.T) {
	s := newStack(t, shared.get(t))
	goroutines, resident := 0, residentBytes(s)
	parcels := make([]sendcloud.Parcel, *cached)
	for i := range parcels {
		parcels[i] = s.parcel()
		s.tell(parcels[i], sendcloud.ToSorting, time.Now())
	}
	for _, p := range parcels {
		s.idle(p)
	}
	each := (residentBytes(s) - resident) / *cached
	require.NoError(t, s.worker.cmd.Process.Signal(syscall.SIGQUIT)) // which prints all goroutines
	<-s.worker.done
	for range regexp.MustCompile(`(?m)^goroutine \d+ `).FindAllString(s.worker.output(), -1) {
		goroutines++
	}
	t.Logf("%d parcels: %d goroutines in all, %.2f a parcel; %d kB resident a parcel", *cached, goroutines, float64(goroutines)/float64(*cached), each>>10)
	const program = 250 // what a worker without a parcel has at most
	require.LessOrEqual(t, goroutines, program+2*(*cached))
	if os.Getenv("RACE") == "" && *cached >= 1000 {
		require.Less(t, each, 60<<10, "the race detector, and a small number, would count the program's own")
	}
}

// residentBytes is the memory that a stack's worker has in use.
func residentBytes(s *stack) int {
	s.Helper()
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.worker.cmd.Process.Pid))
	require.NoError(s, err)
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	require.NoError(s, err)
	return pages * os.Getpagesize()
}
