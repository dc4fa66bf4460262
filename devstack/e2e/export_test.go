package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
			_, rest, _ := strings.Cut(said, "{") // notes to the operator stand before it
			if err := json.Unmarshal([]byte("{"+rest), &copied); err != nil {
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

// Temporal forgets a workflow some time after its end; the books are kept for years.
func TestRefundsThatHaveEndedAreExportedWithTheirDecisionLogs(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.openDoors()
	ended, runs := s.sell("120.00"), s.sell("90.00")
	for _, o := range []sold{ended, runs} {
		s.ask(o)
		s.reaches(o, refund.AwaitingApproval)
	}
	require.NoError(t, s.client.TerminateWorkflow(t.Context(), ended.workflowID(), "", "it ends after 30 days"))
	lines := ""
	s.eventually("the list to have the refund that ended", func() (err error) {
		if lines, err = s.stack.waybill("refunds", "export", "--since", "1h", "--until", time.Now().Add(time.Minute).UTC().Format(time.RFC3339)); err == nil && !strings.Contains(lines, "Refunds exported: 1.") {
			err = fmt.Errorf("it is %s", lines)
		}
		return err
	})
	require.Contains(t, lines, fmt.Sprintf(`"returnId":%d`, ended.back0.ID))
	require.NotContains(t, lines, ended.sent.Recipient.Email)
	file := filepath.Join(t.TempDir(), "refunds.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(lines[:strings.LastIndex(lines, "}")+1]), 0o600))
	said, err := s.stack.waybill("refunds", "verify", file)
	require.NoError(t, err, said)
	require.Contains(t, said, "The decision log is intact")

	said, err = s.stack.waybill("refunds", "export")
	require.NoError(t, err, said)
	require.True(t, strings.HasPrefix(said, "Refunds exported: 0."), "what has just ended may not be listed yet: %s", said)
}
