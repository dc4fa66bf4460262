package contract

import (
	"fmt"
	"strconv"
	"strings"

	"waybill/delivery"
)

// ParcelRef names a parcel: the integration, and Sendcloud's number of the parcel.
// Messages embed it.
type ParcelRef struct {
	Integration string `json:"integration"`
	ID          int64  `json:"parcelId"`
}

// WorkflowID is parcel:<integration>:<parcel>.
func (r ParcelRef) WorkflowID() string { return workflowID(delivery.OfParcel, r.Integration, r.ID) }

// Subject is the parcel as the subject of messages.
func (r ParcelRef) Subject() delivery.Subject { return delivery.Subject(r.WorkflowID()) }

// String is such as demo/364000001.
func (r ParcelRef) String() string { return fmt.Sprintf("%s/%d", r.Integration, r.ID) }

// ParseParcelRef is the inverse of WorkflowID.
func ParseParcelRef(workflowID string) (ParcelRef, error) {
	integration, id, err := parseWorkflowID(delivery.OfParcel, workflowID)
	return ParcelRef{Integration: integration, ID: id}, err
}

// RefundRef names a refund: the integration, and Sendcloud's number of the return.
// Messages embed it.
type RefundRef struct {
	Integration string `json:"integration"`
	ReturnID    int64  `json:"returnId"`
}

// WorkflowID is refund:<integration>:<return>.
func (r RefundRef) WorkflowID() string {
	return workflowID(delivery.OfRefund, r.Integration, r.ReturnID)
}

// Subject is the refund as the subject of messages.
func (r RefundRef) Subject() delivery.Subject { return delivery.Subject(r.WorkflowID()) }

// String is such as demo/1500002.
func (r RefundRef) String() string { return fmt.Sprintf("%s/%d", r.Integration, r.ReturnID) }

// ParseRefundRef is the inverse of WorkflowID.
func ParseRefundRef(workflowID string) (RefundRef, error) {
	integration, id, err := parseWorkflowID(delivery.OfRefund, workflowID)
	return RefundRef{Integration: integration, ReturnID: id}, err
}

func workflowID(kind delivery.SubjectKind, integration string, id int64) string {
	return fmt.Sprintf("%s:%s:%d", kind, integration, id)
}

func parseWorkflowID(kind delivery.SubjectKind, text string) (integration string, id int64, err error) {
	parts := strings.Split(text, ":")
	if len(parts) == 3 && ValidIntegration(parts[1]) {
		id, err = strconv.ParseInt(parts[2], 10, 64)
		if err == nil && id > 0 && workflowID(kind, parts[1], id) == text {
			return parts[1], id, nil
		}
	}
	return "", 0, fmt.Errorf("workflow id %q is not of the form %s:<integration>:<number>", text, kind)
}
