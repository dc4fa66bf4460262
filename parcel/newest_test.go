package parcel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

func TestTheNewestScanDoesNotContradictThePhase(t *testing.T) {
	p, at := through(t, live(), parcel.InTransit, parcel.Delivered)
	delivered := p.NewestScan()
	require.Equal(t, at, delivered.ScanAt)
	take(&p, scanOf(parcel.OutForDelivery, at.Add(-time.Minute)), live(), at.Add(time.Minute))
	require.Equal(t, delivered, p.NewestScan(), "a late scan")
	take(&p, scanOf(parcel.InTransit, at.Add(time.Hour)), live(), at.Add(time.Hour))
	require.Equal(t, delivered, p.NewestScan(), "a scan after the end")
}
