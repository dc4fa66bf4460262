package sendcloud

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"waybill/parcel"
)

// apiV3 is version 3 of the API. https://sendcloud.dev/api/v3/shipments
type apiV3 struct{ *client }

func (a apiV3) ParcelsUpdatedAfter(ctx context.Context, since time.Time, page func([]Report) error) error {
	return a.ownParcels(ctx, url.Values{"updated_after": {since.UTC().Format(time.RFC3339Nano)}}, page)
}

func (a apiV3) ParcelsByID(ctx context.Context, ids []int64) ([]Report, error) {
	return byID(ctx, ids, a.parcels)
}

func (a apiV3) OwnParcels(ctx context.Context, ids []int64) ([]Report, error) {
	return byID(ctx, ids, a.ownParcels)
}

// ownParcels lists those of the integration.
func (a apiV3) ownParcels(ctx context.Context, query url.Values, page func([]Report) error) error {
	// Without a number, version 3 would list the parcels of the whole account.
	if err := a.numbered(); err != nil {
		return err
	}
	query.Set("integration_id", strconv.FormatInt(a.integration, 10))
	return a.parcels(ctx, query, page)
}

// parcels lists those of the whole account, unless the query names an integration.
func (a apiV3) parcels(ctx context.Context, query url.Values, page func([]Report) error) error {
	query.Set("page_size", "100")
	return handOver(pages[shipment](ctx, a.client, "api/v3/shipments", "data", query), page)
}

func (a apiV3) Parcel(ctx context.Context, id int64) (Report, error) {
	own, err := a.OwnParcels(ctx, []int64{id})
	if report, ok := reportOf(own, id); ok || err != nil {
		return report, err
	}
	all, err := a.ParcelsByID(ctx, []int64{id})
	if err != nil {
		return Report{}, err
	}
	if _, ok := reportOf(all, id); ok {
		return Report{}, &APIError{Kind: NotOurs, Cause: errors.New("the parcel was sent through another integration of the account")}
	}
	return Report{}, &APIError{Kind: NotFound, Cause: errors.New("no shipment has the parcel")}
}

// reportOf finds the report of a parcel.
func reportOf(reports []Report, id int64) (found Report, ok bool) {
	for _, report := range reports {
		if report.ParcelID == id {
			return report, true
		}
	}
	return Report{}, false
}

type shipment struct {
	ID      text           `json:"id"`
	Order   shown          `json:"order_number"`
	Worth   object[price]  `json:"total_order_price"`
	Parcels rows[parcelV3] `json:"parcels"`
	To      object[struct {
		Name    person  `json:"name"`
		Email   text    `json:"email"`
		Country country `json:"country_code"`
	}] `json:"to_address"`
	From object[struct {
		Country country `json:"country_code"`
	}] `json:"from_address"`
	// ServicePoint has the number of the point, or is it.
	ServicePoint pointV3 `json:"to_service_point"`
	ShipWith     object[struct {
		Properties object[struct {
			Option text `json:"shipping_option_code"`
		}] `json:"properties"`
	}] `json:"ship_with"`
}

type parcelV3 struct {
	ID     whole `json:"id"`
	Status object[struct {
		Code    text `json:"code"`
		Message text `json:"message"`
	}] `json:"status"`
	TrackingNumber text   `json:"tracking_number"`
	TrackingURL    text   `json:"tracking_url"`
	Created        moment `json:"created_at"`
	Updated        moment `json:"updated_at"`
}

// pointV3 is the number of a service point, alone or in the field id of an object.
type pointV3 struct{ whole }

func (p *pointV3) UnmarshalJSON(raw []byte) error {
	var told object[struct {
		ID whole `json:"id"`
	}]
	if err := told.UnmarshalJSON(raw); err != nil || raw[0] == '{' {
		p.whole = told.v.ID
		return err
	}
	return p.whole.UnmarshalJSON(raw)
}

// reports are those of its parcels that have an id and a status.
func (s shipment) reports(read time.Time) []Report {
	var reports []Report
	for nr, p := range s.Parcels {
		if p.ID.n <= 0 || p.Status.v.Code == "" {
			continue
		}
		report := polled(p.ID.n, codedStatus(string(p.Status.v.Code)), p.Updated.Time, read, s.facts(p, nr))
		reports = append(reports, report.withOrder(s.Worth.v, p.Created.Time))
	}
	return reports
}

func (s shipment) facts(p parcelV3, nr int) parcel.Facts {
	to := s.To.v
	carrier, _, _ := strings.Cut(string(s.ShipWith.v.Properties.v.Option), ":")
	return parcel.Facts{
		ServicePoint:   max(0, s.ServicePoint.n),
		Collo:          colloOf(s.ID, int64(nr), int64(len(s.Parcels))),
		CarrierCode:    strings.ToLower(carrier),
		TrackingNumber: p.TrackingNumber.exact(),
		TrackingURL:    httpsOnly(p.TrackingURL),
		OrderNumber:    string(s.Order),
		Origin:         string(s.From.v.Country),
		Recipient: parcel.Recipient{
			Name: string(to.Name), Email: to.Email.exact(), Country: string(to.Country),
		},
	}
}
