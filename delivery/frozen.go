package delivery

import "time"

// Accept notes that the provider took the message.
//
// Workflows call it outside a recorded step, because it happens to every message
// and a step is one more event in history. It is frozen: a change needs a gate
// (workflows/gates.go).
func (m *Message[About]) Accept(messageID string, now time.Time) {
	m.State, m.Done, m.Why, m.Recalled, m.Overtaken = Accepted, now, "", false, ""
	m.addID(messageID)
}
