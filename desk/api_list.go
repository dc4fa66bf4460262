package desk

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/link"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
	"waybill/search"
)

const (
	// usualRows is how many things a list of the API has if the caller does not say, mostRows
	// how many they can ask for.
	usualRows, mostRows = 50, 200
	// mostDue is the highest number of days of dueWithin.
	mostDue = 14
	// anyAttention chooses what needs attention, for whatever reason.
	anyAttention = "any"
)

// apiListed is the answer of every list.
type apiListed[Row any] struct {
	Items []Row `json:"items"`
	// Next is the cursor of the next page; empty if this is the last.
	Next  string `json:"next,omitempty"`
	Total *total `json:"total,omitempty"`
}

// total is how much a filter chooses.
type total struct {
	Count int64 `json:"count"`
	// Amounts are the sums of refunds, by currency; nil if there are too many to ask.
	// Unanswered is how many are not in them.
	Amounts    *[]refund.Money `json:"amounts,omitempty"`
	Unanswered int             `json:"unanswered,omitempty"`
}

// choices are what the lists of refunds and of parcels have in common.
type choices struct {
	integration string
	among       []string
	attention   contract.Attention
	any, open   bool
	since       time.Time
	words       search.Listed
}

// paging is which part of a list is asked for.
type paging struct {
	limit  int
	cursor string
	// total asks how much there is in all.
	total bool
}

func (q *query) paging() paging {
	return paging{q.number("limit", usualRows, mostRows), q.text("cursor"), q.flag("total")}
}

// choose reads what both lists can be chosen by; mine are the integrations of the caller.
// If the caller may see none of them, or no address can be looked up, it answers the request.
func (d *Desk) choose(c *gin.Context, q *query, mine []string, reasons []contract.Attention, tracking bool) (s choices, ok bool) {
	s.integration = q.text("integration")
	if len(mine) == 0 || s.integration != "" && !slices.Contains(mine, s.integration) {
		ingress.Reply(c, notTheirs)
		return s, false
	}
	if s.integration == "" {
		s.among = mine
	}
	s.attention = choice(q, "attention", append([]contract.Attention{anyAttention}, reasons...)...)
	if s.any = s.attention == anyAttention; s.any {
		s.attention = ""
	}
	s.open, s.since = q.flag("open"), q.moment("since")
	words, err := q.words(tracking, d.config.Parcels.SearchKeys)
	s.words = words
	switch {
	case errors.Is(err, search.ErrNoKey):
		ingress.Reply(c, noSearchKey)
	case err != nil:
		ingress.Note(c, "fault", err.Error())
		ingress.Reply(c, ingress.InternalFault)
	}
	return s, err == nil
}

// apiRefunds lists refunds.
func (d *Desk) apiRefunds(c *gin.Context) {
	q := queryOf(c)
	var reasons []contract.Attention
	for _, why := range refund.Attentions() {
		reasons = append(reasons, contract.Attention(why))
	}
	s, ok := d.choose(c, q, d.mine(c), reasons, false)
	if !ok {
		return
	}
	f := recorder.RefundFilter{
		Integration: s.integration, Among: s.among, Attention: s.attention, NeedsAttention: s.any, Open: s.open, Since: s.since, Words: s.words,
		State: choice(q, "state", refund.States()...), Role: choice(q, "role", refund.Approver, refund.Manager),
	}
	due, p := q.number("dueWithin", 0, mostDue), q.paging()
	// The moment moves on from page to page, and is not part of what the cursor belongs to.
	from, at := d.openCursor(c, q, p.cursor, fmt.Sprintf("%+v %d", f, due))
	if due > 0 {
		f.DueBefore = d.now().Add(time.Duration(due) * day)
	}
	if refuseFaults(c, q.end()) {
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), lookTimeout)
	defer cancel()
	rows, next, err := pageOf(p.limit, from, func(page []byte, size int) ([]recorder.ListedRefund, []byte, error) {
		return d.refunds.Refunds(ctx, f, page, size)
	}, func(a, b recorder.ListedRefund) bool { return a.RefundRef == b.RefundRef })
	answer := apiListed[recorder.ListedRefund]{Items: rows, Next: d.cursor(c, at, next)}
	if err == nil && p.total {
		answer.Total, err = d.totalOf(ctx, f)
	}
	if err != nil {
		ingress.Note(c, "fault", err.Error())
		ingress.Reply(c, refundsNotAsked)
		return
	}
	d.ask(ctx, answer.Items)
	answerJSON(c, "listed", answer)
}

// totalOf counts refunds, and sums their amounts if there are not too many to read.
func (d *Desk) totalOf(ctx context.Context, f recorder.RefundFilter) (*total, error) {
	count, err := d.refunds.CountRefunds(ctx, f)
	if err != nil || count > rowsRead {
		return &total{Count: count}, err
	}
	all, _, err := recorder.ListRefunds(ctx, d.refunds, f, rowsRead)
	if err != nil {
		return nil, err
	}
	amounts, unanswered := sumOf(all)
	return &total{Count: count, Amounts: &amounts, Unanswered: unanswered}, nil
}

