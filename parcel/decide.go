package parcel

import (
	"slices"
	"time"

	"waybill/delivery"
)

// Reason says in a phrase why a decision fell as it did.
type Reason string

// Why a mail is sent.
const (
	ReasonNewPhase Reason = "first scan of this phase"
	ReasonDue      Reason = "the time for it has come"
)

// Why a scan is met with silence.
const (
	ReasonDuplicateScan      Reason = "duplicate scan"
	ReasonKnownAlready       Reason = "polled, and known already"
	ReasonLateScan           Reason = "late scan"
	ReasonUnknownStatus      Reason = "unknown status"
	ReasonInformational      Reason = "informational scan"
	ReasonCancellationFailed Reason = "cancellation failed, back to the phase before"
	ReasonAfterTheEnd        Reason = "after the end"
	ReasonReturnParcel       Reason = "return parcel"
	ReasonOverWhenFirstSeen  Reason = "already over when first seen"
	ReasonSamePhase          Reason = "same phase"
	ReasonNoMailForPhase     Reason = "no mail for this phase"
	ReasonSwitchedOff        Reason = "mail switched off by policy"
	ReasonNoCarrier          Reason = "set by Sendcloud's clock, not by a carrier"
	ReasonForOperations      Reason = "for operations, nothing the recipient can do"
	ReasonAlreadyMailed      Reason = "already mailed"
	ReasonSameAttempt        Reason = "same attempt already mailed"
	ReasonRecipientKnowsMore Reason = "recipient already knows more"
	ReasonDelayedRecently    Reason = "mailed about a delay recently"
	ReasonNeverTold          Reason = "recipient never heard of the parcel"
	ReasonStaleScan          Reason = "stale scan"
	ReasonCapped             Reason = "mailed a short while ago"
	ReasonNoAddress          Reason = "no mail address"
	ReasonErased             Reason = "recipient's data was erased"
	ReasonShadow             Reason = "shadow mode"
	ReasonTooLate            Reason = "too late for it"
	ReasonLook               Reason = "somebody has to look"
	ReasonBounced            Reason = "a mail to this address bounced"
	ReasonSpam               Reason = "the recipient has called a mail spam"
	ReasonUnwanted           Reason = "the recipient has unsubscribed from all mails"
)

// Sends reports whether a mail is sent for the reason.
func (r Reason) Sends() bool { return r == ReasonNewPhase || r == ReasonDue }

// tells reports whether a kind of mail counts as told from then on: it is sent, waits for
// another address, or would be sent in live mode.
func (r Reason) tells() bool {
	return r.Sends() || r == ReasonShadow || r == ReasonBounced || r == ReasonSpam || r == ReasonUnwanted
}

// Decision is what one scan or appointment means.
type Decision struct {
	At     time.Time
	Policy string // its version
	Reason Reason
	// Mail is the kind of mail in question, sent or not. If it is sent, it tells its News
	// under Terms, from NotBefore on; zero is at once.
	Mail MailKind
	News
	Terms     delivery.Terms
	NotBefore time.Time
	// Send says that the mail is to be sent, Park that it waits for another address.
	Send, Park bool
	// Overtakes says that waiting mails are old news, although no newer one is sent.
	Overtakes bool

	// Places says that the scan is the newest that places the parcel. The fields after it
	// are the parcel's from now on; see [Parcel].
	Places             bool
	Phase, PhaseBefore Phase
	Attempt            int
	Deadline           time.Time
	Agenda             []Appointment
	Attention          Attention
	WaitsSince         time.Time
}

// undecided is a decision that leaves the parcel as it is.
func (p *Parcel) undecided(happened time.Time, policy Policy, now time.Time) Decision {
	return Decision{
		At: now, Policy: policy.Version, News: News{Happened: happened},
		Phase: p.Phase, PhaseBefore: p.PhaseBefore, Attempt: p.Attempt, Deadline: p.Deadline,
		Agenda: p.Agenda, Attention: p.ScanAttention, WaitsSince: p.WaitsSince,
	}
}

// Decide says what a scan means. It changes nothing; [Parcel.Record] writes the decision down.
func Decide(p Parcel, s Scan, policy Policy, now time.Time) Decision {
	d := p.undecided(s.HappenedAt(), policy, now)
	switch {
	case p.seen(s):
		d.Reason = ReasonDuplicateScan
		return d
	case p.Knows(s):
		d.Reason = ReasonKnownAlready
		return d
	}
	reason, moves := place(p, s)
	if moves {
		d.move(p, s)
	}
	d.Collected = s.Note == Collected
	d.plan(p, s, policy)
	if d.Reason = reason; moves {
		d.judge(p, s, policy)
	}
	if !p.Phase.Terminal() || d.Phase != p.Phase {
		d.Deadline = now.Add(policy.SilenceLimit)
		if d.Phase.Terminal() {
			d.Deadline = now.Add(policy.Grace)
		}
	}
	return d
}

// place says whether a scan is the newest word on where the parcel is, and if not, why. A late
// "delivered" counts too: carriers do not take a delivery back, and their scans after it are
// corrections.
func place(p Parcel, s Scan) (Reason, bool) {
	failedCancel := s.Note == CancellationFailed
	switch {
	case s.Note == UnknownStatus:
		return ReasonUnknownStatus, false
	case !s.Phase.Places() && !failedCancel:
		return ReasonInformational, false
	case late(p, s) && (s.Phase != Delivered || p.Phase.Terminal()):
		return ReasonLateScan, false
	case p.Phase == Delivered && s.Phase == Returned:
		return "", true
	case p.Phase.Terminal():
		return ReasonAfterTheEnd, false
	}
	return "", true
}

