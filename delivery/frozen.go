package delivery

import (
	"slices"
	"strings"
	"time"
)

// Workflows call what stands here outside a recorded step. It is frozen: old
// histories are replayed over it, and a change needs a gate (workflows/gates.go).

// Accept notes that the provider took the message. A step for that would add an event to the
// history of every message.
func (m *Message[About]) Accept(messageID string, now time.Time) {
	m.State, m.Done, m.Why, m.Recalled, m.Looks, m.Overtaken = Accepted, now, "", false, false, ""
	m.addID(messageID)
}

// Until is when the patience of a message that is being tried is over.
func (m *Message[About]) Until() time.Time {
	if m.Began.IsZero() {
		return m.Decided.Add(m.Terms.Patience)
	}
	return m.Began.Add(m.Terms.Patience)
}

// addID notes an id under which the provider has the message, up to 4.
func (m *Message[About]) addID(id string) {
	if id != "" && !slices.Contains(m.MessageIDs, id) && len(m.MessageIDs) < 4 {
		m.MessageIDs = append(slices.Clip(m.MessageIDs), id)
	}
}

// Twice reports whether it went out twice.
func (m *Message[About]) Twice() bool { return len(m.MessageIDs) > 1 }

// Find is the message with a key, or nil.
func (box Outbox[About]) Find(key string) *Message[About] {
	return box.first(func(m *Message[About]) bool { return m.Key == key })
}

// Sending is the message that is being tried, or nil.
func (box Outbox[About]) Sending() *Message[About] { return box.in(Sending) }

// Waiting is the oldest message that waits, or nil.
func (box Outbox[About]) Waiting() *Message[About] { return box.in(Waiting) }

func (box Outbox[About]) in(state State) *Message[About] {
	return box.first(func(m *Message[About]) bool { return m.State == state })
}

func (box Outbox[About]) first(fits func(*Message[About]) bool) *Message[About] {
	for i := range box {
		if fits(&box[i]) {
			return &box[i]
		}
	}
	return nil
}

// All are the messages that fit, oldest first.
func (box Outbox[About]) All(fits func(*Message[About]) bool) []*Message[About] {
	var all []*Message[About]
	for i := range box {
		if fits(&box[i]) {
			all = append(all, &box[i])
		}
	}
	return all
}

// Parked are the messages that wait for a person.
func (box Outbox[About]) Parked() []*Message[About] {
	return box.All(func(m *Message[About]) bool { return m.State == Parked })
}

// Next is the message that may leave first of those that wait, or nil.
func (box Outbox[About]) Next() *Message[About] {
	var next *Message[About]
	for _, m := range box.All(func(m *Message[About]) bool { return m.State == Waiting }) {
		if next == nil || m.NotBefore.Before(next.NotBefore) {
			next = m
		}
	}
	return next
}

// Expires is when the next parked message is dropped; zero if none is parked.
func (box Outbox[About]) Expires() (at time.Time) {
	for _, m := range box.Parked() {
		at = Earliest(at, m.Done.Add(KeptParked))
	}
	return at
}

// Earliest is the first of some moments; those that are zero do not count.
func Earliest(moments ...time.Time) (first time.Time) {
	for _, at := range moments {
		if first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first
}

// Open reports whether a message still has a way to go without a person.
func (box Outbox[About]) Open() bool { return box.Sending() != nil || box.Waiting() != nil }

// SentTwice counts the messages that went out twice.
func (box Outbox[About]) SentTwice() int {
	return len(box.All(func(m *Message[About]) bool { return m.Twice() }))
}

// Kind is what sort of subject it is.
func (s Subject) Kind() SubjectKind {
	kind, _, _ := strings.Cut(string(s), ":")
	return SubjectKind(kind)
}

// Name is the subject without its kind: demo:364000001.
func (s Subject) Name() string {
	_, name, _ := strings.Cut(string(s), ":")
	return name
}
