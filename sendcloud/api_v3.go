package sendcloud

import (
	"context"
	"encoding/json"
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
	// Without it, it would be the parcels of the whole organisation.
	if err := a.numbered(); err != nil {
		return err
	}
	query := url.Values{
		"updated_after":  {since.UTC().Format(time.RFC3339Nano)},
		"integration_id": {strconv.FormatInt(a.integration, 10)},
		"page_size":      {"100"},
	}
	return walk(query, func(query url.Values) (url.Values, error) {
		shipments, next, err := a.shipments(ctx, query)
		if err != nil {
			return nil, err
		}
		return follow(query, next), page(reportsOf(shipments, time.Now()))
	})
}

func (a apiV3) ParcelsByID(ctx context.Context, ids []int64) ([]Report, error) {
	return inChunks(ids, func(list string) ([]Report, error) {
		var all []Report
		err := walk(url.Values{"ids": {list}, "page_size": {"100"}}, func(query url.Values) (url.Values, error) {
			shipments, next, err := a.shipments(ctx, query)
			all = append(all, reportsOf(shipments, time.Now())...)
			return follow(query, next), err
		})
		return all, err
	})
}

func (a apiV3) Parcel(ctx context.Context, id int64) (Report, error) {
	reports, err := a.ParcelsByID(ctx, []int64{id})
	if err != nil {
		return Report{}, err
	}
	for _, report := range reports {
		if report.ParcelID == id {
			return report, nil
		}
	}
	return Report{}, &APIError{Kind: NotFound, Cause: errors.New("no shipment has the parcel")}
}

type shipment struct {
	ID      text           `json:"id"`
	Order   text           `json:"order_number"`
	Worth   object[price]  `json:"total_order_price"`
	Parcels rows[parcelV3] `json:"parcels"`
	To      object[struct {
		Name    text    `json:"name"`
		Email   text    `json:"email"`
		Country country `json:"country_code"`
	}] `json:"to_address"`
	From object[struct {
		Country country `json:"country_code"`
	}] `json:"from_address"`
	ShipWith object[struct {
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

// shipments reads a page of shipments. The link to the next stands in a header
// and nowhere else.
func (a apiV3) shipments(ctx context.Context, query url.Values) ([]shipment, string, error) {
	var raw json.RawMessage
	header, err := a.read(ctx, "api/v3/shipments", query, &raw)
	if err != nil {
		return nil, "", err
	}
	shipments, err := decodeShipments(raw)
	return shipments, nextLink(header), err
}

func decodeShipments(raw []byte) ([]shipment, error) {
	var told struct {
		Data rows[shipment] `json:"data"`
	}
	if json.Unmarshal(raw, &told) != nil || told.Data == nil {
		return nil, errShape("the list of shipments")
	}
	return told.Data, nil
}

// reportsOf are the reports of all parcels in shipments, but for those that
// lack their id or status.
func reportsOf(shipments []shipment, read time.Time) []Report {
	var reports []Report
	for _, s := range shipments {
		for _, p := range s.Parcels {
			if p.ID.n <= 0 || p.Status.v.Code == "" {
				continue
			}
			means := codedStatus(string(p.Status.v.Code))
			report := polled(p.ID.n, means, p.Updated.Time, read, s.facts(p))
			reports = append(reports, report.withOrder(s.Worth.v, p.Created.Time))
		}
	}
	return reports
}

func (s shipment) facts(p parcelV3) parcel.Facts {
	to := s.To.v
	carrier, _, _ := strings.Cut(string(s.ShipWith.v.Properties.v.Option), ":")
	return parcel.Facts{
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
