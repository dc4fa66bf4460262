package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/parcel"
)

// Sendcloud's webhooks differ from their documentation, and from each other. The
// recipient is told all the same.
func TestEveryQuirkIsUnderstood(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	for _, q := range sendcloud.Quirks {
		p := s.parcel()
		code, said := s.knock(p.QuirkyBody(q, sendcloud.ToSorting, time.Now()))
		require.Equal(t, http.StatusOK, code, "%s: %s", q.Name, said)
		require.Contains(t, said, "recorded", q.Name)
		known := s.settled(p, 1, delivery.Accepted)
		require.Equal(t, parcel.InTransit, known.Phase, q.Name)
		require.WithinDuration(t, time.Now(), known.NewestAt(), time.Minute, q.Name)
		require.Equal(t, []string{"shipped"}, s.mails(p), q.Name)
	}
}

// Parcels that go together keep what says so.
func TestAMulticolloParcelKnowsItsSiblings(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	for nr := range 2 {
		p := s.parcel()
		p.ColliUUID, p.ColloNr, p.ColloCount = "00000000-0000-4000-8000-000000000042", nr, 2
		s.tell(p, sendcloud.ToSorting, time.Now())
		known := s.settled(p, 1, delivery.Accepted)
		require.Equal(t, parcel.Collo{UUID: p.ColliUUID, Nr: nr, Count: 2}, known.Facts.Collo)
	}
}
