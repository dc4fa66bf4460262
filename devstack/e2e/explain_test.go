package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
)

// explain runs "waybill parcels explain" and returns what it printed.
func (s *stack) explain(id int64) (said string, err error) { return s.ask("explain", id) }

// ask runs a command about a parcel.
func (s *stack) ask(command string, id int64) (said string, err error) {
	return s.waybill("parcels", command, fmt.Sprintf("demo/%d", id))
}

// waybill runs a command as an operator does, and returns all that it printed.
func (s *stack) waybill(args ...string) (said string, err error) {
	cmd := exec.CommandContext(s.Context(), waybillProgram, args...)
	cmd.Env = append(os.Environ(), s.operatorEnv()...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (s *stack) operatorEnv() []string {
	return append(s.temporalEnv(), "WAYBILL_SEARCH_KEYS="+searchKey)
}

func TestExplainOnARunningStack(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, delivery.Accepted)
	said, err := s.explain(p.ID)
	require.NoError(t, err, said)
	require.Contains(t, said, "of demo: in transit.")
	require.Regexp(t, `3 En route to sorting center +mail: shipped`, said)
	require.Regexp(t, `shipped +accepted`, said)
	require.NotContains(t, said, p.Recipient.Email)

	said, err = s.ask("rehearse", p.ID)
	require.NoError(t, err, said)
	require.Contains(t, said, ", which the worker that answered follows:\n")
	require.Regexp(t, `no scan for too long: operations have to look \(no scan for days\)\n.*given up`, said)

	// Closed, and still known.
	require.NoError(t, s.client.TerminateWorkflow(t.Context(), workflowID(p), "", "the test has it end"))
	said, err = s.explain(p.ID)
	require.NoError(t, err, said)
	require.Regexp(t, `shipped +accepted`, said)

	said, err = s.explain(1)
	require.Error(t, err)
	require.Contains(t, said, "nothing is known of")
	s.worker.terminate()
	said, err = s.explain(p.ID)
	require.Error(t, err)
	require.Contains(t, said, "no worker answers")
}
