package parcel

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"waybill/delivery"
	"waybill/words"
)

// hasMail reports whether a mail is in a state.
func hasMail(state delivery.State) func(*Parcel) bool {
	return func(p *Parcel) bool { return len(p.Mails.All(func(m *Mail) bool { return m.State == state })) > 0 }
}

func emailFault(_ *Parcel, in Input) error {
	if len(in.Email) > delivery.MaxAddress || !delivery.Address.MatchString(in.Email) {
		return words.Fault("parcel.fault.email")
	}
	return nil
}

func nameFault(_ *Parcel, in Input) error {
	if cut(in.Name) != in.Name {
		return words.Fault("parcel.fault.name", "Most", maxRemark)
	}
	return nil
}

func languageFault(_ *Parcel, in Input) error {
	if !slices.Contains(Languages(), in.Language) {
		return words.Fault("parcel.fault.language", "Language", cut(string(in.Language)), "Languages", fmt.Sprint(Languages()))
	}
	return nil
}

func stateFault(p *Parcel, in Input) error {
	switch {
	case in.Parcel.Integration != p.Integration || in.Parcel.ID != p.ID:
		return fmt.Errorf("the new state is of another parcel: take what Describe answers for parcel %d of %s, and correct it",
			p.ID, p.Integration)
	case in.Parcel.Revision != p.Revision:
		return fmt.Errorf("the new state is of revision %d, and the parcel has come to revision %d: ask Describe again, and correct its new answer",
			in.Parcel.Revision, p.Revision)
	}
	for _, phase := range []Phase{in.Parcel.Phase, in.Parcel.PhaseBefore} {
		if phase != "" && !phase.Places() {
			return fmt.Errorf("there is no phase %q: write one such as %s or %s, or none before the first scan", cut(string(phase)), InTransit, Delivered)
		}
	}
	return nil
}

// become takes over another state. Mails stay, and so does what other orders and other
// workflows have changed. The workflow sees to it that no mail is being tried: one that is said
// to be lost its try, and may have gone out.
func (p *Parcel) become(in Input, policy Policy, now time.Time) (Answer, error) {
	if in.Parcel == nil {
		return Answer{}, nil
	}
	lost := delivery.Outcome{Verdict: delivery.Unanswered}
	for m := p.Mails.Sending(); m != nil; m = p.Mails.Sending() {
		m.Settle(lost, now)
	}
	next := *in.Parcel
	next.Mails, next.MailAttention, next.Resent, next.Orders = p.Mails, p.MailAttention, p.Resent, p.Orders
	next.Paused, next.PausedAt = p.Paused, p.PausedAt
	next.Corrected, next.Address, next.Silenced = p.Corrected, p.Address, p.Silenced
	next.Waiters, next.Tasks, next.ErasedAt = p.Waiters, p.Tasks, p.ErasedAt
	if next.Deadline.IsZero() { // the parcel would be followed for ever
		next.Deadline = now.Add(policy.SilenceLimit)
	}
	*p = next
	return Answer{}, nil
}

// pause holds all mails back. A mail that is being tried again and again is called back.
func (p *Parcel) pause(_ Input, _ Policy, now time.Time) (Answer, error) {
	p.Paused, p.PausedAt = true, now
	for i := range p.Mails {
		m := &p.Mails[i]
		m.Recall()
		if m.State == delivery.Waiting { // in doubt
			p.settleSiblings(m, delivery.Sending)
		}
	}
	return Answer{}, nil
}

func (p *Parcel) resume(Input, Policy, time.Time) (Answer, error) {
	p.Paused, p.PausedAt = false, time.Time{}
	return Answer{}, nil
}

// changeRecipient has later mails go to another address, and with them those that waited for
// one. What Sendcloud says of the recipient later does not undo it.
func (p *Parcel) changeRecipient(in Input, policy Policy, now time.Time) (Answer, error) {
	if in.Email == "" && in.Name == "" && in.Language == "" {
		return Answer{}, words.Fault("parcel.fault.nothing")
	}
	p.Corrected = Recipient{
		Email: cmp.Or(in.Email, p.Corrected.Email), Name: cmp.Or(in.Name, p.Corrected.Name), Language: cmp.Or(in.Language, p.Corrected.Language),
	}
	for _, m := range p.Mails.All(func(m *Mail) bool { return m.State == delivery.Waiting || m.State == delivery.Parked }) {
		m.About.Language = cmp.Or(in.Language, m.About.Language)
	}
	if in.Email == "" {
		return Answer{}, nil
	}
	return Answer{Mails: p.newAddress(policy, now)}, nil
}

// sendAgain queues mails that went out as mails of their own, in the language that an operator
// has said the recipient reads. They overtake nothing and are not held. A mail of which a copy has
// not left is refused: what waits is never forgotten, and the state would grow without end.
func (p *Parcel) sendAgain(in Input, _ Policy, now time.Time) (answer Answer, err error) {
	chosen, err := p.Mails.Choose(in.Keys, delivery.Accepted)
	for _, m := range chosen {
		if p.leavesAgain(m.About) {
			return Answer{}, words.Fault("parcel.fault.again", "Mail", m.About.Kind.say())
		}
	}
	for _, m := range chosen {
		p.Resent++
		news := m.About
		news.Together, news.Held, news.Reached, news.Again = false, "", 0, true
		news.Language = cmp.Or(p.Corrected.Language, news.Language)
		again := Mail{Key: p.key(news.Kind, news.Attempt, firstResent+p.Resent), About: news, Decided: now, Terms: m.Terms}
		p.Mails.Queue(again, mailLimit)
		answer.Mails = append(answer.Mails, Judged{Key: again.Key, Mail: news.Kind, Leaves: true})
	}
	return answer, err
}

// leavesAgain reports whether a copy of some news has not left.
func (p *Parcel) leavesAgain(news News) bool {
	return len(p.Mails.All(func(m *Mail) bool {
		return m.About.Again && !m.State.Final() && m.About.Kind == news.Kind && m.About.Attempt == news.Attempt && m.About.Happened.Equal(news.Happened)
	})) > 0
}

// firstResent keeps the keys of mails that are sent again apart from those of others.
const firstResent = 1_000_000

// dropMails gives parked mails up.
func (p *Parcel) dropMails(in Input, _ Policy, now time.Time) (answer Answer, err error) {
	chosen, err := p.Mails.Choose(in.Keys, delivery.Parked)
	for _, m := range chosen {
		m.Drop(m.Why, now)
		answer.Mails = append(answer.Mails, Judged{Key: m.Key, Mail: m.About.Kind, Why: m.Why})
	}
	return answer, err
}

// retryMails sends parked mails that still hold, and drops the others.
func (p *Parcel) retryMails(in Input, policy Policy, now time.Time) (Answer, error) {
	chosen, err := p.Mails.Choose(in.Keys, delivery.Parked)
	return Answer{Mails: p.retry(chosen, in.Force, policy, now)}, err
}
