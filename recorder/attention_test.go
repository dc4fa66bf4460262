package recorder

import (
	"context"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"waybill/contract"
)

// lists is a Temporal that lists parcels, newest first. It understands the queries of this room.
type lists struct {
	workflowservice.UnimplementedWorkflowServiceServer
	all   []listedWorkflow
	asked int
}

type listedWorkflow struct {
	id    string
	lists map[string]string
}

var (
	queried = regexp.MustCompile(`^(\w+) (=|IN|NOT IN|IS NOT NULL|!=|>) ?(.*)$`)
	word    = regexp.MustCompile(`'([^'\\]*)'`)
)

// fitting are the workflows of a query; what a workflow does not list fits nothing, as in SQL.
func (l *lists) fitting(query string) (fit []listedWorkflow, err error) {
	l.asked++
	if strings.ContainsAny(word.ReplaceAllString(query, ""), `'\`) {
		return nil, serviceerror.ToStatus(serviceerror.NewInvalidArgument("invalid query: syntax error")).Err()
	}
	for _, one := range l.all {
		if one.fits(query) {
			fit = append(fit, one)
		}
	}
	return fit, nil
}

// parts splits a query, except within brackets.
func parts(query, by string) (all []string) {
	from, depth := 0, 0
	for i := range query {
		switch {
		case query[i] == '(':
			depth++
		case query[i] == ')':
			depth--
		case depth == 0 && strings.HasPrefix(query[i:], by):
			all, from = append(all, query[from:i]), i+len(by)
		}
	}
	return append(all, query[from:])
}

func (w listedWorkflow) fits(query string) bool {
	if any := parts(query, " OR "); len(any) > 1 {
		return slices.ContainsFunc(any, w.fits)
	}
	if all := parts(query, " AND "); len(all) > 1 {
		return !slices.ContainsFunc(all, func(one string) bool { return !w.fits(one) })
	}
	if query[0] == '(' {
		return w.fits(query[1 : len(query)-1])
	}
	is := queried.FindStringSubmatch(query)
	said, known := w.lists[is[1]]
	if is[1] == "WorkflowId" {
		said = w.id
	}
	var among []string
	for _, found := range word.FindAllStringSubmatch(is[3], -1) {
		among = append(among, found[1])
	}
	switch {
	case is[1] == "WorkflowType" || is[1] == "ExecutionStatus": // all are parcels that run
		return true
	case is[2] == "NOT IN":
		return known && !slices.Contains(among, said)
	case is[2] == "IS NOT NULL":
		return known
	}
	return slices.Contains(among, said)
}

func (l *lists) ListWorkflowExecutions(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	fit, err := l.fitting(r.GetQuery())
	var all []*workflow.WorkflowExecutionInfo
	from := len(r.GetNextPageToken())
	to := min(len(fit), from+int(r.GetPageSize()))
	for _, one := range fit[from:to] {
		fields := map[string]*common.Payload{}
		for name, value := range one.lists {
			fields[name], _ = converter.GetDefaultDataConverter().ToPayload(value)
		}
		all = append(all, &workflow.WorkflowExecutionInfo{
			Execution: &common.WorkflowExecution{WorkflowId: one.id}, Status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING,
			SearchAttributes: &common.SearchAttributes{IndexedFields: fields},
		})
	}
	if to == len(fit) {
		to = 0
	}
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: all, NextPageToken: make([]byte, to)}, err
}

func (l *lists) CountWorkflowExecutions(_ context.Context, r *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	fit, err := l.fitting(r.GetQuery())
	return &workflowservice.CountWorkflowExecutionsResponse{Count: int64(len(fit))}, err
}

// listing is a recorder before some lists.
func listing(t *testing.T, l *lists) Recorder {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, l)
	go func() { _ = server.Serve(listener) }() // it ends with Stop
	t.Cleanup(server.Stop)
	temporal, err := client.NewLazyClient(client.Options{HostPort: listener.Addr().String()})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	return Recorder{Temporal: temporal}
}

func needs(id, integration, why string) listedWorkflow {
	return listedWorkflow{id, map[string]string{contract.Integration.Name: integration, contract.AttentionField.Name: why}}
}

// Everyone who reaches Temporal can start a workflow under any id and with any search attributes.
// Temporal's UI starts one "like this one" under a random id.
func TestNoStrayWorkflowHidesTheParcelsThatNeedAttention(t *testing.T) {
	usual := []listedWorkflow{needs("parcel:demo:7", "demo", "mail parked"), needs("parcel:demo:8", "demo", "mail parked"), needs("parcel:other:9", "other", "exception")}
	for name, stray := range map[string]listedWorkflow{
		"one under a random id":               needs("2b8b6d3e-4f0c-4b57-8f39-4f7a7d0c1a55", "demo", "mail parked"),
		"one that says it is of another shop": needs("parcel:demo:1", "other", "exception"),
		"one with a quotation mark":           needs("parcel:demo:2", "demo", `it's`),
		"one with a backslash":                needs("parcel:demo:2", "demo", `\`),
		"one of no integration":               needs("parcel:demo:3", "' OR 1 = 1", "mail parked"),
		"one without a word":                  needs("parcel:demo:4", "demo", ""),
	} {
		t.Run(name, func(t *testing.T) {
			l := &lists{all: append(slices.Repeat([]listedWorkflow{stray}, 70), usual...)}
			all, err := listing(t, l).ParcelsNeeding(t.Context())
			require.NoError(t, err)
			require.GreaterOrEqual(t, all["demo"]["mail parked"].Count, 2)
			require.GreaterOrEqual(t, all["other"]["exception"].Count, 1)
			require.Len(t, all, 2)
			require.Less(t, l.asked, 40)
		})
	}
	names, err := listing(t, &lists{all: append([]listedWorkflow{needs("stray", "demo", "")}, usual...)}).ParcelIntegrations(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"demo", "other"}, names)
}
