package refund

import (
	"cmp"
	"slices"
	"strings"

	"waybill/delivery"
	"waybill/words"
)

// Summary is where a refund stands, in words, as the Temporal UI, the pages, the API and the
// command line show it. Times are absolute, so it does not grow old.
type Summary struct {
	// Turn says who has to act next, and Why why the rules do not decide alone.
	Turn *words.Text `json:"turn"`
	Why  *words.Text `json:"why,omitempty"`
	// Orders are the names of the orders that the refund waits for.
	Orders []string `json:"orders,omitempty"`
	// Attention says why it needs attention, and what to do about that.
	Attention *words.Text `json:"attention,omitempty"`
	// Next is what time will cause, Law the legal deadline. Both are nil when the refund
	// is over.
	Next *words.Text `json:"next,omitempty"`
	Law  *words.Text `json:"law,omitempty"`
}

// Summary says where the refund stands. able are the names of those who can decide now, if
// the caller has the policy.
func (r *Refund) Summary(able ...string) Summary {
	s := Summary{Turn: r.turn(able), Orders: r.waitsFor()}
	if r.Attention != "" {
		s.Attention = words.Say("standing.attention", "Attention", words.Word("attention", r.Attention), "Remedy", remedies[r.Attention])
	}
	if r.State.Waiting() && len(r.Terms.Why) > 0 {
		s.Why = words.Say("standing.why", "Why", words.All(r.Terms.Reasons()))
	}
	if r.State.Terminal() {
		return s
	}
	if !r.Next.IsZero() {
		s.Next = words.Say("standing.next", "At", r.Next, "What", r.rings())
	}
	s.Law = words.Say("standing.no_law")
	if due, ok := r.LegalDeadline(); ok {
		s.Law = words.Say("standing.law", "At", due)
	}
	return s
}

func (r *Refund) turn(able []string) *words.Text {
	say := func(key string, pairs ...any) *words.Text { return words.Say("turn."+key, pairs...) }
	switch {
	case r.State == "" || r.State == Requested:
		return say("requested")
	case r.State.Waiting():
		return say("waiting", "Since", r.Clock.Since, "Who", r.deciders(able), "Approved", len(r.Approvals), "Of", r.Terms.Approvals)
	case r.State == NeedsInfo:
		return say("needs_info", "Since", r.Clock.AskedAt)
	case r.State == Approved && r.CanUndo():
		return say("undoable", "Who", r.Approvals[len(r.Approvals)-1].By, "Until", r.Undoable.Until)
	case r.State == Approved:
		return say("reserving")
	case r.State == AwaitingGoods:
		return say("goods", "Since", r.Clock.ApprovedAt)
	case r.State == Paying:
		return say("paying")
	case r.State == PayFailed && r.InDoubt:
		return say("in_doubt")
	case r.State == PayFailed:
		return say("pay_failed")
	case r.Unnotified():
		return say("unnotified")
	}
	return say("nothing")
}

// deciders says whose decision is waited for.
func (r *Refund) deciders(able []string) *words.Text {
	switch {
	case r.Attention == NobodyCan:
		return words.Say("turn.nobody")
	case r.Holder != "":
		return words.Say("turn.holder", "Who", r.Holder)
	case len(able) > 0:
		return words.Say("turn.able", "Who", words.Any(able))
	}
	return words.Word("turn.role", cmp.Or(r.Role, Approver))
}

// Turn is who has to act next, in a word for lists; nil if nobody has.
func Turn(state State, role Role, holder string) *words.Text {
	switch {
	case state.Waiting() && holder != "":
		return words.Say("turn.person", "Who", holder, "Role", words.Word("role", role))
	case state.Waiting():
		return words.Word("role", role)
	case state == NeedsInfo:
		return words.Say("role.customer")
	case state == PayFailed:
		return words.Say("role.operations")
	}
	return nil
}

// waitsFor are the orders that move the refund on.
func (r *Refund) waitsFor() (orders []string) {
	switch {
	case r.State.Waiting():
		orders = []string{"approve", "reject"}
	case r.State == NeedsInfo:
		orders = []string{"enter-answer", "approve", "reject"}
	case r.State == AwaitingGoods:
		orders = []string{"receive-goods"}
	case r.State == PayFailed:
		orders = []string{"pay-again"}
		if r.InDoubt {
			orders = append(orders, "confirm-unpaid")
		}
	}
	if r.Unnotified() {
		orders = append(orders, "retry-mail")
	}
	return orders
}

// remedies are what to do about each attention, where the state does not say it.
var remedies = map[Attention]*words.Text{
	PaymentInDoubt:     words.Say("remedy.in_doubt"),
	PanelPaidToo:       words.Say("remedy.panel_too"),
	NobodyCan:          words.Say("remedy.nobody_can"),
	NotReserved:        words.Say("remedy.tally"),
	NotRecorded:        words.Say("remedy.tally"),
	GoodsMissing:       words.Say("remedy.goods_missing"),
	NotTold:            words.Say("remedy.not_told"),
	CustomerNotReached: words.Say("remedy.not_reached"),
}

