package refund

import (
	"time"

	"waybill/delivery"
)

// The law's clock: the money is due 14 days after the notice of withdrawal, and
// may be held back until the goods are there or the customer has proved that
// they are sent. https://eur-lex.europa.eu/eli/dir/2011/83/oj (Article 13)
const (
	legalTime    = 14 * day
	legalWarning = 10 * day
	legalAlarm   = 12 * day
)

// Clock is all that a refund knows of time.
type Clock struct {
	// Since is when people were asked to decide, Told how often they were reminded.
	Since time.Time `json:"since,omitzero"`
	Told  int       `json:"told,omitempty"`
	// AskedAt is when the open question was asked.
	AskedAt time.Time `json:"askedAt,omitzero"`
	// PostedAt is the proof of posting, GoodsAt when the goods arrived.
	PostedAt time.Time `json:"postedAt,omitzero"`
	GoodsAt  time.Time `json:"goodsAt,omitzero"`
	// ReserveAt is when the amount was to be reserved, ReserveTold that operations know that
	// it still is not.
	ReserveAt   time.Time `json:"reserveAt,omitzero"`
	ReserveTold bool      `json:"reserveTold,omitempty"`
	// EndedAt is when the refund ended, EndTold that operations know that the tallies were not
	// told.
	EndedAt time.Time `json:"endedAt,omitzero"`
	EndTold bool      `json:"endTold,omitempty"`
	// ApprovedAt is when an approved refund began to wait for the goods, GoodsTold that
	// operations know that they are missing.
	ApprovedAt time.Time `json:"approvedAt,omitzero"`
	GoodsTold  bool      `json:"goodsTold,omitempty"`
	// LegalTold is how often operations were warned of the legal deadline, PanelTold that
	// they know of a payment in the panel which may be the second one.
	LegalTold int  `json:"legalTold,omitempty"`
	PanelTold bool `json:"panelTold,omitempty"`
}

// ask has the reminders begin anew.
func (c *Clock) ask(now time.Time) { c.Since, c.Told, c.AskedAt = now, 0, time.Time{} }

// LegalDeadline is when the money is due; ok is false while neither the goods nor proof of
// posting has arrived. If the return parcel is not known, the deadline runs from the notice.
func (r *Refund) LegalDeadline() (due time.Time, ok bool) {
	from := delivery.Earliest(r.Clock.PostedAt, r.Clock.GoodsAt)
	if from.IsZero() && r.Facts.IncomingParcel == 0 {
		from = r.Facts.NoticeAt
	}
	if from.IsZero() {
		return time.Time{}, false
	}
	if from.Before(r.Facts.NoticeAt) {
		from = r.Facts.NoticeAt
	}
	return from.Add(legalTime), true
}

// move has something happen that may move the legal deadline. Operations are warned anew of
// one that has become later.
func (r *Refund) move(happens func()) {
	before, ran := r.LegalDeadline()
	happens()
	if due, runs := r.LegalDeadline(); ran && (!runs || due.After(before)) {
		r.Clock.LegalTold = 0
	}
}

// alarm is what time alone causes.
type alarm struct {
	at   time.Time
	ring func(p Policy, now time.Time)
}

func (r *Refund) alarms(p Policy) []alarm {
	var set []alarm
	if r.State.Terminal() && !r.EndRecorded && !r.Clock.EndTold && !r.Clock.EndedAt.IsZero() {
		set = append(set, alarm{r.Clock.EndedAt.Add(reserveWait), r.missEnd})
	}
	if r.CanUndo() {
		set = append(set, alarm{r.Undoable.Until, r.keepApproval})
	}
	switch m := r.unnotified(); {
	case r.State.Terminal() && m != nil:
		return append(set, alarm{m.Done.Add(delivery.KeptParked), r.giveUpNotifying})
	case r.State.Terminal(), r.unseen(p):
		return set
	case r.State.Waiting():
		set = append(set, alarm{r.Clock.Since.Add(p.reminder(r.Clock.Told + 1)), r.remind})
	case r.State == NeedsInfo:
		set = append(set, alarm{r.Clock.AskedAt.Add(p.InfoWait), r.giveUpAsking})
	case r.State == Approved && r.Undoable == nil && !r.Clock.ReserveTold:
		set = append(set, alarm{r.Clock.ReserveAt.Add(reserveWait), r.missReservation})
	case r.State == AwaitingGoods && !r.Clock.GoodsTold:
		set = append(set, alarm{r.Clock.ApprovedAt.Add(p.GoodsWait), r.missGoods})
	}
	if due, ok := r.LegalDeadline(); ok {
		set = append(set, alarm{due.Add(legal(r.Clock.LegalTold+1) - legalTime), r.warn})
	}
	return set
}

// Deadline is when Advance has something to do next; zero if never.
func (r *Refund) Deadline(p Policy) (next time.Time) {
	for _, a := range r.alarms(p) {
		next = delivery.Earliest(next, a.at)
	}
	return next
}

