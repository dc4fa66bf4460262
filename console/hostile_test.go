package console

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/recorder"
)

// Shops, carriers, customers and everyone who reaches Temporal write texts that operators' terminals
// show.
func TestNoTextFromOutsideControlsTheTerminal(t *testing.T) {
	const hostile = "a\x1b[2J\x1b]52;c;ZXZpbA==\a\r\u009b31m\u202eb\nPARCEL\tx\x7f"
	nine := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	p := parcel.Parcel{
		Integration: "demo", ID: 1, Phase: parcel.InTransit, Silenced: hostile,
		Facts:     parcel.Facts{OrderNumber: hostile, TrackingNumber: hostile, CarrierName: hostile, TrackingURL: hostile, Recipient: parcel.Recipient{Name: hostile, Email: hostile, Country: hostile}},
		Ledger:    []parcel.Entry{{ScanAt: nine, Status: hostile, Reason: "x"}},
		Mails:     delivery.Outbox[parcel.News]{{Key: "k", State: delivery.Parked, Why: hostile, About: parcel.News{Kind: parcel.MailShipped}}},
		Orders:    []parcel.OrderEntry{{At: nine, What: hostile, By: hostile, Why: hostile, Refused: hostile}},
		Deadline:  nine,
		PhaseNote: hostile,
	}
	listed := recorder.ListedParcel{ParcelRef: contract.ParcelRef{Integration: "demo", ID: 1}, Phase: hostile, Attention: hostile, Order: hostile, Tracking: hostile}
	refund := recorder.ListedRefund{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 1}, State: hostile, Attention: hostile}
	integration := contract.IntegrationState{
		Integration: "demo", Attention: hostile, Mail: &contract.MailState{Fault: hostile},
		Latest:  contract.IntegrationChange{ShopName: hostile, ShopURL: hostile, System: hostile},
		Alerts:  []contract.Alert{{Attention: hostile, Subject: hostile}},
		Needing: map[contract.Attention]contract.NeedingNow{hostile: {Needing: contract.Needing{Count: 1}}},
	}
	for name, say := range map[string]func(io.Writer) error{
		"explain": func(w io.Writer) error { return explain(w, p, "v7") },
		"show":    func(w io.Writer) error { return showParcel(w, p, true) },
		"list":    func(w io.Writer) error { return printParcels(w, []recorder.ListedParcel{listed}, nine, true) },
		"found": func(w io.Writer) error {
			return printFound(w, recorder.Found{Parcels: []recorder.ListedParcel{listed}, Refunds: []recorder.ListedRefund{refund}}, []asked{{known: p}})
		},
		"parked": func(w io.Writer) error { return printParked(w, []parcelMail{{listed.ParcelRef, p.Mails[0]}}, 1) },
		"rehearse": func(w io.Writer) error {
			return rehearse(w, p, contract.Rehearsal{Policy: "v7", Forecasts: []parcel.Forecast{{Mail: &p.Mails[0]}, {Decided: &p.Ledger[0]}}}, "", func(parcel.Mail) (string, error) { return hostile, nil })
		},
		"integrations list": func(w io.Writer) error { return printIntegrations(w, []contract.IntegrationState{integration}) },
		"integrations show": func(w io.Writer) error { return showIntegration(w, integration) },
		"batches":           func(w io.Writer) error { return printBatches(w, []recorder.BatchState{{ID: hostile}}) },
		"trial": func(w io.Writer) error {
			return (&trial{Parcels: 1, Leave: []tally{{Count: 1, Mail: hostile}}, Stay: []tally{{Count: 1, Mail: hostile, Why: hostile}}, Refuse: []tally{{Count: 1, Why: hostile}}}).print(w)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var said strings.Builder
			require.NoError(t, inTable.print(&said, nil, say))
			for _, r := range []string{"\x1b", "\a", "\r", "\u009b", "\u202e", "\x7f"} {
				require.NotContains(t, said.String(), r)
			}
			require.NotRegexp(t, `(?m)^PARCEL\s+x`, said.String(), "a text makes no line of its own")
		})
	}
}
