package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"waybill/codec"
	"waybill/commandline"
	"waybill/recorder"
	"waybill/settings"
)

func keysUsesCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var format output
	var most int
	cmd := &cobra.Command{
		ValidArgsFunction: commandline.First(commandline.Lazily(func() []string {
			keys, _, _ := env.Codec()
			return keys.IDs()
		})),

		Use:   "uses [key]",
		Short: "Count what names each key",
		Long: `Uses reads the history of every workflow that Temporal still has, open or closed, what is pending
in open ones, and every Schedule, and counts what is encrypted with each key. It decrypts nothing.
Keys that are missing here and payloads that are not encrypted count too.

With a key it exits with 1 unless all was read and nothing names that key: then its line may go.
First see to it that all processes encrypt with another key, which stands above it. After that, a
key is named until the last workflow that it encrypted has ended, and the namespace's retention
has removed that workflow. Do not ask while a batch is running: it has the order that it gives.

One key may encrypt about 4 billion payloads (2^32). Make a new one long before, such as each year.

` + settings.AboutTemporal,
		Example: "  waybill keys uses\n  waybill keys uses 2025-11\n  waybill keys uses --limit 1000",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if most < 0 {
				return commandline.Usage(fmt.Errorf("--limit: %d is not allowed: write how many workflows to read, or 0 for all", most))
			}
			keys, plain, err := env.Codec()
			if err != nil {
				return err
			}
			return connect(cmd.Context(), env, log, func(ctx context.Context, records recorder.Recorder) error {
				shown := newProgress(cmd.ErrOrStderr())
				counted, err := countUses(ctx, records, most, shown.say)
				shown.end()
				if err != nil {
					return err
				}
				report := counted.report(keys, plain)
				if err := format.print(cmd.OutOrStdout(), report, report.print); err != nil || len(args) == 0 {
					return err
				}
				return report.mayGo(args[0])
			})
		},
	}
	cmd.Flags().IntVar(&most, "limit", 0, "read at most this `number` of workflows, newest first; 0 reads all")
	format.add(cmd)
	return cmd
}

// useCount is what names keys.
type useCount struct {
	sync.Mutex
	payloads, workflows, schedules codec.Uses
	read                           int
	// left is why not everything was read; empty if it was.
	left string
}

// take counts a workflow or a schedule.
func (c *useCount) take(uses, among codec.Uses) {
	c.Lock()
	defer c.Unlock()
	c.payloads.Add(uses)
	for id := range uses {
		among[id]++
	}
}

// countUses goes through everything that Temporal has of the namespace.
func countUses(ctx context.Context, records recorder.Recorder, most int, say func(string)) (*useCount, error) {
	c := &useCount{payloads: codec.Uses{}, workflows: codec.Uses{}, schedules: codec.Uses{}}
	// A batch keeps its order where it cannot be seen.
	batches, err := records.Batches(ctx, mostListed)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(batches, func(b recorder.BatchState) bool { return !b.Over() }) {
		c.left = "a batch is running: ask again when it has ended"
	}
	if err := c.countSchedules(ctx, records.Temporal, records.NamespaceName()); err != nil {
		return nil, err
	}
	return c, c.countWorkflows(ctx, records.Temporal, records.NamespaceName(), most, say)
}

func (c *useCount) countSchedules(ctx context.Context, temporal client.Client, namespace string) error {
	request := &workflowservice.ListSchedulesRequest{Namespace: namespace}
	for {
		listed, err := temporal.WorkflowService().ListSchedules(ctx, request)
		if err != nil {
			return fmt.Errorf("list the schedules: %w", err)
		}
		for _, one := range listed.GetSchedules() {
			described, err := temporal.WorkflowService().DescribeSchedule(ctx, &workflowservice.DescribeScheduleRequest{Namespace: namespace, ScheduleId: one.GetScheduleId()})
			uses := codec.Uses{}
			if err == nil {
				err = uses.Count(ctx, described)
			}
			if err != nil && !gone(err) {
				return fmt.Errorf("read the schedule %s: %w", one.GetScheduleId(), err)
			}
			c.take(uses, c.schedules)
		}
		if request.NextPageToken = listed.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return nil
		}
	}
}

