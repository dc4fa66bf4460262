package sendcloud_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
	"waybill/sendcloud"
)

func TestAReturnInTheWordsOfARefund(t *testing.T) {
	created, refunded := received.Add(-time.Hour), received.Add(-time.Minute)
	euro, err := refund.ParseMoney("120.00", "EUR")
	require.NoError(t, err)
	for _, c := range []struct {
		name string
		told sendcloud.Return
		want refund.Facts
	}{
		{"nothing is told", sendcloud.Return{}, refund.Facts{}},
		{"everything is told", sendcloud.Return{
			ID: 42, CreatedAt: created, OutgoingParcel: 7001, IncomingParcel: 7002, OrderNumber: "1042", ReasonID: 25, ReasonText: "Kapot aangekomen",
			RefundType: "money", Total: "120.00", ItemsValue: "150.00", Currency: "EUR", Message: "It broke.",
			CustomerName: "Jane Doe", CustomerEmail: "jane.doe@example.com", CustomerCountry: "NL", RefundedAt: refunded, DeliveredAt: refunded,
		}, refund.Facts{
			OutgoingParcel: 7001, IncomingParcel: 7002, OrderNumber: "1042", Kind: "money", Amount: euro, Reason: refund.Damaged, ReasonText: "Kapot aangekomen",
			NoticeAt: created, Message: "It broke.", Customer: refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"},
		}},
		{"a total without a currency is no amount", sendcloud.Return{Total: "120.00"}, refund.Facts{}},
		{"a currency without a total is no amount", sendcloud.Return{Currency: "EUR", ItemsValue: "150.00"}, refund.Facts{}},
		{"nothing is no amount", sendcloud.Return{Total: "0.00", Currency: "EUR"}, refund.Facts{}},
		{"a total that the currency does not have is no amount", sendcloud.Return{Total: "120.50", Currency: "JPY"}, refund.Facts{}},
		{"a currency that is none has no amount", sendcloud.Return{Total: "120.00", Currency: "EUROS"}, refund.Facts{}},
		{"a reason of Sendcloud's has words", sendcloud.Return{ReasonID: 31}, refund.Facts{Reason: refund.WrongSize, ReasonText: "Size too small"}},
		{"a reason that no rule knows", sendcloud.Return{ReasonID: 20}, refund.Facts{Reason: refund.Other, ReasonText: "Arrived too late"}},
		{"a reason of the merchant's own", sendcloud.Return{ReasonID: 1001, ReasonText: "Smells"}, refund.Facts{Reason: refund.Other, ReasonText: "Smells"}},
		{"a reason that nobody knows", sendcloud.Return{ReasonID: 1001}, refund.Facts{Reason: refund.Other}},
		{"a reason in words only is none for the rules", sendcloud.Return{ReasonText: "Changed my mind"}, refund.Facts{ReasonText: "Changed my mind"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, source := range []refund.Source{refund.FromReturnCreated, refund.FromReconciliation} {
				c.want.Source = source
				require.Equal(t, c.want, c.told.Facts(source))
			}
		})
	}
}

// The rules approve for some reasons only: each one of Sendcloud's is looked at here.
func TestEachReasonOfSendcloudsIsOneOfOurs(t *testing.T) {
	ours := map[refund.Reason][]string{}
	for id := range 1200 {
		f := sendcloud.Return{ReasonID: id}.Facts(refund.FromReconciliation)
		if f.ReasonText != "" {
			ours[f.Reason] = append(ours[f.Reason], f.ReasonText)
		} else if id != 0 {
			require.Equal(t, refund.Other, f.Reason)
		}
	}
	require.Equal(t, map[refund.Reason][]string{
		refund.ChangedMind: {"Changed my mind", "Better price available", "Accidental order", "No longer needed", "Does not suit me"},
		refund.WrongSize:   {"Ordered more than one size", "Does not fit properly", "Wrong size ordered", "Size too large", "Size too small"},
		refund.Damaged:     {"Parcel damaged on arrival"},
		refund.WrongItem:   {"Incorrect product ordered", "Wrong product shipped", "Incorrect product received"},
		refund.Faulty:      {"Does not work", "Poor quality / Faulty", "Does not function as expected"},
		refund.Other: {
			"Product did not match expectations", "Other (explain in message)", "Product did not match description on website", "No reason", "Rent",
			"Did not meet expectations", "Excessive amount", "Sample products", "Looks different than expected", "Arrived too late",
			"Wrong color ordered", "Recycle or reuse packaging", "Holiday season return",
		},
	}, ours)
}
