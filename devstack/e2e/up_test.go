package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/codec"
	"waybill/contract"
	"waybill/devstack/merchant"
)

// newcomer is somebody with a stack of their own, as "make run" starts it.
type newcomer struct {
	*testing.T
	folder string
	ports  map[string]int
	stack  *process
}

func newNewcomer(t *testing.T) *newcomer {
	t.Helper()
	n := &newcomer{T: t, folder: filepath.Join(t.TempDir(), "state"), ports: map[string]int{}}
	for _, part := range []string{"temporal", "ui", "ingress", "sendgrid", "sendcloud", "merchant", "codec"} {
		n.ports[part] = freePort(t)
	}
	return n
}

// run starts the stack and waits until it is up.
func (n *newcomer) run(more ...string) {
	n.Helper()
	args := append([]string{"up", "--waybill", waybillProgram, "--state", n.folder, "--journey=false"}, more...)
	for part, port := range n.ports {
		args = append(args, "--"+part+"-port", strconv.Itoa(port))
	}
	var err error
	n.stack, err = startProcess(nil, devstackProgram, args...)
	require.NoError(n, err)
	n.Cleanup(n.stack.terminate)
	(&stack{T: n.T}).eventually("the stack to be up", func() error {
		if !strings.Contains(n.stack.output(), "Everything is up.") {
			return errors.New(n.stack.output())
		}
		return nil
	})
}

// play plays refunds, and returns what it said.
func (n *newcomer) play(names ...string) string {
	n.Helper()
	said, err := exec.CommandContext(n.Context(), devstackProgram, append([]string{"play", "--pace", "50ms", "--state", n.folder}, names...)...).CombinedOutput()
	require.NoError(n, err, string(said)+n.stack.output())
	return string(said)
}

var approveCommand = regexp.MustCompile(`(WAYBILL_TOKEN=\S+) (WAYBILL_PUBLIC_URL=\S+) bin/waybill (refunds approve demo \d+)`)

// approve runs the command that play names, and again for other people.
func (n *newcomer) approve(said string, others ...string) {
	n.Helper()
	named := approveCommand.FindStringSubmatch(said)
	require.NotNil(n, named, said)
	var state struct{ Tokens map[string]string }
	raw, err := os.ReadFile(filepath.Join(n.folder, "stack.json"))
	require.NoError(n, err)
	require.NoError(n, json.Unmarshal(raw, &state))
	tokens := []string{named[1]}
	for _, person := range others {
		tokens = append(tokens, "WAYBILL_TOKEN="+state.Tokens[person])
	}
	for _, token := range tokens {
		cmd := exec.CommandContext(n.Context(), waybillProgram, strings.Fields(named[3])...)
		cmd.Env = append(cmd.Environ(), token, named[2])
		answer, err := cmd.CombinedOutput()
		require.NoError(n, err, string(answer))
	}
}

var retryCommand = regexp.MustCompile(`(TEMPORAL_ADDRESS=\S+) (WAYBILL_CODEC_KEYS=\S+) bin/waybill (mails retry demo/\d+ --as anna)`)

// retry runs the command that play names for a parked mail.
func (n *newcomer) retry(said string) {
	n.Helper()
	named := retryCommand.FindStringSubmatch(said)
	require.NotNil(n, named, said)
	cmd := exec.CommandContext(n.Context(), waybillProgram, strings.Fields(named[3])...)
	cmd.Env = append(cmd.Environ(), named[1], named[2])
	answer, err := cmd.CombinedOutput()
	require.NoError(n, err, string(answer))
	(&stack{T: n.T}).eventually("the mail to leave", func() error {
		if !strings.Contains(n.stack.output(), "shipped, ") {
			return errors.New(n.stack.output())
		}
		return nil
	})
}

// awaitPaid waits until the merchant has paid so much.
func (n *newcomer) awaitPaid(want ...string) {
	n.Helper()
	(&stack{T: n.T}).eventually("the merchant to pay", func() error {
		var payments []merchant.Payment
		r, err := http.NewRequestWithContext(n.Context(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/api/payments", n.ports["merchant"]), nil)
		require.NoError(n, err)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&payments); err != nil {
			return err
		}
		var paid []string
		for _, p := range payments {
			paid = append(paid, p.Amount)
		}
		if strings.Join(paid, " ") != strings.Join(want, " ") {
			return fmt.Errorf("it has paid %v and not %v", paid, want)
		}
		return nil
	})
}

// Refunds work out of the box: twice, after a restart, and from a fresh start.
func TestANewcomerPlaysRefunds(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t)
	n.run()
	require.NotContains(t, n.stack.output(), "stays as it is", "a new policy lacks nothing")
	(&stack{T: t}).eventually("doctor to find no fault", func() error {
		said, err := exec.CommandContext(t.Context(), devstackProgram, "doctor", "--waybill", waybillProgram, "--state", n.folder).CombinedOutput()
		if err != nil {
			return errors.New(string(said))
		}
		return nil
	})
	require.Contains(t, n.play("refund-small"), "PAYOUT-0001")
	n.approve(n.play("refund"))
	n.awaitPaid("40.00", "120.00")

	n.stack.terminate()
	n.run()
	require.Contains(t, n.play("refund-small"), "PAYOUT-0003")
	n.approve(n.play("refund-two"), "ben")
	n.awaitPaid("40.00", "120.00", "40.00", "400.00")

	n.stack.terminate()
	n.run("--fresh")
	require.Contains(t, n.play("refund-small"), "PAYOUT-0001")
	n.awaitPaid("40.00")
}

// Trouble of the demo can be looked at, also after Waybill has asked Sendcloud.
func TestTroubleOfTheDemoStays(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t)
	n.run()
	parked := n.play("parked")
	require.Contains(t, parked, `The mail "shipped" is parked: SendGrid answered 400`)
	n.retry(parked)
	require.Contains(t, n.play("switched-off"), "The integration needs attention: webhook switched off.")
	require.Regexp(t, `(?s)Waybill asks Sendcloud every 10s:\n.* s  found: 92 Driver en route.*The parcel is out for delivery`, n.play("lost"))
	where, err := exec.CommandContext(t.Context(), devstackProgram, "where", "--state", n.folder).Output()
	require.NoError(t, err)
	require.Contains(t, string(where), fmt.Sprintf("http://127.0.0.1:%d/namespaces/default/workflows?query=ParkedMails%%20%%3E%%200", n.ports["ui"]))

	line := regexp.MustCompile(`WAYBILL_CODEC_KEYS=(\S+)`).FindSubmatch(where)
	require.NotNil(t, line, "%s", where)
	crypt := newCodec(t, string(line[1]), codec.PlainRefused)
	c, err := client.DialContext(t.Context(), client.Options{HostPort: fmt.Sprintf("127.0.0.1:%d", n.ports["temporal"]), DataConverter: crypt.Data(), FailureConverter: crypt.Failures()})
	require.NoError(t, err)
	defer c.Close()
	answer, err := c.QueryWorkflow(t.Context(), contract.IntegrationWorkflowID("demo"), "", string(contract.DescribeIntegration))
	require.NoError(t, err)
	var known contract.IntegrationState
	require.NoError(t, answer.Get(&known))
	require.False(t, *known.Latest.WebhookActive, "Sendcloud was asked, and says the same")
	require.Regexp(t, `found +demo/\d+ +no webhook reported it`, n.stack.output())
	kept, err := os.ReadFile(filepath.Join(n.folder, "worker.log"))
	require.NoError(t, err)
	require.Contains(t, string(kept), `"msg":"mail not accepted"`)
}
