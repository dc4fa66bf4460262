package refund

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Outcome is what came of asking the shop's endpoint to pay.
type Outcome string

// The outcomes.
const (
	PaidNow    Outcome = "paid"
	PaidBefore Outcome = "paid before"
	// Refused is an answer that asking again would not change.
	Refused Outcome = "refused"
	// Doubt is that no answer came, or one that does not say whether the money was paid.
	// Asking again under the same key is safe.
	Doubt Outcome = "in doubt"
)

// approve has the amount reserved, as soon as the approval cannot be undone any more.
func (r *Refund) approve(p Policy, now time.Time, by Author, why string) {
	r.State, r.ByRules, r.Role, r.Holder = Approved, by == theRules, "", ""
	r.write(p, now, "approved", by, why)
	if r.Undoable == nil {
		r.reserve(now)
	}
}

// reserve has the amount reserved; nothing is promised before it is.
func (r *Refund) reserve(now time.Time) {
	r.Clock.ReserveAt, r.Clock.ReserveTold = now, false
	r.count(Claim)
}

// count has the refund counted among those of its order as known now. It stays counted
// there, whatever is learned of the order later.
func (r *Refund) count(what What) {
	if what == Claim {
		r.CountedIn = ""
	}
	r.CountedIn = r.OrderKey()
	r.todo(Deed{What: what})
}

// ClaimAnswered takes the answer to a reservation. After a refusal people decide.
func (r *Refund) ClaimAnswered(a ClaimAnswer, p Policy, now time.Time) {
	if r.State != Approved {
		if a.Granted && !r.Claimed && r.State.Terminal() {
			r.Claimed = true
			if r.State != PaidElsewhere { // which counts anyway
				r.release()
			}
		}
		return
	}
	switch {
	case a.Handled != nil:
		r.HandledBefore(*a.Handled, p, now)
		return
	case a.HeldBy != "":
		r.endNotOurs(waybillItself, "the integration "+a.HeldBy+" of the same account has it", p, now)
		return
	}
	if a.Granted {
		r.Claimed = true
		r.promise(p, now)
		return
	}
	r.Approvals, r.ByRules, r.UsedUp, r.CountedIn = nil, false, true, ""
	if a.Refunded.Known() {
		r.Facts.Refunded = a.Refunded
	}
	if a.Value.Known() {
		r.Facts.OrderValue, r.Facts.OrderValueBy = a.Value, a.ValueBy
	}
	r.Terms = Terms{Approvals: p.approvals(r.Facts.Amount), Why: []string{a.Why}}
	r.await(AwaitingApproval, p, now, "asked for approval", theRules, a.Why)
}

// promise mails the customer that it is approved, and waits for the goods or pays.
func (r *Refund) promise(p Policy, now time.Time) {
	if p.GoodsFirst && r.Clock.GoodsAt.IsZero() {
		r.State, r.Clock.ApprovedAt = AwaitingGoods, now
		r.write(p, now, "waits for the goods", theRules, "")
		r.tell(TellApproved, p, now)
		return
	}
	r.State = Paying
	r.write(p, now, "reserved", theRules, "the amount is within what is left of the order")
	r.tell(TellApproved, p, now)
	r.todo(Deed{What: Pay})
}

// release gives the reserved amount back.
func (r *Refund) release() {
	if r.Claimed {
		r.Claimed = false
		r.todo(Deed{What: Release})
	}
}

// GoodsBack notes that a scan says that the shop has the goods.
func (r *Refund) GoodsBack(at time.Time, p Policy, now time.Time) {
	if !r.State.Terminal() && r.Clock.GoodsAt.IsZero() {
		r.goodsBack(at, theCarrier, p, now)
	}
}

func (r *Refund) goodsBack(at time.Time, by Author, p Policy, now time.Time) {
	r.move(func() { r.Clock.GoodsAt = cmp.Or(meant(at), now) })
	if r.State == AwaitingGoods {
		r.State = Paying
		r.todo(Deed{What: Pay})
	}
	r.write(p, now, "goods back", by, "")
}

// Posted notes the proof that the customer has sent the goods back.
func (r *Refund) Posted(at time.Time, p Policy, now time.Time) {
	if r.State.Terminal() || !r.Clock.PostedAt.IsZero() || !r.Clock.GoodsAt.IsZero() {
		return
	}
	r.move(func() { r.Clock.PostedAt = cmp.Or(meant(at), now) })
	r.write(p, now, "goods posted", theCarrier, "")
}

// Payment is what the shop's endpoint answered.
type Payment struct {
	Outcome Outcome `json:"outcome"`
	// Reference is the shop's payment number, Why the reason if it has not paid.
	Reference string `json:"reference,omitempty"`
	Why       string `json:"why,omitempty"`
}

// LastLook is what is seen right before the endpoint is asked.
type LastLook struct {
	// Endpoint is the host and path of the endpoint that would be asked; empty if none is
	// configured.
	Endpoint string
	// PanelRead says that Sendcloud tells that the return was not refunded in its panel.
	PanelRead bool
}

