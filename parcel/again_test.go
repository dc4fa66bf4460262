package parcel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/parcel"
)

// After an outage, all of a burst is decided in the same moment.
func TestABurstDecidedInOneMomentMailsAPhaseOnceAnAttempt(t *testing.T) {
	policy := live()
	policy.Hold = 3 * time.Minute
	now := monday(t, "09:00")
	p := parcel.Parcel{Integration: "demo", ID: 1}
	for i, phase := range []parcel.Phase{parcel.OutForDelivery, parcel.InTransit, parcel.OutForDelivery} {
		take(&p, scanOf(phase, now.Add(time.Duration(i)*time.Second)), policy, now)
	}
	require.Equal(t, []delivery.State{delivery.Superseded, delivery.Superseded, delivery.Waiting}, states(p))
	now = now.Add(3 * time.Minute)
	step(&p, policy, now, func() {})
	settle(t, &p, policy, now, delivery.WasAccepted, "one")

	now = now.Add(24 * time.Hour)
	take(&p, scanOf(parcel.InTransit, now), policy, now)
	entry := take(&p, scanOf(parcel.OutForDelivery, now.Add(time.Second)), policy, now)
	require.Equal(t, parcel.ReasonSameAttempt, entry.Reason)
}
