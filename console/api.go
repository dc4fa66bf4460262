package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"

	"waybill/contract"
	"waybill/httpclient"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
	"waybill/settings"
)

// api is the API of an ingress, for the person whose token it is.
type api struct{ address, token string }

// mostAnswer is more than the API answers to an order.
const mostAnswer = 64 << 10

// orderRefund gives a refund an order.
func (a api) orderRefund(ctx context.Context, name contract.RefundRef, o refund.Order, fields map[string]string) (done contract.RefundAnswer, err error) {
	err = a.give(ctx, fmt.Sprintf("/api/refunds/%s/%s", name, o.Name), fields, &done, func() bool { return done.State != "" },
		fmt.Sprintf("waybill refunds show %s %d", name.Integration, name.ReturnID))
	return done, err
}

// orderParcel gives a parcel an order.
func (a api) orderParcel(ctx context.Context, of contract.ParcelRef, o parcel.Order, in parcel.Input) (parcel.Answer, error) {
	var done struct {
		Outcome string `json:"outcome"`
		parcel.Answer
	}
	err := a.give(ctx, fmt.Sprintf("/api/parcels/%s/%s", of, o.Name), in, &done, func() bool { return done.Outcome == "done" }, "waybill parcels show "+of.String())
	return done.Answer, err
}

// startBatch gives many parcels an order, and returns the id of the batch.
func (a api) startBatch(ctx context.Context, b recorder.Batch) (id string, err error) {
	var started struct {
		Batch string `json:"batch"`
	}
	request := recorder.BatchRequest{Order: b.Order.Name, Input: b.Input, Filter: b.Filter, PerSecond: b.PerSecond}
	err = a.give(ctx, "/api/parcels/batches", request, &started, func() bool { return started.Batch != "" }, "waybill batches list")
	return started.Batch, err
}

// give sends an order, and reads the answer to one that was followed, which complete recognises.
// If the API refuses it, the error has the API's words. look is the command that shows whether
// an order without an answer was followed.
func (a api) give(ctx context.Context, path string, order, done any, complete func() bool, look string) error {
	look = "the order may have been followed, so look first: " + look
	body, err := json.Marshal(order)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := httpclient.New(askTimeout, mostAnswer).Do(r)
	if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Op == "dial" {
		return fmt.Errorf("the ingress at %s cannot be reached (%s): the order was not sent", settings.PublicURL, httpclient.Fault(err))
	}
	if err != nil {
		return fmt.Errorf("the ingress at %s did not answer (%s); %s", settings.PublicURL, httpclient.Fault(err), look)
	}
	defer resp.Body.Close()
	var raw json.RawMessage
	var refused struct {
		Hint string `json:"hint"`
	}
	err = json.NewDecoder(resp.Body).Decode(&raw)
	if err == nil && resp.StatusCode == http.StatusOK && json.Unmarshal(raw, done) == nil && complete() {
		return nil
	}
	if err == nil && json.Unmarshal(raw, &refused) == nil && refused.Hint != "" {
		return errors.New(printable(refused.Hint))
	}
	return fmt.Errorf("the address in %s did not answer like the API of an ingress, but with %s; %s", settings.PublicURL, resp.Status, look)
}
