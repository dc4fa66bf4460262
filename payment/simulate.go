package payment

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"waybill/refund"
)

// Trial is one request of a simulation: what was asked, what came of it, and what is wrong with
// that. Fault is empty if nothing is.
type Trial struct {
	Asked string `json:"asked"`
	Came  string `json:"came"`
	Fault string `json:"fault,omitempty"`
}

// Simulate sends an endpoint requests to pay a refund that does not exist: some that the endpoint
// must refuse, one that it must pay, and two that repeat that one. Each request says that it is a
// test; an endpoint that ignores this pays once. Each Trial is passed on as soon as it is judged. The
// error is that of ctx.
func Simulate(ctx context.Context, to Endpoint, integration string, amount refund.Money, now func() time.Time, pass func(Trial)) error {
	o := Order{Key: "refund:" + integration + ":test-" + rand.Text(), Integration: integration, OrderNumber: "test", Amount: amount, Test: true}
	more := o
	more.Amount.Value = more.Amount.Value.Add(more.Amount.Value)
	forged := Endpoint{URL: to.URL, Keys: [][]byte{[]byte(rand.Text())}}
	for _, t := range []struct {
		asked string
		to    Endpoint
		order Order
		late  time.Duration
		fault func(refund.Payment) string
	}{
		{"with a signature of another key", forged, o, 0, notPaid("it pays whoever asks: check the signature, as docs/paying.md says")},
		{"with a signature that is an hour old", to, o, time.Hour, notPaid("a recorded request can be sent again at any time: refuse timestamps that are more than 5 minutes off")},
		{"as Waybill asks", to, o, 0, func(p refund.Payment) string {
			if p.Outcome == refund.PaidNow {
				return ""
			}
			return `it does not pay: answer 200 with {"paid": true, "key": "<the key of the request>"}`
		}},
		{"the same once more", to, o, 0, func(p refund.Payment) string {
			switch p.Outcome {
			case refund.PaidBefore:
				return ""
			case refund.PaidNow:
				return "it may have paid twice: answer 409 if the key was paid before"
			default:
				return "Waybill cannot tell that the refund is paid: answer 409 with the same body"
			}
		}},
		{"the same key with twice the amount", to, more, 0, func(p refund.Payment) string {
			if p.Outcome == refund.Doubt {
				return ""
			}
			return "one key is one payment: answer 422 if the amount or the currency is another"
		}},
	} {
		paid, err := Pay(ctx, t.to, t.order, now().Add(-t.late))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pass(judged(t.asked, paid, err, t.fault))
	}
	return nil
}

// notPaid is for what must be refused.
func notPaid(fault string) func(refund.Payment) string {
	return func(p refund.Payment) string {
		switch p.Outcome {
		case refund.Refused:
			return ""
		case refund.Doubt:
			return "it is not clear that nothing was paid: answer 401"
		default:
			return fault
		}
	}
}

func judged(asked string, p refund.Payment, err error, fault func(refund.Payment) string) Trial {
	var unanswered *Unanswered
	if errors.As(err, &unanswered) {
		return Trial{asked, "no answer", unanswered.Why + ": Waybill would ask again"}
	}
	came := string(p.Outcome)
	switch {
	case p.Why != "":
		came += ": " + p.Why
	case p.Reference != "":
		came = fmt.Sprintf("%s as %s", came, p.Reference)
	}
	return Trial{asked, came, fault(p)}
}
