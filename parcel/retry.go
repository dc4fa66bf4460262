package parcel

import (
	"slices"
	"time"

	"waybill/delivery"
)

// retry drops parked mails that newer news has overtaken, and sends the others in order. force
// sends all.
func (p *Parcel) retry(parked []*Mail, force bool, policy Policy, now time.Time) []Judged {
	judged := p.judge(parked, force)
	at := time.Time{}
	for _, one := range judged {
		m := p.Mails.Find(one.Key)
		if !one.Leaves {
			m.Drop(one.Why, now)
			continue
		}
		if force { // it waits for no other parcel either, whose mail may never be heard of
			m.About.Together = false
		}
		m.Retry(at)
		if at = latest(at, now).Add(policy.Hold); m.About.Together {
			p.todo(Task{Kind: JoinSiblings, Mail: m.Key, News: m.About.Kind})
		}
	}
	return judged
}

// judge says what a retry of parked mails comes to, newest first judged: what is about to
// leave overtakes what is older.
func (p *Parcel) judge(parked []*Mail, force bool) []Judged {
	var judged []Judged
	var leaving *Mail
	for i := range slices.Backward(p.Mails) {
		m := &p.Mails[i]
		switch {
		case slices.Contains(parked, m):
			by, old := p.outdated(m, leaving)
			one := Judged{Key: m.Key, Mail: m.About.Kind, Leaves: force || !old}
			if !one.Leaves {
				one.Why = "overtaken by " + by
			}
			judged = append(judged, one)
			if one.Leaves {
				leaving = m
			}
		case leaving == nil && !m.About.Again && (m.State == delivery.Waiting && m.Overtaken == "" || m.State == delivery.Sending || m.State == delivery.Accepted || m.ToldIn != ""):
			leaving = m
		}
	}
	slices.Reverse(judged)
	return judged
}

// outdated reports whether a mail is old news now, and by what it is overtaken; newer is the
// next mail that left or leaves, or nil. It follows [Parcel.overtake], for a mail that was out
// of reach when the news came.
func (p *Parcel) outdated(m, newer *Mail) (by string, old bool) {
	kind := m.About.Kind
	tells, placed := phaseOf(kind)
	elsewhere := placed && (p.Phase != tells || kind.OncePerAttempt() && m.About.Attempt != p.Attempt)
	switch {
	case newer != nil && newer.About.Kind != kind:
		return newer.About.Kind.Words(), true
	case newer != nil && newer.About.Attempt != m.About.Attempt:
		return "the " + kind.Words() + " of a later attempt", true
	case newer != nil:
		return "a newer mail of its kind", true
	case kind.Action():
		return p.Phase.Words(), elsewhere && p.Phase.Terminal()
	case p.Phase == Exception || p.Phase == Delayed || p.Phase == Cancelling:
		return "", false // neither makes untrue what was to be said
	case kind == MailStuck:
		return "a newer scan", p.latest().ScanAt.After(m.Decided)
	}
	return p.Phase.Words(), elsewhere
}

// phaseOf is the phase that a kind of mail tells of; ok is false if it tells of none.
func phaseOf(kind MailKind) (phase Phase, ok bool) {
	if kind.ToCollect() {
		return AwaitingPickup, true
	}
	for _, t := range telling {
		if t.kind == kind {
			return t.phase, true
		}
	}
	return "", false
}
