package e2e_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"waybill/codec"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/refund"
)

var (
	rotatedParcels = flag.Int("rotated-parcels", 6, "under how many parcels the codec key is changed")
	rotatedRefunds = flag.Int("rotated-refunds", 2, "and under how many refunds")
)

// The key that encrypts is changed while parcels and refunds are under way, in the steps of
// docs/rotation.md: no task fails, and each mail and payment is made once.
func TestTheCodecKeyRotatesUnderParcelsAndRefunds(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.patience += time.Duration(*rotatedParcels+*rotatedRefunds) * time.Second
	newer, err := codec.NewKey("newer")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(file, []byte(codecKey), 0o600))
	s.codec = []string{"WAYBILL_CODEC_KEYS=", "WAYBILL_CODEC_KEYS_FILE=" + file}
	s.openDoors()
	times := 0
	rotate := func(lines ...string) {
		t.Helper()
		require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600))
		times++
		s.eventually("ingress and worker to have the keys", func() error {
			for _, p := range []*process{s.ingress, s.worker} {
				if strings.Count(p.output(), "codec keys reloaded") < times {
					return errors.New("one of them has the keys of before")
				}
			}
			return nil
		})
	}

	now := time.Now()
	parcels := make([]sendcloud.Parcel, *rotatedParcels)
	for i := range parcels {
		parcels[i] = s.parcel()
		s.tell(parcels[i], sendcloud.ToSorting, now.Add(-2*time.Hour))
	}
	refunds := make([]sold, *rotatedRefunds)
	for i := range refunds {
		refunds[i] = s.sell("120.00")
		s.ask(refunds[i])
	}
	rotate(codecKey, newer)
	for _, p := range parcels {
		s.tell(p, sendcloud.DriverEnRoute, now.Add(-time.Hour))
	}
	rotate(newer, codecKey)
	s.encrypt(newer+"\n"+codecKey, codec.PlainRefused)
	for _, p := range parcels {
		s.tell(p, sendcloud.Delivered, now)
	}

	for _, o := range refunds {
		s.reaches(o, refund.AwaitingApproval)
		_, err := orderRefund(s, o, "approve", "anna")
		require.NoError(t, err)
		s.reaches(o, refund.Paid)
		require.Len(t, s.paid(o), 1)
		require.Equal(t, wholeWay, s.told(o))
		require.Zero(t, count(s.events(o.workflowID()), enums.EVENT_TYPE_WORKFLOW_TASK_FAILED))
	}
	for _, p := range parcels {
		s.settled(p, 3, delivery.Accepted, delivery.Accepted, delivery.Accepted)
		require.Len(t, s.mails(p), 3)
		require.Zero(t, count(s.events(workflowID(p)), enums.EVENT_TYPE_WORKFLOW_TASK_FAILED))
	}
	uses, err := s.stack.waybill("keys", "uses")
	require.NoError(t, err, uses)
	require.Regexp(t, `newer +encrypts +[1-9]`, uses)
	require.Regexp(t, `tests +decrypts +[1-9]`, uses)
}
