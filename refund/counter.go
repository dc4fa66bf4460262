package refund

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// Counter counts refunds within a span of time: those of some customers, or those that the
// rules approved for a shop. A refund is counted before it is paid. Requests are answered one
// at a time. A refund that is older than the span is forgotten, so that a counter stays small.
type Counter struct {
	// counted are the refunds by who they are counted for, oldest first.
	counted map[string][]mark
	// until is when the counter is no longer needed.
	until time.Time
	// changes are those since [Counter.Copy].
	changes []counterChange
}

// mark is one refund that counts: Sendcloud's number of its return, and Unix seconds.
type mark struct{ refund, at int64 }

// mostBytes is what a counter takes at most as JSON. Temporal takes 2 MiB.
const mostBytes = 1_900_000

// So many bytes of JSON a refund takes within a day, within a year, and a customer.
const (
	dayBytes  = 18
	yearBytes = 20
	whoBytes  = 50
)

// CountOrder asks for a refund to be counted.
type CountOrder struct {
	CountQuestion
	At time.Time `json:"at"`
	// Most is how many others may be counted; below 0 is no limit. Elsewhere is how many more are
	// counted for the same customer under other pseudonyms.
	Most      int `json:"most"`
	Elsewhere int `json:"elsewhere,omitempty"`
	// Forced counts it whatever the limit says: the money has gone already.
	Forced bool `json:"forced,omitempty"`
}

// CountQuestion asks how many others are counted.
type CountQuestion struct {
	// Refund is Sendcloud's number of the return, Who the customer, from [DigestKeys.Customer]; empty
	// for a shop.
	Refund int64  `json:"refund"`
	Who    string `json:"who,omitempty"`
	// Since begins the span. What is older is forgotten.
	Since time.Time `json:"since"`
}

// CountAnswer is the answer.
type CountAnswer struct {
	Granted bool `json:"granted"`
	// Others is how many other refunds are counted since then.
	Others int `json:"others"`
	// Why says why it was not granted.
	Why string `json:"why,omitempty"`
}

// Count counts a refund if the limit allows it. The same refund counts once.
func (c *Counter) Count(o CountOrder) CountAnswer {
	c.change(counterChange{Forget: o.Since.Unix()})
	a := CountAnswer{Others: c.Others(o.CountQuestion) + o.Elsewhere}
	if o.Most >= 0 && a.Others > o.Most {
		a.Why = "too many refunds"
	}
	if until := o.At.Add(o.At.Sub(o.Since)); until.After(c.until) {
		c.until = until
	}
	if a.Granted = a.Why == "" || o.Forced; !a.Granted {
		return a
	}
	if c.has(o.Who, o.Refund) {
		c.change(counterChange{Who: o.Who, Refund: o.Refund})
	}
	c.change(counterChange{Who: o.Who, Refund: o.Refund, At: o.At.Unix()})
	for who, oldest := c.oldest(); c.bytes() > mostBytes; who, oldest = c.oldest() {
		c.change(counterChange{Who: who, Refund: oldest.refund})
	}
	return a
}

// Others is how many other refunds are counted.
func (c *Counter) Others(q CountQuestion) int {
	marks := c.counted[q.Who]
	first, _ := slices.BinarySearchFunc(marks, q.Since.Unix(), func(m mark, since int64) int { return cmp.Compare(m.at, since) })
	others := len(marks) - first
	if slices.ContainsFunc(marks[first:], func(m mark) bool { return m.refund == q.Refund }) {
		others--
	}
	return others
}

// Uncount takes a refund out again.
func (c *Counter) Uncount(who string, refund int64) {
	if c.has(who, refund) {
		c.change(counterChange{Who: who, Refund: refund})
	}
}

// Forget takes out all refunds of a customer.
func (c *Counter) Forget(who string) {
	for _, m := range slices.Clone(c.counted[who]) {
		c.Uncount(who, m.refund)
	}
}

func (c *Counter) has(who string, refund int64) bool {
	return slices.ContainsFunc(c.counted[who], func(m mark) bool { return m.refund == refund })
}

// Refunds is how many refunds are counted.
func (c *Counter) Refunds() (refunds int) {
	for _, marks := range c.counted {
		refunds += len(marks)
	}
	return refunds
}

// Customers is for how many customers refunds are counted.
func (c *Counter) Customers() int { return len(c.counted) }

// bytes is a little more than the JSON takes. Shops are counted within a day.
func (c *Counter) bytes() int {
	return yearBytes*c.Refunds() - (yearBytes-dayBytes)*len(c.counted[""]) + whoBytes*c.Customers()
}

func (c *Counter) oldest() (who string, oldest mark) {
	for name, marks := range c.counted {
		if oldest.at == 0 || marks[0].at < oldest.at || marks[0].at == oldest.at && name < who {
			who, oldest = name, marks[0]
		}
	}
	return who, oldest
}

// counterJSON is a Counter in few bytes: the numbers of a list are the time of its first
// refund, and then each refund with how many seconds later it was.
type counterJSON struct {
	Counted map[string][]int64 `json:"counted,omitempty"`
	Until   time.Time          `json:"until,omitzero"`
}

// MarshalJSON implements json.Marshaler.
func (c Counter) MarshalJSON() ([]byte, error) {
	packed := counterJSON{Counted: map[string][]int64{}, Until: c.until}
	for who, marks := range c.counted {
		numbers := []int64{marks[0].at}
		for _, m := range marks {
			numbers = append(numbers, m.refund, m.at-marks[0].at)
		}
		packed.Counted[who] = numbers
	}
	return json.Marshal(packed)
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Counter) UnmarshalJSON(raw []byte) error {
	var packed counterJSON
	if err := json.Unmarshal(raw, &packed); err != nil {
		return err
	}
	*c = Counter{counted: map[string][]mark{}, until: packed.Until}
	for who, numbers := range packed.Counted {
		if len(numbers) < 3 || len(numbers)%2 == 0 {
			return errors.New("read a counter: a list of it is not whole")
		}
		for i := 1; i < len(numbers); i += 2 {
			c.counted[who] = append(c.counted[who], mark{numbers[i], numbers[0] + numbers[i+1]})
		}
	}
	return nil
}