func (c *useCount) countWorkflows(ctx context.Context, temporal client.Client, namespace string, most int, say func(string)) error {
	total, err := temporal.WorkflowService().CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("count the workflows: %w", err)
	}
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: namespace}
	for {
		listed, err := temporal.WorkflowService().ListWorkflowExecutions(ctx, request)
		if err != nil {
			return fmt.Errorf("list the workflows: %w", err)
		}
		page := listed.GetExecutions()
		if most > 0 && c.read+len(page) > most {
			page = page[:most-c.read]
			c.left = fmt.Sprintf("only %s of %s were read", thousands(most), count(total.GetCount(), "workflow"))
		}
		var group errgroup.Group
		group.SetLimit(recorder.AskedAtOnce)
		for _, one := range page {
			group.Go(func() error { return c.countWorkflow(ctx, temporal, namespace, one) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		c.read += len(page)
		say(fmt.Sprintf("%s of %s read", thousands(c.read), count(total.GetCount(), "workflow")))
		request.NextPageToken = listed.GetNextPageToken()
		if len(request.NextPageToken) == 0 || len(page) < len(listed.GetExecutions()) {
			return nil
		}
	}
}

// countWorkflow reads one run: its history, and what is pending.
func (c *useCount) countWorkflow(ctx context.Context, temporal client.Client, namespace string, one *workflow.WorkflowExecutionInfo) error {
	uses := codec.Uses{}
	if err := readRun(ctx, temporal, namespace, one, uses); err != nil && !gone(err) {
		return fmt.Errorf("read the workflow %s: %w", one.GetExecution().GetWorkflowId(), err)
	}
	c.take(uses, c.workflows)
	return nil
}

func readRun(ctx context.Context, temporal client.Client, namespace string, one *workflow.WorkflowExecutionInfo, uses codec.Uses) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	of := &common.WorkflowExecution{WorkflowId: one.GetExecution().GetWorkflowId(), RunId: one.GetExecution().GetRunId()}
	request := &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: namespace, Execution: of}
	for {
		history, err := temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, request)
		if err == nil {
			err = uses.Count(ctx, history)
		}
		if err != nil {
			return err
		}
		if request.NextPageToken = history.GetNextPageToken(); len(request.NextPageToken) == 0 {
			break
		}
	}
	if one.GetStatus() != enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return nil
	}
	pending, err := temporal.WorkflowService().DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: namespace, Execution: of})
	if err != nil {
		return err
	}
	return uses.Count(ctx, pending)
}

// gone reports whether something was removed while it was to be read.
func gone(err error) bool {
	_, is := errors.AsType[*serviceerror.NotFound](err)
	return is
}

// keyUse is what names a key.
type keyUse struct {
	// Key is its id; empty are payloads that are not encrypted.
	Key string `json:"key"`
	// Here says what the settings have of it.
	Here      string `json:"here"`
	Workflows int64  `json:"workflows"`
	Schedules int64  `json:"schedules"`
	Payloads  int64  `json:"payloads"`
}

// usesReport is what waybill keys uses says.
type usesReport struct {
	Keys []keyUse `json:"keys"`
	// Read is how many workflows were read, Left why that was not everything.
	Read int       `json:"read"`
	Left string    `json:"left,omitempty"`
	At   time.Time `json:"at"`
}

func (c *useCount) report(keys codec.Keys, plain codec.Plain) usesReport {
	report := usesReport{Keys: []keyUse{}, Read: c.read, Left: c.left, At: time.Now().UTC()}
	ids := keys.IDs()
	for _, id := range slices.Sorted(maps.Keys(c.payloads)) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for i, id := range ids {
		here := "decrypts"
		switch {
		case id == "":
			here = map[codec.Plain]string{codec.PlainRefused: "refused", codec.PlainRead: "read", codec.PlainWritten: "written"}[plain]
		case i >= len(keys):
			here = "missing"
		case i == 0 && plain != codec.PlainWritten:
			here = "encrypts"
		}
		report.Keys = append(report.Keys, keyUse{id, here, c.workflows[id], c.schedules[id], c.payloads[id]})
	}
	return report
}

// rotateFrom is how many payloads under one key, of those that Temporal still has, ask for a new key.
const rotateFrom = codec.MostUses / 4

func (r usesReport) print(w io.Writer) error {
	table := newTable(w)
	fmt.Fprintln(table, "KEY\tHERE\tWORKFLOWS\tSCHEDULES\tPAYLOADS")
	for _, use := range r.Keys {
		name := use.Key
		if name == "" {
			name = "(not encrypted)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", name, use.Here, thousands(use.Workflows), thousands(use.Schedules), thousands(use.Payloads))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, use := range r.Keys {
		if use.Here == "missing" {
			fmt.Fprintf(w, "The key %s is missing here: what it encrypted cannot be read.\n", use.Key)
		}
		if use.Key != "" && use.Payloads > rotateFrom {
			fmt.Fprintf(w, "The key %s has encrypted more than a quarter of what it may: put a new one above it.\n", use.Key)
		}
	}
	if r.Left != "" {
		fmt.Fprintf(w, "Not everything was read: %s. No key may go on this word.\n", r.Left)
	}
	return nil
}

// mayGo says why the line of a key has to stay.
func (r usesReport) mayGo(id string) error {
	i := slices.IndexFunc(r.Keys, func(use keyUse) bool { return use.Key == id && id != "" })
	switch {
	case i < 0:
		return commandline.Usage(fmt.Errorf("there is no key %q in the settings, and nothing that was read names it", printable(id)))
	case r.Keys[i].Here == "encrypts":
		return fmt.Errorf("the key %s has to stay: new payloads are encrypted with it. Put another key above it first", id)
	case r.Keys[i].Payloads > 0:
		return fmt.Errorf("the key %s has to stay: %s and %s name it", id, count(r.Keys[i].Workflows, "workflow"), count(r.Keys[i].Schedules, "schedule"))
	case r.Left != "":
		return fmt.Errorf("the key %s has to stay for now: %s", id, r.Left)
	}
	return nil
}
