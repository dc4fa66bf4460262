package monitoring

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

// Queue is one type of tasks on a task queue, as Temporal sees it.
type Queue struct {
	Name string
	// Type is workflow or activity, and Tasks what such tasks are called.
	Type, Tasks string

	Pollers []Poller
	// Backlog is about how many tasks wait, and Oldest how long the first has waited.
	Backlog int64
	Oldest  time.Duration
}

// Poller is a process that polls a queue.
type Poller struct {
	Identity string
	// Version is that of the worker's deployment, or the build id that the SDK makes of its
	// program; empty if Temporal does not report it.
	Version string
}

// pollerSeen is how long ago a process may have begun its last poll: a poll takes a minute, and
// Temporal lists processes for five minutes after they are gone.
const pollerSeen = 2 * time.Minute

// Queues describes the task queues of workers, as far as Temporal answers.
func Queues(ctx context.Context, temporal client.Client, namespace string, now time.Time) (all []Queue, err error) {
	for _, name := range []string{contract.ParcelsQueue, contract.RefundsQueue} {
		for _, kind := range []struct {
			of          enums.TaskQueueType
			word, tasks string
		}{{enums.TASK_QUEUE_TYPE_WORKFLOW, "workflow", "workflow tasks"}, {enums.TASK_QUEUE_TYPE_ACTIVITY, "activity", "activities"}} {
			described, err := temporal.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
				Namespace: namespace, TaskQueue: &taskqueue.TaskQueue{Name: name}, TaskQueueType: kind.of, ReportStats: true,
			})
			if err != nil {
				return all, fmt.Errorf("describe the task queue %s: %w", name, err)
			}
			queue := Queue{
				Name: name, Type: kind.word, Tasks: kind.tasks,
				Backlog: described.GetStats().GetApproximateBacklogCount(), Oldest: described.GetStats().GetApproximateBacklogAge().AsDuration(),
			}
			for _, p := range described.GetPollers() {
				if now.Sub(p.GetLastAccessTime().AsTime()) < pollerSeen {
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
