package refund

import (
	"strconv"

	"waybill/delivery"
)

// Workflows call what stands here outside a recorded step. It is frozen: old
// histories are replayed over it, and a change needs a gate (workflows/gates.go).

// TakeTodo hands out what has to be done, once.
func (r *Refund) TakeTodo() []Deed {
	deeds := r.Todo
	r.Todo = nil
	return deeds
}

// Subject is the refund as its messages know it: the id of its workflow.
func (r *Refund) Subject() delivery.Subject { return delivery.Subject(r.Key()) }

// Key is the idempotency key under which a refund is paid:
// refund:<integration>:<return id>.
func (r *Refund) Key() string {
	return "refund:" + r.Integration + ":" + strconv.FormatInt(r.ReturnID, 10)
}