// rings says what happens at Next.
func (r *Refund) rings() *words.Text {
	due, runs := r.LegalDeadline()
	left := due.Sub(r.Next)
	switch {
	case r.CanUndo() && r.Next.Equal(r.Undoable.Until) && r.State == Approved:
		return words.Say("rings.reserved")
	case r.CanUndo() && r.Next.Equal(r.Undoable.Until):
		return words.Say("rings.first_stays")
	case slices.ContainsFunc(r.Mails, func(m Mail) bool { return m.State == delivery.Waiting && m.NotBefore.Equal(r.Next) }):
		return words.Say("rings.mail")
	case runs && (left == 4*day || left == 2*day || left <= 0 && left%day == 0):
		return words.Say("rings.law")
	case r.State.Waiting() && r.Clock.Told < 2:
		return words.Say("rings.reminded")
	case r.State.Waiting() && r.Clock.Told == 2:
		return words.Say("rings.managers")
	case r.State.Waiting():
		return words.Say("rings.digests")
	case r.State == Approved:
		return words.Say("rings.not_reserved")
	case r.State == NeedsInfo:
		return words.Say("rings.no_answer")
	}
	return words.Say("rings.goods")
}

// Line is a fact with its name. Personal ones say who the customer is.
type Line struct {
	Label, Value *words.Text
	Personal     bool
}

type lines []Line

// add adds a line if its value is known. A value is what fills a blank.
func (l *lines) add(label string, value any, known bool) {
	if known {
		*l = append(*l, Line{Label: words.Say("fact." + label), Value: words.Say("all", "All", value)})
	}
}

// must adds a line also if its value is not known.
func (l *lines) must(label string, value any, known bool) {
	l.add(label, value, known)
	l.add(label, words.Say("fact.unknown"), !known)
}

// FactLines are the facts that a decision rests on.
func (r *Refund) FactLines() []Line {
	f := r.Facts
	var l lines
	l.must("amount", f.Amount, f.Amount.Known())
	l.must("order_value", f.OrderValue, f.OrderValue.Known())
	l.add("refunded", f.Refunded, f.Refunded.Known())
	l.must("order_number", f.OrderNumber, f.OrderNumber != "")
	l.must("ordered", f.OrderedAt, !f.OrderedAt.IsZero())
	l.must("customer", strings.TrimSpace(f.Customer.Name+" <"+f.Customer.Email+">"), f.Customer.Email != "")
	l[len(l)-1].Personal = f.Customer.Email != ""
	l.add("country", f.Customer.Country, f.Customer.Country != "")
	if n := f.CustomerRefunds; n != nil {
		l.add("customer_refunds", *n, true)
	}
	if n := f.ShopToday; n != nil {
		l.add("shop_today", *n, true)
	}
	l.add("kind", words.Word("kind", f.Kind), f.Kind != "")
	l.add("notice", f.NoticeAt, !f.NoticeAt.IsZero())
	l.add("requested_by", f.RequestedBy, f.RequestedBy != "")
	l.add("source", words.Word("source", f.Source), f.Source != "")
	l.add("payment", r.Reference, r.Reference != "")
	return l
}

// ReasonWords is why the goods come back, as people say it; empty if it is not known.
func (f Facts) ReasonWords() string { return f.ReasonSaid().String() }

// ReasonSaid is why the goods come back, and what the customer or the shop calls it; nil if it is not
// known.
func (f Facts) ReasonSaid() *words.Text {
	reason := strings.ReplaceAll(string(f.Reason), "_", " ")
	switch {
	case f.ReasonText == "" || strings.EqualFold(f.ReasonText, reason):
		if f.Reason == "" {
			return nil
		}
		return f.Reason.say()
	case f.Reason == "":
		return words.Verbatim(f.ReasonText)
	}
	return words.Say("item.reason", "Item", f.Reason.say(), "Reason", f.ReasonText)
}

// EvidenceLines are what speaks for or against the refund.
func (r *Refund) EvidenceLines() []Line {
	f := r.Facts
	var l lines
	reason := f.ReasonSaid()
	l.must("reason", reason, reason != nil)
	if f.Message != "" {
		l = append(l, Line{Label: words.Say("fact.message"), Value: words.Verbatim(f.Message), Personal: true})
	}
	l = append(l, f.itemLines()...)
	l.add("question", r.Question, r.Question != "")
	l.add("answer", r.Answer, r.Answer != "")
	l.add("rejection", r.Rejection, r.Rejection != "")
	l.add("known", words.Say("fact.yes"), f.Confirmed)
	l.add("known", words.Say("fact.not_as_requested"), !f.Confirmed)
	panel := "no"
	if r.State == PaidElsewhere || r.Clock.PanelTold {
		panel = "yes"
	}
	l.must("panel", words.Say("fact."+panel), f.PanelRead || panel == "yes")
	l.add("outgoing", f.OutgoingParcel, f.OutgoingParcel != 0)
	l.add("incoming", f.IncomingParcel, f.IncomingParcel != 0)
	l.add("posted", r.Clock.PostedAt, !r.Clock.PostedAt.IsZero())
	l.add("goods", r.Clock.GoodsAt, !r.Clock.GoodsAt.IsZero())
	return l
}