// AskToPay notes that the endpoint is being asked, or that it must not be: then the refund
// is not [Paying] any more. After an error it must not be asked either.
func (r *Refund) AskToPay(look LastLook, p Policy, now time.Time) error {
	switch {
	case r.State != Paying:
		return fmt.Errorf("the refund is %s: nothing is to be paid", r.State.Words())
	case look.Endpoint == "":
		r.notAsked("no worker knows where to pay: set WAYBILL_PAY_URL_<INTEGRATION> and WAYBILL_PAY_KEYS_<INTEGRATION>, and pay again", p, now)
		return nil
	case r.InDoubt && look.Endpoint != r.Agreed && !slices.Contains(r.DoubtfulAt, look.Endpoint):
		r.OtherEndpoint = look.Endpoint
		r.notAsked("it is not known whether "+r.doubtful()+" has paid, and "+look.Endpoint+" is configured now: a manager can have that one asked", p, now)
		return nil
	}
	r.OtherEndpoint = ""
	why := look.Endpoint
	if !look.PanelRead {
		if r.ByRules && !r.PayOrdered && !p.AutoPanelUnknown {
			r.notAsked(panelUnknown+": look there, then pay again", p, now)
			return nil
		}
		why += "; " + panelUnknown
	}
	r.Asked++
	r.Outcome, r.Endpoint = "", look.Endpoint
	r.write(p, now, "asked to pay", waybillItself, why)
	return nil
}

const panelUnknown = "it is not known whether the return was refunded in Sendcloud's panel"

// notAsked notes why the endpoint is not asked.
func (r *Refund) notAsked(why string, p Policy, now time.Time) {
	r.Outcome = Refused
	r.payFailed("payment refused", waybillItself, "the shop was not asked: "+why, p, now)
}

// payFailed notes that a payment did not come about.
func (r *Refund) payFailed(what string, by Author, why string, p Policy, now time.Time) {
	r.State = PayFailed
	if r.Clock.PanelTold {
		r.State = PaidElsewhere // to pay again would pay twice
	}
	r.write(p, now, what, by, why)
	r.alert(r.paymentAttention())
}

// Settle notes the answer of the endpoint.
func (r *Refund) Settle(o Payment, p Policy, now time.Time) error {
	if r.State != Paying {
		return fmt.Errorf("the refund is %s: nothing is being paid", r.State.Words())
	}
	switch o.Outcome {
	case PaidNow, PaidBefore:
		r.State = Paid
		r.certain()
		r.write(p, now, string(o.Outcome), theEndpoint, o.Reference)
		r.tell(TellPaid, p, now)
	case Refused, Doubt:
		if o.Outcome == Doubt {
			r.InDoubt = true
			if !slices.Contains(r.DoubtfulAt, r.Endpoint) {
				r.DoubtfulAt = append(slices.Clip(r.DoubtfulAt), r.Endpoint)
			}
		}
		r.payFailed("payment "+string(o.Outcome), theEndpoint, o.Why, p, now)
	default:
		return fmt.Errorf("%q is not an outcome of a payment", o.Outcome)
	}
	r.Outcome, r.Reference = o.Outcome, o.Reference
	return nil
}

// certain ends the doubt whether a payment was made.
func (r *Refund) certain() { r.InDoubt, r.DoubtfulAt, r.OtherEndpoint, r.Agreed = false, nil, "", "" }

// doubtful names the endpoints that may have paid. Which one an earlier run has asked is not known.
func (r *Refund) doubtful() string {
	return cmp.Or(strings.Join(r.DoubtfulAt, " or "), "the endpoint that an earlier run has asked")
}

// paymentAttention is why a payment that did not come about needs attention.
func (r *Refund) paymentAttention() Attention {
	if r.InDoubt {
		return PaymentInDoubt
	}
	return PaymentFailed
}

// CannotLook notes that the endpoint is not asked, because it is not known whether the
// refund was paid in the panel.
func (r *Refund) CannotLook(why string, p Policy, now time.Time) error {
	if r.State != Paying {
		return fmt.Errorf("the refund is %s: nothing is being paid", r.State.Words())
	}
	r.notAsked("Sendcloud cannot be asked whether somebody has paid already: "+why, p, now)
	return nil
}

// PaidInPanel notes that the return was marked as refunded in Sendcloud's panel: nothing
// more is paid then. If the endpoint may have paid as well, operations compare the two.
func (r *Refund) PaidInPanel(p Policy, now time.Time) {
	asking := r.State == Paying && r.Asked > 0 && r.Outcome == ""
	switch {
	case r.State.Terminal() || r.Clock.PanelTold:
	case asking || r.InDoubt:
		r.Clock.PanelTold = true
		what := "paid in the panel while paying"
		if !asking {
			r.State, what = PaidElsewhere, "paid in the panel, and perhaps by the shop's endpoint"
		}
		r.write(p, now, what, sendcloudItself, "")
		r.alert(PanelPaidToo)
	default:
		unseen := r.unseen(p)
		r.State = PaidElsewhere
		r.write(p, now, "paid in the panel", sendcloudItself, "")
		if unseen {
			return
		}
		if !r.Claimed && r.Facts.Amount.Known() {
			r.count(Count)
		}
		r.alert(PanelPaid)
	}
}
