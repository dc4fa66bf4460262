package console

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
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
