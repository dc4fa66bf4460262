package console

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
)

func TestAnExportHasThePersonAndNotThePeopleOfTheShop(t *testing.T) {
	r := paid(t)
	r.Facts.RequestedBy = "dora@shop.example"
	raw, err := json.Marshal(exportRefund(contract.RefundRef{Integration: "my-shop", ReturnID: 7001}, r))
	require.NoError(t, err)
	said := string(raw)
	for _, theirs := range []string{"Jane Doe", "jane.doe@example.com", "I live at Main Street 1", "1042", `"by":"the shop"`, `"by":"the rules"`, "EUR 300.00", "pay-1"} {
		require.Contains(t, said, theirs)
	}
	for _, person := range []string{"anna", "ben", "cleo", "dora"} {
		require.NotContains(t, said, person)
	}

	raw, err = json.Marshal(exportParcel(contract.ParcelRef{Integration: "my-shop", ID: 7}, parcel.Parcel{
		Facts:     parcel.Facts{Recipient: parcel.Recipient{Name: "Jane Doe"}},
		Corrected: parcel.Recipient{Email: "jane@example.com"},
		Ledger:    []parcel.Entry{{ScanAt: nine, StatusID: 3, Status: "En route to sorting center"}, {ScanAt: nine.Add(time.Hour), Due: parcel.TooQuiet}},
		Orders:    []parcel.OrderEntry{{At: nine, What: "change recipient", By: "sam", Why: "she called"}},
		Mails:     delivery.Outbox[parcel.News]{{Key: "k", Decided: nine, State: delivery.Accepted, About: parcel.News{Kind: parcel.MailShipped}}},
	}))
	require.NoError(t, err)
	require.JSONEq(t, `{
		"parcel": "my-shop/7", "facts": {"recipient": {"name": "Jane Doe"}}, "corrected": {"email": "jane@example.com"},
		"scans": [{"at": "2026-11-02T09:00:00Z", "says": "3 En route to sorting center"}],
		"mails": [{"decided": "2026-11-02T09:00:00Z", "mail": "shipped", "state": "accepted"}],
		"orders": [{"at": "2026-11-02T09:00:00Z", "what": "change recipient", "why": "she called"}]
	}`, string(raw))
}

// shelf has parcels and refunds by their numbers.
type shelf struct {
	parcels map[int64]parcel.Parcel
	refunds map[int64]refund.Refund
}

func (s shelf) Parcel(_ context.Context, of contract.ParcelRef) (parcel.Parcel, bool, error) {
	p, found := s.parcels[of.ID]
	return p, found, nil
}

func (s shelf) Refund(_ context.Context, of contract.RefundRef) (refund.Refund, bool, error) {
	r, found := s.refunds[of.ReturnID]
	return r, found, nil
}

// The order was sent to a friend, and its buyer asks: the friend's name is not the buyer's.
func TestAnExportHasTheReturnParcelOfARefundAndNoOtherPersonsParcel(t *testing.T) {
	of := func(id int64) contract.ParcelRef { return contract.ParcelRef{Integration: "my-shop", ID: id} }
	all, err := export(t.Context(), shelf{
		map[int64]parcel.Parcel{
			1:         {Facts: parcel.Facts{Recipient: parcel.Recipient{Name: "Jane Doe"}}},
			364000001: {Facts: parcel.Facts{Recipient: parcel.Recipient{Name: "A Friend"}}},
			364000002: {Facts: parcel.Facts{IsReturn: true}},
		},
		map[int64]refund.Refund{7001: paid(t)},
	}, recorder.Theirs{
		Parcels: []contract.ParcelRef{of(1)}, Others: []string{of(364000001).WorkflowID()},
		Refunds: []contract.RefundRef{{Integration: "my-shop", ReturnID: 7001}, {Integration: "my-shop", ReturnID: 7002}},
	})
	require.NoError(t, err, "Temporal has forgotten 7002 by now")
	var parcels []string
	for _, p := range all.Parcels {
		parcels = append(parcels, p.Parcel)
	}
	require.Equal(t, []string{"my-shop/1", "my-shop/364000002"}, parcels)
	require.Len(t, all.Refunds, 1)
}

func TestAPersonIsNamedByAddressOrOrder(t *testing.T) {
	for _, c := range []struct{ says, mail, order, sought, want string }{
		{"a mail address", " jane.doe@example.com ", "", "jane.doe@example.com", ""},
		{"an order", "", "#1042", "#1042", ""},
		{"nothing", "", " ", "", "name the person by --mail or by --order"},
		{"both", "jane@example.com", "1042", "", "name the person by --mail or by --order"},
		{"a name for an address", "Jane Doe", "", "", "--mail is a mail address"},
		{"an address for an order", "", "jane@example.com", "", "for a mail address, use --mail"},
	} {
		sought, err := personSought(c.mail, c.order)
		require.Equal(t, c.sought, sought, c.says)
		if c.want == "" {
			require.NoError(t, err, c.says)
		} else {
			require.ErrorContains(t, err, c.want, c.says)
		}
	}
}
