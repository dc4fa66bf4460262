package activities_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"waybill/activities"
	"waybill/archive"
	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
)

// past are refunds that have ended, by their numbers, and what each answers.
type past struct {
	known map[int64]refund.Refund
	// gone are those that Temporal has forgotten since it listed them.
	gone  map[int64]bool
	fails error
	asked recorder.RefundFilter
}

func (p *past) Refunds(_ context.Context, f recorder.RefundFilter, _ []byte, _ int) (all []recorder.ListedRefund, next []byte, err error) {
	p.asked = f
	for id := range p.known {
		all = append(all, recorder.ListedRefund{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: id}, Started: noon})
	}
	return all, nil, p.fails
}

func (p *past) Refund(_ context.Context, of contract.RefundRef) (refund.Refund, bool, error) {
	return p.known[of.ReturnID], !p.gone[of.ReturnID], nil
}

func over(id int64) refund.Refund {
	return refund.Refund{Integration: "demo", ReturnID: id, State: refund.Paid, Receipt: []refund.Entry{{At: noon}}}
}

func TestRefundsThatHaveEndedAreExported(t *testing.T) {
	p := &past{known: map[int64]refund.Refund{1: over(1), 2: over(2)}}
	export := activities.Exports{Folder: archive.Folder(t.TempDir()), Refunds: p}
	done, err := export.WriteExport(t.Context(), contract.ExportStart{})
	require.NoError(t, err)
	require.Equal(t, 2, done.Refunds)
	require.FileExists(t, filepath.Join(string(export.Folder), done.File))
	require.Equal(t, recorder.RefundFilter{EndedBefore: p.asked.EndedBefore}, p.asked, "all that have ended")
	require.True(t, p.asked.EndedBefore.After(time.Now()), "also within this second")

	done, err = export.WriteExport(t.Context(), contract.ExportStart{})
	require.NoError(t, err)
	require.Equal(t, contract.Exported{}, done, "a second try writes nothing twice")
}

func TestAnExportFailsWhileRefundsAreMissing(t *testing.T) {
	p := &past{known: map[int64]refund.Refund{1: over(1), 2: over(2)}, gone: map[int64]bool{2: true}}
	export := activities.Exports{Folder: archive.Folder(t.TempDir()), Refunds: p}
	_, err := export.WriteExport(t.Context(), contract.ExportStart{})
	failed, is := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, is, "%v", err)
	require.Equal(t, contract.ExportSilent, failed.Type())
	require.False(t, failed.NonRetryable(), "a worker with the right keys may come")
	require.ErrorContains(t, err, "refunds that did not answer: 1; 1 others were exported: demo/2: it is not in Temporal any more")

	p.fails = errors.New("the list is away")
	_, err = export.WriteExport(t.Context(), contract.ExportStart{})
	require.ErrorIs(t, err, p.fails)
	require.NoError(t, os.Remove(string(export.Folder)+"/"+names(t, string(export.Folder))[0]))
	require.NoError(t, os.Remove(string(export.Folder)))
	p.fails = nil
	_, err = export.WriteExport(t.Context(), contract.ExportStart{})
	require.ErrorContains(t, err, "make it, and let the worker write to it")
}

func names(t *testing.T, folder string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}
