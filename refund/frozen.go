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

// Pseudonyms are all pseudonyms of the customer, under which refunds count.
func (r *Refund) Pseudonyms() []string {
	if r.Pseudonym == "" {
		return nil
	}
	return append([]string{r.Pseudonym}, r.OtherPseudonyms...)
}

func (r *Refund) named(name string) string {
	return "refund:" + name + ":" + strconv.FormatInt(r.ReturnID, 10)
}

// OrderKey names the order whose refunds count together, within its account: by the integration
// and the order's number, because shops of one account can number their orders alike, or else
// by a parcel or the return. It stays the same once the refund counts.
func (r *Refund) OrderKey() string {
	switch f := r.Facts; {
	case r.CountedIn != "":
		return r.CountedIn
	case f.OrderNumber != "":
		return "order/" + r.Integration + "/" + f.OrderNumber
	case f.OutgoingParcel != 0:
		return "parcel/" + strconv.FormatInt(f.OutgoingParcel, 10)
	}
	return "return/" + strconv.FormatInt(r.ReturnID, 10)
}

// Told is what a mail tells of the refund.
type Told struct {
	Amount      Money  `json:"amount,omitzero"`
	OrderNumber string `json:"orderNumber,omitempty"`
	// Customer has only the name in a mail to a colleague.
	Customer Customer `json:"customer,omitzero"`
	// Reason is the customer's, the one for a rejection, or the question to the customer, in the words
	// of a person. Without words, Coded is the customer's.
	Reason string `json:"reason,omitempty"`
	Coded  Reason `json:"coded,omitempty"`
	// DueBy is the legal deadline while it runs.
	DueBy time.Time `json:"dueBy,omitzero"`
	// GoodsFirst says that it is paid once the goods are back.
	GoodsFirst bool `json:"goodsFirst,omitempty"`
}

// Told is what the mail of a task tells, and nothing else.
func (r *Refund) Told(d Deed) Told {
	f := &r.Facts
	told := Told{Amount: f.Amount, OrderNumber: f.OrderNumber, DueBy: r.DueBy}
	if d.Person != "" {
		told.Customer.Name, told.Reason = f.Customer.Name, f.ReasonText
		if told.Reason == "" {
			told.Coded = f.Reason
		}
		return told
	}
	told.Customer, told.GoodsFirst = f.Customer, r.State == AwaitingGoods
	switch d.What {
	case TellRejected:
		told.Reason = r.Rejection
	case TellNeedsInfo:
		told.Reason = r.Question
	default: // the other mails give no reason
	}
	return told
}

// Listed is what lists tell of a refund besides its search attributes: what they show, and what says
// for whom it waits.
type Listed struct {
	Integration string `json:"integration"`
	ReturnID    int64  `json:"returnId"`
	// Facts are some: all else is empty.
	Facts  Facts  `json:"facts"`
	Holder string `json:"holder,omitempty"`
	// Approved are those who have approved it.
	Approved []string `json:"approved,omitempty"`
	// Since is when people were asked to decide, Known since when the refund is known.
	Since time.Time `json:"since,omitzero"`
	Known time.Time `json:"known,omitzero"`
}

// Listed is the refund for lists.
func (r *Refund) Listed() Listed {
	f := &r.Facts
	one := Listed{
		Integration: r.Integration, ReturnID: r.ReturnID, Holder: r.Holder, Since: r.Clock.Since,
		Facts: Facts{
			Amount: f.Amount, OrderNumber: f.OrderNumber, Reason: f.Reason, ReasonText: f.ReasonText,
			Customer: Customer{Name: f.Customer.Name, Email: f.Customer.Email}, CustomerAtSendcloud: f.CustomerAtSendcloud, RequestedBy: f.RequestedBy,
		},
	}
	for _, a := range r.Approvals {
		one.Approved = append(one.Approved, a.By)
	}
	if len(r.Receipt) > 0 {
		one.Known = r.Receipt[0].At
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
