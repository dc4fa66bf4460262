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
	"waybill/refund"
	"waybill/settings"
)

// refundAPI is the API of an ingress, for the person whose token it is.
type refundAPI struct{ address, token string }

// mostAnswer is more than the API answers to an order.
const mostAnswer = 64 << 10

// order gives a refund an order. If the API refuses it, the error has the API's words.
func (a refundAPI) order(ctx context.Context, name contract.RefundRef, o refund.Order, fields map[string]string) (done contract.RefundAnswer, err error) {
	look := fmt.Sprintf("the order may have been followed, so look first: waybill refunds show %s %d", name.Integration, name.ReturnID)
	body, err := json.Marshal(fields)
	if err != nil {
		return done, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s/api/refunds/%s/%s", a.address, name, o.Name), bytes.NewReader(body))
	if err != nil {
		return done, err
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := httpclient.New(askTimeout, mostAnswer).Do(r)
	if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Op == "dial" {
		return done, fmt.Errorf("the ingress at %s cannot be reached (%s): the order was not sent", settings.PublicURL, httpclient.Fault(err))
	}
	if err != nil {
		return done, fmt.Errorf("the ingress at %s did not answer (%s); %s", settings.PublicURL, httpclient.Fault(err), look)
	}
	defer resp.Body.Close()
	var answer struct {
		contract.RefundAnswer
		Hint string `json:"hint"`
	}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	switch {
	case err == nil && resp.StatusCode == http.StatusOK && answer.State != "":
		return answer.RefundAnswer, nil
	case err == nil && answer.Hint != "":
		return done, errors.New(printable(answer.Hint))
	}
	return done, fmt.Errorf("the address in %s did not answer like the API of an ingress, but with %s; %s", settings.PublicURL, resp.Status, look)
}