// sumOf sums the amounts of refunds by currency, and counts those of which lists do not tell one.
func sumOf(all []recorder.ListedRefund) (amounts []refund.Money, unanswered int) {
	sums := refund.Sums{}
	for _, one := range all {
		if one.Known != nil {
			sums.Add(one.Amount)
		} else {
			unanswered++
		}
	}
	slices.SortFunc(sums, func(a, b refund.Money) int { return strings.Compare(a.Currency, b.Currency) })
	return sums, unanswered
}

// apiParcels lists parcels.
func (d *Desk) apiParcels(c *gin.Context) {
	ingress.Note(c, "person", c.GetString(personKey))
	q := queryOf(c)
	f, ok := d.chooseParcels(c, q)
	if !ok {
		return
	}
	p := q.paging()
	from, at := d.openCursor(c, q, p.cursor, fmt.Sprintf("%+v", f))
	if refuseFaults(c, q.end()) {
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), lookTimeout)
	defer cancel()
	rows, next, err := pageOf(p.limit, from, func(page []byte, size int) ([]recorder.ListedParcel, []byte, error) {
		return d.parcels.Parcels(ctx, f, page, size)
	}, func(a, b recorder.ListedParcel) bool { return a.ParcelRef == b.ParcelRef })
	answer := apiListed[recorder.ListedParcel]{Items: rows, Next: d.cursor(c, at, next)}
	if err == nil && p.total {
		answer.Total = &total{}
		answer.Total.Count, err = d.parcels.CountParcels(ctx, f)
	}
	if err != nil {
		ingress.Note(c, "fault", err.Error())
		ingress.Reply(c, parcelsNotAsked)
		return
	}
	answerJSON(c, "listed", answer)
}

// chooseParcels reads which parcels are meant.
func (d *Desk) chooseParcels(c *gin.Context, q *query) (f recorder.ParcelFilter, ok bool) {
	var reasons []contract.Attention
	for _, why := range parcel.Attentions() {
		reasons = append(reasons, contract.Attention(why))
	}
	s, ok := d.choose(c, q, d.parcelsOf(c), reasons, true)
	return recorder.ParcelFilter{
		Integration: s.integration, Among: s.among, Attention: s.attention, NeedsAttention: s.any, Open: s.open, Since: s.since, Words: s.words,
		Phase: choice(q, "phase", parcel.Phases()...), Parked: q.flag("parked"),
	}, ok
}

// pageOf is one page of a list, in which each thing is once. next is empty after the last one.
func pageOf[Row any](size int, from []byte, fetch func(page []byte, size int) ([]Row, []byte, error), same func(a, b Row) bool) ([]Row, []byte, error) {
	all := []Row{}
	for {
		rows, next, err := fetch(from, size-len(all))
		if err != nil {
			return all, nil, err
		}
		for _, one := range rows {
			if !slices.ContainsFunc(all, func(other Row) bool { return same(one, other) }) {
				all = append(all, one)
			}
		}
		if from = next; len(from) == 0 || len(all) >= size {
			return all, from, nil
		}
	}
}

// A cursor says where the next page of a list begins. It is signed, and holds for one day, for
// one person and one choice.
const (
	cursor      link.Purpose = "cursor"
	cursorLasts              = day
)

// cursor makes a cursor out of Temporal's; empty stays empty.
func (d *Desk) cursor(c *gin.Context, choice string, page []byte) string {
	if len(page) == 0 {
		return ""
	}
	keys := *d.keys.Load()
	return keys.Sign(link.Link{
		Purpose: cursor, Subject: choice + " " + base64.RawURLEncoding.EncodeToString(page),
		Person: keys.Person(c.GetString(personKey)), Until: d.now().Add(cursorLasts).Unix(),
	})
}

// openCursor reads a cursor, which must belong to the choice. at stands for the choice in the
// cursor of the next page.
func (d *Desk) openCursor(c *gin.Context, q *query, text, choice string) (page []byte, at string) {
	sum := sha256.Sum256([]byte(choice))
	at = hex.EncodeToString(sum[:8])
	if text == "" {
		return nil, at
	}
	keys := *d.keys.Load()
	l, err := keys.Open(text, cursor, d.now())
	of, rest, _ := strings.Cut(l.Subject, " ")
	if err == nil {
		page, err = base64.RawURLEncoding.DecodeString(rest)
	}
	if err != nil || of != at || !keys.IsPerson(l.Person, c.GetString(personKey)) {
		q.wrong("cursor", "Write what the page before has as next, with the same other parameters, within a day. To begin anew, leave it out.")
	}
	return page, at
}

// refuseFaults refuses a request with faults, and reports whether there are any.
func refuseFaults(c *gin.Context, faults []ingress.Fault) bool {
	if len(faults) > 0 {
		ingress.Refuse(c, unreadable, faults...)
	}
	return len(faults) > 0
}

// unasked refuses parameters where none are read.
func unasked(c *gin.Context) {
	refuseFaults(c, queryOf(c).end())
}

// unreadable is the answer to a request with something to correct.
var unreadable = ingress.Answer{Code: http.StatusUnprocessableEntity, Outcome: "unreadable", Hint: "nothing was done: correct what fields names"}
