package parcel

import (
	"cmp"
	"slices"
	"time"
)

// Appointment is something to be decided at a moment if no scan comes before.
type Appointment struct {
	At   time.Time `json:"at"`
	What Occasion  `json:"what"`
}

// Occasion is what an appointment is for.
type Occasion string

// The occasions.
const (
	PickupReminder Occasion = "pick-up reminder"
	PickupLastDay  Occasion = "last reminder to pick up" // on the day before it goes back
	TooQuiet       Occasion = "no scan for too long"
	// AddressKnown is no appointment: a person has entered an address, and none was known.
	AddressKnown Occasion = "the address is known now"
)

// Attention says why a parcel needs attention, in lists of workflows.
type Attention string

// What raises attention. Each clears itself with the scan that ends it.
const (
	AttentionException      Attention = "exception"
	AttentionAddressProblem Attention = "address problem"
	AttentionNotHandedOver  Attention = "not handed over" // the carrier has a label, and no parcel
	AttentionNoScan         Attention = "no scan for days"
	AttentionCustoms        Attention = "held in customs"
	AttentionNotCollected   Attention = "not collected"
	// These clear themselves when the recipient's address is changed.
	AttentionBounced Attention = "mail bounced"
	AttentionSpam    Attention = "mail reported as spam"
	AttentionDropped Attention = "mail dropped"
	// These clear themselves when a person has dealt with the mails.
	AttentionParked Attention = "mail parked"
	AttentionPaused Attention = "mails paused"
)

// Attentions are all of them.
func Attentions() []Attention {
	return []Attention{
		AttentionException, AttentionAddressProblem, AttentionNotHandedOver, AttentionNoScan, AttentionCustoms, AttentionNotCollected,
		AttentionBounced, AttentionSpam, AttentionDropped, AttentionParked, AttentionPaused,
	}
}

// tooLate is how late an appointment may be kept: a reminder that is a day old is of
// no use. Attention is raised however late.
const tooLate = 24 * time.Hour

// plan makes the agenda anew after a sign of life, and says why a person has to look. A scan
// that is none changes neither.
func (d *Decision) plan(p Parcel, s Scan, policy Policy) {
	if !d.Places && !s.At.After(p.latest().ScanAt) {
		return
	}
	facts, note := p.learn(s), p.PhaseNote
	if d.Places {
		note = s.Note
	}
	switch {
	case d.Phase == AwaitingPickup && (d.WaitsSince.IsZero() || p.Phase != AwaitingPickup && p.Phase != Cancelling):
		d.WaitsSince = s.HappenedAt()
	case d.Phase != AwaitingPickup && d.Phase != Cancelling:
		d.WaitsSince = time.Time{}
	}
	d.Agenda, d.Attention = nil, ""
	if facts.IsReturn {
		return // the refund that waits for the goods watches the time
	}
	d.Attention = attentionIn(d.Phase, note)
	if facts.Unscanned() {
		return // a scan that is missing means nothing, and no mail has said that it can be collected
	}
	if d.Phase == AwaitingPickup {
		d.Agenda = policy.reminders(facts, d.WaitsSince, func(a Appointment) bool {
			return a.At.After(d.At) || slices.Contains(p.Agenda, a)
		})
	}
	if at, quiet := policy.tooQuiet(d.Phase, note, facts, latest(p.latest().ScanAt, s.At), d.WaitsSince); quiet {
		d.Agenda = append(d.Agenda, Appointment{at, TooQuiet})
	}
	slices.SortStableFunc(d.Agenda, func(x, y Appointment) int { return x.At.Compare(y.At) })
}

// attentionIn says why a parcel in a phase needs attention.
func attentionIn(phase Phase, note Note) Attention {
	switch {
	case phase == Exception && note == AddressProblem:
		return AttentionAddressProblem
	case phase == Exception:
		return AttentionException
	}
	return ""
}

// tooQuiet is when a parcel has not been scanned for too long, in business days of the
// country that it is sent from.
func (p Policy) tooQuiet(phase Phase, note Note, f Facts, latest, waitsSince time.Time) (time.Time, bool) {
	origin := cmp.Or(f.Origin, p.Origin)
	days := p.StuckAbroad
	if origin != "" && origin == f.Recipient.Country {
		days = p.StuckDomestic
	}
	switch {
	case phase == "" || phase.Terminal():
		return time.Time{}, false
	case phase == Announcing || phase == Announced:
		days = p.StuckLabel
	case note == AtCustoms:
		days = p.StuckCustoms
	case phase == AwaitingPickup:
		// It is the recipient's turn until the carrier sends it back.
		latest, _ = p.keptUntil(f, waitsSince)
	}
	return businessDaysAfter(latest, days, origin, p.QuietZone), days > 0
}

// attentionAfter says why a parcel needs attention that has been too quiet.
func attentionAfter(phase Phase, note Note) Attention {
	switch attention := attentionIn(phase, note); {
	case attention != "":
		return attention
	case phase == Announcing || phase == Announced:
		return AttentionNotHandedOver
	case note == AtCustoms:
		return AttentionCustoms
	case phase == AwaitingPickup:
		return AttentionNotCollected
	}
	return AttentionNoScan
}

// Due is the next appointment if its time has come, or nil.
func (p *Parcel) Due(now time.Time) *Appointment {
	if len(p.Agenda) == 0 || now.Before(p.Agenda[0].At) {
		return nil
	}
	return &p.Agenda[0]
}

// DecideDue decides about the first appointment of the agenda. It changes nothing;
// [Parcel.RecordDue] writes the decision down.
func DecideDue(p Parcel, policy Policy, now time.Time) Decision {
	due, facts := p.Agenda[0], p.MailFacts()
	d := p.undecided(due.At, policy, now)
	d.Agenda = p.Agenda[1:]
	switch due.What {
	case PickupReminder:
		d.Mail = MailPickupReminder
	case PickupLastDay:
		d.Mail = MailPickupLastDay
	case TooQuiet:
		d.Attention = attentionAfter(p.Phase, p.PhaseNote)
		if policy.Mails[MailStuck] {
			d.Mail = MailStuck
		}
	case AddressKnown: // is never on the agenda
	}
	switch {
	case d.Mail == "":
		d.Reason = ReasonLook
	case !policy.Mails[d.Mail]:
		d.Reason = ReasonSwitchedOff
	case now.Sub(due.At) > tooLate:
		d.Reason = ReasonTooLate
	default:
		if d.Reason = d.silence(p, facts, policy); d.Reason == ReasonNewPhase {
			d.Reason = ReasonDue
		}
	}
	// The hold is for bursts of scans; siblings have the same appointment.
	policy.Hold, policy.Together = 0, min(policy.Together, time.Minute)
	d.send(p, facts, policy)
	d.Happened = p.WaitsSince
	return d
}

// RecordDue writes a decision about an appointment down; see [Parcel.Record].
func (p *Parcel) RecordDue(d Decision) {
	due := p.Agenda[0]
	p.follow(d)
	p.enter(Entry{ScanAt: due.At, Due: due.What}, d)
}
