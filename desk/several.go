package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/recorder"
	"waybill/refund"
	"waybill/words"
)

const (
	// severalAtOnce is how many refunds get an order at once: a page of the list.
	severalAtOnce = rowsAtOnce
	// severalTimeout is for how long refunds are begun with. The last ones then have orderTimeout,
	// which together is less than a request may take.
	severalTimeout = 12 * time.Second
)

// severalOrders are the orders that can be given to several refunds at once.
func severalOrders() []refund.Order {
	return slices.DeleteFunc(refund.Orders(), func(o refund.Order) bool { return !o.Several })
}

// several is an order to several refunds.
type several struct {
	order  refund.Order
	fields map[string]string
	// once makes two presses of the button one order.
	once string
	rows []severalRow
}

// severalRow is one of these refunds.
type severalRow struct {
	inboxRow
	at visit
	// Seen is what the person saw of it before they pressed the button.
	Seen string
	// Why says why it does not get the order; nil if it does.
	Why *words.Text
	// Result is what came of the order.
	Result severalResult
	// Before says that the button was pressed before, with other words.
	Before bool
}

// severalView is the page that shows what an order would do, or what has come of it.
type severalView struct {
	Order refund.Order
	// Rows get the order, Not do not.
	Rows, Not []severalRow
	// Amounts are the sums of Rows by currency. Unknown is how many have no known amount.
	Amounts refund.Sums
	Unknown int
	Fields  []field
	Once    string
	// Done is how many have followed the order.
	Done int
	// Again is the address of the same refunds before the order, for those that have not followed it.
	Again string
}

// severalPage shows what an order to several refunds would do, or what has come of it, as its address
// says: nothing in it is personal, and the back button and a reload send nothing again.
func (d *Desk) severalPage(c *gin.Context) {
	q := c.Request.URL.Query()
	k, again := d.kept(c)
	results := q.Has(onceField)
	switch {
	case again && !results:
		q = k.Fields
	case len(q) == 0 || q.Has(keptQuery) && !results:
		goTo(c, "form left", "/refunds")
		return
	}
	s, ok := d.readSeveral(c, q)
	switch {
	case !ok:
	case results:
		if again && k.Fields.Get(onceField) == s.once {
			s.fields = fieldsOfSeveral(s.order, k.Fields)
		}
		d.showResults(c, s)
	case again && !k.Ended:
		d.trySeveral(c, s, s.order.Faults(s.fields, nil), k)
	default:
		d.trySeveral(c, s, nil, k)
	}
}

// pressSeveral gives an order to several refunds, and leads to what has come of it.
func (d *Desk) pressSeveral(c *gin.Context) {
	form, ok := d.values(c)
	if !ok {
		return
	}
	s, ok := d.readSeveral(c, form)
	if !ok {
		return
	}
	if s.once == "" {
		goTo(c, "form left", "/refunds/several?"+s.query().Encode())
		return
	}
	if faults := s.order.Faults(s.fields, nil); len(faults) > 0 {
		if !d.leadBack(c, bodyUnreadable.Outcome) {
			d.trySeveral(c, s, faults, kept{})
		}
		return
	}
	d.meet(c, &s)
	ctx, cancel := ingress.Detached(c.Request.Context(), severalTimeout)
	defer cancel()
	recorder.AskEach(ctx, s.rows, func(ctx context.Context, row *severalRow) {
		if d.learn(ctx, row) {
			d.giveOne(ctx, s, row)
		}
	})
	results := s.query()
	results.Set(onceField, s.once)
	// What was typed stands in no address, and says why a refund did not follow.
	if d.seal(c, kept{Person: c.GetString(pseudonymKey), Fields: form}) {
		results.Set(keptQuery, "")
	}
	goTo(c, "done", "/refunds/several?"+results.Encode())
}

// query is the address of an order to several refunds, before it is given.
func (s several) query() url.Values {
	q := url.Values{"order": {s.order.Name}}
	for _, row := range s.rows {
		q.Add("refund", strings.TrimSpace(row.String()+" "+row.Seen))
	}
	return q
}

