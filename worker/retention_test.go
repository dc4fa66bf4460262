package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
)

// reaching is a client of a cluster.
type reaching struct {
	client.Client
	temporal *cluster
}

func (r reaching) WorkflowService() workflowservice.WorkflowServiceClient { return r.temporal }

// cluster is a Temporal with one namespace, or none if it keeps nothing.
type cluster struct {
	workflowservice.WorkflowServiceClient
	keeps time.Duration
	// refuses is what it says to whoever changes it.
	refuses error
}

func (c *cluster) DescribeNamespace(context.Context, *workflowservice.DescribeNamespaceRequest, ...grpc.CallOption) (*workflowservice.DescribeNamespaceResponse, error) {
	if c.keeps == 0 {
		return nil, serviceerror.NewNamespaceNotFound("shop")
	}
	return &workflowservice.DescribeNamespaceResponse{Config: &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(c.keeps)}}, nil
}

func (c *cluster) RegisterNamespace(_ context.Context, asked *workflowservice.RegisterNamespaceRequest, _ ...grpc.CallOption) (*workflowservice.RegisterNamespaceResponse, error) {
	if c.refuses == nil {
		c.keeps = asked.WorkflowExecutionRetentionPeriod.AsDuration()
	}
	return nil, c.refuses
}

func (c *cluster) UpdateNamespace(_ context.Context, asked *workflowservice.UpdateNamespaceRequest, _ ...grpc.CallOption) (*workflowservice.UpdateNamespaceResponse, error) {
	if c.refuses == nil {
		c.keeps = asked.Config.WorkflowExecutionRetentionTtl.AsDuration()
	}
	return nil, c.refuses
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

func TestSetUpHasTheNamespaceKeepClosedWorkflows(t *testing.T) {
	denied := serviceerror.NewPermissionDenied("Request unauthorized.", "")
	const (
		earlier   = "  Decision logs of refunds go earlier. To keep them for longer, export them: waybill refunds export --help"
		elsewhere = "change it where the namespace is managed. On Temporal Cloud, run\n  tcld namespace retention set --namespace shop --retention-days 30\nor edit the namespace in Temporal Cloud's UI. Then run waybill setup again"
	)
	for name, tt := range map[string]struct {
		keeps   int
		want    Retention
		dryRun  bool
		refuses error
		// says are its lines, fault its error; after is for how many days it keeps them then.
		says  []string
		fault string
		after int
	}{
		"a new namespace": {0, Retention{Keep: days(30)}, false, nil, []string{"namespace shop: created, closed workflows are kept for 30 days"}, "", 30},
		"a new namespace, in a dry run": {
			0, Retention{Keep: days(30)}, true, nil, []string{"namespace shop: would be created, closed workflows are kept for 30 days"}, "", 0,
		},
		"as it is wanted": {30, Retention{Keep: days(30), Chosen: true}, false, denied, []string{"namespace shop: exists, closed workflows are kept for 30 days"}, "", 30},
		"too short": {
			7, Retention{Keep: days(30)}, false, nil, []string{"namespace shop: exists, workflows that close from now on are kept for 30 days, not for 7 days"}, "", 30,
		},
		"too short, in a dry run": {
			7, Retention{Keep: days(30)}, true, nil, []string{"namespace shop: exists, workflows that close from now on would be kept for 30 days, not for 7 days"}, "", 7,
		},
		"longer than is chosen": {
			90, Retention{Keep: days(30), Chosen: true}, false, nil,
			[]string{"namespace shop: exists, workflows that close from now on are kept for 30 days, not for 90 days", earlier}, "", 30,
		},
		"longer than is chosen, in a dry run": {
			90, Retention{Keep: days(30), Chosen: true}, true, nil,
			[]string{"namespace shop: exists, workflows that close from now on would be kept for 30 days, not for 90 days", earlier}, "", 90,
		},
		"longer than by default, and nothing is chosen": {90, Retention{Keep: days(30)}, false, nil, []string{"namespace shop: exists, closed workflows are kept for 90 days"}, "", 90},
		"too short on Temporal Cloud": {
			7, Retention{Keep: days(30)}, false, denied, nil,
			"the namespace shop keeps closed workflows for 7 days and not for 30 days, and Temporal does not let Waybill change that: " + elsewhere, 7,
		},
		"longer than is chosen on Temporal Cloud": {
			90, Retention{Keep: days(30), Chosen: true}, false, denied,
			[]string{"the namespace shop keeps closed workflows for 90 days and not for 30 days, and Temporal does not let Waybill change that: " + elsewhere}, "", 90,
		},
		"a server that is too old to change it": {
			7, Retention{Keep: days(30)}, false, serviceerror.NewUnimplemented("unknown method"), nil, "Temporal does not let Waybill change that", 7,
		},
		"Temporal is busy": {
			7, Retention{Keep: days(30)}, false, serviceerror.NewUnavailable("try again"), nil,
			"have the namespace shop keep closed workflows for 30 days: try again", 7,
		},
	} {
		t.Run(name, func(t *testing.T) {
			temporal := &cluster{keeps: days(tt.keeps), refuses: tt.refuses}
			var says []string
			s := setUp{reaching{temporal: temporal}, "shop", tt.want, tt.dryRun, nil, func(line string) { says = append(says, line) }}
			there, err := s.makeNamespace(t.Context())
			if tt.fault == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tt.fault)
			}
			require.Equal(t, tt.keeps > 0 || !tt.dryRun, there)
			require.Equal(t, tt.says, says)
			require.Equal(t, days(tt.after), temporal.keeps)
		})
	}
}

func TestANamespaceThatForgetsTooSoonOrTooLateIsFound(t *testing.T) {
	for name, tt := range map[string]struct {
		keeps   int
		want    Retention
		tooLong bool
		fault   string
	}{
		"as long as is wanted": {30, Retention{Keep: days(30), Chosen: true}, false, ""},
		"any will do":          {1, Retention{}, false, ""},
		"too short":            {1, Retention{Keep: days(30)}, false, "the namespace shop keeps closed workflows for 1 day, and 30 days are needed: run\n  waybill setup\n"},
		"longer than chosen":   {90, Retention{Keep: days(30), Chosen: true}, true, ""},
		"longer by itself":     {90, Retention{Keep: days(30)}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			keeps, tooLong, err := CheckRetention(t.Context(), reaching{temporal: &cluster{keeps: days(tt.keeps)}}, "shop", tt.want)
			require.Equal(t, days(tt.keeps), keeps)
			require.Equal(t, tt.tooLong, tooLong)
			if tt.fault == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tt.fault)
			}
		})
	}
}
