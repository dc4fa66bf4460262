package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"waybill/codec"
	"waybill/contract"
	"waybill/link"
	"waybill/parcel"
	"waybill/refund"
)

// plainly writes everything unencrypted, and reads as a worker does that is told to read that.
type plainly struct{ converter.DataConverter }

func (plainly) ToPayload(value any) (*common.Payload, error) {
	return converter.GetDefaultDataConverter().ToPayload(value)
}

func (plainly) ToPayloads(values ...any) (*common.Payloads, error) {
	return converter.GetDefaultDataConverter().ToPayloads(values...)
}

func readingPlain(t *testing.T) converter.DataConverter {
	t.Helper()
	return plainly{codec.ForTasks(readingOld(t).Data())}
}

// readingOld is a codec that also reads what is older than its key.
func readingOld(t *testing.T) *codec.Codec {
	t.Helper()
	line, err := codec.NewKey("a")
	require.NoError(t, err)
	keys, err := codec.ParseKeys(line)
	require.NoError(t, err)
	crypt, err := codec.New(keys, codec.PlainRead)
	require.NoError(t, err)
	return crypt
}

const errPlain = "the order is neither encrypted nor proven"

// Everyone who reaches Temporal can send an order that is not encrypted. A proof still counts: it needs
// the key of links.
func TestAnOrderToAParcelThatIsNotEncryptedIsRefusedUnlessItIsProven(t *testing.T) {
	s := newShop(t)
	s.env.SetDataConverter(readingPlain(t))
	s.scan(0, parcel.InTransit)
	refused := command(s, time.Minute, "PauseMails", with(parcel.Input{By: "ops", Why: "wrong label"}))
	s.at(2*time.Minute, func() { s.env.SignalWorkflow("PauseMails", parcel.Input{By: "ops"}) })
	s.at(3*time.Minute, func() { require.False(t, s.describe().Paused) })
	proven := func(after time.Duration, name, update string) *verdict[parcel.Answer] {
		in := parcel.Input{By: "anna", Why: "wrong label"}
		o, _ := parcel.OrderNamed(name)
		s.prove(contract.ParcelRef{Integration: "demo", ID: 364000001}, o, &in, after)
		return command(s, after, update, with(in))
	}
	paused := proven(4*time.Minute, "pause-mails", "PauseMails")
	resumed := proven(5*time.Minute, "resume-mails", "ResumeMails")
	s.scan(time.Hour, parcel.Cancelled)
	s.run()
	require.ErrorContains(t, refused.refused, errPlain)
	paused.answer(t)
	resumed.answer(t)
	orders := s.describe().Orders
	require.Len(t, orders, 3)
	require.Contains(t, orders[0].Refused, errPlain, "a signal's refusal is recorded")
	require.Equal(t, "anna", orders[1].Who())
}

func TestAnOrderAboutARefundThatIsNotEncryptedIsRefusedUnlessItIsProven(t *testing.T) {
	keys := link.Keys{[]byte(strings.Repeat("k", 32))}
	c := undecided(t)
	c.proves = keys.Proves
	c.env.SetDataConverter(readingPlain(t))
	c.policy.UnprovenOrders = true
	// A note needs no proof, if it is encrypted.
	refused := give(c, time.Hour, orderOf("note"), says("anna", "text", "They called."))
	tell(c, 2*time.Hour, orderOf("approve").Signal(), refund.Input{Said: refund.Said{By: "ben"}})
	told := &verdict[contract.RefundAnswer]{}
	c.at(3*time.Hour, func() {
		known := c.describe()
		require.Equal(t, refund.AwaitingApproval, known.State)
		require.Equal(t, "refused: approve", known.Receipt[len(known.Receipt)-1].What)
		in := refund.Input{Said: refund.Said{By: "ben", Via: refund.ViaPage}}
		prove(c, keys, "refund:demo:42", known.Begun(), "approve", &in)
		c.order(string(orderOf("approve")), in, told)
	})
	require.Equal(t, refund.Paid, c.run().State)
	require.ErrorContains(t, refused.refused, errPlain)
	require.Equal(t, "ben (page)", approvedBy(t, c))
}