// late reports whether a newer scan has placed the parcel already. Of two at the same time
// the further one counts. A polled one is known to the second, and comes after all others in it.
func late(p Parcel, s Scan) bool {
	newest := p.NewestAt()
	if p.Phase == Delivered && s.Phase == Returned { // the delivery may be older than the newest scan
		newest = p.placed().ScanAt
	}
	if s.Polled {
		return s.At.Before(newest.Truncate(time.Second))
	}
	return s.At.Before(newest) || s.At.Equal(newest) && !s.Phase.further(p.Phase)
}

// move takes the parcel to the phase of the scan.
func (d *Decision) move(p Parcel, s Scan) {
	d.Places = true
	switch {
	case s.Note == CancellationFailed:
		if p.Phase == Cancelling {
			d.Phase, d.PhaseBefore = p.PhaseBefore, ""
		}
		return
	case s.Phase != Cancelling:
		d.PhaseBefore = ""
	case p.Phase != Cancelling:
		d.PhaseBefore = p.Phase
	}
	if p.Phase == AttemptFailed && s.Phase != AttemptFailed {
		d.Attempt++
	}
	d.Phase = s.Phase
}

// judge decides whether the recipient is told of a scan that placed the parcel.
func (d *Decision) judge(p Parcel, s Scan, policy Policy) {
	kind, reason := mailFor(s)
	d.Mail = kind
	told := p
	told.Facts = p.learn(s)
	facts := told.MailFacts()
	switch {
	case p.Facts.IsReturn || s.Facts.IsReturn:
		// Name and address of a return parcel are the merchant's own.
		d.Mail, d.Reason = "", ReasonReturnParcel
	case s.Note == CancellationFailed:
		d.Reason = ReasonCancellationFailed
	case p.Phase == "" && s.Phase.Terminal():
		d.Reason = ReasonOverWhenFirstSeen
	case p.Phase == s.Phase && s.Note != AddressProblem:
		d.Reason = ReasonSamePhase
	case facts.Unscanned() && s.Phase.byCarrier():
		d.Reason = ReasonNoCarrier
	case kind == "":
		d.Reason = reason
	case !policy.Mails[kind]:
		d.Reason = ReasonSwitchedOff
	default:
		d.Reason = d.silence(p, facts, policy)
	}
	d.send(p, facts, policy)
	// An exception or a delay does not make a waiting mail untrue; another place does.
	d.Overtakes = !d.Send && p.Phase != d.Phase && s.Phase.Places() && s.Phase != Exception && s.Phase != Delayed &&
		!p.holds(func(n News) bool { return n.Kind == kind && n.Attempt == d.Attempt })
}

// holds reports whether a mail with some news waits to leave.
func (p *Parcel) holds(fits func(News) bool) bool {
	return slices.ContainsFunc(p.Mails, func(m Mail) bool { return m.State == delivery.Waiting && fits(m.About) })
}

// send has the mail sent if the reason is one to send it, or parked if it is the address.
func (d *Decision) send(p Parcel, facts Facts, policy Policy) {
	d.Send, d.Park = d.Reason.Sends(), d.Reason != "" && d.Reason == p.Silenced
	if !d.Send && !d.Park {
		return
	}
	d.Terms, d.Language = policy.terms(d.Mail), policy.LanguageFor(facts.Recipient)
	if lastDay, certain := policy.keptUntil(facts, d.WaitsSince); certain && d.Mail.ToCollect() {
		d.KeptUntil = lastDay.Format(time.DateOnly)
	}
	if d.Park {
		return
	}
	d.Together = policy.Together > 0 && facts.Collo.Count > 1
	d.NotBefore, d.Held = policy.hold(d.Mail, facts.Recipient.Country, d.Together, d.At)
}

// silence looks for a reason not to send a mail that the policy wants.
func (d *Decision) silence(p Parcel, facts Facts, policy Policy) Reason {
	last, told := p.told(d.Mail)
	var newest Entry // of what the recipient was notified of
	if notified := p.notified(); len(notified) > 0 {
		newest = notified[len(notified)-1]
	}
	switch {
	case told && d.Mail.OncePerAttempt() && last.tells(d.Mail, d.Attempt):
		return ReasonSameAttempt
	case told && d.Mail.Once():
		return ReasonAlreadyMailed
	case told && d.Mail == MailDelayed && d.At.Sub(last.At) < policy.DelayedEvery:
		return ReasonDelayedRecently
	case d.Mail == MailShipped && (newest.Mail != "" && newest.Mail != MailAnnounced || p.holds(func(n News) bool { return n.Kind.Action() })):
		return ReasonRecipientKnowsMore
	case d.Mail == MailCancelled && newest.Mail == "":
		return ReasonNeverTold
	case d.At.Sub(d.Happened) > policy.stale(d.Mail):
		return ReasonStaleScan
	case !p.ErasedAt.IsZero():
		return ReasonErased
	case facts.Recipient.Email == "":
		return ReasonNoAddress
	case !d.Mail.Uncapped() && newest.At.After(d.At.Add(-policy.Cap)):
		return ReasonCapped
	case policy.Mode != Live:
		return ReasonShadow
	case p.Silenced != "":
		return p.Silenced
	}
	return ReasonNewPhase
}

// mailFor is the mail that a scan's phase calls for, or why it calls for none.
func mailFor(s Scan) (MailKind, Reason) {
	kind, ok := kindOf(s.Phase)
	switch {
	case !ok:
		return "", ReasonNoMailForPhase
	case s.Phase == Exception && s.Note != AddressProblem:
		return "", ReasonForOperations
	}
	return kind, ""
}
