package sendcloud

import (
	"context"
	"errors"
	"fmt"
	"time"

	"waybill/parcel"
)

// API is Sendcloud's REST API as one integration's keys see it, in version 2 or
// version 3: see [NewAPI].
//
// Every call can fail with an [*APIError], whose Kind says what to do about it, or with
// the error of its context.
type API interface {
	// ParcelsUpdatedAfter hands over every parcel that changed after a moment, page by
	// page. Parcels change while the pages are read, so a parcel can come twice. A
	// parcel that is pushed off a page comes in the next sweep, if that begins a little
	// before this one ended. An error of page ends the sweep.
	//
	// Version 2 cannot tell integrations apart, here and below: it takes all parcels of the
	// account for the integration's.
	ParcelsUpdatedAfter(ctx context.Context, since time.Time, page func([]Report) error) error
	// ParcelsByID reads any number of the account's parcels, in no order. Parcels that
	// Sendcloud does not know are left out.
	ParcelsByID(ctx context.Context, ids []int64) ([]Report, error)
	// OwnParcels does so for parcels that are known to be sent through the integration, and
	// leaves all others out: in version 2 all, unless the account has no other integration. Kind
	// Setup: version 3 needs the integration's number, and version 2 the list of integrations.
	OwnParcels(ctx context.Context, ids []int64) ([]Report, error)
	// Parcel reads one parcel that was sent through the integration. Kind NotOurs: it was
	// sent through another one of the account. Kind NotFound: it was deleted, or belongs to
	// another account.
	Parcel(ctx context.Context, id int64) (Report, error)
	// Tracking reads what the carrier told of one parcel.
	Tracking(ctx context.Context, trackingNumber string) (Tracking, error)
	// Returns hands over the account's returns that were made in a span of time, page by
	// page, whatever integration sent the parcels: OwnParcels tells which are the
	// integration's. A return without a date is handed over too. Both versions ask version
	// 2, because version 3's list leaves the ids out. Kind Setup or NotFound: version 2 is
	// closed to the account.
	Returns(ctx context.Context, from, to time.Time, page func([]Return) error) error
	// Return reads one return. Version 3 adds what only version 2 tells.
	Return(ctx context.Context, id int64) (Return, error)
	// FindReturn finds the return that an outgoing and an incoming parcel belong to, if
	// it was made after a moment. Either parcel can be 0 for not known. It is for the
	// webhook [RefundRequested], which names parcels and no return.
	//
	// The return of this very incoming parcel comes first. Without one, it is the
	// newest return of the outgoing parcel, and one that asks for a refund comes before
	// others: a caller who knows the incoming parcel should then compare it.
	//
	// Both versions ask version 2. Kind Setup: it is closed to this account.
	FindReturn(ctx context.Context, outgoing, incoming int64, since time.Time) (found Return, ok bool, err error)
	// Integration reads the settings of the integration. Kind Setup: its number is
	// not known.
	Integration(ctx context.Context) (Integration, error)
	// Integrations are Sendcloud's numbers of all integrations of the account.
	Integrations(ctx context.Context) ([]int64, error)
	// ServicePoint reads where a parcel can be collected.
	ServicePoint(ctx context.Context, id int64) (ServicePoint, error)
	// FailedCalls counts Sendcloud's calls to the shop's systems that failed after a
	// moment, page by page.
	FailedCalls(ctx context.Context, since time.Time, page func(failed int) error) error
	// Unverified counts the webhooks to an address, written without user and password, that
	// failed after a moment because they were answered 401, and tells when the last one was.
	Unverified(ctx context.Context, since time.Time, address string) (count int, last time.Time, err error)
}

// Report is the current state of a parcel, as the API tells it. Its scan is marked as
// polled; the scan's time is when anything about the parcel last changed, in whole
// seconds. Everything but ParcelID and Scan can be missing.
type Report struct {
	ParcelID int64
	Scan     parcel.Scan
	// OrderValue is the value of the whole order, as a decimal such as 129.90. Every
	// parcel of the order has the same.
	OrderValue, OrderCurrency string
	// CreatedAt is when the parcel was created, which is before it is announced.
	CreatedAt time.Time
}

// APIError is why a call to the API failed.
type APIError struct {
	Kind ErrorKind
	// Status is the HTTP status, 0 if no answer came.
	Status int
	// Wait is how long Sendcloud asks us to wait; 0 if it does not.
	Wait time.Duration
	// Code and Message are Sendcloud's own words, cut short. Both can be empty.
	Code, Message string
	// Cause is why there was no answer, or why it could not be read.
	Cause error
}

// ErrorKind says what to do about an error of the API.
type ErrorKind string

// The kinds.
const (
	// Unavailable is temporary: no answer, an answer that breaks off or is not JSON, or
	// 5xx. Try again later.
	Unavailable ErrorKind = "unavailable"
	// Limited is one call too many. Try again later.
	Limited ErrorKind = "too many calls"
	// Setup needs a person: the keys are wrong or lack a scope, the account is not
	// complete, or the integration's number is not known.
	Setup ErrorKind = "set-up"
	// NotFound: it does not exist, or belongs to another account.
	NotFound ErrorKind = "not found"
	// NotOurs: it belongs to another integration of the account.
	NotOurs ErrorKind = "not ours"
	// Invalid is a call that will never be accepted. Do not repeat it.
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
