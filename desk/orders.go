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
	"waybill/words"
)

// reply is what comes of an order, and in words why it was not followed. Field is the field that this is
// about; empty if it is about none.
type reply struct {
	ingress.Answer
	Why   *words.Text
	Field string
}

// replied is an answer that says why by itself.
func replied(a ingress.Answer) reply {
	return reply{Answer: a, Why: &words.Text{Key: "answer." + a.Outcome, Else: a.Hint}}
}

// order gives a refund an order and returns the answer to the person, with the state
// of the refund afterwards, or what is wrong with the fields. It tries the rules here
// first; the workflow decides. A dry run ends there. A refusal is not logged, because it may name people.
func (d *Desk) order(c *gin.Context, at visit, o refund.Order, fields map[string]string, dryRun bool) (done contract.RefundAnswer, faults []refund.Fault, a reply) {
	done, faults, a, err := d.give(c.Request.Context(), at, o, fields, dryRun)
	if err != nil {
		ingress.Note(c, "fault", err.Error())
	}
	return done, faults, a
}

// give is [Desk.order] without a log. The error is why it is not known what has come of the order.
func (d *Desk) give(ctx context.Context, at visit, o refund.Order, fields map[string]string, dryRun bool) (done contract.RefundAnswer, faults []refund.Fault, a reply, unknown error) {
	if faults = o.Faults(fields, &at.known); len(faults) > 0 {
		return done, faults, replied(bodyUnreadable), nil
	}
	after, err := at.after(o, fields)
	var person *refund.PersonError
	switch {
	case errors.As(err, &person):
		return done, nil, reply{ingress.Answer{Code: notThem.Code, Outcome: notThem.Outcome, Hint: sentence(err.Error())}, words.Of(err), fieldOf(err)}, nil
	case err != nil:
		return done, nil, refusedFor(err), nil
	case dryRun:
		return contract.RefundAnswer{State: after.State}, nil, replied(ingress.Answer{Code: http.StatusOK, Outcome: "tried"}), nil
	}
	done, err = d.sendOrder(ctx, at, o, fields)
	var refused *recorder.RefusedError
	switch {
	case err == nil:
		return done, nil, replied(ingress.Answer{Code: http.StatusOK, Outcome: "done"}), nil
	case errors.As(err, &refused):
		return done, nil, d.refusedNow(ctx, at, o, fields, refused), nil
	case errors.Is(err, recorder.ErrOver):
		return done, nil, replied(refundOver), nil
	}
	return done, nil, replied(outcomeUnknown), err
}

// hasOnce reports whether the form of an order has a text that makes a double click one order. Of the
// orders that a mailed link can give, the refund itself tells a second press: see [refund.Refund.Repeated].
func hasOnce(o refund.Order) bool { return !o.ByLink }

// orderOnce gives a refund the order of a form. Under the once of a form, the same order with the same
// words is followed once, however often it comes. With other words, such as after going back to the
// form, it is another order.
func (d *Desk) orderOnce(c *gin.Context, at visit, o refund.Order, fields map[string]string, once string) ([]refund.Fault, reply) {
	mark := ""
	if hasOnce(o) && onceText.MatchString(once) {
		mark = markOf(c, once+fmt.Sprint(fields), o.Name, fields)
		if slices.Contains(at.known.Used, mark) {
			return nil, replied(ingress.Answer{Code: http.StatusOK, Outcome: "done before"})
		}
		at.said.Link = mark
	}
	_, faults, a := d.order(c, at, o, fields, false)
	answer := underKey(mark, a.Answer, func() ([]string, error) {
		known, _, err := d.find(c, at.of)
		return known.Used, err
	})
	if answer != a.Answer {
		a = replied(answer)
	}
	return faults, a
}

// refusedNow is the answer to an order that the workflow refuses although the rules here did not: the
// refund has changed meanwhile. The rules say why in words of ours; the workflow says it in English.
func (d *Desk) refusedNow(ctx context.Context, at visit, o refund.Order, fields map[string]string, refused error) reply {
	answer := refusedFor(refused)
	if known, found, err := d.refunds.Refund(ctx, at.of); err == nil && found {
		at.known = known
		if _, err := at.after(o, fields); err != nil {
			answer.Why, answer.Field = words.Of(err), fieldOf(err)
		}
	}
	return answer
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
func refusedFor(why error) reply {
	return reply{ingress.Answer{Code: orderRefused.Code, Outcome: orderRefused.Outcome, Hint: sentence(why.Error())}, words.Of(why), fieldOf(why)}
}

// fieldOf is the field that a refusal is about; empty if it is about none.
func fieldOf(why error) string {
	if wrong := (*refund.FieldError)(nil); errors.As(why, &wrong) {
		return wrong.Field
	}
	return ""
}
