package desk

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/recorder"
	"waybill/words"
)

// severalResult is what came of an order to one of several refunds.
type severalResult string

const (
	resultDone    severalResult = "done"
	resultNotDone severalResult = "not done"
	resultUnknown severalResult = "not known"
)

// showResults shows what has come of an order: it asks each refund.
func (d *Desk) showResults(c *gin.Context, s several) {
	d.meet(c, &s)
	ctx, cancel := context.WithTimeout(c.Request.Context(), severalTimeout)
	defer cancel()
	recorder.AskEach(ctx, s.rows, func(ctx context.Context, row *severalRow) {
		if d.learn(ctx, row) {
			d.result(ctx, s, row)
		}
	})
	v, again := severalView{Order: s.order, Rows: s.rows}, several{order: s.order}
	p := page{Title: words.Say("several.done_title", "Order", s.order.Label())}
	for _, row := range s.rows {
		if row.Result != resultDone {
			again.rows = append(again.rows, severalRow{inboxRow: row.inboxRow})
			continue
		}
		v.Done++
		if row.Before && len(s.fields) > 0 {
			p.Done = words.Say("several.pressed_before")
		}
	}
	if len(again.rows) > 0 {
		v.Again = "/refunds/several?" + again.query().Encode()
	}
	p.Content = v
	ingress.Note(c, "done", v.Done)
	d.show(c, http.StatusOK, "shown", "several_done", p)
}

// result says whether a refund has followed the order, and if not, why. If nothing speaks against it, the
// order has not reached it.
func (d *Desk) result(ctx context.Context, s several, row *severalRow) {
	row.Result = resultNotDone
	if given := contract.SameKey(row.at.known.Used, s.mark(row)); given != "" {
		row.Result, row.Before = resultDone, given != s.mark(row)
		return
	}
	if row.Seen != seen(&row.at.known) {
		row.Why = words.Say("several.changed")
		return
	}
	if row.Why = whyNot(s.order, row); row.Why != nil {
		return
	}
	row.Why = words.Say("several.missed")
	if _, faults, a, _ := d.give(ctx, row.at, s.order, s.fields, true); a.Code != http.StatusOK && len(faults) == 0 {
		row.Why = a.Why
	}
}
