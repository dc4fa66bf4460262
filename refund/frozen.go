package refund

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

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

// Terminal reports whether the refund is over.
func (s State) Terminal() bool { return slices.Contains(finalStates, s) }

// Subject is the refund as its messages know it: the id of its workflow, which is
// refund:<integration>:<return id>.
func (r *Refund) Subject() delivery.Subject { return delivery.Subject(r.named(r.Integration)) }

// Key is the idempotency key under which a refund is paid: refund:<account>:<return id>. It is
// the same whatever integration of the account the return is reported by.
func (r *Refund) Key() string { return r.named(cmp.Or(r.Account, r.Integration)) }

func (r *Refund) named(name string) string {
	return "refund:" + name + ":" + strconv.FormatInt(r.ReturnID, 10)
}

// Listed is the refund as lists have it: what they show of it, and what says for whom it waits. All
// else is empty.
func (r *Refund) Listed() Refund {
	f := &r.Facts
	one := Refund{
		Integration: r.Integration, ReturnID: r.ReturnID, State: r.State, Role: r.Role, Holder: r.Holder, DueBy: r.DueBy, Attention: r.Attention,
		Facts: Facts{
			Amount: f.Amount, OrderNumber: f.OrderNumber, Reason: f.Reason, ReasonText: f.ReasonText,
			Customer: Customer{Name: f.Customer.Name, Email: f.Customer.Email}, CustomerAtSendcloud: f.CustomerAtSendcloud, RequestedBy: f.RequestedBy,
		},
		Clock: Clock{Since: r.Clock.Since},
	}
	for _, a := range r.Approvals {
		one.Approvals = append(one.Approvals, Approval{By: a.By})
	}
	if len(r.Receipt) > 0 {
		one.Receipt = []Entry{{At: r.Receipt[0].At}} // since when it is known
	}
	return one
}

// counterChange is one change of a Counter: a refund that is counted at a time, that is taken
// out (at no time), or the time before which all are forgotten.
type counterChange struct {
	Who    string `json:"who,omitempty"`
	Refund int64  `json:"refund,omitempty"`
	At     int64  `json:"at,omitempty"`
	Forget int64  `json:"forget,omitempty"`
}

// counterDelta is what a step changes of a Counter.
type counterDelta struct {
	Changes []counterChange `json:"changes,omitempty"`
	Until   time.Time       `json:"until,omitzero"`
}

// Copy is the counter for a step, which may change it.
func (c Counter) Copy() Counter {
	// The lists are shared: a change only writes behind the end of a list that was there before.
	return Counter{counted: maps.Clone(c.counted), until: c.until}
}

// Changes are those since Copy.
func (c *Counter) Changes() (json.RawMessage, error) {
	return json.Marshal(counterDelta{c.changes, c.until})
}

// Apply makes the same changes.
func (c *Counter) Apply(changes json.RawMessage) error {
	var delta counterDelta
	if err := json.Unmarshal(changes, &delta); err != nil {
		return err
	}
	for _, change := range delta.Changes {
		c.make(change)
	}
	c.until = delta.Until
	return nil
}

// Until is when the counter is no longer needed; zero if it never was.
func (c *Counter) Until() time.Time { return c.until }

// change makes a change and remembers it.
func (c *Counter) change(change counterChange) {
	if c.make(change) {
		c.changes = append(c.changes, change)
	}
}

// make makes a change, and reports whether anything is changed.
func (c *Counter) make(change counterChange) (changed bool) {
	if c.counted == nil {
		c.counted = map[string][]mark{}
	}
	marks := c.counted[change.Who]
	switch {
	case change.Forget != 0:
		return c.forget(change.Forget)
	case change.At == 0:
		i := slices.IndexFunc(marks, func(m mark) bool { return m.refund == change.Refund })
		if i < 0 {
			return false
		}
		c.keep(change.Who, slices.Concat(marks[:i], marks[i+1:]))
	default:
		later := len(marks)
		for later > 0 && marks[later-1].at > change.At {
			later--
		}
		if later < len(marks) {
			marks = slices.Clip(marks)
		}
		c.counted[change.Who] = slices.Insert(marks, later, mark{change.Refund, change.At})
	}
	return true
}

// forget takes out what is older.
func (c *Counter) forget(before int64) (forgot bool) {
	for who, marks := range c.counted {
		young := 0
		for young < len(marks) && marks[young].at < before {
			young++
		}
		if young > 0 {
			forgot = true
			c.keep(who, marks[young:])
		}
	}
	return forgot
}

func (c *Counter) keep(who string, marks []mark) {
	if c.counted[who] = marks; len(marks) == 0 {
		delete(c.counted, who)
	}
}
