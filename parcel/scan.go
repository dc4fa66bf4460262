package parcel

import (
	"fmt"
	"time"
)

// Scan is one status change of one parcel.
type Scan struct {
	// StatusID is Sendcloud's parcel.status.id.
	StatusID int `json:"statusId"`
	// Status is Sendcloud's text for it, for people to read. No rule looks at it.
	Status string `json:"status,omitempty"`
	Phase  Phase  `json:"phase"`
	Note   Note   `json:"note,omitempty"`
	// At is Sendcloud's time of the change. Scans are ordered by it.
	At time.Time `json:"at"`
	// CarrierAt is the carrier's own time of the change; zero if not told.
	CarrierAt time.Time `json:"carrierAt,omitzero"`
	// ReceivedAt is when the scan reached us. Temporal's own record says it too.
	ReceivedAt time.Time `json:"-"`
	// ClockGuessed says that At is the time of receipt: the report had no usable time. Then
	// only the Digest of its bytes tells it from others.
	ClockGuessed bool   `json:"clockGuessed,omitempty"`
	Digest       string `json:"digest,omitempty"`
	// Polled says that nobody reported the change: Sendcloud was asked. At is in whole
	// seconds then.
	Polled bool  `json:"polled,omitempty"`
	Facts  Facts `json:"facts,omitzero"`
	// FactsName names the facts for later scans. A scan with FactsAs has the facts of that name,
	// which the same run was told, but for those that stand here: see [Facts.With].
	FactsName string `json:"factsName,omitempty"`
	FactsAs   string `json:"factsAs,omitempty"`
}

// ID is the same for every copy of a report, and for no other: Sendcloud tells reports apart
// by status and time.
func (s Scan) ID() string {
	switch {
	case s.Digest != "":
		return fmt.Sprintf("%d#%s", s.StatusID, s.Digest)
	case s.Polled:
		return fmt.Sprintf("poll:%d@%d", s.StatusID, s.At.UnixMilli())
	}
	return fmt.Sprintf("%d@%d", s.StatusID, s.At.UnixMilli())
}

// carrierAhead is how far a carrier's clock may be ahead of Sendcloud's. Some carriers send
// their local time as if it were UTC.
const carrierAhead = 10 * time.Minute

// HappenedAt is the time by which a scan's age is judged, and that people are shown: the
// carrier's if it can be believed, or else Sendcloud's. Sendcloud cannot have heard of a scan
// before it happened.
func (s Scan) HappenedAt() time.Time {
	if s.CarrierAt.IsZero() || s.CarrierAt.After(s.At.Add(carrierAhead)) {
		return s.At
	}
	return s.CarrierAt
}

// Note is what a status says beyond its phase, where a rule depends on it.
type Note string

// The notes.
const (
	UnknownStatus      Note = "unknown status"      // its id is not in our table
	CancellationFailed Note = "cancellation failed" // brings back the phase before
	AddressProblem     Note = "address problem"     // the recipient can correct it
	AtCustoms          Note = "at customs"          // takes longer
	Collected          Note = "collected"           // by the recipient, at a pick-up point
)

// Facts are what a report tells of the parcel itself.
type Facts struct {
	IsReturn       bool      `json:"isReturn,omitempty"`
	Recipient      Recipient `json:"recipient,omitzero"`
	CarrierCode    string    `json:"carrierCode,omitempty"`
	CarrierName    string    `json:"carrierName,omitempty"`
	TrackingNumber string    `json:"trackingNumber,omitempty"`
	// TrackingURL is empty unless it is an https address.
	TrackingURL string `json:"trackingUrl,omitempty"`
	OrderNumber string `json:"orderNumber,omitempty"`
	// Origin is the country that the parcel is sent from, ISO 3166-1 alpha-2.
	Origin string `json:"origin,omitempty"`
	// ServicePoint is Sendcloud's number of a pick-up point; 0 if none is known.
	ServicePoint int64 `json:"servicePoint,omitempty"`
	// Collo is zero unless the parcel is one of several that go together.
	Collo Collo `json:"collo,omitzero"`
}

// NoCarrier is the carrier's code of a parcel that no carrier scans: Sendcloud sets its statuses
// by its own clock.
const NoCarrier = "sendcloud"

// Unscanned reports whether no carrier scans the parcel.
func (f Facts) Unscanned() bool { return f.CarrierCode == NoCarrier }

// Collo is one of several parcels that go to the same recipient together.
type Collo struct {
	// UUID is the same for all of them.
	UUID string `json:"uuid,omitempty"`
	// Nr counts from 0 up to Count.
	Nr    int `json:"nr"`
	Count int `json:"count"`
}

// Recipient is the person who gets the parcel and its mails: personal data, which never goes
// into an id, a search attribute, a summary, a log line or an error.
type Recipient struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	// Country is ISO 3166-1 alpha-2, upper case.
	Country string `json:"country,omitempty"`
	// Language is what an operator says that the recipient reads.
	Language Language `json:"language,omitempty"`
}
