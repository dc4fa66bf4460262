package archive_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/archive"
	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
	"waybill/search"
)

var nine = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// books are a folder, and the refunds that Temporal keeps.
type books struct {
	*testing.T
	folder string
	now    time.Time
	// listed are those that have ended, known what each answers. Those without an answer are silent.
	listed []recorder.ListedRefund
	known  map[contract.RefundRef]refund.Refund
	// asked are the refunds that were asked, and asking happens before each answer.
	asked  []int64
	asking func()
	mu     sync.Mutex
}

func newBooks(t *testing.T) *books {
	t.Helper()
	return &books{T: t, folder: t.TempDir(), now: nine.AddDate(0, 0, 1), known: map[contract.RefundRef]refund.Refund{}, asking: func() {}}
}

func of(id int64) contract.RefundRef { return contract.RefundRef{Integration: "my-shop", ReturnID: id} }

// ends has a refund end in a state, with so many lines in its decision log, a minute apart.
func (b *books) ends(id int64, state refund.State, lines int, began time.Time) {
	r := refund.Refund{Integration: "my-shop", ReturnID: id, State: state}
	r.Facts.Customer, r.Facts.Message = refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com"}, "It does not fit."
	r.Facts.Items = []refund.Item{{Name: "T-Shirt XL", Message: "Far too wide."}}
	r.Pseudonym, r.OtherPseudonyms, r.Search = "a pseudonym", []string{"an old pseudonym"}, search.Terms{Recipient: "a digest", Order: "1042"}
	for i := range lines {
		r.Receipt = append(r.Receipt, refund.Entry{At: began.Add(time.Duration(i) * time.Minute), Hash: fmt.Sprintf("%d-%s-%d", id, began.Format(time.DateOnly), i)})
	}
	b.listed = append(b.listed, recorder.ListedRefund{RefundRef: of(id), Started: began})
	b.known[of(id)] = r
}

// add exports, a day after the last time.
func (b *books) add() (archive.Added, error) {
	b.asked, b.now = nil, b.now.AddDate(0, 0, 1)
	return archive.Folder(b.folder).Add(b.Context(), b.listed, func(_ context.Context, of contract.RefundRef) (refund.Refund, error) {
		b.asking()
		b.mu.Lock() // several are asked at a time
		defer b.mu.Unlock()
		known, answers := b.known[of]
		if !answers {
			return refund.Refund{}, errors.New("the key is missing")
		}
		b.asked = append(b.asked, of.ReturnID)
		return known, nil
	}, b.now)
}

// mustAdd exports, and wants no fault.
func (b *books) mustAdd() archive.Added {
	b.Helper()
	added, err := b.add()
	require.NoError(b, err)
	return added
}

// files are the names of the files in the folder, and lines the refunds that stand in them, with the
// last hash of each.
func (b *books) files() (names, lines []string) {
	b.Helper()
	entries, err := os.ReadDir(b.folder)
	require.NoError(b, err)
	for _, e := range entries {
		names = append(names, e.Name())
		raw, err := os.ReadFile(filepath.Join(b.folder, e.Name()))
		require.NoError(b, err)
		for line := range strings.Lines(string(raw)) {
			var r refund.Refund
			require.NoError(b, json.Unmarshal([]byte(line), &r))
			lines = append(lines, r.Receipt[len(r.Receipt)-1].Hash)
		}
	}
	return names, lines
}

