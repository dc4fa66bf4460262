package policy

import (
	"maps"
	"slices"
)

// settleRefunds fills in what refunds take from other settings, and the limits
// of which the file says one only.
func (p *Policy) settleRefunds() {
	r := &p.Refunds
	r.Version = p.Version
	r.Patience.Mail, r.Patience.Proof, r.Patience.Unproven = p.PatienceAction, p.ProofWait, p.MaxUnproven
	r.Reasons, r.Limits = slices.Clone(r.Reasons), maps.Clone(r.Limits)
	for code, limits := range r.Limits {
		if !limits.Auto.Known() {
			limits.Auto.Currency = code
		}
		if !limits.One.Known() {
			limits.One = limits.Auto
		}
		r.Limits[code] = limits
	}
}

// check tells what is wrong with settings that are each right.
func (r *reader) check(b *Book) {
	for _, c := range b.chapters() {
		r.checkRefunds(c)
		r.checkPeople(c)
	}
	r.checkInspectors(b)
	r.checkWhoIsWho(b.chapters())
}

func (r *reader) checkRefunds(c chapter) {
	p := c.policy.Refunds
	for _, code := range slices.Sorted(maps.Keys(p.Limits)) {
		auto, one := "refunds.auto."+code, "refunds.one_approver."+code
		if limits := p.Limits[code]; limits.One.Known() && limits.Auto.Value.GreaterThan(limits.One.Value) {
			r.Add(max(c.from[auto], c.from[one]), "%s: write at most the %s of %s, and not %s", auto, limits.One, one, limits.Auto)
		}
	}
	if p.RemindAfter >= p.RemindAgain || p.RemindAgain >= p.EscalateAfter {
		r.Add(max(c.from["refunds.remind_after"], c.from["refunds.remind_again"], c.from["refunds.escalate_after"]),
			"refunds: write remind_after, remind_again and escalate_after in ascending order, and not %s, %s and %s", spell(p.RemindAfter), spell(p.RemindAgain), spell(p.EscalateAfter))
	}
}
