package parcel_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/parcel"
)

// plant has a parcel know a person, by all ways in which one becomes known.
func plant(t *testing.T, phases ...parcel.Phase) (parcel.Parcel, parcel.Scan, time.Time) {
	t.Helper()
	p, now := through(t, live(), phases...)
	s := scanOf(parcel.OutForDelivery, now.Add(time.Hour))
	s.Facts = parcel.Facts{
		Recipient:      parcel.Recipient{Name: "Planted Person", Email: "planted@example.com", Country: "NL"},
		OrderNumber:    "PLANTED-1",
		TrackingNumber: "3SPLANTED",
		TrackingURL:    "https://planted.example/3S",
		ServicePoint:   4711,
	}
	now = now.Add(time.Hour)
	take(&p, s, live(), now)
	order(t, &p, "change-recipient", parcel.Input{Email: "planted.too@example.com", Name: "Planted Too", Language: "nl", By: "anna", Why: "planted by telephone"}, live(), now)
	requirePlanted(t, p, true)
	return p, s, now
}

func requirePlanted(t *testing.T, p parcel.Parcel, want bool) {
	t.Helper()
	raw, err := json.Marshal(p)
	require.NoError(t, err)
	for _, found := range []string{"lanted", "PLANTED", "4711"} {
		if want {
			require.Contains(t, string(raw), found)
		} else {
			require.NotContains(t, string(raw), found)
		}
	}
}

func TestAParcelIsFollowedWithoutTheRecipientWhoWasErased(t *testing.T) {
	p, scan, now := plant(t, parcel.InTransit)
	require.Equal(t, delivery.Sending, p.Mails[0].State)
	step(&p, live(), now, func() { p.Erase("anna", now) })
	requirePlanted(t, p, false)
	require.Zero(t, p.Search)
	require.True(t, p.Mails[0].Recalled, "a mail that is being tried is called back")
	for _, m := range p.Mails[1:] {
		require.Equal(t, delivery.Dropped, m.State)
	}
	settle(t, &p, live(), now, delivery.NotSent, "")
	require.Equal(t, delivery.Superseded, p.Mails[0].State)

	scan.Phase, scan.At = parcel.Delivered, scan.At.Add(time.Hour)
	now = now.Add(time.Hour)
	entry := take(&p, scan, live(), now)
	require.Equal(t, parcel.ReasonErased, entry.Reason)
	require.Equal(t, parcel.Delivered, p.Phase)
	requirePlanted(t, p, false)
	require.Nil(t, p.Mails.Sending())
}

func TestAMailInDoubtIsGivenUpWithItsRecipient(t *testing.T) {
	p, _, now := plant(t, parcel.InTransit)
	settle(t, &p, live(), now, delivery.Unanswered, "")
	require.True(t, p.Mails[0].InDoubt())
	step(&p, live(), now, func() { p.Erase("anna", now) })
	require.Equal(t, delivery.Dropped, p.Mails[0].State)
	settle(t, &p, live(), now, delivery.Unanswered, "") // the other one, which was being sent
	require.False(t, p.Mails.Open())
}

func TestNobodyCanBeMailedWhoWasErased(t *testing.T) {
	p, _, now := plant(t, parcel.InTransit)
	settle(t, &p, live(), now, delivery.WasAccepted, "id")
	step(&p, live(), now, func() { p.Erase("anna", now) })
	for _, name := range []string{"change-recipient", "send-again"} {
		_, err := p.Follow(orderNamed(t, name), parcel.Input{Email: "planted@example.com", Keys: []string{p.Mails[0].Key}}, live(), now)
		require.ErrorContains(t, err, "erased", name)
	}
	before := p
	next := p
	next.ErasedAt, next.Facts.Recipient.Email = time.Time{}, "planted@example.com"
	order(t, &p, "continue-as-new", parcel.Input{Parcel: &next}, live(), now)
	require.Equal(t, before.ErasedAt, p.ErasedAt, "a corrected state does not undo it")
	requirePlanted(t, p, false)
}

func TestARecipientIsErasedOnce(t *testing.T) {
	p, _, now := plant(t, parcel.InTransit)
	step(&p, live(), now, func() { p.Erase("anna", now) })
	orders := len(p.Orders)
	step(&p, live(), now.Add(time.Hour), func() { p.Erase("ben", now.Add(time.Hour)) })
	require.Equal(t, now, p.ErasedAt)
	require.Len(t, p.Orders, orders)
}
