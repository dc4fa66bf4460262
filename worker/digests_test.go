package worker

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/link"
	"waybill/policy"
	"waybill/recorder"
)

// digested are the digests that were begun, as "person day", in a shop where some refunds wait.
type digested struct {
	waiting int64
	begun   []string
	names   []string
	fails   error
}

func (d *digested) CountRefunds(context.Context, recorder.RefundFilter) (int64, error) {
	return d.waiting, nil
}

func (d *digested) WriteDigest(_ context.Context, name string, start contract.DigestStart) error {
	if d.fails != nil {
		return d.fails
	}
	d.begun, d.names = append(d.begun, start.Person+" "+start.Day), append(d.names, name)
	slices.Sort(d.begun)
	return nil
}

// digestsOf are the digests of a shop where anna has one at 07:15, and mia, a manager, has none of
// her own. sam works on parcels only.
func digestsOf(t *testing.T, records digestRecords) *digests {
	t.Helper()
	return digestsUnder(t, records, `
people:
  anna: {email: anna@shop.example, role: approver, digest: "07:15"}
  mia: {email: mia@shop.example, role: manager}
  sam: {email: sam@shop.example, role: support}
`)
}

func digestsUnder(t *testing.T, records digestRecords, says string) *digests {
	t.Helper()
	file := filepath.Join(t.TempDir(), "waybill.yaml")
	require.NoError(t, os.WriteFile(file, []byte(says), 0o600))
	keeper, err := policy.Keep(file)
	require.NoError(t, err)
	keys, err := link.ParseKeys(strings.Repeat("n", 32))
	require.NoError(t, err)
	return newDigests(records, keeper, func() link.Keys { return keys }, slog.New(slog.DiscardHandler))
}

func clock(hour, minute int) time.Time { return time.Date(2026, 11, 10, hour, minute, 0, 0, time.UTC) }

func TestADigestBeginsAtItsTimeOnceADay(t *testing.T) {
	records := &digested{waiting: 1}
	d := digestsOf(t, records)
	for _, at := range []struct {
		now   time.Time
		begun []string
	}{
		{clock(7, 14), nil},
		{clock(7, 15), []string{"anna 2026-11-10"}},
		{clock(7, 16), []string{"anna 2026-11-10"}},
		{clock(8, 30), []string{"anna 2026-11-10", "mia 2026-11-10"}},
		{clock(23, 0), []string{"anna 2026-11-10", "mia 2026-11-10"}},
		{clock(31, 15), []string{"anna 2026-11-10", "anna 2026-11-11", "mia 2026-11-10"}},
	} {
		require.NoError(t, d.begin(t.Context(), at.now))
		require.Equal(t, at.begun, records.begun, "%s", at.now)
	}
	for _, name := range records.names {
		require.NotContains(t, name, "anna")
	}
}

// One integration can have somebody decide who works on parcels only elsewhere. They get no single
// mails there, and so they need the digest.
func TestADigestBeginsForWhoDecidesInOneIntegrationOnly(t *testing.T) {
	for name, says := range map[string]string{
		"support elsewhere": `
people:
  sam: {email: sam@shop.example, role: support}
integrations:
  demo: {people: {sam: {email: sam@shop.example, role: approver, digest: "07:15"}}}
`,
		"support in the first integration": `
integrations:
  aside: {people: {sam: {email: sam@shop.example, role: support}}}
  demo: {people: {sam: {email: sam@shop.example, role: manager, digest: "07:15"}}}
`,
		"a digest in one integration": `
people:
  sam: {email: sam@shop.example, role: approver}
integrations:
  demo: {people: {sam: {email: sam@shop.example, role: approver, digest: "07:15"}}}
`,
		"the time of one integration": `
integrations:
  demo: {refunds: {remind_at: "07:15"}, people: {sam: {email: sam@shop.example, role: manager}}}
`,
	} {
		t.Run(name, func(t *testing.T) {
			records := &digested{waiting: 1}
			d := digestsUnder(t, records, says)
			require.NoError(t, d.begin(t.Context(), clock(7, 14)))
			require.Empty(t, records.begun)
			require.NoError(t, d.begin(t.Context(), clock(7, 15)))
			require.Equal(t, []string{"sam 2026-11-10"}, records.begun)
		})
	}
}

