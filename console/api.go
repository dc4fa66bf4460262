package console

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"waybill/contract"
	"waybill/httpclient"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
	"waybill/settings"
)

// api is the API of an ingress, for the person whose token it is.
type api struct{ address, token string }

// mostAnswer is more than the API answers to an order, or says of one refund.
const mostAnswer = 4 << 20

// orderRefund gives a refund an order.
func (a api) orderRefund(ctx context.Context, name contract.RefundRef, o refund.Order, fields map[string]string) (done contract.RefundAnswer, err error) {
	body, err := a.refundBody(ctx, name, o, fields)
	if err != nil {
		return done, err
	}
	err = a.give(ctx, fmt.Sprintf("/api/refunds/%s/%s", name, o.Name), body, &done, func() bool { return done.State != "" },
		fmt.Sprintf("waybill refunds show %s %d", name.Integration, name.ReturnID))
	return done, err
}

// orderParcel gives a parcel an order.
func (a api) orderParcel(ctx context.Context, of contract.ParcelRef, o parcel.Order, in parcel.Input) (parcel.Answer, error) {
	var done struct {
		Outcome string `json:"outcome"`
		parcel.Answer
	}
	err := a.give(ctx, fmt.Sprintf("/api/parcels/%s/%s", of, o.Name), in, &done, func() bool { return done.Outcome == "done" || done.Outcome == "tried" }, "waybill parcels show "+of.String())
	return done.Answer, err
}

// startBatch gives many parcels an order, and returns the id of the batch.
func (a api) startBatch(ctx context.Context, b recorder.Batch) (id string, err error) {
	var started struct {
		Batch string `json:"batch"`
	}
	body := map[string]any{"order": b.Order.Name, "input": b.Input, "filter": filterBody(b.Filter)}
	if b.PerSecond > 0 {
		body["perSecond"] = b.PerSecond
	}
	err = a.give(ctx, "/api/batches", body, &started, func() bool { return started.Batch != "" }, "waybill batches list")
	return started.Batch, err
}

// refundBody are the fields of an order as the API takes them: each amount has its currency, which
// is that of the refund if the person does not say. A wrong amount goes on as it was written, and
// the API says what is wrong with it.
func (a api) refundBody(ctx context.Context, name contract.RefundRef, o refund.Order, fields map[string]string) (map[string]any, error) {
	body, code := map[string]any{}, strings.ToUpper(fields["currency"])
	for field, text := range fields {
		f, _ := o.Field(field)
		switch f.Kind {
		case refund.KindCurrency:
		case refund.KindAmount:
			if code == "" {
				var err error
				if code, err = a.currencyOf(ctx, name); err != nil {
					return nil, err
				}
			}
			if m, err := refund.ParseMoney(text, code); err == nil {
				text = m.Digits()
			}
			body[field] = map[string]string{"value": text, "currency": code}
		default:
			body[field] = text
		}
	}
	return body, nil
}

// currencyOf is the currency of a refund.
func (a api) currencyOf(ctx context.Context, name contract.RefundRef) (string, error) {
	var known struct {
		Facts struct {
			Amount     refund.Money `json:"amount"`
			OrderValue refund.Money `json:"orderValue"`
		} `json:"facts"`
	}
	err := a.call(ctx, http.MethodGet, "/api/refunds/"+name.String(), nil, &known, func() bool { return true }, "nothing was done")
	if err != nil {
		return "", err
	}
	code := cmp.Or(known.Facts.Amount.Currency, known.Facts.OrderValue.Currency)
	if code == "" {
		return "", errors.New("--currency: the currency of the refund is not known: write it, as in --currency EUR")
	}
	return code, nil
}

// filterBody is a filter as the API takes it. An order goes only to open parcels anyway.
func filterBody(f recorder.ParcelFilter) map[string]any {
	body := map[string]any{}
	for name, text := range map[string]string{"integration": f.Integration, "phase": string(f.Phase), "attention": string(f.Attention)} {
		if text != "" {
			body[name] = text
		}
	}
	if f.NeedsAttention {
		body["attention"] = anyReason
	}
	if f.Parked {
		body["parked"] = true
	}
	if !f.Since.IsZero() {
		body["since"] = f.Since.UTC()
	}
	return body
}

// give sends an order, and reads the answer to one that was followed, which complete recognises.
// If the API refuses it, the error has the API's words. look is the command that shows whether
// an order without an answer was followed.
func (a api) give(ctx context.Context, path string, order, done any, complete func() bool, look string) error {
	return a.call(ctx, http.MethodPost, path, order, done, complete, "the order may have been followed, so look first: "+look)
}

// call calls the API likewise. look is what to do if nothing answers like the API.
func (a api) call(ctx context.Context, method, path string, body, done any, complete func() bool, look string) error {
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, a.address+path, sent)
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
		Detail string `json:"detail"`
		Fields []struct {
			Field  string `json:"field"`
			Detail string `json:"detail"`
		} `json:"fields"`
	}
	err = json.NewDecoder(resp.Body).Decode(&raw)
	if err == nil && resp.StatusCode == http.StatusOK && json.Unmarshal(raw, done) == nil && complete() {
		return nil
	}
	if err == nil && json.Unmarshal(raw, &refused) == nil && refused.Detail != "" {
		if len(refused.Fields) == 0 {
			return errors.New(printable(refused.Detail))
		}
		var faults []error
		for _, f := range refused.Fields {
			faults = append(faults, errors.New(printable(strings.TrimPrefix(f.Field+": "+f.Detail, ": "))))
		}
		return errors.Join(faults...)
	}
	return fmt.Errorf("the address in %s did not answer like the API of an ingress, but with %s; %s", settings.PublicURL, resp.Status, look)
}
