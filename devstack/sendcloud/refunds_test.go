package sendcloud_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/sendcloud"
)

func TestWhatWasSoldArrivesAndGoesBack(t *testing.T) {
	for _, r := range sendcloud.Refunds {
		t.Run(r.Name, func(t *testing.T) {
			d := newDoor(t, 0)
			a := open(t, d, sendcloud.Weather{})
			panel := httptest.NewServer(a)
			defer panel.Close()
			player := sendcloud.Player{URL: d.URL, Key: "key", Panel: &sendcloud.Panel{URL: panel.URL, PublicKey: "public", SecretKey: "secret"}}
			sold := sendcloud.NewSold(r, time.Now())
			var lines []string
			require.NoError(t, player.PlayRefund(t.Context(), sold, func(line string) { lines = append(lines, line) }))

			var told []string
			for _, body := range d.heard() {
				var webhook struct {
					Action string `json:"action"`
					Parcel struct {
						ID       int64 `json:"id"`
						IsReturn bool  `json:"is_return"`
						Status   struct {
							Message string `json:"message"`
						} `json:"status"`
					} `json:"parcel"`
				}
				require.NoError(t, json.Unmarshal([]byte(body), &webhook))
				if webhook.Action == "parcel_status_changed" {
					require.Equal(t, webhook.Parcel.IsReturn, webhook.Parcel.ID == sold.Back.ID)
					told = append(told, webhook.Parcel.Status.Message)
					continue
				}
				told = append(told, webhook.Action)
			}
			require.Equal(t, []string{
				"Ready to send", "Parcel en route", "Delivered", "return_created",
				"Ready to send", "Shipment picked up by driver", "Parcel en route",
			}, told)
			require.Len(t, lines, len(told))

			_, said, _ := get(t, a, fmt.Sprintf("/api/v2/returns/%d", sold.Return.ID))
			require.EqualValues(t, sold.Sent.ID, said["outgoing_parcel"])
			require.EqualValues(t, sold.Back.ID, said["incoming_parcel"])
			require.Equal(t, r.Total, said["refund"].(map[string]any)["total_refund"])
			require.Equal(t, sold.Sent.Recipient.Email, said["incoming_parcel_data"].(map[string]any)["from_email"])
		})
	}
}

// What is refunded of one order counts together, and so does what a customer had.
func TestNoTwoRefundsCountTogether(t *testing.T) {
	seen := map[any]bool{}
	now := time.Now()
	for _, r := range sendcloud.Refunds {
		for range 20 {
			s := sendcloud.NewSold(r, now)
			for _, own := range []any{s.Sent.ID, s.Back.ID, s.Return.ID, s.Sent.Order, s.Sent.Recipient.Email} {
				require.False(t, seen[own], "%v is there twice", own)
				seen[own] = true
			}
			require.Equal(t, s.Sent.Order, s.Return.Order)
			require.Equal(t, s.Sent.Recipient.Email, s.Return.CustomerEmail)
		}
		found, ok := sendcloud.FindRefund(r.Name)
		require.True(t, ok)
		require.Equal(t, r, found)
		_, ok = sendcloud.Find(r.Name)
		require.False(t, ok, "%s is the name of a journey too", r.Name)
	}
	_, ok := sendcloud.FindRefund("a way to the moon")
	require.False(t, ok)
}