// trySeveral shows what an order would do, and says above it what has become of the form that was kept
// for it, if one was.
func (d *Desk) trySeveral(c *gin.Context, s several, faults []refund.Fault, k kept) {
	d.meet(c, &s)
	ctx, cancel := context.WithTimeout(c.Request.Context(), severalTimeout)
	defer cancel()
	recorder.AskEach(ctx, s.rows, func(ctx context.Context, row *severalRow) {
		if d.learn(ctx, row) {
			row.Why = whyNot(s.order, row)
		}
	})
	possible := slices.ContainsFunc(s.rows, func(row severalRow) bool { return row.Why == nil })
	d.showSeveral(c, s, faults, k.saysEnded(s.order, possible))
}

// readSeveral reads an order and its refunds. If it cannot, it answers the request.
func (d *Desk) readSeveral(c *gin.Context, form url.Values) (s several, ok bool) {
	s, wrong := parseSeveral(form)
	if wrong != nil {
		d.say(c, http.StatusUnprocessableEntity, "unreadable", message{Name: "several_wrong", Blanks: []any{"Why", wrong}, Next: words.Say("next.refunds"), Path: "/refunds"})
		return s, false
	}
	ingress.Note(c, "action", s.order.Name)
	ingress.Note(c, "refunds", len(s.rows))
	return s, true
}

// parseSeveral reads an order and its refunds from a form, or says what is wrong.
func parseSeveral(form url.Values) (s several, wrong *words.Text) {
	var known bool
	if s.order, known = refund.OrderNamed(form.Get("order")); !known || !s.order.Several {
		return s, words.Say("several.no_order")
	}
	s.fields = fieldsOfSeveral(s.order, form)
	if once := form.Get(onceField); onceText.MatchString(once) {
		s.once = once
	}
	for _, text := range form["refund"] {
		name, seen, _ := strings.Cut(text, " ")
		integration, id, _ := strings.Cut(name, "/")
		of, err := contract.ParseRefundRef("refund:" + integration + ":" + id)
		if err != nil {
			return s, words.Say("several.unreadable")
		}
		if !slices.ContainsFunc(s.rows, func(other severalRow) bool { return other.RefundRef == of }) {
			s.rows = append(s.rows, severalRow{inboxRow: inboxRow{ListedRefund: recorder.ListedRefund{RefundRef: of}}, Seen: seen})
		}
	}
	switch {
	case len(s.rows) == 0:
		return s, words.Say("several.none")
	case len(s.rows) > severalAtOnce:
		return s, words.Say("several.too_many", "Chosen", len(s.rows), "Most", severalAtOnce)
	}
	return s, nil
}

// fieldsOfSeveral are the fields of an order that all its refunds share.
func fieldsOfSeveral(o refund.Order, form url.Values) map[string]string {
	fields := map[string]string{}
	for _, f := range o.Fields {
		if f.Required && form.Has(f.Name) {
			fields[f.Name] = form.Get(f.Name)
		}
	}
	return fields
}

// meet says of each refund who the caller is there. Why is set where they may not see it.
func (d *Desk) meet(c *gin.Context, s *several) {
	for i := range s.rows {
		row := &s.rows[i]
		p, ok := d.admits(c, row.Integration)
		if !ok {
			row.Why = words.Say("several.not_yours")
			continue
		}
		row.Path = pathOf(row.RefundRef)
		row.at = visit{of: row.RefundRef, policy: p, said: refund.Said{By: c.GetString(personKey), Via: refund.ViaPage}, now: d.now()}
	}
}