// Advance has everything happen that is due by now, each once, however late it is called.
func (r *Refund) Advance(p Policy, now time.Time) {
	over := r.State.Terminal()
	for _, a := range r.alarms(p) {
		if !a.at.After(now) && r.State.Terminal() == over {
			a.ring(p, now)
		}
	}
}

// nth is after how long the nth of several times comes: the last of them, then daily.
func nth(n int, times ...time.Duration) time.Duration {
	last := len(times)
	return times[min(n, last)-1] + time.Duration(max(n-last, 0))*day
}

// reminder is when the nth one comes: two reminders, then the escalation.
func (p Policy) reminder(n int) time.Duration {
	return nth(n, p.RemindAfter, p.RemindAgain, p.EscalateAfter)
}

// legal is when operations are informed of the legal deadline for the nth time.
func legal(n int) time.Duration { return nth(n, legalWarning, legalAlarm, legalTime) }

// latest is the last of several times that has passed, from the nth on.
func latest(n int, since, now time.Time, at func(n int) time.Duration) int {
	for !since.Add(at(n + 1)).After(now) {
		n++
	}
	return n
}

// escalation is the number of the reminder that goes to managers. After it, no single mail does.
const escalation = 3

func (r *Refund) remind(p Policy, now time.Time) {
	before := r.Clock.Told
	r.Clock.Told = latest(before, r.Clock.Since, now, p.reminder)
	if r.Clock.Told < escalation {
		r.write(p, now, "reminded", theRules, "")
		r.ask(Remind, p, now)
		return
	}
	if r.small(p) {
		r.approve(p, now, theRules, "no decision came in time, and the policy approves an amount this small")
		return
	}
	r.Role, r.Holder = Manager, ""
	if len(r.Deciders(p)) == 0 {
		r.Role = Approver
	}
	if before >= escalation {
		r.write(p, now, "reminded", theRules, "the daily digests list it")
		r.alertIfNobodyCan(p)
		return
	}
	r.write(p, now, "escalated", theRules, "")
	r.ask(Escalate, p, now)
}

// small reports whether the policy approves the refund if no decision comes. Exchanges, and
// refunds that the shop's own people requested, are never approved automatically.
func (r *Refund) small(p Policy) bool {
	limits, listed := p.Limits[r.Facts.Amount.Currency]
	return p.ApproveBelow && !p.Shadow && listed && r.Facts.Amount.within(limits.Auto) && r.Facts.payable() == nil &&
		r.Facts.Kind == "money" && r.Facts.Confirmed && (r.Facts.PanelRead || p.AutoPanelUnknown) && r.Facts.RequestedBy == "" && !r.InDoubt && len(r.Approvals) == 0 && !r.UsedUp
}

func (r *Refund) giveUpAsking(p Policy, now time.Time) {
	r.await(r.before(), p, now, "asked for approval", theRules, "the customer did not answer")
}

// reserveWait is how long a reservation takes at most, if nothing is wrong: it is asked for
// until the tallies answer.
const reserveWait = time.Hour

const noTally = "the tallies have not answered for an hour"

func (r *Refund) missReservation(p Policy, now time.Time) {
	r.Clock.ReserveTold = true
	r.write(p, now, "missed the reservation", theRules, noTally)
	r.alert(NotReserved)
}

func (r *Refund) missEnd(p Policy, now time.Time) {
	r.Clock.EndTold = true
	r.write(p, now, "missed the record of the end", theRules, noTally)
	r.alert(NotRecorded)
}

func (r *Refund) missGoods(p Policy, now time.Time) {
	r.Clock.GoodsTold = true
	r.write(p, now, "missed the goods", theRules, "")
	r.alert(GoodsMissing)
}

func (r *Refund) warn(p Policy, now time.Time) {
	due, _ := r.LegalDeadline()
	r.Clock.LegalTold = latest(r.Clock.LegalTold, due.Add(-legalTime), now, legal)
	look := r.legalAttention()
	r.write(p, now, "warned operations", theRules, string(look))
	r.alert(look)
}

// legalAttention is the last warning of the legal deadline, if there was one.
func (r *Refund) legalAttention() Attention {
	return []Attention{"", LegalWarning, LegalAlarm, LegalOverdue}[min(r.Clock.LegalTold, 3)]
}

// attention is why the refund needs attention now; empty if it does not.
func (r *Refund) attention(p Policy) Attention {
	switch {
	case r.Clock.PanelTold:
		return PanelPaidToo
	case r.State == PayFailed:
		return r.paymentAttention()
	case r.State == Approved && r.Undoable == nil && r.Clock.ReserveTold:
		return NotReserved
	case r.Clock.EndTold && !r.EndRecorded:
		return NotRecorded
	case r.Clock.LegalTold > 0 && !r.State.Terminal():
		return r.legalAttention()
	case r.State == AwaitingGoods && r.Clock.GoodsTold:
		return GoodsMissing
	case r.State.Waiting() && r.nobodyCan(p):
		return NobodyCan
	case r.Unnotified():
		return NotTold
	case r.NotReached:
		return CustomerNotReached
	}
	return ""
}
