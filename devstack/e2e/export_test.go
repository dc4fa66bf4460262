package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/devstack/sendcloud"
	"waybill/refund"
)

// A person asks what a shop knows of them: what they bought, what came back, and nothing of others.
func TestAPersonGetsACopyOfTheirData(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.openDoors()
	theirs, others := s.sell("120.00"), s.sell("90.00")
	for _, o := range []sold{theirs, others} {
		s.tell(o.sent, sendcloud.Delivered, o.back0.CreatedAt)
		s.ask(o)
		s.reaches(o, refund.AwaitingApproval)
	}
	var copied struct {
		Parcels []struct {
			Parcel string
			Facts  struct{ Recipient struct{ Email string } }
		}
		Refunds []struct{ Refund string }
	}
	for _, by := range [][]string{{"--mail", theirs.sent.Recipient.Email}, {"--order", theirs.sent.Order, "--integration", "demo"}} {
		s.eventually("the lists to have the parcel and the refund", func() error {
			said, err := s.stack.waybill(append([]string{"export"}, by...)...)
			if err != nil {
				return fmt.Errorf("%w: %s", err, said)
			}
			require.NotContains(t, said, others.sent.Recipient.Email)
			require.NotContains(t, said, "anna")
			if err := json.Unmarshal([]byte(said[strings.Index(said, "{"):]), &copied); err != nil {
				return err
			}
			if len(copied.Parcels) == 0 || len(copied.Refunds) == 0 {
				return fmt.Errorf("it has %d parcels and %d refunds", len(copied.Parcels), len(copied.Refunds))
			}
			return nil
		})
		require.Equal(t, fmt.Sprintf("demo/%d", theirs.sent.ID), copied.Parcels[0].Parcel)
		require.Equal(t, theirs.sent.Recipient.Email, copied.Parcels[0].Facts.Recipient.Email)
		require.Equal(t, fmt.Sprintf("demo/%d", theirs.back0.ID), copied.Refunds[0].Refund)
	}
}
