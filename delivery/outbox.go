package delivery

import (
	"fmt"
	"slices"
	"time"

	"waybill/words"
)

// Outbox is the messages of one subject, oldest first.
type Outbox[About any] []Message[About]

// Queue adds a message, unless its key is there already, and forgets the oldest final one if
// there are more than limit.
func (box *Outbox[About]) Queue(m Message[About], limit int) {
	if box.Find(m.Key) != nil {
		return
	}
	m.State = Waiting
	*box = append(slices.Clip(*box), m)
	if len(*box) > limit {
		if i := slices.IndexFunc(*box, func(m Message[About]) bool { return m.State.Final() }); i >= 0 {
			*box = slices.Delete(*box, i, i+1)
		}
	}
}

// Due is the oldest message that may leave now, or nil.
func (box Outbox[About]) Due(now time.Time) *Message[About] {
	return box.first(func(m *Message[About]) bool { return m.Due(now) })
}

// Choose finds the messages in a state with these keys; without keys, all in that state. The
// error says which key does not fit.
func (box Outbox[About]) Choose(keys []string, state State) ([]*Message[About], error) {
	chosen := box.All(func(m *Message[About]) bool {
		return m.State == state && (len(keys) == 0 || slices.Contains(keys, m.Key))
	})
	for _, key := range keys {
		if !slices.ContainsFunc(chosen, func(m *Message[About]) bool { return m.Key == key }) {
			return nil, words.Fault("parcel.fault.no_such_mail", "Key", short(key), "State", words.Word("mail_state", state))
		}
	}
	return chosen, nil
}

func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// Expire drops what nobody has retried for [KeptParked].
func (box Outbox[About]) Expire(now time.Time) {
	for _, m := range box.Parked() {
		if !now.Before(m.Done.Add(KeptParked)) {
			m.Drop(fmt.Sprintf("nobody retried it for %d days: %s", KeptParked/(24*time.Hour), m.Why), now)
		}
	}
}

// Dispatch begins the try of each message that is due, drops what nobody has retried, and
// says when there is something to do again; zero is never.
func (box Outbox[About]) Dispatch(now time.Time) (next time.Time) {
	for _, m := range box.All(func(m *Message[About]) bool { return m.Due(now) }) {
		m.HandOver(0, now)
	}
	box.Expire(now)
	if m := box.Next(); m != nil {
		next = m.NotBefore
	}
	return Earliest(next, box.Expires())
}

// Settle notes what the try of a message came to. It returns false if the message is not
// in the box.
func (box Outbox[About]) Settle(key string, o Outcome, now time.Time) bool {
	m := box.Find(key)
	if m != nil {
		m.Settle(o, now)
	}
	return m != nil
}

// Matters reports whether a report changes anything. Others need not be recorded.
func (box Outbox[About]) Matters(r Report) bool {
	m := box.reported(r)
	return m != nil && m.matters(r)
}

// Effect is what a report came to.
type Effect[About any] struct {
	Message *Message[About] // nil if none fits
	// Missed says that the report is the first one that is [ReportKind.Bad]. Address is
	// which of the subject's addresses the message went to.
	Missed  bool
	Address int
}

// Apply notes what the provider reports.
func (box Outbox[About]) Apply(r Report, now time.Time) Effect[About] {
	m := box.reported(r)
	if m == nil {
		return Effect[About]{}
	}
	news := m.apply(r, now)
	return Effect[About]{Message: m, Missed: news && r.Kind.Bad(), Address: m.address(r.Try)}
}

// reported is the message that a report is about, or nil.
func (box Outbox[About]) reported(r Report) *Message[About] {
	for i := range slices.Backward(box) {
		m := &box[i]
		if m.Key == r.Key && m.Tries > 0 || r.Key == "" && m.State == Accepted {
			return m
		}
	}
	return nil
}