func TestEachRefundStandsInOneFile(t *testing.T) {
	b := newBooks(t)
	b.ends(1, refund.Paid, 3, nine)
	b.ends(2, refund.Rejected, 2, nine)
	added := b.mustAdd()
	require.Equal(t, archive.Added{Written: archive.Written{Refunds: 2}, File: "refunds-2026-11-04T090000Z.jsonl"}, added)
	raw, err := os.ReadFile(filepath.Join(b.folder, added.File))
	require.NoError(t, err)
	for _, personal := range []string{"Jane Doe", "jane.doe@example.com", "does not fit", "too wide", "pseudonym", "a digest"} {
		require.NotContains(t, string(raw), personal)
	}
	for _, books := range []string{"T-Shirt XL", "1042"} {
		require.Contains(t, string(raw), books)
	}
	require.Equal(t, "Far too wide.", b.known[of(1)].Facts.Items[0].Message, "what was asked stays as it is")
	info, err := os.Stat(filepath.Join(b.folder, added.File))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	require.Equal(t, archive.Added{}, b.mustAdd(), "nothing has ended since")
	require.Empty(t, b.asked, "what stands in a file is not asked")

	b.ends(3, refund.Paid, 1, nine)
	require.Equal(t, 1, b.mustAdd().Refunds)
	require.Equal(t, []int64{3}, b.asked)
	names, lines := b.files()
	require.Equal(t, []string{"refunds-2026-11-04T090000Z.jsonl", "refunds-2026-11-06T090000Z.jsonl"}, names)
	require.Equal(t, []string{"1-2026-11-02-2", "2-2026-11-02-1", "3-2026-11-02-0"}, lines)
}

// Temporal lists some workflows late, and no worker may run for days.
func TestARefundThatIsListedLateIsExportedThen(t *testing.T) {
	b := newBooks(t)
	b.ends(1, refund.Paid, 1, nine)
	b.ends(2, refund.Paid, 1, nine.AddDate(0, 0, -60))
	late := b.listed[1]
	b.listed = b.listed[:1]
	b.mustAdd()
	b.listed = append(b.listed, late)
	b.now = b.now.AddDate(0, 0, 20)
	require.Equal(t, 1, b.mustAdd().Refunds)
	_, lines := b.files()
	require.Equal(t, []string{"1-2026-11-02-0", "2-2026-09-03-0"}, lines)
}

func TestARefundThatDoesNotAnswerIsTriedAgainAndHoldsUpNoOther(t *testing.T) {
	b := newBooks(t)
	b.ends(1, refund.Paid, 1, nine)
	b.ends(2, refund.Paid, 1, nine)
	answer := b.known[of(1)]
	delete(b.known, of(1))
	added := b.mustAdd()
	require.Equal(t, 1, added.Refunds)
	require.EqualError(t, errors.Join(added.Silent...), "my-shop/1: the key is missing")
	added = b.mustAdd()
	require.Empty(t, added.File, "an empty file would say nothing")
	require.Len(t, added.Silent, 1)
	b.known[of(1)] = answer
	require.Equal(t, 1, b.mustAdd().Refunds)
	_, lines := b.files()
	require.Equal(t, []string{"2-2026-11-02-0", "1-2026-11-02-0"}, lines)
}

// An operator has terminated its workflow; a webhook may begin it anew.
func TestARefundThatWasBegunAnewIsExportedAgain(t *testing.T) {
	b := newBooks(t)
	b.ends(1, refund.AwaitingApproval, 2, nine)
	require.Equal(t, 1, b.mustAdd().Refunds)
	require.Zero(t, b.mustAdd().Refunds, "the same log")
	require.Equal(t, []int64{1}, b.asked, "it is asked, because it was not over")
	b.ends(1, refund.Paid, 2, nine.AddDate(0, 0, 3))
	require.Equal(t, 1, b.mustAdd().Refunds)
	require.Zero(t, b.mustAdd().Refunds)
	b.ends(1, refund.Rejected, 1, nine.Add(4*day+11*time.Hour)) // hours after the file was written
	b.listed = b.listed[2:]                                     // Temporal has forgotten the others
	require.Equal(t, 1, b.mustAdd().Refunds, "one that was over before is not the same")
	_, lines := b.files()
	require.Equal(t, []string{"1-2026-11-02-1", "1-2026-11-05-1", "1-2026-11-06-0"}, lines)
}

