package ingress

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"waybill/contract"
	"waybill/delivery"
	"waybill/mail/sendgrid"
	"waybill/monitoring"
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
	// eventsAtOnce is how many workflows are asked and told at a time.
	eventsAtOnce = 32
	// bouncesKept is how old the mail may be that a bounce is about.
	bouncesKept = 7 * 24 * time.Hour
	// askTimeout is how long a workflow may take to say what it knows.
	askTimeout = 3 * time.Second
)

// sendgridWebhook takes a batch of events: limit, verify, decode, record what
// changes something, answer. One bad event does not fail its batch, because the
// whole batch would come back for a day.
func (d *doors) sendgridWebhook(c *gin.Context) Answer {
	keys := d.keys.Load().events
	if len(keys) == 0 {
		return eventsClosed
	}
	timestamp, signature := c.GetHeader(sendgrid.EventTimestampHeader), c.GetHeader(sendgrid.EventSignatureHeader)
	if !sendgrid.IsSignature(timestamp, signature, time.Now()) {
		return eventsNotVerified
	}
	body, done, refusal := d.bodies.read(c, eventsLimit, eventsTooLarge)
	verified := refusal == nil && keys.Verify(timestamp, body, signature, time.Now())
	done()
	switch {
	case refusal != nil:
		return *refusal
	case !verified:
		return eventsNotVerified
	}
	Proven(c)
	if len(keys) > 1 && !keys[:1].Verify(timestamp, body, signature, time.Now()) {
		OlderKey(c, "SENDGRID_WEBHOOK_KEYS")
	}
	events, err := sendgrid.DecodeEvents(body, time.Now())
	if err != nil {
		return eventsUnreadable
	}
	ctx, cancel := Detached(c.Request.Context(), eventsTimeout)
	defer cancel()
	Note(c, "events", len(events))
	return d.takeEvents(ctx, c, events)
}

// takeEvents records a batch.
func (d *doors) takeEvents(ctx context.Context, c *gin.Context, events []sendgrid.Event) Answer {
	reports := map[delivery.Subject][]delivery.Report{}
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
		case e.Subject == "":
			d.countEvent(e.Type, "not ours")
		default:
			reports[e.Subject] = append(reports[e.Subject], e.Report)
		}
	}
	var recorded atomic.Int64
	var mute atomic.Bool
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(eventsAtOnce)
	for subject, about := range reports {
		group.Go(func() error {
			n, err := d.report(within, subject, about, &mute)
			recorded.Add(n)
			return err
		})
	}
	err := group.Wait()
	Note(c, "told", recorded.Load())
	return answerTo(c, err)
}

// report records those reports about a subject's messages that change something,
// and says how many. To ask costs no write. A subject that does not answer gets
// all, and with it every other of the batch: then no worker runs, and each would
// take its time not to answer.
func (d *doors) report(ctx context.Context, subject delivery.Subject, reports []delivery.Report, mute *atomic.Bool) (recorded int64, err error) {
	matters := func(delivery.Report) bool { return true }
	if !mute.Load() {
		within, cancel := context.WithTimeout(ctx, askTimeout)
		known, silent := d.recorder.Matters(within, subject)
		cancel()
		if silent == nil {
			matters = known
		} else {
			mute.Store(true)
		}
	}
	for _, r := range reports {
		if !matters(r) {
			d.countEvent(string(r.Kind), "changes nothing")
			continue
		}
		err := d.recorder.MailReported(ctx, subject, r)
		switch {
		case errors.Is(err, recorder.ErrOver):
			d.countEvent(string(r.Kind), "workflow closed")
		case err != nil:
			return recorded, err
		default:
			recorded++
			d.countEvent(string(r.Kind), "recorded")
		}
	}
	return recorded, nil
}

func (d *doors) countEvent(event, outcome string) {
	monitoring.With(d.metrics).Count(monitoring.MailEvents, 1, event, outcome)
}
