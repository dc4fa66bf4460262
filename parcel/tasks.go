package parcel

import (
	"slices"
	"time"

	"waybill/delivery"
)

// Task is something that the workflow does for a parcel besides its messages.
type Task struct {
	Kind TaskKind `json:"kind"`
	// Mail and News are the key and the kind of a mail; Told says that it was accepted.
	Mail string   `json:"mail,omitempty"`
	News MailKind `json:"news,omitempty"`
	Told bool     `json:"told,omitempty"`
	// WorkflowID is who is told of the goods.
	WorkflowID string `json:"workflowId,omitempty"`
}

// TaskKind is what is to be done.
type TaskKind string

// The kinds.
const (
	// JoinSiblings tells the parcels that go with this one of a mail that waits,
	// SettleSiblings what became of it.
	JoinSiblings   TaskKind = "join siblings"
	SettleSiblings TaskKind = "settle siblings"
	// TellPosted and TellBack tell a waiter that the goods are on their way, or back.
	TellPosted TaskKind = "tell posted"
	TellBack   TaskKind = "tell back"
)

func (p *Parcel) todo(t Task) { p.Tasks = append(slices.Clip(p.Tasks), t) }

// settleSiblings tells the parcels that go with this one what became of a mail that may speak
// for them; before is its state before. A paused one speaks for none until it asks again.
func (p *Parcel) settleSiblings(m *Mail, before delivery.State) {
	paused := p.Paused && m.State == delivery.Waiting && m.Tries > 0
	over := m.State.Final() || m.State == delivery.Parked || paused
	if m.About.Together && over && m.State != before && m.ToldIn == "" {
		p.todo(Task{Kind: SettleSiblings, Mail: m.Key, News: m.About.Kind, Told: m.State == delivery.Accepted})
	}
}

// Waiter is a workflow that waits for the goods of a return parcel.
type Waiter struct {
	WorkflowID string `json:"workflowId"`
	// Until is how long it waits at most: the parcel is followed for as long.
	Until time.Time `json:"until"`
	// Posted says that it was told that the goods are on their way.
	Posted bool `json:"posted,omitempty"`
}

// Await notes who waits for the goods of a return parcel.
func (p *Parcel) Await(w Waiter, now time.Time) {
	p.Waiters = append(slices.DeleteFunc(slices.Clone(p.Waiters), func(known Waiter) bool { return known.WorkflowID == w.WorkflowID }), w)
	webhook := func(e Entry) bool { return e.Due == "" && !e.Polled }
	if p.Facts.IsReturn || slices.ContainsFunc(p.Ledger, webhook) {
		return // webhooks say whether a parcel is a return
	}
	// Not every list of parcels does, and the refund that waits has it from Sendcloud's return.
	p.Facts.IsReturn = true
	p.turnOutReturn(now)
}

// turnOutReturn gives up what was to be done for a recipient: that of a return parcel is the
// merchant.
func (p *Parcel) turnOutReturn(now time.Time) {
	const news = "the news that it is a return parcel"
	p.Agenda, p.ScanAttention = nil, ""
	for i := range p.Mails {
		m := &p.Mails[i]
		was := m.State
		if was == delivery.Parked {
			m.Drop("overtaken by "+news, now)
		}
		m.Overtake(news, now)
		p.settleSiblings(m, was)
	}
}

// followFor has a parcel followed for as long as a workflow waits for its goods.
func (p *Parcel) followFor() {
	for _, w := range p.Waiters {
		if !p.Phase.Terminal() {
			p.Deadline = latest(p.Deadline, w.Until)
		}
	}
}

// tellGoods has those that wait told where the goods are.
func (p *Parcel) tellGoods() {
	switch {
	case !p.Facts.IsReturn:
	case p.Phase == Delivered:
		for _, w := range p.Waiters {
			p.todo(Task{Kind: TellBack, WorkflowID: w.WorkflowID})
		}
		p.Waiters = nil
	case slices.Contains([]Phase{InTransit, OutForDelivery, AwaitingPickup, AttemptFailed, Delayed}, p.Phase):
		// The carrier has the goods: that is the customer's proof of posting.
		for i := range p.Waiters {
			if w := &p.Waiters[i]; !w.Posted {
				w.Posted = true
				p.todo(Task{Kind: TellPosted, WorkflowID: w.WorkflowID})
			}
		}
	}
}
