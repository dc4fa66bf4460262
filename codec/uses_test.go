package codec_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"waybill/codec"
)

// A key that is removed while something names it takes that with it, so that each place counts.
func TestEveryPlaceThatNamesAKeyCounts(t *testing.T) {
	c := open(t, codec.PlainRefused, keys(t, "old")...)
	secret := encode(t, c, payload("1"))
	many := &commonpb.Payloads{Payloads: []*commonpb.Payload{secret}}
	failure := c.Failures().ErrorToFailure(errors.New("refused"))
	event := func(e *history.HistoryEvent) *workflowservice.GetWorkflowExecutionHistoryResponse {
		return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &history.History{Events: []*history.HistoryEvent{e}}}
	}
	for name, count := range map[string]func(codec.Uses) error{
		"an input and a summary": func(u codec.Uses) error {
			return errors.Join(u.Count(t.Context(), event(&history.HistoryEvent{
				UserMetadata: &sdk.UserMetadata{Summary: secret},
				Attributes: &history.HistoryEvent_WorkflowExecutionStartedEventAttributes{
					WorkflowExecutionStartedEventAttributes: &history.WorkflowExecutionStartedEventAttributes{Input: many},
				},
			})))
		},
		"a marker": func(u codec.Uses) error {
			return u.Count(t.Context(), event(&history.HistoryEvent{Attributes: &history.HistoryEvent_MarkerRecordedEventAttributes{
				MarkerRecordedEventAttributes: &history.MarkerRecordedEventAttributes{Details: map[string]*commonpb.Payloads{"data": many, "side-effect-id": many}},
			}}))
		},
		"a failure and its cause": func(u codec.Uses) error {
			failure.Cause = c.Failures().ErrorToFailure(errors.New("because"))
			return u.Count(t.Context(), event(&history.HistoryEvent{Attributes: &history.HistoryEvent_ActivityTaskFailedEventAttributes{
				ActivityTaskFailedEventAttributes: &history.ActivityTaskFailedEventAttributes{Failure: failure},
			}}))
		},
		"what a try last said, and why it failed": func(u codec.Uses) error {
			failure.Cause = nil
			return u.Count(t.Context(), &workflowservice.DescribeWorkflowExecutionResponse{PendingActivities: []*workflow.PendingActivityInfo{{HeartbeatDetails: many, LastFailure: failure}}})
		},
		"a schedule and a memo": func(u codec.Uses) error {
			return u.Count(t.Context(), &workflowservice.DescribeScheduleResponse{
				Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{"a": secret}},
				Schedule: &schedule.Schedule{Action: &schedule.ScheduleAction{Action: &schedule.ScheduleAction_StartWorkflow{
					StartWorkflow: &workflow.NewWorkflowExecutionInfo{Input: many},
				}}},
			})
		},
	} {
		uses := codec.Uses{}
		require.NoError(t, count(uses))
		require.Equal(t, codec.Uses{"old": 2}, uses, name)
	}
}

func TestWhatIsNeverEncryptedDoesNotCountAsPlain(t *testing.T) {
	uses := codec.Uses{}
	require.NoError(t, uses.Count(t.Context(), &history.History{Events: []*history.HistoryEvent{{
		Attributes: &history.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &history.WorkflowExecutionStartedEventAttributes{
				Header:           &commonpb.Header{Fields: map[string]*commonpb.Payload{"trace": payload("1")}},
				SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{"Integration": payload("1")}},
				Input:            &commonpb.Payloads{Payloads: []*commonpb.Payload{payload("1")}},
			},
		},
	}}}))
	require.Equal(t, codec.Uses{"": 1}, uses)
}
