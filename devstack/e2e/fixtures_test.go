package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"waybill/contract"
	"waybill/devstack/sendcloud"
	"waybill/parcel"
	"waybill/refund"
)

var (
	stamps   = regexp.MustCompile(`("(?:carrier_status_change_)?timestamp": ?)1[0-9]{12}`)
	parcelID = regexp.MustCompile(`"parcel": ?\{\s*"id": ?([0-9.E]+)`)
	incoming = regexp.MustCompile(`"incoming_parcel": ?([0-9]+)`)
	// What refunds begin with.
	askedFor = regexp.MustCompile(`"refund_requested",\s*"timestamp": ?([0-9]+)`)
	returned = regexp.MustCompile(`"return_created",\s*"timestamp": ?([0-9]+),\s*"data": ?\{\s*"id": ?([0-9]+)`)
)

// Each webhook that is known of goes through the front door twice: as it is,
// and as if it had happened now. testdata/fixtures.txt says what comes of it.
func TestEveryWebhookFixture(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("testdata/fixtures.txt")
	require.NoError(t, err)
	files, err := filepath.Glob("../../sendcloud/testdata/webhook-*.json")
	require.NoError(t, err)
	s := prepareStack(t, shared.get(t))
	s.setUp()
	var rows [][]string
	var keys []string
	for line := range strings.Lines(string(table)) {
		if columns := strings.Split(strings.TrimSpace(line), "|"); len(columns) == 3 {
			n := len(rows)
			rows = append(rows, columns)
			keys = append(keys, fmt.Sprintf("SENDCLOUD_KEYS_OLD_%d=%s-old-%d", n, signatureKey, n), fmt.Sprintf("SENDCLOUD_KEYS_NEW_%d=%s-new-%d", n, signatureKey, n))
		}
	}
	require.Len(t, rows, len(files), "each fixture has its line")
	s.startIngress(keys...)
	s.startWorker()
	s.awaitReady()
	for n, row := range rows {
		file := strings.TrimSpace(row[0])
		body := readFixture(t, "webhook-"+file+".json")
		t.Run(file, func(t *testing.T) {
			s := s.in(t)
			require.Equal(t, strings.TrimSpace(row[1]), s.effect(fmt.Sprintf("old-%d", n), body), "as it is")
			now := stamps.ReplaceAll(body, []byte("${1}"+strconv.FormatInt(time.Now().UnixMilli(), 10)))
			require.Equal(t, strings.TrimSpace(row[2]), s.effect(fmt.Sprintf("new-%d", n), now), "as if it happened now")
		})
	}
	require.NotContains(t, s.ingress.output(), "jane.doe", "no personal data in the log")
}

// effect tells a webhook to an integration of its own and says what comes of it.
func (s *stack) effect(integration string, body []byte) string {
	s.Helper()
	code, said := s.request(http.MethodPost, "/webhooks/sendcloud/"+integration, body, sendcloud.Sign(signatureKey+"-"+integration, body))
	require.Equal(s, http.StatusOK, code, said)
	outcome := strings.Trim(strings.TrimPrefix(said, `{"outcome":`), `"}`)
	if outcome != "recorded" {
		require.ErrorAs(s, s.anyWorkflow(integration, body), new(*serviceerror.NotFound), "nothing is kept")
		return outcome
	}
	var effect string
	s.eventually("the effect", func() error {
		lookedUp := func(report string) error {
			var found contract.ReturnFound
			err := s.client.GetWorkflow(s.Context(), "return-report:"+integration+":"+report, "").Get(s.Context(), &found)
			effect = fmt.Sprintf("refund: return %d", found.ReturnID)
			return err
		}
		if m := askedFor.FindSubmatch(body); m != nil {
			return lookedUp(fmt.Sprintf("refund_requested@%s:%d", m[1], parcelOf(body)))
		}
		if m := returned.FindSubmatch(body); m != nil {
			if at, _ := strconv.ParseInt(string(m[1]), 10, 64); time.Since(time.UnixMilli(at)) > 14*24*time.Hour {
				return lookedUp(fmt.Sprintf("return_created@%s:%s", m[1], m[2]))
			}
			var known refund.Refund
			if err := s.describeAs("refund:"+integration+":"+string(m[2]), &known); err != nil || known.State == refund.Requested {
				return fmt.Errorf("it is %s, %w", known.State, err)
			}
			effect = "refund: " + string(known.State)
			return nil
		}
		if id := parcelOf(body); id != 0 {
			var known parcel.Parcel
			if err := s.describeAs(contract.ParcelRef{Integration: integration, ID: id}.WorkflowID(), &known); err != nil || len(known.Ledger) == 0 {
				return fmt.Errorf("no decision yet, %w", err)
			}
			effect = fmt.Sprintf("%s, %s", known.Phase, known.Ledger[0].Reason)
			if known.Ledger[0].Reason.Sends() {
				effect = fmt.Sprintf("%s, mail: %s", known.Phase, known.Ledger[0].Mail)
			}
			return nil
		}
		var known contract.IntegrationState
		if err := s.describeAs(contract.IntegrationWorkflowID(integration), &known); err != nil || len(known.Changes) == 0 {
			return fmt.Errorf("no change yet, %w", err)
		}
		effect = strings.TrimSpace("integration: " + string(known.Attention))
		return nil
	})
	return effect
}

// parcelOf is the parcel that a webhook is about, or the return parcel.
func parcelOf(body []byte) int64 {
	for _, find := range []*regexp.Regexp{parcelID, incoming} {
		if m := find.FindSubmatch(body); m != nil {
			id, _ := strconv.ParseFloat(string(m[1]), 64) // one is written as 5.905E8
			return int64(id)
		}
	}
	return 0
}

// describeAs asks a workflow for everything, by the name that this has in all of them.
func (s *stack) describeAs(workflowID string, answer any) error {
	value, err := s.client.QueryWorkflow(s.Context(), workflowID, "", string(contract.Describe))
	if err != nil {
		return err
	}
	return value.Get(answer)
}

// anyWorkflow looks for a workflow that a webhook could have started.
func (s *stack) anyWorkflow(integration string, body []byte) error {
	_, err := s.client.DescribeWorkflowExecution(s.Context(), contract.IntegrationWorkflowID(integration), "")
	if err == nil {
		return errors.New("the integration's workflow was started")
	}
	if id := parcelOf(body); id != 0 {
		if _, err = s.client.DescribeWorkflowExecution(s.Context(), contract.ParcelRef{Integration: integration, ID: id}.WorkflowID(), ""); err == nil {
			return errors.New("the parcel's workflow was started")
		}
	}
	return err
}
