package refund

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Terms are how many different people have to approve a refund, and why.
type Terms struct {
	Approvals int      `json:"approvals"`
	Why       []string `json:"why,omitempty"`
}

// Request begins the refund, or adds what another source knows of it.
func (r *Refund) Request(f Facts, p Policy, now time.Time) {
	r.NoteTexts(f)
	f = f.claimed()
	source := Author{Machine: string(f.Source)}
	if r.State != "" {
		r.add(f, source, p, now)
		return
	}
	r.Facts, r.State = f.sound(), Requested
	r.write(p, now, "requested", source, "")
	r.todo(Deed{What: Gather})
}

// Gathered adds what Sendcloud's API and our own tallies know, and has the rules assess the
// refund. why says what could not be asked, if something could not.
func (r *Refund) Gathered(f Facts, why string, p Policy, now time.Time) {
	r.NoteTexts(f)
	if r.State != Requested {
		r.Learn(f, p, now)
		return
	}
	differs := r.Facts.differs(f)
	if r.Facts.Customer.Email != "" && !strings.EqualFold(f.Customer.Email, r.Facts.Customer.Email) {
		r.Facts.CustomerAtSendcloud = f.Customer.Email
	}
	f.Confirmed = f.Confirmed && len(differs) == 0
	learned := r.learn(f)
	if r.Facts.NoticeAt.IsZero() {
		r.Facts.NoticeAt = r.Receipt[0].At // to ask for the money is to withdraw
	}
	r.write(p, now, "gathered", sendcloudItself, strings.TrimSuffix(strings.Join(slices.Concat(learned, differs, []string{why}), ", "), ", "))
	if !p.Shadow {
		r.tell(TellReceived, p, now)
		r.watch()
	}
	r.assess(p, now)
}

// HandledBefore ends a refund that Temporal has forgotten, as it ended before: no mail is
// sent, and nothing is paid.
func (r *Refund) HandledBefore(e Ended, p Policy, now time.Time) {
	if r.State != Requested && r.State != Approved {
		return
	}
	r.State, r.EndRecorded = e.As, true
	r.write(p, now, "handled before", waybillItself, e.String())
}

// BegunBefore notes that an earlier run of the refund was stopped in Temporal after it had reserved
// the amount. Nobody knows any more whether it has asked an endpoint to pay: that is doubt.
func (r *Refund) BegunBefore(p Policy, now time.Time) {
	if r.State == Requested {
		r.InDoubt = true
		r.write(p, now, "begun before", waybillItself, mayBePaid)
	}
}

const mayBePaid = "an earlier run of the refund may have been paid"

// NotOurs ends a refund of a return whose parcel was sent through another integration of the
// account: the customer is not mailed, and nothing is paid.
func (r *Refund) NotOurs(p Policy, now time.Time) {
	if r.State == Requested {
		r.endNotOurs(sendcloudItself, "the parcel was sent through another integration of the account", p, now)
	}
}

// endNotOurs ends the refund. The tallies are not told: they hear from the other integration how
// it ends.
func (r *Refund) endNotOurs(by Author, why string, p Policy, now time.Time) {
	r.State, r.EndRecorded = NotOurs, true
	r.write(p, now, "not ours", by, why)
	r.alert(ReportedElsewhere) // if all goes well, no integration hears of another one's returns
}

// EndKnown notes that the tallies of the return and the order know how the refund ended.
func (r *Refund) EndKnown() { r.EndRecorded = true }

// Learn adds what Sendcloud's API knows while nothing waits for it.
func (r *Refund) Learn(f Facts, p Policy, now time.Time) {
	r.NoteTexts(f)
	r.add(f, sendcloudItself, p, now)
}

// add takes what was not known.
func (r *Refund) add(f Facts, by Author, p Policy, now time.Time) {
	if r.State.Terminal() {
		return
	}
	knew := r.Facts.IncomingParcel
	learned := r.learn(f)
	if len(learned) == 0 {
		return
	}
	r.write(p, now, "learned", by, strings.Join(learned, ", "))
	if by != sendcloudItself && slices.ContainsFunc(learned, decisive) {
		r.Facts.Confirmed = false // if it is being gathered, that comes after this
	}
	if knew == 0 && r.State != Requested {
		r.watch()
	}
	if r.Undecided() && r.strike(p) && r.State == AwaitingSecond {
		r.await(AwaitingApproval, p, now, "asked for approval", theRules, "a person who approved it cannot decide it: it is their own refund")
		return
	}
	if !r.Undecided() || len(r.Approvals) > 0 || r.UsedUp {
		return
	}
	// People are not asked again because more is known, and the rules do not decide what a
	// person has asked the customer about.
	switch terms := r.needs(p, now); {
	case terms.Approvals > 0:
		r.Terms = terms
	case r.Question == "" && !p.Shadow:
		r.Terms = terms
		r.approve(p, now, theRules, "nothing needs a person")
	}
}

// watch has the return parcel watched, if it is known.
func (r *Refund) watch() {
	if r.Facts.IncomingParcel != 0 {
		r.todo(Deed{What: Watch})
	}
}

// learn takes facts that may move the legal deadline.
func (r *Refund) learn(more Facts) (learned []string) {
	r.move(func() { learned = r.Facts.Fill(more) })
	return learned
}

// assess decides who has to approve, and asks them.
func (r *Refund) assess(p Policy, now time.Time) {
	r.Terms = r.needs(p, now)
	why := strings.Join(r.Terms.Why, "; ")
	switch {
	case p.Shadow && !r.InDoubt:
		what := "would be approved"
		if r.Terms.Approvals > 0 {
			what = fmt.Sprintf("would ask for approval by %d", r.Terms.Approvals)
		}
		r.State = Observed
		r.write(p, now, what, theRules, strings.TrimPrefix(why+"; shadow mode: nothing is sent or paid", "; "))
	case r.Terms.Approvals == 0:
		r.approve(p, now, theRules, "nothing needs a person")
	default:
		r.await(AwaitingApproval, p, now, "asked for approval", theRules, why)
	}
}

// await has people decide.
func (r *Refund) await(state State, p Policy, now time.Time, what string, by Author, why string) {
	r.State, r.Role, r.Holder = state, Approver, ""
	r.Clock.ask(now)
	r.write(p, now, what, by, why)
	r.ask(AskApproval, p, now)
}

// approvals is how many people have to approve an amount that the rules do not; of an unknown
// one, at least one, who enters it.
func (p Policy) approvals(amount Money) int {
	if limits, ok := p.Limits[amount.Currency]; !amount.Known() || ok && amount.within(limits.One) {
		return 1
	}
	return 2
}

// needs are what the policy asks for, with all reasons. What may be paid already needs a person.
func (r *Refund) needs(p Policy, now time.Time) Terms {
	terms := p.terms(r.Facts, now)
	if r.InDoubt {
		terms = Terms{Approvals: p.approvals(r.Facts.Amount), Why: append(terms.Why, mayBePaid)}
	}
	return terms
}

// terms are those of the facts.
func (p Policy) terms(f Facts, now time.Time) Terms {
	var why []string
	for _, one := range p.judge(f, now) {
		if one.against {
			why = append(why, one.text.String())
		}
	}
	if len(why) == 0 {
		return Terms{}
	}
	return Terms{Approvals: p.approvals(f.Amount), Why: why}
}
