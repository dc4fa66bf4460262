package codec

import (
	"context"
	"errors"
	"reflect"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// Data is the data converter of all clients. Temporal's SDK applies it to inputs, results, signals,
// updates, queries, memos, summaries, details and the actions of schedules.
func (c *Codec) Data() converter.DataConverter {
	return data{converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), c), c}
}

type data struct {
	converter.DataConverter
	codec *Codec
}

// Failures is the failure converter of all clients. It encrypts what errors say, and where they
// happened, except that a key is missing: operators have to read that without the key.
func (c *Codec) Failures() converter.FailureConverter {
	plain := temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{DataConverter: c.Data()})
	if c.plain == PlainWritten {
		return plain
	}
	return failures{
		FailureConverter: temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{DataConverter: c.Data(), EncodeCommonAttributes: true}),
		plain:            plain,
	}
}

type failures struct {
	converter.FailureConverter
	plain converter.FailureConverter
}

// ErrorToFailure implements [converter.FailureConverter].
func (f failures) ErrorToFailure(err error) *failurepb.Failure {
	// A panic's error does not say what it wraps.
	if err != nil && keyErrorText.MatchString(err.Error()) {
		return f.plain.ErrorToFailure(err)
	}
	return f.FailureConverter.ErrorToFailure(err)
}

// Order is something that people order. Everyone who reaches Temporal can send one, so that it
// matters whether it was encrypted, which only processes with the keys can do.
type Order interface {
	// CamePlain marks an order that was not encrypted.
	CamePlain()
}

// ForTasks makes of the data converter of clients that of workers, for workflows and activities.
//
// A workflow whose payload cannot be read stays as it is, and its task fails until the key is there:
// with the converter of clients, the SDK would let the workflow fail, drop the signal, or take a
// marker for another one. An [Order] that is not encrypted is always read, and marked: to refuse it is
// up to the workflow, which has to record that.
func ForTasks(clients converter.DataConverter) converter.DataConverter {
	if d, is := clients.(data); is {
		return tasks{data: d}
	}
	return clients // nothing is encrypted
}

type tasks struct {
	data
	// inWorkflow is code of a workflow, in which a panic fails the task.
	inWorkflow bool
}

// WithWorkflowContext implements [converter.ContextAware].
func (t tasks) WithWorkflowContext(converter.WorkflowContext) converter.DataConverter {
	t.inWorkflow = true
	return t
}

// WithContext implements [converter.ContextAware].
func (t tasks) WithContext(context.Context) converter.DataConverter { return t }

// FromPayload implements [converter.DataConverter].
func (t tasks) FromPayload(p *commonpb.Payload, into any) error {
	if t.isPlainOrder(p, into) {
		defer into.(Order).CamePlain()
		return converter.GetDefaultDataConverter().FromPayload(p, into)
	}
	return t.check(t.data.FromPayload(p, into), into)
}

// FromPayloads implements [converter.DataConverter].
func (t tasks) FromPayloads(p *commonpb.Payloads, into ...any) error {
	if len(into) == 1 && len(p.GetPayloads()) == 1 && t.isPlainOrder(p.GetPayloads()[0], into[0]) {
		return t.FromPayload(p.GetPayloads()[0], into[0])
	}
	return t.check(t.data.FromPayloads(p, into...), into...)
}

func (t tasks) isPlainOrder(p *commonpb.Payload, into any) bool {
	_, order := into.(Order)
	_, encrypted := KeyOf(p)
	return order && !encrypted && t.codec.plain != PlainWritten
}

// check panics if a payload cannot be read whose fault the SDK would not show as that of a task.
func (t tasks) check(err error, into ...any) error {
	if key, is := errors.AsType[*KeyError](err); is && (t.inWorkflow || ofMarker(into)) {
		panic(key)
	}
	return err
}

// ofMarker reports whether a payload is one of those by which the SDK tells its markers apart: it
// decodes them into numbers and texts outside of workflows, and takes no notice of a fault.
func ofMarker(into []any) bool {
	for _, one := range into {
		to := reflect.TypeOf(one)
		if to == nil || to.Kind() != reflect.Pointer {
			return false
		}
		switch to.Elem().Kind() {
		case reflect.Int, reflect.Int64, reflect.Bool, reflect.String:
		default:
			return false
		}
	}
	return true
}

var _ converter.ContextAware = tasks{}
