package desk

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/search"
	"waybill/words"
)

const (
	// mostScans is how many scans of the parcel that comes back are shown, mostOthers how many other
	// refunds.
	mostScans, mostOthers = 3, 10
	// evidenceTimeout is how long the page of a refund waits for what others know.
	evidenceTimeout = 1500 * time.Millisecond
)

// evidence is what the page of a refund shows that the refund itself does not know.
type evidence struct {
	// Scans are the last ones of the parcel that comes back, newest first. Unscanned says why there
	// are none.
	Scans     []parcel.Entry
	Unscanned *words.Text
	// Others are the newest other refunds of the customer or the order that the person may see, More
	// that there are others still. Unlisted says why they are not known, in whole or in part.
	Others   []otherRefund
	More     bool
	Unlisted *words.Text
}

// otherRefund is another refund of the same order, the same customer, or both.
type otherRefund struct {
	recorder.ListedRefund
	Name                  *words.Text
	Path                  string
	SameOrder, SameSender bool
}

// gather asks the parcel that comes back, and lists other refunds, for those who have signed in.
func (d *Desk) gather(c *gin.Context, at visit) (e evidence) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), evidenceTimeout)
	defer cancel()
	var faults [2]error
	var asking sync.WaitGroup
	asking.Go(func() { faults[0] = d.scans(ctx, at, &e) })
	if !at.byLink {
		asking.Go(func() { faults[1] = d.others(ctx, at, d.mine(c), &e) })
	}
	asking.Wait()
	for _, fault := range faults {
		if fault != nil {
			ingress.Note(c, "fault", fault.Error())
		}
	}
	return e
}

// scans asks the parcel that comes back.
func (d *Desk) scans(ctx context.Context, at visit, e *evidence) error {
	id := at.known.Facts.IncomingParcel
	if id == 0 {
		e.Unscanned = words.Say("evidence.no_parcel")
		return nil
	}
	known, found, err := d.parcels.Parcel(ctx, contract.ParcelRef{Integration: at.of.Integration, ID: id})
	switch {
	case err != nil:
		e.Unscanned = words.Say("evidence.parcel_silent")
		return err
	case !found, len(known.Ledger) == 0:
		e.Unscanned = words.Say("evidence.no_scan")
		return nil
	}
	for _, entry := range slices.Backward(known.Ledger) {
		if entry.Due == "" && len(e.Scans) < mostScans {
			e.Scans = append(e.Scans, entry)
		}
	}
	return nil
}

// others lists the other refunds of the order, and those of the customer in the integrations whose
// refunds the person decides.
func (d *Desk) others(ctx context.Context, at visit, mine []string, e *evidence) error {
	keys, err := d.config.Parcels.SearchKeys()
	if err != nil {
		e.Unlisted = words.Say("evidence.not_looked_up")
		return err
	}
	f := at.known.Facts
	var customer search.Listed
	if f.Customer.Email != "" {
		customer.Recipient = keys.Find(f.Customer.Email).Recipient
		if len(customer.Recipient) == 0 {
			e.Unlisted = words.Say("evidence.no_keys")
		}
	}
	list := func(among []string, found search.Listed, mark func(*otherRefund)) error {
		if len(found.Order)+len(found.Recipient) == 0 {
			return nil // no words would list all
		}
		rows, more, err := recorder.ListRefunds(ctx, d.refunds, recorder.RefundFilter{Among: among, Words: found}, mostOthers+1)
		e.More = e.More || more
		for _, row := range rows {
			e.note(at.of, row, mark)
		}
		return err
	}
	ofOrder := search.Listed{Order: keys.Find(f.OrderNumber).Order}
	err = list([]string{at.of.Integration}, ofOrder, func(o *otherRefund) { o.SameOrder = true })
	if err == nil {
		err = list(mine, customer, func(o *otherRefund) { o.SameSender = true })
	}
	if err != nil {
		e.Unlisted = words.Say("evidence.silent")
	}
	slices.SortStableFunc(e.Others, func(a, b otherRefund) int { return b.Started.Compare(a.Started) })
	e.ask(ctx, d.refunds)
	return err
}

// note takes another refund up, once.
func (e *evidence) note(of contract.RefundRef, row recorder.ListedRefund, mark func(*otherRefund)) {
	if row.RefundRef == of {
		return
	}
	i := slices.IndexFunc(e.Others, func(o otherRefund) bool { return o.RefundRef == row.RefundRef })
	if i < 0 {
		i = len(e.Others)
		e.Others = append(e.Others, otherRefund{ListedRefund: row, Name: nameOf(row.RefundRef), Path: pathOf(row.RefundRef)})
	}
	mark(&e.Others[i])
}

// ask asks the newest of the other refunds, and leaves out the rest.
func (e *evidence) ask(ctx context.Context, refunds recorder.RefundLister) {
	if len(e.Others) > mostOthers {
		e.Others, e.More = e.Others[:mostOthers], true
	}
	rows := make([]recorder.ListedRefund, len(e.Others))
	for i, other := range e.Others {
		rows[i] = other.ListedRefund
	}
	recorder.AskRefunds(ctx, refunds, rows)
	for i := range rows {
		e.Others[i].ListedRefund = rows[i]
	}
}
