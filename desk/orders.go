package desk

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/recorder"
	"waybill/refund"
)

// order gives a refund an order and returns the answer to the person, with the state
// of the refund afterwards, or what is wrong with the fields. It tries the rules here
// first; the workflow decides. A dry run ends there. A refusal is not logged, because it may name people.
func (d *Desk) order(c *gin.Context, at visit, o refund.Order, fields map[string]string, dryRun bool) (done contract.RefundAnswer, faults []refund.Fault, a ingress.Answer) {
	done, faults, a, err := d.give(c.Request.Context(), at, o, fields, dryRun)
	if err != nil {
		ingress.Note(c, "fault", err.Error())
	}
	return done, faults, a
}

// give is [Desk.order] without a log. The error is why it is not known what has come of the order.
func (d *Desk) give(ctx context.Context, at visit, o refund.Order, fields map[string]string, dryRun bool) (done contract.RefundAnswer, faults []refund.Fault, a ingress.Answer, unknown error) {
	if faults = o.Faults(fields, &at.known); len(faults) > 0 {
		return done, faults, bodyUnreadable, nil
	}
	in, now := refund.Input{Said: at.said, Fields: fields}, d.now()
	after, err := at.known.Step(at.policy, now, func(r *refund.Refund) error { return r.Follow(o.Name, in, at.policy, now) })
	var person *refund.PersonError
	switch {
	case errors.As(err, &person):
		return done, nil, ingress.Answer{Code: notThem.Code, Outcome: notThem.Outcome, Hint: sentence(err.Error())}, nil
	case err != nil:
		return done, nil, refusedFor(err), nil
	case dryRun:
		return contract.RefundAnswer{State: after.State}, nil, ingress.Answer{Code: http.StatusOK, Outcome: "tried"}, nil
	}
	done, err = d.sendOrder(ctx, at, o, fields)
	var refused *recorder.RefusedError
	switch {
	case err == nil:
		return done, nil, ingress.Answer{Code: http.StatusOK, Outcome: "done"}, nil
	case errors.As(err, &refused):
		return done, nil, refusedFor(refused), nil
	case errors.Is(err, recorder.ErrOver):
		return done, nil, refundOver, nil
	}
	return done, nil, outcomeUnknown, err
}

// sendOrder sends a refund an order, with the proof of who gives it.
func (d *Desk) sendOrder(ctx context.Context, at visit, o refund.Order, fields map[string]string) (contract.RefundAnswer, error) {
	in := refund.Input{Said: at.said, Fields: fields}
	in.Proof = d.keys.Load().Prove(contract.ProvenText(at.of.WorkflowID(), at.known.Begun(), o.Name, in), d.now())
	// If the caller hangs up, the order is recorded all the same.
	ctx, cancel := ingress.Detached(ctx, orderTimeout)
	defer cancel()
	return d.refunds.OrderRefund(ctx, at.of, o, in)
}

// refusedFor is the answer to an order that the state of the refund does not allow.
func refusedFor(why error) ingress.Answer {
	return ingress.Answer{Code: orderRefused.Code, Outcome: orderRefused.Outcome, Hint: sentence(why.Error())}
}
