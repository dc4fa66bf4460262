package refund

import (
	"errors"
	"slices"
	"time"
)

// keptUntold is how long a refund that is over waits for somebody to have the
// customer told after all.
const keptUntold = 30 * day

// Untold reports whether the customer lacks what was last to be told: its mail was
// given up, it still holds, and nobody has had it mailed again. A refund that is over
// is kept for so long.
func (r *Refund) Untold() bool {
	_, ok := r.untold()
	return ok
}

func (r *Refund) untold() (last Mail, ok bool) {
	if slices.ContainsFunc(r.Todo, func(d Deed) bool { return d.What.ToCustomer() }) {
		return Mail{}, false
	}
	for _, m := range slices.Backward(r.Mails) {
		if m.Deed.What.ToCustomer() {
			return m, m.State == MailGivenUp && m.Deed.Nr != r.LeftUntold && r.holds(m.Deed.What)
		}
	}
	return Mail{}, false
}

// holds reports whether what a mail says is still so.
func (r *Refund) holds(what What) bool {
	switch what {
	case TellReceived:
		return !r.State.Terminal()
	case TellNeedsInfo:
		return r.State == NeedsInfo
	case TellApproved:
		return r.State == AwaitingGoods || r.State == Paying || r.State == PayFailed
	case TellRejected:
		return r.State == Rejected
	case TellPaid:
		return r.State == Paid
	}
	return false
}

// MailGivenUp notes a mail that never went out, or of which nobody can say: what
// the customer does not know, operations have to.
func (r *Refund) MailGivenUp(d Deed, why string, p Policy, now time.Time) {
	if !d.What.ToCustomer() {
		r.write(p, now, "not asked: "+d.Person, "the mail provider", why)
		return
	}
	r.write(p, now, "customer not told", "the mail provider", string(d.What)+": "+why)
	r.alert(NotTold)
}

// MailAgain has the customer told what was given up, once what was in the way is
// mended. It may also be told after the refund is over.
func (r *Refund) MailAgain(s Said, p Policy, now time.Time) error {
	if _, err := r.mayEver(s, p); err != nil {
		return err
	}
	m, ok := r.untold()
	if !ok {
		return errors.New("no mail to the customer was given up that still says what is so")
	}
	r.write(p, now, "mailed again", s.String(), string(m.Deed.What))
	r.todo(Deed{What: m.Deed.What})
	return nil
}

// leaveUntold gives up waiting.
func (r *Refund) leaveUntold(p Policy, now time.Time) {
	m, _ := r.untold()
	r.LeftUntold = m.Deed.Nr
	r.write(p, now, "left untold", "the rules", "nobody had it mailed again")
}
