package refund

import "time"

// Learn adds what was not known, and decides nothing.
func (r *Refund) Learn(f Facts, by string, p Policy, now time.Time) { r.add(f, by, p, now) }

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