// Whatever is killed leaves nothing that counts.
func TestAWriterThatWasKilledLosesNothing(t *testing.T) {
	b := newBooks(t)
	for id := range int64(250) {
		b.ends(1+id, refund.Paid, 1, nine)
	}
	require.NoError(t, os.WriteFile(filepath.Join(b.folder, ".refunds-1.unfinished"), []byte(`{"integration":"my-shop","returnId":1,`), 0o600))
	require.Equal(t, 250, b.mustAdd().Refunds)
	names, lines := b.files()
	require.Len(t, names, 1, "what was left is gone")
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(lines))), 250)
}

// A try that counts as lost goes on, on a machine that is cut off.
func TestOfTwoWritersOneFails(t *testing.T) {
	b := newBooks(t)
	b.ends(1, refund.Paid, 1, nine)
	b.asking = func() {
		b.asking = func() {}
		require.Equal(t, 1, b.mustAdd().Refunds)
	}
	_, err := b.add()
	require.ErrorContains(t, err, "does another worker write to this folder?")
	names, lines := b.files()
	require.Len(t, names, 1)
	require.Len(t, lines, 1)
}

func TestTwoFilesOfOneSecondHaveNamesOfTheirOwn(t *testing.T) {
	b := newBooks(t)
	b.ends(1, refund.Paid, 1, nine)
	first := b.mustAdd().File
	b.ends(2, refund.Paid, 1, nine)
	b.now = b.now.AddDate(0, 0, -1)
	second := b.mustAdd().File
	require.NotEqual(t, first, second)
	_, lines := b.files()
	require.Len(t, lines, 2)
}

func TestWhatCannotBeWrittenOrReadIsSaid(t *testing.T) {
	b := newBooks(t)
	b.ends(1, refund.Paid, 1, nine)
	folder := b.folder
	for _, tt := range []struct {
		name, folder, want string
		prepare            func()
	}{
		{"there is no folder", filepath.Join(folder, "missing"), "make it, and let the worker write to it", func() {}},
		{"it is a file", filepath.Join(folder, "file"), "is a file: name a folder", func() { require.NoError(t, os.WriteFile(filepath.Join(folder, "file"), nil, 0o600)) }},
		{"a file is damaged", folder, "read refunds-2026-11-03T000000Z.jsonl (if it is damaged, move it out of the folder", func() {
			require.NoError(t, os.WriteFile(filepath.Join(folder, "refunds-2026-11-03T000000Z.jsonl"), []byte(`{"integration":`), 0o600))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.prepare()
			b.folder = tt.folder
			_, err := b.add()
			require.ErrorContains(t, err, tt.want)
		})
	}
	b.folder = folder
	require.NoError(t, os.Remove(filepath.Join(folder, "refunds-2026-11-03T000000Z.jsonl")))
	for _, others := range []string{"refunds-2026.jsonl", "refunds-2026-11-03T000000Z.jsonl.gz", "notes.txt"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, others), []byte("?"), 0o600))
	}
	require.Equal(t, 1, b.mustAdd().Refunds, "other files are left alone")
}

func TestAFolderIsTriedAndLeftAsItWas(t *testing.T) {
	folder := archive.Folder(t.TempDir())
	require.NoError(t, folder.Try())
	left, err := os.ReadDir(string(folder))
	require.NoError(t, err)
	require.Empty(t, left)
	require.ErrorContains(t, archive.Folder(filepath.Join(string(folder), "missing")).Try(), "make it, and let the worker write to it")
}

func TestAnExportThatIsStoppedSaysSo(t *testing.T) {
	b := newBooks(t)
	b.ends(1, refund.Paid, 1, nine)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := archive.Folder(b.folder).Add(ctx, b.listed, func(ctx context.Context, _ contract.RefundRef) (refund.Refund, error) {
		return refund.Refund{}, ctx.Err()
	}, b.now)
	require.ErrorIs(t, err, context.Canceled, "and not that the refund did not answer")
	names, _ := b.files()
	require.Empty(t, names)
}
