package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"waybill/archive"
	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
)

// Exports is the activity of ExportRefunds. It may be tried again at any time: what stands in a file
// is not written again.
type Exports struct {
	Folder  archive.Folder
	Refunds recorder.RefundLister
}

var errForgotten = errors.New("it is not in Temporal any more")

// whenever chooses all that have ended, also by the clock of a server that is ahead.
const whenever = 24 * time.Hour

// silentNamed is how many refunds that did not answer an error names.
const silentNamed = 5

// WriteExport writes the refunds that have ended into a new file of the folder. If some do not
// answer, it fails after the others are written.
func (e Exports) WriteExport(ctx context.Context, _ contract.ExportStart) (contract.Exported, error) {
	now := time.Now()
	var ended []recorder.ListedRefund
	for one, err := range recorder.AllRefunds(ctx, e.Refunds, recorder.RefundFilter{EndedBefore: now.Add(whenever)}) {
		if err != nil {
			return contract.Exported{}, err
		}
		ended = append(ended, one)
	}
	added, err := e.Folder.Add(ctx, ended, e.ask, now)
	switch {
	case err != nil:
		return contract.Exported{}, err
	case len(added.Silent) > 0:
		why := fmt.Errorf("refunds that did not answer: %d; %d others were exported: %w",
			len(added.Silent), added.Refunds, errors.Join(added.Silent[:min(len(added.Silent), silentNamed)]...))
		return contract.Exported{}, temporal.NewApplicationError(why.Error(), contract.ExportSilent)
	}
	return contract.Exported{File: added.File, Refunds: added.Refunds}, nil
}

func (e Exports) ask(ctx context.Context, of contract.RefundRef) (refund.Refund, error) {
	known, found, err := e.Refunds.Refund(ctx, of)
	if err == nil && !found {
		err = errForgotten
	}
	return known, err
}
