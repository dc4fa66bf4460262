package desk

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/recorder"
	"waybill/refund"
	"waybill/words"
)

// reply is what comes of an order, and in words why it was not followed.
type reply struct {
	ingress.Answer
	Why *words.Text
}

// replied is an answer that says why by itself.
func replied(a ingress.Answer) reply {
	return reply{a, &words.Text{Key: "answer." + a.Outcome, Else: a.Hint}}
}

// order gives a refund an order and returns the answer to the person, with the state
// of the refund afterwards, or what is wrong with the fields. It tries the rules here
// first; the workflow decides. A dry run ends there. A refusal is not logged, because it may name people.
func (d *Desk) order(c *gin.Context, at visit, o refund.Order, fields map[string]string, dryRun bool) (done contract.RefundAnswer, faults []refund.Fault, a reply) {
	if faults = o.Faults(fields, &at.known); len(faults) > 0 {
		return done, faults, replied(bodyUnreadable)
	}
	in, now := refund.Input{Said: at.said, Fields: fields}, d.now()
	after, err := at.known.Step(at.policy, now, func(r *refund.Refund) error { return r.Follow(o.Name, in, at.policy, now) })
	var person *refund.PersonError
	switch {
	case errors.As(err, &person):
		return done, nil, reply{ingress.Answer{Code: notThem.Code, Outcome: notThem.Outcome, Hint: sentence(err.Error())}, words.Of(err)}
	case err != nil:
		return done, nil, refusedFor(err)
	case dryRun:
		return contract.RefundAnswer{State: after.State}, nil, replied(ingress.Answer{Code: http.StatusOK, Outcome: "tried"})
	}
	done, err = d.sendOrder(c, at, o, fields)
	var refused *recorder.RefusedError
	switch {
	case err == nil:
		return done, nil, replied(ingress.Answer{Code: http.StatusOK, Outcome: "done"})
	case errors.As(err, &refused):
		return done, nil, d.refusedNow(c, at, o, in, refused)
	case errors.Is(err, recorder.ErrOver):
		return done, nil, replied(refundOver)
	}
	ingress.Note(c, "fault", err.Error())
	return done, nil, replied(outcomeUnknown)
}

// refusedNow is the answer to an order that the workflow refuses although the rules here did not: the
// refund has changed meanwhile. The rules say why in words of ours; the workflow says it in English.
func (d *Desk) refusedNow(c *gin.Context, at visit, o refund.Order, in refund.Input, refused error) reply {
	answer := refusedFor(refused)
	if known, found, err := d.find(c, at.of); err == nil && found {
		if _, err := known.Step(at.policy, d.now(), func(r *refund.Refund) error { return r.Follow(o.Name, in, at.policy, d.now()) }); err != nil {
			answer.Why = words.Of(err)
		}
	}
	return answer
}

// sendOrder sends a refund an order, with the proof of who gives it.
func (d *Desk) sendOrder(c *gin.Context, at visit, o refund.Order, fields map[string]string) (contract.RefundAnswer, error) {
	in := refund.Input{Said: at.said, Fields: fields}
	in.Proof = d.keys.Load().Prove(contract.ProvenText(at.of.WorkflowID(), at.known.Begun(), o.Name, in), d.now())
	// If the caller hangs up, the order is recorded all the same.
	ctx, cancel := ingress.Detached(c.Request.Context(), orderTimeout)
	defer cancel()
	return d.refunds.OrderRefund(ctx, at.of, o, in)
}

// refusedFor is the answer to an order that the state of the refund does not allow.
func refusedFor(why error) reply {
	return reply{ingress.Answer{Code: orderRefused.Code, Outcome: orderRefused.Outcome, Hint: sentence(why.Error())}, words.Of(why)}
}
