package ingress

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"waybill/contract"
	"waybill/parcel"
	"waybill/sendcloud"
)

// errOver says that the parcel's workflow has come to its end in good order.
var errOver = errors.New("the parcel is closed")

// record makes a scan durable: it signals the parcel's workflow and starts it
// if need be. When it returns nil, the scan will be dealt with.
//
// A parcel whose run came to its normal end stays closed (errOver): the scan
// is older than the grace period. One whose run failed, or was cancelled or
// terminated, is started anew.
func record(ctx context.Context, temporal client.Client, integration string, parcelID int64, scan parcel.Scan) error {
	id := contract.ParcelWorkflowID(integration, parcelID)
	_, err := temporal.SignalWithStartWorkflow(
		withRequestID(ctx, scan.ID), id, string(contract.StatusChanged), scan,
		client.StartWorkflowOptions{
			TaskQueue:             contract.ParcelsQueue,
			WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
			StaticSummary:         summary(integration, parcelID, scan.Facts),
		},
		string(contract.TrackParcel), contract.ParcelStart{Integration: integration, ParcelID: parcelID},
	)
	var over *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &over) {
		return errOver
	}
	return err
}

// recordIntegration makes a change of an integration durable.
func recordIntegration(ctx context.Context, temporal client.Client, name string, event sendcloud.Event) error {
	told := event.Integration
	_, err := temporal.SignalWithStartWorkflow(
		withRequestID(ctx, told.ID), contract.IntegrationWorkflowID(name), string(contract.IntegrationChanged),
		contract.IntegrationChange{
			ID: told.ID, Deleted: event.Action == sendcloud.IntegrationDeleted, At: told.At, Number: told.Number,
			ShopName: told.ShopName, ShopURL: told.ShopURL, System: told.System,
			WebhookActive: told.WebhookActive, FailingSince: told.FailingSince,
		},
		client.StartWorkflowOptions{TaskQueue: contract.ParcelsQueue, StaticSummary: "Integration " + name},
		string(contract.WatchIntegration), contract.IntegrationStart{Integration: name},
	)
	return err
}

// summary is the line by which an operator knows a parcel in a list.
func summary(integration string, parcelID int64, facts parcel.Facts) string {
	what := "Parcel"
	if facts.IsReturn {
		what = "Return parcel"
	}
	s := fmt.Sprintf("%s %d of %s", what, parcelID, integration)
	if facts.CarrierName != "" {
		s += " with " + facts.CarrierName
	} else if facts.CarrierCode != "" {
		s += " with " + facts.CarrierCode
	}
	return s
}

type requestIDKey struct{}

func withRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// NameRequests gives a signal the request id of its scan, which the SDK has no
// option for. Temporal drops a signal whose request id it has seen in the open
// run, so that a webhook that comes twice costs no history. The workflow knows
// duplicates by itself too: Temporal forgets the ids when a run closes.
//
// Pass it as a dial option to the client that the ingress is given.
func NameRequests() grpc.DialOption {
	return grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, req, reply any,
		conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
	) error {
		id, named := ctx.Value(requestIDKey{}).(string)
		if r, ok := req.(*workflowservice.SignalWithStartWorkflowExecutionRequest); ok && named {
			r.RequestId = id
		}
		return invoke(ctx, method, req, reply, conn, opts...)
	})
}
