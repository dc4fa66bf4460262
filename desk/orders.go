package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

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

// hasOnce reports whether the form of an order has a text that makes a double click one order. Of the
// orders that a mailed link can give, the refund itself tells a second press: see [refund.Refund.Repeated].
func hasOnce(o refund.Order) bool { return !o.ByLink }

// orderOnce gives a refund the order of a form. Under the once of a form, the same order with the same
// words is followed once, however often it comes. With other words, such as after going back to the
// form, it is another order.
func (d *Desk) orderOnce(c *gin.Context, at visit, o refund.Order, fields map[string]string, once string) ([]refund.Fault, ingress.Answer) {
	mark := ""
	if hasOnce(o) && onceText.MatchString(once) {
		mark = markOf(c, once+fmt.Sprint(fields), o.Name, fields)
		if slices.Contains(at.known.Used, mark) {
			return nil, ingress.Answer{Code: http.StatusOK, Outcome: "done before"}
		}
		at.said.Link = mark
	}
	_, faults, a := d.order(c, at, o, fields, false)
	return faults, underKey(mark, a, func() ([]string, error) {
		known, _, err := d.find(c, at.of)
		return known.Used, err
	})
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
