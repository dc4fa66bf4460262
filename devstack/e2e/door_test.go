package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/parcel"
)

// What the door answers, without a mail in sight.
func TestTheDoor(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	const door = "/webhooks/sendcloud/demo"
	body := s.parcel().Body(sendcloud.ToSorting, time.Now())
	signature := sendcloud.Sign(signatureKey, body)
	signed := func(body string) (int, string) { return s.knock([]byte(body)) }

	t.Run("the signature is right, and the body is no webhook", func(t *testing.T) {
		code, said := s.knock(readFixture(t, "signed-documented-key-value.json"))
		require.Equal(t, http.StatusBadRequest, code)
		require.Contains(t, said, `the field \"action\" is missing`)
	})
	t.Run("the signature of another body is wrong", func(t *testing.T) {
		code, _ := s.request(http.MethodPost, door, []byte(`{"key":"value"}`), signature)
		require.Equal(t, http.StatusUnauthorized, code)
	})
	t.Run("the captured webhook is recorded, and old news is not mailed", func(t *testing.T) {
		captured := readFixture(t, "signed-own-captured-pystyle.json")
		code, said := s.request(http.MethodPost, "/webhooks/sendcloud/captured", captured, "4d18ed3a93ee721f9c9d35acc43a5e824c85dfae9fc2cdc8c6426e0f7d79f2aa")
		require.Equal(t, http.StatusOK, code, said)
		s.eventually("the decision", func() error {
			answer, err := s.client.QueryWorkflow(t.Context(), contract.ParcelRef{Integration: "captured", ID: 364000001}.WorkflowID(), "", string(contract.Describe))
			if err != nil {
				return err
			}
			var known parcel.Parcel
			if err := answer.Get(&known); err != nil || len(known.Ledger) == 0 {
				return fmt.Errorf("no decision yet, %w", err)
			}
			require.Equal(t, parcel.Announcing, known.Phase)
			require.Equal(t, parcel.ReasonNoMailForPhase, known.Ledger[0].Reason)
			return nil
		})
	})
	t.Run("a wrong signature", func(t *testing.T) {
		code, said := s.request(http.MethodPost, door, body, sendcloud.Sign("another key", body))
		require.Equal(t, http.StatusUnauthorized, code)
		require.Contains(t, said, "not verified")
	})
	t.Run("no signature", func(t *testing.T) {
		code, _ := s.request(http.MethodPost, door, body, "")
		require.Equal(t, http.StatusUnauthorized, code)
	})
	t.Run("an upper-case signature is the same digest", func(t *testing.T) {
		code, _ := s.request(http.MethodPost, door, body, strings.ToUpper(signature))
		require.Equal(t, http.StatusOK, code)
	})
	t.Run("a body that was decoded and encoded again", func(t *testing.T) {
		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, body))
		code, _ := s.request(http.MethodPost, door, compact.Bytes(), signature)
		require.Equal(t, http.StatusUnauthorized, code)
	})
	t.Run("the signature of another integration", func(t *testing.T) {
		code, _ := s.request(http.MethodPost, "/webhooks/sendcloud/captured", body, signature)
		require.Equal(t, http.StatusUnauthorized, code)
	})
	for name, unreadable := range map[string]string{
		"an empty body": "", "a body that is not JSON": "action=test", "a body that breaks off": `{"action": "parcel_status_changed", "parcel": {"id`,
		"an array": "[]", "no parcel": `{"action":"parcel_status_changed"}`,
	} {
		t.Run(name+", signed", func(t *testing.T) {
			code, said := signed(unreadable)
			require.Equal(t, http.StatusBadRequest, code)
			require.Contains(t, said, `"hint"`)
		})
	}
	t.Run("an empty body without a signature", func(t *testing.T) {
		code, _ := s.request(http.MethodPost, door, nil, "")
		require.Equal(t, http.StatusUnauthorized, code)
	})
	t.Run("a huge body", func(t *testing.T) {
		code, said := signed(`{"action":"test_webhook","x":"` + strings.Repeat("x", 1<<20) + `"}`)
		require.Equal(t, http.StatusRequestEntityTooLarge, code, said)
	})
	t.Run("a transfer that breaks off", func(t *testing.T) {
		conn := s.begin(body, len(body)/2)
		require.NoError(t, conn.CloseWrite())
		answer, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Contains(t, string(answer), "400 Bad Request")
	})
	t.Run("an unknown integration", func(t *testing.T) {
		code, said := s.request(http.MethodPost, "/webhooks/sendcloud/nobody", body, signature)
		require.Equal(t, http.StatusNotFound, code)
		require.Contains(t, said, "unknown integration")
	})
	t.Run("an unknown action", func(t *testing.T) {
		code, said := signed(`{"action":"parcel_teleported","timestamp":1}`)
		require.Equal(t, http.StatusOK, code)
		require.JSONEq(t, `{"outcome":"unknown action"}`, said)
	})
	t.Run("the test button of Sendcloud's panel", func(t *testing.T) {
		code, said := signed(`{"action":"test_webhook"}`)
		require.Equal(t, http.StatusOK, code)
		require.JSONEq(t, `{"outcome":"of no interest"}`, said)
	})
	t.Run("the wrong method", func(t *testing.T) {
		code, _ := s.request(http.MethodGet, door, nil, "")
		require.Equal(t, http.StatusMethodNotAllowed, code)
	})
	t.Run("no such page", func(t *testing.T) {
		code, _ := s.request(http.MethodPost, "/webhooks/sendcloud/", body, signature)
		require.Equal(t, http.StatusNotFound, code)
	})
	t.Run("the log has a line for each answer and nothing personal", func(t *testing.T) {
		log := s.ingress.output()
		require.Contains(t, log, `"outcome":"not verified"`)
		for _, personal := range []string{"example.com", "Jane", "Müller", "jansen", "secretkey", signatureKey, signature} {
			require.NotContains(t, strings.ToLower(log), strings.ToLower(personal))
		}
		for line := range strings.Lines(log) {
			require.True(t, json.Valid([]byte(line)), line)
		}
	})
	require.Empty(t, s.mails(s.parcel()))
}

