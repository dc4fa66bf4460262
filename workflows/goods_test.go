package workflows_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/parcel"
)

// heard are the workflows that were told that a return parcel is back. Those
// that are told at the same time are told in any order.
type heard struct {
	mu  sync.Mutex
	ids []string
	// posted are those that were told that it is on its way.
	posted []string
}

func (h *heard) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.ids)
}

// goodsBack keeps who is told.
func goodsBack(s *shop) *heard {
	told := &heard{}
	s.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, string(contract.GoodsPosted), mock.Anything).
		Return(func(_, workflowID, _, _ string, _ any) error {
			told.mu.Lock()
			defer told.mu.Unlock()
			told.posted = append(told.posted, workflowID)
			return nil
		}).Maybe()
	s.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, string(contract.GoodsBack), mock.Anything).
		Return(func(_, workflowID, _, _ string, arg any) error {
			goods, ok := arg.(contract.GoodsReturned)
			require.True(s, ok)
			require.Equal(s, int64(364000001), goods.ParcelID)
			told.mu.Lock()
			defer told.mu.Unlock()
			told.ids = append(told.ids, workflowID)
			if workflowID == "refund:demo:gone" {
				return errors.New("no such workflow")
			}
			return nil
		})
	return told
}

func (s *shop) awaitGoods(after time.Duration, workflowID string) {
	s.at(after, func() {
		s.env.SignalWorkflow(string(contract.AwaitGoods), parcel.Waiter{WorkflowID: workflowID, Until: s.began.Add(60 * day)})
	})
}

func (s *shop) returnScan(after time.Duration, phase parcel.Phase) {
	s.at(after, func() {
		scan := s.scanOf(after, phase)
		scan.Facts.IsReturn = true
		s.env.SignalWorkflow(string(contract.StatusChanged), scan)
	})
}

func TestWhoWaitsForGoodsIsToldOnceWhenTheyAreBack(t *testing.T) {
	s := newShop(t)
	told := goodsBack(s)
	s.returnScan(0, parcel.Announced)
	s.awaitGoods(time.Hour, "refund:demo:1")
	s.awaitGoods(2*time.Hour, "refund:demo:1")
	s.awaitGoods(3*time.Hour, "refund:demo:gone")
	s.returnScan(day, parcel.InTransit)
	s.returnScan(day+time.Hour, parcel.OutForDelivery)
	s.at(day+2*time.Hour, func() {
		require.Empty(t, told.all())
		require.ElementsMatch(t, []string{"refund:demo:1", "refund:demo:gone"}, told.posted, "the proof of posting, once")
	})
	s.returnScan(2*day, parcel.Delivered)
	s.returnScan(2*day+time.Hour, parcel.InTransit)
	s.awaitGoods(3*day, "refund:demo:2")
	s.run()
	ids := told.all()
	require.Len(t, ids, 3)
	require.ElementsMatch(t, []string{"refund:demo:1", "refund:demo:gone"}, ids[:2])
	require.Equal(t, "refund:demo:2", ids[2], "told at once")
	require.Empty(t, s.posts, "a return parcel mails nobody")
}

func TestADeliveredParcelThatIsNoReturnIsNoGoodsBack(t *testing.T) {
	s := newShop(t)
	told := goodsBack(s)
	s.scan(0, parcel.InTransit)
	s.awaitGoods(time.Hour, "refund:demo:1")
	s.scan(day, parcel.Delivered)
	s.run()
	require.Empty(t, told.all())
}

func TestAReturnParcelThatWasNeverScannedIsFollowedForAsLongAsSomebodyWaits(t *testing.T) {
	s := newShop(t)
	told := goodsBack(s)
	s.awaitGoods(0, "refund:demo:1")
	s.returnScan(59*day, parcel.Delivered)
	s.run()
	require.Equal(t, []string{"refund:demo:1"}, told.all())

	s = newShop(t)
	goodsBack(s)
	s.awaitGoods(0, "refund:demo:1")
	s.run() // comes to an end, all the same
	require.Equal(t, s.began.Add(60*day), s.env.Now().UTC().Truncate(time.Minute))
}

// The warehouse is the recipient of a return parcel.
func TestAnAwaitedParcelOfWhichOnlyPollsTellMailsNobody(t *testing.T) {
	s := newShop(t)
	told := goodsBack(s)
	s.awaitGoods(0, "refund:demo:1")
	for _, step := range []struct {
		after time.Duration
		phase parcel.Phase
	}{{time.Hour, parcel.InTransit}, {50 * day, parcel.OutForDelivery}, {51 * day, parcel.Delivered}} {
		s.at(step.after, func() {
			scan := s.scanOf(step.after, step.phase)
			scan.Polled = true
			s.env.SignalWorkflow(string(contract.StatusChanged), scan)
		})
	}
	s.run()
	require.Empty(t, s.posts)
	require.Equal(t, []string{"refund:demo:1"}, told.posted)
	require.Equal(t, []string{"refund:demo:1"}, told.all())
}
