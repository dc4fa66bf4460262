package ingress

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"go.temporal.io/api/serviceerror"

	"waybill/contract"
	"waybill/monitoring"
	"waybill/recorder"
	"waybill/refund"
	"waybill/sendcloud"
)

// answers to a webhook. Outcome stands in the log; Hint tells whoever tries
// the door by hand what to do.
var (
	recorded        = Answer{http.StatusOK, "recorded", ""}
	parcelClosed    = Answer{http.StatusOK, "parcel closed", ""}
	refundClosed    = Answer{http.StatusOK, "refund closed", ""}
	ofNoInterest    = Answer{http.StatusOK, "of no interest", ""}
	noReturn        = Answer{http.StatusOK, "return not told", ""}
	noReturnParcel  = Answer{http.StatusOK, "return parcel not told", ""}
	actionUnknown   = Answer{http.StatusOK, "unknown action", ""}
	unreadable      = Answer{http.StatusBadRequest, "unreadable", "the signature is right, but the body is not a webhook that Waybill can read: "}
	notVerified     = Answer{http.StatusUnauthorized, "not verified", "sign the raw body with the integration's webhook signature key and send the lower-case hex HMAC-SHA256 in the header Sendcloud-Signature"}
	noPassword      = Answer{http.StatusUnauthorized, "basic auth missing or wrong", "put user and password into the webhook's address: https://user:password@host/..."}
	noIntegration   = Answer{http.StatusNotFound, "unknown integration", "no integration of this name is configured: check the last part of the webhook's address"}
	tooLarge        = Answer{http.StatusRequestEntityTooLarge, "too large", "a webhook has at most 1 MiB"}
	temporalFault   = Answer{http.StatusServiceUnavailable, "not recorded", "Temporal did not record it: send it again"}
	temporalBusy    = Answer{http.StatusServiceUnavailable, "not recorded: busy", "too many webhooks are being recorded: send it again"}
	temporalRefusal = Answer{http.StatusServiceUnavailable, "not recorded: refused", "Temporal refused it: look at the log of the ingress, and send it again"}
)

// sendcloudWebhook takes a webhook: limit, verify, decode, record, answer. It
// answers 2xx only when Temporal has the scan or there is none to keep. It reads nothing
// of a body without a signature.
func (d *doors) sendcloudWebhook(c *gin.Context) Answer {
	name := c.Param("integration")
	integration, ok := d.keys.Load().integrations[name]
	if !ok {
		return noIntegration
	}
	// From here on the name is one of ours and may stand in the log.
	Note(c, "integration", name)
	admitted, older := integration.admits(c.Request)
	if !admitted {
		c.Header("WWW-Authenticate", `Basic realm="webhooks"`)
		return noPassword
	}
	signature := c.GetHeader(sendcloud.SignatureHeader)
	if !sendcloud.IsSignature(signature) {
		return notVerified
	}
	body, done, refusal := d.bodies.read(c, bodyLimit, tooLarge)
	verified := refusal == nil && sendcloud.Verify(integration.Keys, body, signature)
	done()
	switch {
	case refusal != nil:
		return *refusal
	case !verified:
		return notVerified
	}
	Proven(c)
	if older {
		OlderKey(c, BasicAuthVariable+contract.VariableFor(name))
	}
	if len(integration.Keys) > 1 && !sendcloud.Verify(integration.Keys[:1], body, signature) {
		OlderKey(c, KeysVariable+contract.VariableFor(name))
	}
	event, err := sendcloud.Decode(body, time.Now())
	if err != nil {
		Note(c, "fault", err.Error())
		a := unreadable
		a.Hint += err.Error()
		return a
	}
	return d.take(c, name, event)
}

// admits reports whether a request has a user and password of the integration, if it has any, and
// whether these are older than the first. The comparison takes the same time whatever was given.
func (i Integration) admits(r *http.Request) (ok, older bool) {
	user, password, _ := r.BasicAuth()
	given := sha256.Sum256([]byte(user + ":" + password))
	for n, one := range i.BasicAuth {
		want := sha256.Sum256(one)
		if subtle.ConstantTimeCompare(given[:], want[:]) == 1 {
			ok, older = true, n > 0
		}
	}
	return ok || len(i.BasicAuth) == 0, older
}

