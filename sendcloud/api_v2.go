package sendcloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"waybill/parcel"
)

// apiV2 is version 2 of the API. https://sendcloud.dev/api/v2/parcels
type apiV2 struct{ *client }

// idsAtOnce is how many parcels one call may ask for.
const idsAtOnce = 100

func (a apiV2) ParcelsUpdatedAfter(ctx context.Context, since time.Time, page func([]Report) error) error {
	query := url.Values{"updated_after": {since.UTC().Format("2006-01-02T15:04:05.000000+00:00")}}
	return walk(query, func(query url.Values) (url.Values, error) {
		reports, next, err := a.parcels(ctx, query)
		if err != nil {
			return nil, err
		}
		return follow(query, next), page(reports)
	})
}

func (a apiV2) ParcelsByID(ctx context.Context, ids []int64) ([]Report, error) {
	return inChunks(ids, func(list string) ([]Report, error) {
		var all []Report
		err := walk(url.Values{"ids": {list}}, func(query url.Values) (url.Values, error) {
			reports, next, err := a.parcels(ctx, query)
			all = append(all, reports...)
			return follow(query, next), err
		})
		return all, err
	})
}

// inChunks reads parcels by id, as many at once as a call may ask for.
func inChunks(ids []int64, read func(list string) ([]Report, error)) ([]Report, error) {
	var all []Report
	for chunk := range slices.Chunk(ids, idsAtOnce) {
		texts := make([]string, len(chunk))
		for i, id := range chunk {
			texts[i] = strconv.FormatInt(id, 10)
		}
		reports, err := read(strings.Join(texts, ","))
		if err != nil {
			return nil, err
		}
		all = append(all, reports...)
	}
	return all, nil
}

func (a apiV2) parcels(ctx context.Context, query url.Values) (reports []Report, next string, err error) {
	var raw json.RawMessage
	if _, err := a.read(ctx, "api/v2/parcels", query, &raw); err != nil {
		return nil, "", err
	}
	return decodeParcelsV2(raw, time.Now())
}

func (a apiV2) Parcel(ctx context.Context, id int64) (Report, error) {
	var told struct {
		Parcel object[restParcel] `json:"parcel"`
	}
	if _, err := a.read(ctx, fmt.Sprintf("api/v2/parcels/%d", id), nil, &told); err != nil {
		return Report{}, err
	}
	report, ok := told.Parcel.v.report(time.Now())
	if !ok {
		return Report{}, &APIError{Kind: Unavailable, Cause: errors.New("the answer lacks the parcel's id or status")}
	}
	return report, nil
}

// restParcel is a parcel as the API has it: a webhook's, when it was made and
// changed, and what the order is worth.
type restParcel struct {
	webhookParcel
	Created       moment   `json:"date_created"`
	Updated       moment   `json:"date_updated"`
	OrderValue    text     `json:"total_order_value"`
	OrderCurrency currency `json:"total_order_value_currency"`
}

// report is the parcel as a polled scan, unless it lacks its id or status.
func (p restParcel) report(read time.Time) (Report, bool) {
	id := p.Status.v.ID
	if !p.ID.ok || p.ID.n <= 0 || !id.ok || id.n < 0 || id.n > 1<<31 {
		return Report{}, false
	}
	phase, note := PhaseOf(int(id.n))
	report := polled(p.ID.n, status{int(id.n), string(p.Status.v.Message), "", phase, note}, p.Updated.Time, read, p.facts())
	return report.withOrder(price{p.OrderValue, p.OrderCurrency}, p.Created.Time), true
}

// polled makes the report of a parcel that was found in a state. The API does
// not say when the carrier saw it.
func polled(parcelID int64, s status, updated, read time.Time, facts parcel.Facts) Report {
	guessed := updated.IsZero() || updated.After(read.Add(clockSkew))
	if guessed {
		updated = read
	}
	updated = updated.UTC().Truncate(time.Second)
	return Report{ParcelID: parcelID, Scan: parcel.Scan{
		Polled: true, StatusID: s.id, Status: s.message, Phase: s.phase, Note: s.note,
		At: updated, ReceivedAt: read.UTC(), ClockGuessed: guessed, Facts: facts,
	}}
}

// withOrder adds what the order is worth, and when the parcel was made: not in
// the future, by the clock of the scan.
func (r Report) withOrder(order price, created time.Time) Report {
	r.OrderValue, r.OrderCurrency = amount(order.Value), string(order.Currency)
	if !created.After(r.Scan.ReceivedAt.Add(clockSkew)) {
		r.CreatedAt = created
	}
	return r
}

// decodeParcelsV2 reads a page of parcels and the link to the next.
func decodeParcelsV2(raw []byte, read time.Time) (reports []Report, next string, err error) {
	var told struct {
		Next    text             `json:"next"`
		Parcels rows[restParcel] `json:"parcels"`
	}
	if json.Unmarshal(raw, &told) != nil || told.Parcels == nil {
		return nil, "", errShape("the list of parcels")
	}
	for _, p := range told.Parcels {
		if report, ok := p.report(read); ok {
			reports = append(reports, report)
		}
	}
	return reports, told.Next.exact(), nil
}
