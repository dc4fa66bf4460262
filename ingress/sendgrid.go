package ingress

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"waybill/contract"
	"waybill/mail"
	"waybill/parcel"
	"waybill/recorder"
)

// answers to the Event Webhook.
var (
	eventsClosed      = Answer{http.StatusNotFound, "no key for events", "set SENDGRID_WEBHOOK_KEYS to the verification key of SendGrid's Event Webhook"}
	eventsNotVerified = Answer{http.StatusUnauthorized, "not verified", "switch the signature of the Event Webhook on in SendGrid, and set SENDGRID_WEBHOOK_KEYS to its verification key"}
	eventsUnreadable  = Answer{http.StatusBadRequest, "unreadable", "the signature is right, but the body is not a JSON array of events"}
	eventsTooLarge    = Answer{http.StatusRequestEntityTooLarge, "too large", "a batch of events has at most 4 MiB"}
)

const (
	// eventsLimit is far above the 768 kB that SendGrid collects.
	eventsLimit = 4 << 20
	// eventsTimeout is how long a batch may take to be recorded.
	eventsTimeout = 20 * time.Second
	// eventsAtOnce is how many parcels are asked and told at a time.
	eventsAtOnce = 32
	// bouncesKept is how old the mail may be that a bounce is about.
	bouncesKept = 7 * 24 * time.Hour
	// askTimeout is how long a parcel may take to say whether it cares.
	askTimeout = 3 * time.Second
)

// sendgridWebhook takes a batch of events: limit, verify, decode, record what
// changes something, answer. One bad event does not fail its batch, because the
// whole batch would come back for a day.
func (d *doors) sendgridWebhook(c *gin.Context) {
	keys := *d.eventKeys.Load()
	if len(keys) == 0 {
		Reply(c, eventsClosed)
		return
	}
	body, refusal := ReadBody(c, eventsLimit, eventsTooLarge)
	if refusal != nil {
		Reply(c, *refusal)
		return
	}
	if !keys.Verify(c.GetHeader(mail.EventTimestampHeader), body, c.GetHeader(mail.EventSignatureHeader), time.Now()) {
		Reply(c, eventsNotVerified)
		return
	}
	events, err := mail.DecodeEvents(body, time.Now())
	if err != nil {
		Reply(c, eventsUnreadable)
		return
	}
	ctx, cancel := Detached(c.Request.Context(), eventsTimeout)
	defer cancel()
	Note(c, "events", len(events))
	Reply(c, d.takeEvents(ctx, c, events))
}

// mailOf is a parcel whose mails are reported on.
type mailOf struct {
	integration string
	parcelID    int64
}

// takeEvents records a batch.
func (d *doors) takeEvents(ctx context.Context, c *gin.Context, events []mail.Event) Answer {
	reports := map[mailOf][]parcel.MailReport{}
	for _, e := range events {
		switch {
		case e.Address != "" && e.Report.ID != "":
			err := d.recorder.Bounce(ctx, contract.Bounce{Address: e.Address, Since: e.Report.At.Add(-bouncesKept), Report: e.Report})
			if err != nil {
				return answerTo(c, err)
			}
			d.countEvent(e.Type, "traced")
		case e.Report.Kind == "":
			d.countEvent(e.Type, "of no interest")
		case e.ParcelID == 0:
			d.countEvent(e.Type, "not ours")
		default:
			of := mailOf{e.Integration, e.ParcelID}
			reports[of] = append(reports[of], e.Report)
		}
	}
	var mu sync.Mutex
	told := 0
	var mute atomic.Bool
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(eventsAtOnce)
	for of, about := range reports {
		group.Go(func() error {
			n, err := d.tellParcel(within, of, about, &mute)
			mu.Lock()
			defer mu.Unlock()
			told += n
			return err
		})
	}
	err := group.Wait()
	Note(c, "told", told)
	return answerTo(c, err)
}

// tellParcel tells a parcel of those reports that change something, and says how
// many. To ask costs no write. A parcel that does not answer is told all, and
// with it every other of the batch: then no worker runs, and each would take
// its time not to answer.
func (d *doors) tellParcel(ctx context.Context, of mailOf, reports []parcel.MailReport, mute *atomic.Bool) (told int, err error) {
	var known parcel.Parcel
	found, asked := false, !mute.Load()
	if asked {
		var silent error
		within, cancel := context.WithTimeout(ctx, askTimeout)
		known, found, silent = d.recorder.Parcel(within, of.integration, of.parcelID)
		cancel()
		if silent != nil {
			mute.Store(true)
			asked = false
		}
	}
	for _, r := range reports {
		if asked && (!found || !known.Heeds(r)) {
			d.countEvent(string(r.Kind), "changes nothing")
			continue
		}
		err := d.recorder.MailReported(ctx, of.integration, of.parcelID, r)
		switch {
		case errors.Is(err, recorder.ErrOver):
			d.countEvent(string(r.Kind), "parcel closed")
		case err != nil:
			return told, err
		default:
			told++
			d.countEvent(string(r.Kind), "recorded")
		}
		// What it knows now decides about the next.
		known.Report(r, r.At)
	}
	return told, nil
}

// metricEvents counts what SendGrid reports, by event and outcome.
const metricEvents = "waybill_mail_events_total"

func (d *doors) countEvent(event, outcome string) {
	d.metrics.WithTags(map[string]string{"event": event, "outcome": outcome}).Counter(metricEvents).Inc(1)
}
