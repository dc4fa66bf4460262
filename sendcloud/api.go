package sendcloud

import (
	"context"
	"errors"
	"fmt"
	"time"

	"waybill/parcel"
)

// API is Sendcloud's REST API as seen through the keys of one integration.
// There are two of it, version 2 and version 3: see [NewAPI].
//
// Every call may fail with an [*APIError]; [APIError.Kind] says what to do
// about it. A context that ends is its own error.
type API interface {
	// ParcelsUpdatedAfter hands over, page by page, every parcel that changed
	// after a moment. Parcels change while the pages are read, so one may come
	// twice; one that is pushed off a page comes in the next sweep, if that
	// begins a little before this one ended. An error of page ends the walk.
	//
	// Version 2 cannot tell integrations apart: it hands over what the whole
	// account has.
	ParcelsUpdatedAfter(ctx context.Context, since time.Time, page func([]Report) error) error
	// ParcelsByID reads parcels, in any number and no order. What Sendcloud
	// does not know is left out.
	ParcelsByID(ctx context.Context, ids []int64) ([]Report, error)
	// Parcel reads one parcel. Kind NotFound: it was deleted, or is another's.
	Parcel(ctx context.Context, id int64) (Report, error)
	// Returns hands over, page by page, the returns that were made in a span of time.
	// Both versions ask version 2: version 3's list leaves their numbers out. Kind
	// Setup or NotFound where that is closed to the account.
	Returns(ctx context.Context, from, to time.Time, page func([]Return) error) error
	// Return reads one return, in version 3 with what only version 2 tells.
	Return(ctx context.Context, id int64) (Return, error)
	// FindReturn finds the return that parcels belong to, the one that went out
	// and the one that comes back, if it was made after a moment; either may be
	// 0 for not known. The webhook [RefundRequested] tells parcels, and no
	// return.
	//
	// It looks for the return that comes back by this very parcel. If there is
	// none, it is the newest one of what went out, one with a wish for a refund
	// before others: whoever knew what comes back should compare it then.
	//
	// Both versions ask version 2, and find no more than that tells. Kind Setup:
	// it is closed to this account, and returns cannot be looked up.
	FindReturn(ctx context.Context, outgoing, incoming int64, since time.Time) (found Return, ok bool, err error)
	// Integration reads the settings of the integration. Kind Setup if its
	// number is not known.
	Integration(ctx context.Context) (Integration, error)
	// ServicePoint reads where a parcel can be collected.
	ServicePoint(ctx context.Context, id int64) (ServicePoint, error)
	// FailedCalls counts, page by page, the calls to the shop's systems that
	// failed after a moment.
	FailedCalls(ctx context.Context, since time.Time, page func(failed int) error) error
}

// Report is what the API tells of a parcel: the state that it is in now. Its
// scan is marked as polled, and its time is that of the last change of anything
// about the parcel, in whole seconds. All but these two may be missing.
type Report struct {
	ParcelID int64
	Scan     parcel.Scan
	// OrderValue is what the whole order is worth, as a decimal such as 129.90:
	// every parcel of the order has the same.
	OrderValue, OrderCurrency string
	// CreatedAt is when the parcel was made, which is before it is announced.
	CreatedAt time.Time
}

// APIError is why a call to the API failed.
type APIError struct {
	Kind ErrorKind
	// Status is the HTTP status, 0 if no answer came.
	Status int
	// Wait is how long Sendcloud asked us to wait; 0 if it did not.
	Wait time.Duration
	// Code and Message are Sendcloud's own words, cut short; they are empty
	// where the answer was in none of the four shapes that its errors have.
	Code, Message string
	// Cause is what kept the answer from coming or from being read.
	Cause error
}

// ErrorKind says what to do about an error of the API.
type ErrorKind string

// The kinds.
const (
	// Unavailable may mend itself: no answer, an answer that broke off or is
	// no JSON, 5xx. Try again later.
	Unavailable ErrorKind = "unavailable"
	// Limited is one call too many; try again later.
	Limited ErrorKind = "too many calls"
	// Setup needs a person: keys that are wrong or may too little, an account
	// that is not complete, an integration whose number is not known.
	Setup ErrorKind = "set-up"
	// NotFound: there is no such thing, or it is somebody else's.
	NotFound ErrorKind = "not found"
	// Invalid was refused for what it asks. Trying again is no use.
	Invalid ErrorKind = "invalid"
)

func (e *APIError) Error() string {
	said := "Sendcloud's API: " + string(e.Kind)
	if e.Status != 0 {
		said += fmt.Sprintf(" (status %d)", e.Status)
	}
	if e.Code != "" {
		said += ", " + e.Code
	}
	if e.Message != "" {
		said += ": " + e.Message
	}
	if e.Cause != nil {
		said += ": " + e.Cause.Error()
	}
	return said
}

func (e *APIError) Unwrap() error { return e.Cause }

// isKind reports whether an error is one of the API's of this kind.
func isKind(err error, kind ErrorKind) bool {
	var failed *APIError
	return errors.As(err, &failed) && failed.Kind == kind
}
