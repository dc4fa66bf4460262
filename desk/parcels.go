package desk

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/ingress"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/search"
	"waybill/words"
)

// ParcelConfig is what a desk needs for parcels.
type ParcelConfig struct {
	// Policy is that of an integration's parcels at this moment.
	Policy func(integration string) parcel.Policy
	// SearchKeys reads the keys under which parcels are found by mail address.
	SearchKeys func() (search.Keys, error)
	// Mails shows mails as they were sent.
	Mails Mails
	// TemporalUI is the address of Temporal's UI, such as http://127.0.0.1:8233; without it, pages have
	// no links to it.
	TemporalUI string
}

// parcels is what the desk needs of a [recorder.Recorder] for parcels.
type parcels interface {
	recorder.ParcelLister
	Find(ctx context.Context, typed string, keys search.Keys, integrations []string) (recorder.Found, error)
	CountParcels(ctx context.Context, f recorder.ParcelFilter) (int64, error)
	ParcelsNeeding(ctx context.Context) (map[string]map[contract.Attention]contract.Needing, error)
	Integration(ctx context.Context, name string) (known contract.IntegrationState, found bool, err error)
	TryOrder(ctx context.Context, of contract.ParcelRef, order parcel.Order, in parcel.Input, now time.Time) (answer parcel.Answer, found bool, err error)
	OrderParcel(ctx context.Context, of contract.ParcelRef, order parcel.Order, in parcel.Input) (parcel.Answer, error)
	StartBatch(ctx context.Context, b recorder.Batch) error
	Batch(ctx context.Context, id string) (state recorder.BatchState, found bool, err error)
}

// The answers about parcels.
var (
	parcelUnknown      = ingress.Answer{Code: http.StatusNotFound, Outcome: "unknown parcel", Hint: "Waybill knows no parcel of this integration and number, or it ended so long ago that Temporal no longer keeps it: check the integration and Sendcloud's number of the parcel"}
	parcelOrderUnknown = ingress.Answer{Code: http.StatusNotFound, Outcome: "unknown order", Hint: "the last part of the path is one of " + namesOf(parcelOrders(), parcelOrderName)}
	parcelOver         = ingress.Answer{Code: http.StatusConflict, Outcome: "parcel over", Hint: "Waybill no longer follows the parcel, so there is nothing to order."}
	parcelsNotAsked    = ingress.Answer{Code: http.StatusServiceUnavailable, Outcome: "no answer", Hint: "Temporal did not answer in time, or no worker is running: ask again"}
)

func parcelOrderName(o parcel.Order) string { return o.Name }

// parcelOrders are the orders that people of a policy give. A new run can be given a state, which
// says what the carrier has scanned: a refund is paid when it says that the goods are back. So that
// order is for operators, who reach Temporal.
func parcelOrders() []parcel.Order {
	return slices.DeleteFunc(parcel.Orders(), func(o parcel.Order) bool { return o.NewRun })
}

// parcelOrderNamed is the one of them with a name.
func parcelOrderNamed(name string) (parcel.Order, bool) {
	o, known := parcel.OrderNamed(name)
	return o, known && !o.NewRun
}

// parcelVisit is a look at a parcel, or an order to it, by a person.
type parcelVisit struct {
	of    contract.ParcelRef
	known parcel.Parcel
	by    string
	now   time.Time
}

// worksOn reports whether the policy of an integration names the caller in any role.
func (d *Desk) worksOn(c *gin.Context, integration string) bool {
	_, people := d.people(integration)
	return isOne(c, people)
}

// parcelsOf are the integrations on whose parcels the caller works.
func (d *Desk) parcelsOf(c *gin.Context) []string {
	names := slices.DeleteFunc(slices.Clone(d.config.Integrations), func(name string) bool { return !d.worksOn(c, name) })
	slices.Sort(names)
	return names
}

