package worker

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"waybill/contract"
)

// Queue is one kind of tasks on a task queue, as Temporal sees it.
type Queue struct {
	Name string
	// Tasks are workflow tasks or activities.
	Tasks   string
	Pollers []Poller
	// Backlog is about how many tasks wait, and Oldest how long the first has waited.
	Backlog int64
	Oldest  time.Duration
}

// Poller is a worker that polls a queue.
type Poller struct {
	Identity string
	// Version is that of the worker's deployment, or the build id that the SDK makes of its
	// program; empty if Temporal does not tell.
	Version string
}

// pollersSeen is how long ago a worker may have begun its last poll: a poll takes a minute, and
// Temporal lists workers that are gone for five.
const pollersSeen = 2 * time.Minute

// Queues describes the task queues of workers.
func Queues(ctx context.Context, temporal client.Client, namespace string, now time.Time) (all []Queue, err error) {
	for _, name := range []string{contract.ParcelsQueue, contract.RefundsQueue} {
		for _, kind := range []struct {
			of    enums.TaskQueueType
			tasks string
		}{{enums.TASK_QUEUE_TYPE_WORKFLOW, "workflow tasks"}, {enums.TASK_QUEUE_TYPE_ACTIVITY, "activities"}} {
			told, err := temporal.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
				Namespace: namespace, TaskQueue: &taskqueue.TaskQueue{Name: name}, TaskQueueType: kind.of, ReportStats: true,
			})
			if err != nil {
				return nil, fmt.Errorf("describe the task queue %s: %w", name, err)
			}
			queue := Queue{
				Name: name, Tasks: kind.tasks,
				Backlog: told.GetStats().GetApproximateBacklogCount(), Oldest: told.GetStats().GetApproximateBacklogAge().AsDuration(),
			}
			for _, p := range told.GetPollers() {
				if now.Sub(p.GetLastAccessTime().AsTime()) < pollersSeen {
					queue.Pollers = append(queue.Pollers, Poller{p.GetIdentity(), versionOf(p)})
				}
			}
			all = append(all, queue)
		}
	}
	return all, nil
}

func versionOf(p *taskqueue.PollerInfo) string {
	if d := p.GetDeploymentOptions(); d.GetBuildId() != "" {
		return d.GetDeploymentName() + ":" + d.GetBuildId()
	}
	return p.GetWorkerVersionCapabilities().GetBuildId() //nolint:staticcheck // the only version that workers without a deployment have
}
