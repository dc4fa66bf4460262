package recorder

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/parcel"
)

var (
	itsParcel = contract.ParcelRef{Integration: "demo", ID: 7}
	itsFacts  = parcel.Facts{
		Recipient: parcel.Recipient{Name: "Jane Doe", Email: "jane.doe@example.com"}, CarrierCode: "dpd", OrderNumber: "1042",
	}
)

// scanned is the scan of an hour with some facts.
func scanned(hour int, f parcel.Facts) parcel.Scan {
	return parcel.Scan{StatusID: 91, Phase: parcel.InTransit, At: noon.Add(time.Duration(hour) * time.Hour), Facts: f}
}

// recorded are the scans that Temporal has, by whether they may start a workflow.
func recorded(t *testing.T, f *frontend) (starting, others []parcel.Scan) {
	t.Helper()
	for _, s := range f.starts {
		starting = append(starting, read[parcel.Scan](t, s.GetSignalInput()))
	}
	for _, s := range f.signals {
		require.Equal(t, "run", s.GetWorkflowExecution().GetRunId(), "only the run that was told knows the facts")
		others = append(others, read[parcel.Scan](t, s.GetInput()))
	}
	return starting, others
}

func TestALaterScanCarriesOnlyWhatHasChanged(t *testing.T) {
	f := &frontend{}
	r := before(t, f)
	r.Told = NewTold()
	tracked := itsFacts
	tracked.TrackingNumber = "3SWAYB7"
	for hour, facts := range []parcel.Facts{itsFacts, itsFacts, tracked, tracked} {
		require.NoError(t, r.Scan(t.Context(), itsParcel, scanned(hour, facts)))
	}
	first, second := factsName(itsFacts), factsName(tracked)
	starting, others := recorded(t, f)
	want := scanned(0, itsFacts)
	want.FactsName = first
	require.Equal(t, []parcel.Scan{want}, starting)
	require.Len(t, others, 3)
	require.Equal(t, []any{parcel.Facts{}, first, ""}, []any{others[0].Facts, others[0].FactsAs, others[0].FactsName})
	require.Equal(t, []any{parcel.Facts{TrackingNumber: "3SWAYB7"}, first, second}, []any{others[1].Facts, others[1].FactsAs, others[1].FactsName})
	require.Equal(t, []any{parcel.Facts{}, second, ""}, []any{others[2].Facts, others[2].FactsAs, others[2].FactsName})
	require.Equal(t, tracked, itsFacts.With(others[1].Facts))
}

func TestEverythingIsToldWhereSomethingCouldBeMissing(t *testing.T) {
	gone := itsFacts
	gone.OrderNumber = ""
	for name, c := range map[string]struct {
		told  *Told
		next  contract.ParcelRef
		facts parcel.Facts
		over  bool
	}{
		"another parcel":             {NewTold(), contract.ParcelRef{Integration: "demo", ID: 8}, itsFacts, false},
		"the run is over":            {NewTold(), itsParcel, itsFacts, true},
		"something is not known now": {NewTold(), itsParcel, gone, false},
		"nothing is remembered":      {nil, itsParcel, itsFacts, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := &frontend{}
			r := before(t, f)
			r.Told = c.told
			require.NoError(t, r.Scan(t.Context(), itsParcel, scanned(0, itsFacts)))
			f.closed = c.over
			require.NoError(t, r.Scan(t.Context(), c.next, scanned(1, c.facts)))
			starting, others := recorded(t, f)
			require.Empty(t, others)
			require.Len(t, starting, 2)
			require.Equal(t, c.facts, starting[1].Facts)
			require.Empty(t, starting[1].FactsAs)
		})
	}
}

// Temporal drops a copy by its id. One with other facts is none: whoever sends it names them later.
func TestACopyOfAScanHasItsIDWhoeverSendsItAndOneWithOtherFactsHasAnother(t *testing.T) {
	f := &frontend{}
	one, another := before(t, f), before(t, f)
	one.Told, another.Told = NewTold(), NewTold()
	moved := itsFacts
	moved.Recipient.Email = "j.doe@example.com"
	for _, r := range []Recorder{one, one, another} {
		require.NoError(t, r.Scan(t.Context(), itsParcel, scanned(1, itsFacts)))
	}
	require.NoError(t, one.Scan(t.Context(), itsParcel, scanned(1, moved)))
	require.Empty(t, f.signals, "a copy has to start a run if the other is over")
	var ids []string
	for _, s := range f.starts {
		ids = append(ids, s.GetRequestId())
	}
	require.Len(t, ids, 4)
	require.Equal(t, []string{ids[0], ids[0]}, ids[1:3])
	require.NotEqual(t, ids[0], ids[3])
	scan := scanned(1, itsFacts)
	require.True(t, strings.HasPrefix(ids[0], scan.ID()+"."))
	require.Len(t, ids[0], len(scan.ID())+4, "too short a digest to find out whose the facts are")
}

// Temporal answers a signal to one run whose id it has seen as if it had taken it, also if the run is over.
func TestAScanThatIsSentToOneRunHasNoIDThatTemporalKnows(t *testing.T) {
	f := &frontend{}
	r := before(t, f)
	r.Told = NewTold()
	for _, hour := range []int{0, 1, 0, 1} {
		require.NoError(t, r.Scan(t.Context(), itsParcel, scanned(hour, itsFacts)))
	}
	require.Len(t, f.starts, 1)
	require.Len(t, f.signals, 3)
	seen := map[string]bool{}
	for _, s := range f.signals {
		require.False(t, seen[s.GetRequestId()], "each is told anew")
		seen[s.GetRequestId()] = true
	}
	last := f.signals[2].GetRequestId()
	require.NoError(t, r.Scan(t.Context(), itsParcel, scanned(1, itsFacts)))
	require.Equal(t, last, f.starts[1].GetRequestId(), "a copy of the last scan costs nothing")
}