// learn asks a refund for its state, and reports whether it is known. Otherwise Why says why not.
func (d *Desk) learn(ctx context.Context, row *severalRow) bool {
	if row.Why != nil {
		row.Result = resultNotDone
		return false
	}
	known, found, err := d.refunds.Refund(ctx, row.RefundRef)
	switch {
	case err != nil:
		row.Why, row.Result = words.Say("several.silent"), resultUnknown
		return false
	case !found:
		row.Why, row.Result = words.Say("several.no_refund"), resultNotDone
		return false
	}
	row.at.known = known
	row.Learn(&known)
	if row.Open = !known.State.Terminal(); row.Open {
		row.Law = law(row.Deadline, row.at.now)
	}
	return true
}

// whyNot says why a refund does not get an order to several; nil if it does. Each is approved by
// one person alone or not at all: a page of many is no place for the second look.
func whyNot(o refund.Order, row *severalRow) *words.Text {
	r, said, p := &row.at.known, row.at.said, row.at.policy
	if err := r.May(o, said, p); err != nil {
		return words.Of(err)
	}
	for _, f := range o.Fields {
		if !f.Required && f.NeedOf(r) == refund.Required {
			return words.Say("several.fact_missing")
		}
	}
	if o.Name == "approve" && !alone(o, row) {
		return words.Say("several.two_people")
	}
	return nil
}

// alone reports whether the approval of this person is the only one that is needed.
func alone(o refund.Order, row *severalRow) bool {
	after, err := row.at.after(o, nil)
	return err == nil && row.at.known.State != refund.AwaitingSecond && after.State != refund.AwaitingSecond
}

// giveOne gives a refund the order, if nothing speaks against it. What has come of it is asked
// afterwards: see [Desk.showResults].
func (d *Desk) giveOne(ctx context.Context, s several, row *severalRow) {
	row.at.said.Link = s.mark(row)
	if contract.SameKey(row.at.known.Used, row.at.said.Link) == "" && row.Seen == seen(&row.at.known) && whyNot(s.order, row) == nil {
		_, _, _, _ = d.give(ctx, row.at, s.order, s.fields, false)
	}
}

// mark is that of the order for a refund.
func (s several) mark(row *severalRow) string {
	raw, err := json.Marshal(s.fields)
	if err != nil {
		panic(err) // texts
	}
	return contract.OnceMark(row.at.said.By, s.once, s.order.Name, raw)
}

// seen stands for what a decision about a refund rests on.
func seen(r *refund.Refund) string {
	raw, err := json.Marshal([]any{r.State, r.Facts, r.Approvals, r.Answer})
	if err != nil {
		panic(err) // it has travelled as JSON
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// showSeveral shows what an order would do.
func (d *Desk) showSeveral(c *gin.Context, s several, faults []refund.Fault, done *words.Text) {
	v := severalView{Order: s.order, Once: s.once}
	if v.Once == "" {
		v.Once = rand.Text()
	}
	var people []string
	for _, row := range s.rows {
		if row.Why != nil {
			v.Not = append(v.Not, row)
			continue
		}
		row.Seen = seen(&row.at.known)
		v.Rows = append(v.Rows, row)
		if row.Amount.Known() {
			v.Amounts.Add(row.Amount)
		} else {
			v.Unknown++
		}
		for _, f := range s.order.Fields {
			if f.Kind == refund.KindPerson {
				people = append(people, row.at.known.Choices(s.order, f, row.at.said, row.at.policy)...)
			}
		}
	}
	slices.Sort(people)
	for _, f := range s.order.Fields {
		if !f.Required {
			continue
		}
		one := visit{}.field(s.order, f, refund.Required)
		one.Value = s.fields[f.Name]
		if f.Kind == refund.KindPerson {
			one.Options = slices.Compact(people)
		}
		for i := range faults {
			if faults[i].Field == f.Name {
				one.Fault = faults[i].Why
			}
		}
		v.Fields = append(v.Fields, one)
	}
	code, outcome := http.StatusOK, "tried"
	if len(faults) > 0 {
		code, outcome = bodyUnreadable.Code, bodyUnreadable.Outcome
	}
	d.show(c, code, outcome, "several", page{Title: words.Say("several.title", "Order", s.order.Label()), Done: done, Faults: faults, Form: s.order.Name, Content: v})
}
