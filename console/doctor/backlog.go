package doctor

import (
	"context"
	"fmt"
	"time"
)

var backlogCheck = Check{Name: "backlog", About: "how many tasks wait for a worker, and for how long", Needs: []Need{needsNamespace}, Look: lookAtBacklog}

// longBacklog is how long the oldest task may wait. A worker takes a task within milliseconds: if
// one has waited for this long, workers are too few or gone.
const longBacklog = 10 * time.Second

func lookAtBacklog(ctx context.Context, d *Deployment) []Finding {
	queues, err := d.describeQueues(ctx)
	if err != nil {
		return []Finding{skipped("%v", err)}
	}
	var all []Finding
	for _, q := range queues {
		if q.Backlog > 0 && q.Oldest > longBacklog {
			all = append(all, warning(fmt.Sprintf("about %d %s wait on the task queue %s, the oldest for %s", q.Backlog, q.Tasks, q.Name, q.Oldest.Round(time.Second)),
				"Mails and decisions are late.", "Start more workers:\n  waybill worker\nIf the number does not fall, look at their log and at WAYBILL_MAIL_RATE."))
		}
	}
	if len(all) == 0 {
		all = append(all, ok("no task has been waiting for long"))
	}
	return all
}