func TestAnUnknownStatusIsRecordedAndMovesNothing(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	now := time.Now()
	s.tell(p, sendcloud.ToSorting, now.Add(-time.Hour))
	s.tell(p, sendcloud.FromTheFuture, now)
	known := s.settled(p, 2, delivery.Accepted)
	require.Equal(t, parcel.InTransit, known.Phase)
	require.Equal(t, 1, known.Reasons()[parcel.ReasonUnknownStatus])
	require.Contains(t, s.ingress.output(), `"note":"unknown status"`)
}

func TestTheIngressOpensBeforeTemporalAndRecovers(t *testing.T) {
	t.Parallel()
	server := &temporalServer{folder: t.TempDir(), port: freePort(t)}
	s := prepareStack(t, server)
	s.startIngress()
	s.startWorker()
	s.eventually("the ingress to be alive", func() error {
		if code, said := s.request(http.MethodGet, "/healthz", nil, ""); code != http.StatusOK {
			return fmt.Errorf("/healthz answers %d %s", code, said)
		}
		return nil
	})
	p := s.parcel()
	body := p.Body(sendcloud.ToSorting, time.Now())
	code, said := s.once(http.MethodPost, "/webhooks/sendcloud/demo", body, sendcloud.Sign(signatureKey, body))
	require.Equal(t, http.StatusServiceUnavailable, code, said)
	code, _ = s.once(http.MethodGet, "/readyz", nil, "")
	require.Equal(t, http.StatusServiceUnavailable, code)

	require.NoError(t, server.start())
	t.Cleanup(func() { server.kill() })
	s.setUp()
	s.awaitReady()
	code, said = s.knock(body)
	require.Equal(t, http.StatusOK, code, said)
	s.settled(p, 1, delivery.Accepted)
}

func TestSigtermLetsARequestFinish(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	s.tell(s.parcel(), sendcloud.ToSorting, time.Now()) // Temporal is at work
	body := s.parcel().Body(sendcloud.ToSorting, time.Now())
	conn := s.begin(body, 10)
	defer conn.Close()
	// The second request proves that the first has been picked up.
	s.awaitReady()
	go s.ingress.terminate()
	s.eventually("the door to close", func() error {
		if strings.Contains(s.ingress.output(), "ingress closing") {
			return nil
		}
		return fmt.Errorf("still open")
	})
	_, err := conn.Write(body[10:])
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Contains(t, string(answer), "200 OK")
	<-s.ingress.done
	require.Zero(t, s.ingress.cmd.ProcessState.ExitCode())
}

func TestACallerThatHangsUpHasStillBeenHeard(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	s.tell(s.parcel(), sendcloud.ToSorting, time.Now()) // Temporal is at work
	var told []sendcloud.Parcel
	for range 20 {
		p := s.parcel()
		body := p.Body(sendcloud.ToSorting, time.Now())
		require.NoError(t, s.begin(body, len(body)).Close())
		told = append(told, p)
	}
	for _, p := range told {
		s.settled(p, 1, delivery.Accepted)
	}
}

// begin sends a signed webhook as far as the first n bytes of its body, and
// leaves the rest to the test.
func (s *stack) begin(body []byte, n int) *net.TCPConn {
	s.Helper()
	conn, err := (&net.Dialer{}).DialContext(s.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
	require.NoError(s, err)
	_, err = fmt.Fprintf(conn, "POST /webhooks/sendcloud/demo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\nSendcloud-Signature: %s\r\n\r\n%s",
		len(body), sendcloud.Sign(signatureKey, body), body[:n])
	require.NoError(s, err)
	return conn.(*net.TCPConn)
}

func readFixture(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "sendcloud", "testdata", name))
	require.NoError(t, err)
	return raw
}
