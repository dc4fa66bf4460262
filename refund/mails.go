package refund

import (
	"slices"
	"time"

	"waybill/delivery"
)

// Mail is a message about a refund.
type Mail = delivery.Message[Deed]

// mailLimit is more than a refund has mails, unless no decision comes for months.
const mailLimit = 100

// terms are how a mail is sent. One that asks its reader to act is not given up for unproven tries.
func (r *Refund) terms(what What) delivery.Terms {
	t := delivery.Terms{Patience: r.Patience.Mail, ProofWait: r.Patience.Proof, MaxUnproven: r.Patience.Unproven}
	switch {
	case what == TellOperations:
		t.Patience = day
	case what == TellNeedsInfo || what.ToApprover():
		t.MaxUnproven = 0
	}
	return t
}

// Dispatch moves the mails of Todo to the outbox, gives up those that are out of date, and
// hands over those that are due: the customer's one after the other, the others at once.
func (r *Refund) Dispatch(p Policy, now time.Time) {
	var rest []Deed
	for _, d := range r.Todo {
		if _, mail := letters[d.What]; !mail {
			rest = append(rest, d)
			continue
		}
		r.overtakeFor(d, now)
		r.Mails.Queue(Mail{
			Key: delivery.Key(r.Subject(), string(d.What), d.Nr), About: d, Decided: now, Terms: r.terms(d.What),
		}, mailLimit)
	}
	r.Todo = rest
	for _, m := range r.outdated() {
		if !m.Decided.Add(prompt).After(now) {
			m.Overtake(r.State.Words(), now)
		}
	}
	r.handOver(now)
	r.eraseTexts(p, now)
	r.awaitMails(now)
}

// prompt is how long a mail that is out of date can still leave: changes within a minute are all mailed.
const prompt = time.Minute

// outdated are the unsent mails whose words no longer hold.
func (r *Refund) outdated() []*Mail {
	return r.Mails.All(func(m *Mail) bool {
		open := m.State == delivery.Waiting || m.State == delivery.Sending
		return open && m.Overtaken == "" && !letters[m.About.What].holds(r)
	})
}

// overtakeFor gives up earlier mails to the same approver, or an earlier question to the customer.
func (r *Refund) overtakeFor(d Deed, now time.Time) {
	for _, m := range r.Mails.All(func(m *Mail) bool { return m.Overtaken == "" && m.About.Person == d.Person }) {
		if d.What.ToApprover() && m.About.What.ToApprover() || d.What == TellNeedsInfo && m.About.What == TellNeedsInfo {
			m.Overtake("a newer mail to the same person", now)
		}
	}
}

func (r *Refund) handOver(now time.Time) {
	busy := slices.ContainsFunc(r.Mails, func(m Mail) bool { return m.State == delivery.Sending && m.About.What.ToCustomer() })
	for _, m := range r.Mails.All(func(m *Mail) bool { return m.Due(now) }) {
		if customer := m.About.What.ToCustomer(); !customer || !busy {
			m.HandOver(0, now)
			busy = busy || customer
		}
	}
}

// reportsAwaited is how long a refund that is over stays open for bounces: mail
// servers try for three days.
const reportsAwaited = 3 * day

// awaitMails sets Next for mails that are tried again, and Closed if the refund is over and
// has no mail to wait for.
func (r *Refund) awaitMails(now time.Time) {
	for _, m := range r.Mails.All(func(m *Mail) bool { return m.State == delivery.Waiting && m.NotBefore.After(now) }) {
		r.Next = delivery.Earliest(r.Next, m.NotBefore)
	}
	for _, m := range r.outdated() {
		r.Next = delivery.Earliest(r.Next, m.Decided.Add(prompt))
	}
	at, over := r.overSince()
	if r.Closed = over && !at.After(now) && !r.EarlierRuns; over && at.After(now) {
		r.Next = delivery.Earliest(r.Next, at)
	}
}

// overSince is when nothing is awaited any more of a refund that is over; over is false while something is
// under way. What the customer wrote can be looked at until then.
func (r *Refund) overSince() (at time.Time, over bool) {
	if !r.State.Terminal() || r.Mails.Open() || r.Unnotified() {
		return time.Time{}, false
	}
	if r.Wrote {
		at = r.Clock.EndedAt.Add(reportsAwaited)
	}
	for _, m := range r.Mails.All(func(m *Mail) bool { return m.State == delivery.Accepted }) {
		if reported := m.Done.Add(reportsAwaited); reported.After(at) {
			at = reported
		}
	}
	return at, true
}