// take deals with a webhook that was verified and understood.
func (d *doors) take(c *gin.Context, integration string, event sendcloud.Event) Answer {
	if !event.Action.Known() {
		// Not named in the log: it is a text from outside.
		return actionUnknown
	}
	Note(c, "action", string(event.Action))
	// A caller that hangs up must not stop what is about to become durable.
	ctx, cancel := Detached(c.Request.Context(), recordTimeout)
	defer cancel()
	if event.Action == sendcloud.TestWebhook || event.Action == sendcloud.IntegrationCredentials {
		return ofNoInterest // nothing is recorded, so it needs no turn
	}
	done, err := d.inTurn(ctx, integration)
	if err != nil {
		Note(c, "fault", "no turn came in time")
		return temporalBusy
	}
	defer done()
	switch event.Action {
	case sendcloud.ParcelStatusChanged:
		noteScan(c, event)
		err := d.recorder.Scan(ctx, contract.ParcelRef{Integration: integration, ID: event.ParcelID}, event.Scan)
		if err == nil && !event.Scan.ClockGuessed {
			monitoring.With(d.metrics).Time(monitoring.WebhookToRecorded, time.Since(event.Scan.At), integration)
		}
		return answerTo(c, err)
	case sendcloud.IntegrationConnected, sendcloud.IntegrationUpdated, sendcloud.IntegrationDeleted:
		return answerTo(c, d.recorder.IntegrationChange(ctx, integration, event.Integration, event.Action == sendcloud.IntegrationDeleted))
	case sendcloud.ReturnDelivered:
		parcelID, scan, ok := event.Return.Scan(time.Now())
		if !ok {
			return noReturnParcel
		}
		Note(c, "parcel", parcelID)
		return answerTo(c, d.recorder.Scan(ctx, contract.ParcelRef{Integration: integration, ID: parcelID}, scan))
	case sendcloud.ReturnCreated, sendcloud.RefundRequested:
		return d.takeRefund(ctx, c, integration, event)
	case sendcloud.IntegrationCredentials, sendcloud.TestWebhook: // see above
	}
	return ofNoInterest
}

// inTurn waits for a turn of an integration, and leaves time to record in.
func (d *doors) inTurn(ctx context.Context, integration string) (done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout/2)
	defer cancel()
	return d.turns.take(ctx, integration)
}

// believed is how old a report of a return may be: Sendcloud repeats a webhook for seven
// hours. An older one is looked up first. Temporal forgets a refund 30 days after its end,
// and would take a report that was kept and sent again for a new one.
const believed = 14 * 24 * time.Hour

// takeRefund records that somebody wants to be paid back. refund_requested does
// not say which return it is about, and that has to be found out first.
func (d *doors) takeRefund(ctx context.Context, c *gin.Context, integration string, event sendcloud.Event) Answer {
	told := event.Return
	switch {
	case event.Action == sendcloud.RefundRequested:
		report := contract.ReturnReport{Integration: integration, ID: told.ID, At: told.At, Facts: told.Facts(refund.FromRefundRequested)}
		if report.Facts.NoticeAt.IsZero() {
			report.Facts.NoticeAt = told.At
		}
		return answerRefund(c, d.recorder.FindReturn(ctx, report))
	case told.RefundType == "":
		return ofNoInterest // goods that come back, and no money asked for
	case told.Return.ID <= 0:
		return noReturn
	}
	Note(c, "return", told.Return.ID)
	facts := told.Facts(refund.FromReturnCreated)
	facts.NoticeAt = told.At
	if time.Since(told.At) > believed {
		return answerRefund(c, d.recorder.FindReturn(ctx, contract.ReturnReport{
			Integration: integration, ID: told.ID, At: told.At, ReturnID: told.Return.ID, Facts: facts,
		}))
	}
	return answerRefund(c, d.recorder.RefundRequested(ctx, contract.RefundRef{Integration: integration, ReturnID: told.Return.ID}, contract.RefundReport{ID: told.ID, Facts: facts}))
}

func answerRefund(c *gin.Context, err error) Answer {
	if errors.Is(err, recorder.ErrOver) {
		return refundClosed
	}
	return answerTo(c, err)
}

// noteScan notes what a scan is about.
func noteScan(c *gin.Context, event sendcloud.Event) {
	Note(c, "parcel", event.ParcelID)
	Note(c, "status", event.Scan.StatusID)
	if event.Scan.Note != "" {
		Note(c, "note", string(event.Scan.Note))
	}
	if event.Scan.ClockGuessed {
		Note(c, "clock", "no usable timestamp, time of receipt taken")
	}
}

// answerTo is the answer to what Temporal said.
func answerTo(c *gin.Context, err error) Answer {
	if err == nil {
		return recorded
	}
	if errors.Is(err, recorder.ErrOver) {
		return parcelClosed
	}
	Note(c, "fault", err.Error())
	_, invalid := errors.AsType[*serviceerror.InvalidArgument](err)
	_, denied := errors.AsType[*serviceerror.PermissionDenied](err)
	_, nowhere := errors.AsType[*serviceerror.NamespaceNotFound](err)
	if invalid || denied || nowhere {
		return temporalRefusal
	}
	return temporalFault
}
