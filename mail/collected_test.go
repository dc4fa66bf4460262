package mail_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/mail"
	"waybill/parcel"
)

func TestARecipientWhoCollectedAParcelIsNotSentToTheNeighbours(t *testing.T) {
	r, err := mail.NewRenderer(nil)
	require.NoError(t, err)
	for _, language := range parcel.Languages() {
		l := mail.Sample(mail.Kind(parcel.MailDelivered), language)
		delivered, err := r.Render(l)
		require.NoError(t, err)
		l.Collected = true
		collected, err := r.Render(l)
		require.NoError(t, err)
		require.NotEqual(t, delivered.Subject, collected.Subject, language)
		for _, neighbours := range []string{"neighbour", "buren", "Nachbar", "voisin", "vecino", "vicini"} {
			require.NotContains(t, collected.Text, neighbours)
		}
	}
}

func TestACancelledParcelIsNotTracked(t *testing.T) {
	r, err := mail.NewRenderer(nil)
	require.NoError(t, err)
	l := mail.Sample(mail.Kind(parcel.MailCancelled), parcel.English)
	require.NotEmpty(t, l.Facts.TrackingURL)
	rendered, err := r.Render(l)
	require.NoError(t, err)
	require.NotContains(t, rendered.HTML+rendered.Text, l.Facts.TrackingURL)
}

func TestAPickUpPointIsOnTheMapAndItsHoursAreATable(t *testing.T) {
	r, err := mail.NewRenderer(nil)
	require.NoError(t, err)
	l := mail.Sample(mail.Kind(parcel.MailAwaitingPickup), parcel.English)
	l.Pickup = mail.Pickup{Name: "Kiosk & Co", Address: "1 High Street, London", Hours: [7]string{"09:00–18:00", "09:00–18:00", "", "10:00–12:00"}}
	rendered, err := r.Render(l)
	require.NoError(t, err)
	const place = "https://www.google.com/maps/search/?api=1&query=Kiosk+%26+Co%2C+1+High+Street%2C+London"
	require.Contains(t, rendered.Text, "Pick-up point: Kiosk & Co, 1 High Street, London\n"+place+"\nOpening hours: Monday–Tuesday 09:00–18:00; Thursday 10:00–12:00\n")
	require.Contains(t, rendered.HTML, `<th scope="row" align="left" style="padding:0 12px 0 0;font-weight:400;vertical-align:top;">Monday–Tuesday</th><td style="vertical-align:top;">09:00–18:00</td>`)
}