// SettleMail notes what a try of a mail came to.
func (r *Refund) SettleMail(key string, o delivery.Outcome, p Policy, now time.Time) {
	m := r.Mails.Find(key)
	if m == nil {
		return
	}
	before := m.State
	if m.Settle(o, now); m.State != delivery.Parked || before == delivery.Parked {
		return
	}
	switch d := m.About; {
	case d.What.ToCustomer():
		r.write(p, now, "customer not notified", theMailProvider, string(d.What)+": "+m.Why)
		r.alert(NotTold)
	case d.What.ToApprover():
		r.write(p, now, "not asked: "+d.Person, theMailProvider, m.Why)
	}
}

// ReportMail notes what the mail provider reports of a mail.
func (r *Refund) ReportMail(report delivery.Report, p Policy, now time.Time) {
	effect := r.Mails.Apply(report, now)
	if effect.Message == nil || !effect.Missed {
		return
	}
	why := string(report.Kind)
	if report.Why != "" {
		why += ": " + report.Why
	}
	switch d := effect.Message.About; {
	case d.What.ToCustomer():
		r.write(p, now, "customer not reached", theMailProvider, why)
		if !r.NotReached { // the later mails come back, too
			r.alert(CustomerNotReached)
		}
		r.NotReached = true
	case d.What.ToApprover():
		r.write(p, now, "not reached: "+d.Person, theMailProvider, why)
		if !slices.Contains(r.Unreachable, d.Person) {
			r.alert(ApproverNotReached)
			r.askNext(d.Person, p, now)
		}
	}
}

// askNext asks the other deciders because one cannot be reached, or managers if none is left.
func (r *Refund) askNext(unreachable string, p Policy, now time.Time) {
	r.Unreachable = append(slices.Clip(r.Unreachable), unreachable)
	if !r.State.Waiting() {
		return
	}
	if r.Holder == unreachable {
		r.Holder = ""
	}
	if r.Role != Manager && !slices.ContainsFunc(r.Deciders(p), r.reached) {
		r.Role = Manager
	}
	waited := int(now.Sub(r.Clock.Since) / day)
	for _, person := range r.Deciders(p) {
		if r.reached(person) && !person.Digest && !r.asked(person.Name) {
			r.todo(Deed{What: AskApproval, Person: person.Name, Days: waited})
		}
	}
}

// reached reports whether no mail to a person came back.
func (r *Refund) reached(person Person) bool { return !slices.Contains(r.Unreachable, person.Name) }

// asked reports whether a person was asked for this decision.
func (r *Refund) asked(name string) bool {
	return slices.ContainsFunc(r.Mails, func(m Mail) bool {
		return m.About.What.ToApprover() && m.About.Person == name && !m.Decided.Before(r.Clock.Since)
	})
}

// Unnotified reports whether the last mail to the customer is parked and still holds. A
// refund that is over is kept for it.
func (r *Refund) Unnotified() bool { return r.unnotified() != nil }

func (r *Refund) unnotified() *Mail {
	if slices.ContainsFunc(r.Todo, func(d Deed) bool { return d.What.ToCustomer() }) {
		return nil
	}
	mails := r.Mails.All(func(m *Mail) bool { return m.About.What.ToCustomer() })
	if len(mails) == 0 {
		return nil
	}
	if last := mails[len(mails)-1]; last.State == delivery.Parked && letters[last.About.What].holds(r) {
		return last
	}
	return nil
}

func (r *Refund) retryMail(in values, p Policy, now time.Time) {
	m := r.unnotified()
	r.log(in, string(m.About.What), p, now)
	m.Retry(time.Time{})
}

// giveUpNotifying drops the parked mail to the customer after 30 days.
func (r *Refund) giveUpNotifying(p Policy, now time.Time) {
	m := r.unnotified()
	m.Drop("no retry in 30 days: "+m.Why, now)
	r.write(p, now, "gave up notifying the customer", theRules, "no retry in 30 days")
}