// approachParcel loads the parcel that the path names, if the caller may see it. The log line of the
// request says who has looked at which parcel. If it cannot, it answers the request.
func (d *Desk) approachParcel(c *gin.Context, say sayer) (at parcelVisit, ok bool) {
	of, err := contract.ParseParcelRef("parcel:" + c.Param("integration") + ":" + c.Param("id"))
	if err != nil {
		say(c, parcelUnknown)
		return at, false
	}
	if !d.worksOn(c, of.Integration) {
		say(c, notTheirs)
		return at, false
	}
	at = parcelVisit{of: of, by: c.GetString(personKey), now: d.now()}
	ingress.Note(c, "integration", of.Integration)
	ingress.Note(c, "parcel", of.String())
	ingress.Note(c, "person", at.by)
	ctx, cancel := context.WithTimeout(c.Request.Context(), lookTimeout)
	defer cancel()
	known, found, err := d.parcels.Parcel(ctx, of)
	switch {
	case err != nil:
		ingress.Note(c, "fault", err.Error())
		say(c, parcelsNotAsked)
	case !found:
		say(c, parcelUnknown)
	}
	at.known = known
	return at, err == nil && found
}

// orderParcel gives a parcel an order, or tries it, and returns what becomes of its mails. A refusal
// is not logged, because it may quote what was typed.
func (d *Desk) orderParcel(c *gin.Context, at parcelVisit, o parcel.Order, in parcel.Input) (parcel.Answer, reply) {
	ingress.Note(c, "action", o.Name)
	in.By, in.Proof = at.by, ""
	if at.known.Closed {
		return parcel.Answer{}, replied(parcelOver)
	}
	// If the caller hangs up, the order is recorded all the same.
	ctx, cancel := ingress.Detached(c.Request.Context(), orderTimeout)
	defer cancel()
	var answer parcel.Answer
	var err error
	if in.DryRun {
		answer, _, err = d.parcels.TryOrder(ctx, at.of, o, in, d.now())
	} else {
		in.Proof = d.keys.Load().Prove(contract.ProvenParcelText(at.of, o, in), d.now())
		answer, err = d.parcels.OrderParcel(ctx, at.of, o, in)
	}
	var refused *recorder.RefusedError
	switch {
	case err == nil:
		return answer, replied(ingress.Answer{Code: http.StatusOK, Outcome: "done"})
	case errors.As(err, &refused) && d.followed(ctx, at.of, o, in):
		return answer, replied(ingress.Answer{Code: http.StatusOK, Outcome: "done"})
	case errors.As(err, &refused):
		why := refusedFor(refused)
		why.Why = d.whyNot(ctx, at.of, o, in, why.Why)
		return answer, why
	case errors.Is(err, recorder.ErrOver):
		return answer, replied(parcelOver)
	}
	ingress.Note(c, "fault", err.Error())
	return answer, replied(outcomeUnknown)
}

// whyNot is why a parcel refuses an order, in words of ours: the workflow says it in English. They
// are found by trying the rules on the parcel as it is now; if they refuse nothing, its own stand.
func (d *Desk) whyNot(ctx context.Context, of contract.ParcelRef, o parcel.Order, in parcel.Input, otherwise *words.Text) *words.Text {
	known, found, err := d.parcels.Parcel(ctx, of)
	if err != nil || !found {
		return otherwise
	}
	in.DryRun = true
	if _, err = known.Follow(o, in, d.config.Parcels.Policy(of.Integration), d.now()); err != nil {
		return words.Of(err)
	}
	return otherwise
}

// followed reports whether a parcel has followed the same order before, as after a double click.
func (d *Desk) followed(ctx context.Context, of contract.ParcelRef, o parcel.Order, in parcel.Input) bool {
	if in.Batch == "" || in.DryRun {
		return false
	}
	known, found, err := d.parcels.Parcel(ctx, of)
	return err == nil && found && slices.ContainsFunc(known.Orders, func(e parcel.OrderEntry) bool {
		return e.Batch == in.Batch && e.What == o.UpdateName() && e.Refused == ""
	})
}

// parcelPath is a parcel's page.
func parcelPath(of contract.ParcelRef) string { return "/parcels/" + of.String() }
