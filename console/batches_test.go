package console

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/recorder"
)

func TestABatchSaysHowFarItIs(t *testing.T) {
	require.Equal(t, "Batch retry-mails-1 is completed: 4,990 of 5,000 parcels got the order in 1m40s, 50 a second; 10 did not, because they are not followed any more.",
		batchWords(recorder.BatchState{ID: "retry-mails-1", State: "completed", Total: 5000, Done: 4990, Failed: 10, Started: nine, Ended: nine.Add(100 * time.Second)}))
}

// Whoever presses Ctrl-C stops to watch; the batch goes on.
func TestStoppingToWatchSaysThatTheBatchGoesOn(t *testing.T) {
	temporal, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	defer temporal.Close()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err = watchBatch(ctx, recorder.Recorder{Temporal: temporal}, &strings.Builder{}, "retry-mails-1", nil)
	require.ErrorContains(t, err, "batch retry-mails-1 goes on. To watch it: waybill batches show retry-mails-1 --watch; to stop it: waybill batches stop retry-mails-1")
}

func TestProgressIsSilentAtFirst(t *testing.T) {
	var said strings.Builder
	p := newProgress(&said)
	p.say("1 of 9")
	require.Empty(t, said.String())
	p.next = time.Now()
	p.say("2 of 9")
	p.say("3 of 9")
	p.end()
	require.Equal(t, "2 of 9\n", said.String())
}
