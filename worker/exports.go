package worker

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"waybill/contract"
)

// exportsAt is when refunds are exported, in UTC: at night in Europe, when little else happens.
const exportsAt = 2

// CheckExports says what is wrong with the folder for exports, as far as looking shows it.
func (c Config) CheckExports() error {
	switch {
	case c.ExportFolder == "":
		return nil
	case !filepath.IsAbs(string(c.ExportFolder)):
		return fmt.Errorf("WAYBILL_EXPORT_FOLDER is %q: write the whole path, which begins with /", c.ExportFolder)
	}
	return aboutExports(c.ExportFolder.Check())
}

// tryExports writes to the folder, if there is one: a worker would find out in the night otherwise.
func (c Config) tryExports() error {
	if c.ExportFolder == "" {
		return nil
	}
	return aboutExports(c.ExportFolder.Try())
}

func aboutExports(err error) error {
	if err != nil {
		return fmt.Errorf("WAYBILL_EXPORT_FOLDER: %w", err)
	}
	return nil
}

// scheduleExports has refunds exported once a day if there is a folder. Without one, a schedule that
// is there stays: another worker may have the folder.
func (c Config) scheduleExports(ctx context.Context, temporal client.Client, log *slog.Logger) error {
	if c.ExportFolder == "" {
		return nil
	}
	_, err := retry(ctx, log, "the schedules", func() (struct{}, error) {
		return struct{}{}, ensure(ctx, temporal.ScheduleClient(), exportOptions())
	})
	if err != nil {
		return fmt.Errorf("schedule the export of refunds: %w", err)
	}
	log.Info("export of refunds scheduled", "folder", string(c.ExportFolder))
	return nil
}

func exportOptions() client.ScheduleOptions {
	return client.ScheduleOptions{
		ID:   contract.ExportScheduleID,
		Spec: client.ScheduleSpec{Calendars: []client.ScheduleCalendarSpec{{Hour: []client.ScheduleRange{{Start: exportsAt}}}}},
		Action: &client.ScheduleWorkflowAction{
			ID: contract.ExportScheduleID, Workflow: string(contract.ExportRefunds), TaskQueue: contract.RefundsQueue,
			Args: []any{contract.ExportStart{}}, StaticSummary: "Export the decision logs of refunds that have ended",
		},
		// Any later run exports what one that was skipped or missed has left. Two at a time would write twice.
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: 24 * time.Hour,
	}
}
