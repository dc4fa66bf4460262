package codec_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"waybill/codec"
)

// An error says why a mail was refused, and with that its address.
func TestWhatErrorsSayIsEncrypted(t *testing.T) {
	one := keys(t, "a")
	writer, other := open(t, codec.PlainRefused, one...), open(t, codec.PlainRefused, keys(t, "b")...)
	failure := writer.Failures().ErrorToFailure(temporal.NewApplicationError("jane@example.com is refused", "Refused", "jane@example.com"))
	require.NotContains(t, failure.String(), "jane")
	require.Equal(t, "Refused", failure.GetApplicationFailureInfo().GetType(), "code decides by the type")
	require.NotContains(t, other.Failures().FailureToError(failure).Error(), "jane")
	require.ErrorContains(t, writer.Failures().FailureToError(failure), "jane@example.com is refused")
}

func TestTheFaultOfAKeyIsNotEncrypted(t *testing.T) {
	failures := open(t, codec.PlainRefused, keys(t, "a")...).Failures()
	for _, fault := range []*codec.KeyError{{}, {ID: "2026-11"}, {ID: "2026-11", Broken: true}, {ID: "(not an id)"}} {
		require.Equal(t, fault.Error(), failures.ErrorToFailure(errors.New(fault.Error())).GetMessage(), "the SDK makes a text of it")
		require.NotContains(t, failures.ErrorToFailure(errors.New(fault.Error()+" Jane")).String(), "Jane")
	}
}

// ordered is an order.
type ordered struct {
	Text  string
	Plain bool `json:"-"`
}

func (o *ordered) CamePlain() { o.Plain = true }

func plainly(t *testing.T, value any) *commonpb.Payloads {
	t.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayloads(value)
	require.NoError(t, err)
	return p
}

func TestAWorkerMarksOrdersThatAreNotEncrypted(t *testing.T) {
	for plain, marked := range map[codec.Plain]bool{codec.PlainRefused: true, codec.PlainRead: true, codec.PlainWritten: false} {
		c := open(t, plain, keys(t, "a")...)
		var in ordered
		require.NoError(t, codec.ForTasks(c.Data()).FromPayloads(plainly(t, ordered{Text: "retry"}), &in))
		require.Equal(t, ordered{Text: "retry", Plain: marked}, in, plain)
		stored, err := c.Data().ToPayloads(ordered{Text: "retry"})
		require.NoError(t, err)
		in = ordered{}
		require.NoError(t, codec.ForTasks(c.Data()).FromPayloads(stored, &in))
		require.False(t, in.Plain, plain)
	}
}

// What the SDK decodes for a workflow is lost, or ends the workflow, if decoding fails: a panic fails
// the task only.
func TestAWorkflowDoesNotGoOnWithoutAKey(t *testing.T) {
	stored, err := open(t, codec.PlainRefused, keys(t, "old")...).Data().ToPayloads("a scan")
	require.NoError(t, err)
	number, err := open(t, codec.PlainRefused, keys(t, "old")...).Data().ToPayloads(1)
	require.NoError(t, err)
	tasks := codec.ForTasks(open(t, codec.PlainRefused, keys(t, "new")...).Data())
	inWorkflow := tasks.(converter.ContextAware).WithWorkflowContext(nil)
	const missing = "a payload was encrypted with the key old, which is not in WAYBILL_CODEC_KEYS: add its line below the others"
	var scan struct{}
	require.PanicsWithError(t, missing, func() { _ = inWorkflow.FromPayloads(stored, &scan) })
	require.PanicsWithError(t, missing, func() { _ = inWorkflow.FromPayload(stored.GetPayloads()[0], &scan) })
	var id int64
	require.PanicsWithError(t, missing, func() { _ = tasks.FromPayloads(number, &id) }, "a marker")
	require.EqualError(t, tasks.FromPayloads(stored, &scan), missing, "an update is refused, an activity tried again")
}
