package console

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
)

func TestEveryErrorWithoutAWorkerIsRecognised(t *testing.T) {
	for _, err := range []error{
		context.DeadlineExceeded,
		serviceerror.NewDeadlineExceeded("context deadline exceeded"),
		serviceerror.NewFailedPrecondition("no poller seen for task queue recently, worker may be down"),
		serviceerror.NewWorkflowNotReady("Workflow task is not scheduled yet."),
	} {
		require.True(t, unanswered(fmt.Errorf("ask it: %w", err)), err)
	}
	for _, err := range []error{nil, context.Canceled, errors.New("x"), serviceerror.NewNotFound("no such workflow"), serviceerror.NewPermissionDenied("no", "")} {
		require.False(t, unanswered(err), err)
	}
	require.False(t, late(serviceerror.NewFailedPrecondition("Workflow is paused. Cannot update the workflow.")))
}
