package sendcloud

import (
	"context"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"waybill/parcel"
)

// apiV2 is version 2 of the API. https://sendcloud.dev/api/v2/parcels
type apiV2 struct{ *client }

// idsAtOnce is how many parcels one call can ask for.
const idsAtOnce = 100

func (a apiV2) ParcelsUpdatedAfter(ctx context.Context, since time.Time, page func([]Report) error) error {
	return a.parcels(ctx, url.Values{"updated_after": {since.UTC().Format("2006-01-02T15:04:05.000000+00:00")}}, page)
}

func (a apiV2) ParcelsByID(ctx context.Context, ids []int64) ([]Report, error) {
	return byID(ctx, ids, a.parcels)
}

func (a apiV2) OwnParcels(ctx context.Context, ids []int64) ([]Report, error) {
	all, err := a.Integrations(ctx)
	if err != nil || len(all) != 1 {
		return nil, err // none is known to be the integration's
	}
	return a.ParcelsByID(ctx, ids)
}

func (a apiV2) parcels(ctx context.Context, query url.Values, page func([]Report) error) error {
	return handOver(pages[restParcel](ctx, a.client, "api/v2/parcels", "parcels", query), page)
}

func (a apiV2) Parcel(ctx context.Context, id int64) (Report, error) {
	told, err := get[struct {
		Parcel object[restParcel] `json:"parcel"`
	}](ctx, a.client, "api/v2/parcels", id)
	if err != nil {
		return Report{}, err
	}
	for _, report := range told.Parcel.v.reports(time.Now()) {
		return report, nil
	}
	return Report{}, errShape("the parcel's id or status")
}

// row is a row of a list of parcels: a parcel of v2, a shipment of v3.
type row interface{ reports(read time.Time) []Report }

// handOver hands over the parcels of a list, page by page.
func handOver[T row](pages iter.Seq2[[]T, error], page func([]Report) error) error {
	for rows, err := range pages {
		if err != nil {
			return err
		}
		var all []Report
		for _, row := range rows {
			all = append(all, row.reports(time.Now())...)
		}
		if err := page(all); err != nil {
			return err
		}
	}
	return nil
}

// lister lists parcels, page by page.
type lister func(ctx context.Context, query url.Values, page func([]Report) error) error

// byID reads parcels by id, as many at once as a call can ask for.
func byID(ctx context.Context, ids []int64, list lister) ([]Report, error) {
	var all []Report
	for chunk := range slices.Chunk(ids, idsAtOnce) {
		texts := make([]string, len(chunk))
		for i, id := range chunk {
			texts[i] = strconv.FormatInt(id, 10)
		}
		err := list(ctx, url.Values{"ids": {strings.Join(texts, ",")}}, func(page []Report) error {
			all = append(all, page...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// restParcel is a webhook's parcel with what only the API tells.
type restParcel struct {
	webhookParcel
	Created       moment   `json:"date_created"`
	Updated       moment   `json:"date_updated"`
	OrderValue    text     `json:"total_order_value"`
	OrderCurrency currency `json:"total_order_value_currency"`
}

// reports is one report, or none if the parcel lacks its id or status.
func (p restParcel) reports(read time.Time) []Report {
	if p.fault() != nil {
		return nil
	}
	report := polled(p.ID.n, p.status(), p.Updated.Time, read, p.facts())
	return []Report{report.withOrder(price{p.OrderValue, p.OrderCurrency}, p.Created.Time)}
}

// polled makes the report of a parcel that was found with a status. The API does not
// say when the carrier saw it.
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

// withOrder adds the value of the order and, unless it lies in the future, when the
// parcel was created.
func (r Report) withOrder(order price, created time.Time) Report {
	r.OrderValue, r.OrderCurrency = amount(order.Value), string(order.Currency)
	if !created.After(r.Scan.ReceivedAt.Add(clockSkew)) {
		r.CreatedAt = created
	}
	return r
}
