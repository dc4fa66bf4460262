package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/settings"
)

var exportsCheck = Check{Name: "exports", About: "whether decision logs of refunds are exported before Temporal forgets them", Needs: []Need{needsNamespace}, Look: lookAtExports}

// longExport is how long an export may take before something is wrong with it.
const longExport = time.Hour

const whyExports = "Temporal forgets decision logs of refunds when the namespace's retention ends."

func lookAtExports(ctx context.Context, d *Deployment) []Finding {
	temporal, err := d.temporal(ctx)
	if err != nil {
		return []Finding{skipped("%v", err)}
	}
	_, namespace := d.where()
	// Not by the SDK's client of schedules: that reads what is encrypted, which doctor need not.
	schedule, err := temporal.WorkflowService().DescribeSchedule(ctx, &workflowservice.DescribeScheduleRequest{Namespace: namespace, ScheduleId: contract.ExportScheduleID})
	_, missing := errors.AsType[*serviceerror.NotFound](err)
	state, recent := schedule.GetSchedule().GetState(), schedule.GetInfo().GetRecentActions()
	switch {
	case missing && d.worker.ExportFolder == "":
		return []Finding{ok("%s is not set: decision logs of refunds are kept for as long as closed workflows", settings.ExportFolder)}
	case missing:
		return []Finding{warning("the export of decision logs is not scheduled", whyExports, "Start a worker with "+settings.ExportFolder+", and read its log if it does not stay up:\n  waybill worker")}
	case err != nil:
		return []Finding{skipped("ask Temporal for the schedule %s: %v", contract.ExportScheduleID, err)}
	case state.GetPaused():
		return []Finding{warning(fmt.Sprintf("the schedule %s is paused: %s", contract.ExportScheduleID, state.GetNotes()), whyExports,
			fmt.Sprintf("Run\n  temporal schedule toggle --unpause --reason 'exports go on' --schedule-id %s --namespace %s", contract.ExportScheduleID, namespace))}
	case len(recent) == 0:
		return []Finding{ok("decision logs of refunds will be exported at night, for the first time")}
	}
	last := recent[len(recent)-1].GetStartWorkflowResult()
	return []Finding{d.lookAtExport(ctx, temporal, last.GetWorkflowId(), last.GetRunId())}
}

// lookAtExport looks at the last run.
func (d *Deployment) lookAtExport(ctx context.Context, temporal client.Client, workflow, run string) Finding {
	described, err := temporal.DescribeWorkflowExecution(ctx, workflow, run)
	if err != nil {
		return skipped("ask Temporal for the last export %s: %v", workflow, err)
	}
	info, began := described.GetWorkflowExecutionInfo(), described.GetWorkflowExecutionInfo().GetStartTime().AsTime()
	mend := fmt.Sprintf("Open the workflow %s in Temporal's UI: its activity says what is wrong. A worker with %s has to run. When it is mended, trigger the schedule %s.",
		workflow, settings.ExportFolder, contract.ExportScheduleID)
	switch status := info.GetStatus(); {
	case status == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return ok("the last export ended at %s UTC", info.GetCloseTime().AsTime().Format(time.DateTime))
	case status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING && d.Now().Sub(began) < longExport:
		return ok("an export is under way")
	case status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return warning(fmt.Sprintf("an export has been tried since %s UTC", began.Format(time.DateTime)), whyExports, mend)
	}
	return fault(fmt.Sprintf("the export that began at %s UTC failed", began.Format(time.DateTime)), whyExports, mend)
}
