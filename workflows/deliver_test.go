package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/delivery"
)

func TestWhatATimeOutSaysOfAMail(t *testing.T) {
	for of, want := range map[enums.TimeoutType]delivery.Verdict{
		enums.TIMEOUT_TYPE_SCHEDULE_TO_START: delivery.NotSent,    // no worker took it
		enums.TIMEOUT_TYPE_START_TO_CLOSE:    delivery.Unanswered, // a worker died with it
		enums.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE: delivery.Unanswered, // the patience ended while it was posted
	} {
		got := outcomeOf(contract.MailReceipt{}, temporal.NewTimeoutError(of, nil), time.Hour)
		require.Equal(t, want, got.Verdict, of.String())
	}
}