// A worker that starts after the policy has changed begins the same digest, which Temporal begins once.
func TestAChangeOfThePolicyBeginsNoSecondDigest(t *testing.T) {
	records := &digested{waiting: 1}
	for _, says := range []string{
		`people: {anna: {email: anna@shop.example, role: approver}}`,
		`people: {anna: {email: anna.jansen@shop.example, role: manager}}`,
	} {
		require.NoError(t, digestsUnder(t, records, says).begin(t.Context(), clock(8, 30)))
	}
	require.Equal(t, records.names[0], records.names[1])
}

// A day can begin at 01:00: 00:15 is then on the day before.
func TestADigestIsOfItsOwnDay(t *testing.T) {
	zone, err := time.LoadLocation("Atlantic/Azores")
	require.NoError(t, err)
	for now, day := range map[time.Time]string{
		time.Date(2026, 3, 28, 0, 15, 0, 0, zone): "2026-03-28",
		time.Date(2026, 3, 29, 1, 0, 0, 0, zone):  "2026-03-29",
		time.Date(2026, 3, 30, 0, 15, 0, 0, zone): "2026-03-30",
	} {
		got, due := lastDigest(15*time.Minute, now)
		require.True(t, due)
		require.Equal(t, day, got)
	}
}

// A worker that was down at the time of a digest sends it late, but no list of the morning at night.
func TestADigestIsNotSentMuchTooLate(t *testing.T) {
	for now, begun := range map[time.Time][]string{
		clock(13, 14): {"anna 2026-11-10", "mia 2026-11-10"},
		clock(13, 15): {"mia 2026-11-10"},
		clock(14, 30): nil,
		clock(0, 5):   nil,
	} {
		records := &digested{waiting: 1}
		require.NoError(t, digestsOf(t, records).begin(t.Context(), now))
		require.Equal(t, begun, records.begun, "%s", now)
	}
}

// What waits by then is not left to the next day.
func TestADigestThatIsMovedComesOnTheSameDay(t *testing.T) {
	records := &digested{}
	d := digestsOf(t, records)
	require.NoError(t, d.begin(t.Context(), clock(8, 30)))
	records.waiting = 1
	d.policy = digestsUnder(t, records, `people: {anna: {email: anna@shop.example, role: approver, digest: "09:00"}}`).policy
	require.NoError(t, d.begin(t.Context(), clock(8, 59)))
	require.Empty(t, records.begun)
	for range 2 {
		require.NoError(t, d.begin(t.Context(), clock(9, 0)))
		require.Equal(t, []string{"anna 2026-11-10"}, records.begun)
	}
}

func TestADigestComesAtTheTimeOfItsReadersZone(t *testing.T) {
	records := &digested{waiting: 1}
	d := digestsUnder(t, records, `
stuck: {origin: PT}
people:
  anna: {email: anna@shop.example, role: approver, digest: "07:15", time_zone: Europe/Athens}
  mia: {email: mia@shop.example, role: manager, digest: "07:15"}
`)
	for now, begun := range map[time.Time]int{clock(5, 14): 0, clock(5, 15): 1, clock(7, 15): 2} {
		records.begun, d.begun = nil, map[string]string{}
		require.NoError(t, d.begin(t.Context(), now))
		require.Len(t, records.begun, begun, "%s", now)
	}
}

func TestNoDigestIsBegunWhenNothingWaits(t *testing.T) {
	records := &digested{}
	d := digestsOf(t, records)
	require.NoError(t, d.begin(t.Context(), clock(8, 30)))
	require.Empty(t, records.begun)
}

func TestADigestThatCouldNotBeBegunIsBegunLater(t *testing.T) {
	records := &digested{waiting: 1, fails: errors.New("Temporal does not answer")}
	d := digestsOf(t, records)
	require.ErrorContains(t, d.begin(t.Context(), clock(7, 15)), "Temporal does not answer")
	records.fails = nil
	require.NoError(t, d.begin(t.Context(), clock(7, 16)))
	require.Equal(t, []string{"anna 2026-11-10"}, records.begun)
}

func TestWithoutLinksThereAreNoDigests(t *testing.T) {
	records := &digested{waiting: 1}
	d := digestsOf(t, records)
	d.keys = func() link.Keys { return nil }
	require.NoError(t, d.begin(t.Context(), clock(8, 30)))
	require.Empty(t, records.begun)
}
