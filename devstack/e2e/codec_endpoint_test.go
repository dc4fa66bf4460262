package e2e_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"

	"waybill/codec"
	"waybill/contract"
	"waybill/refund"
)

const uiOrigin = "https://temporal.shop.example"

// withInspectors is the policy of the tests with two people who inspect; the token of old has expired.
func withInspectors() string {
	token := func(who string) string {
		return fmt.Sprintf("token_sha256: %x", sha256.Sum256([]byte("a token of "+who)))
	}
	return strings.NewReplacer(
		"anna: {", "anna: {"+token("anna")+", ",
		"people:\n", "people:\n"+
			"  ida: {email: ida@shop.example, role: inspector, "+token("ida")+"}\n"+
			"  old: {email: old@shop.example, role: inspector, token_expires: 2026-01-01, "+token("old")+"}\n",
	).Replace(people)
}

// openCodecEndpoint opens the doors of a till with a codec endpoint, and returns its address.
func (s *till) openCodecEndpoint() string {
	s.Helper()
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(freePort(s.T)))
	s.refundKeys = append(s.refundKeys, "WAYBILL_CODEC_LISTEN="+address, "WAYBILL_CODEC_ORIGINS="+uiOrigin)
	s.openDoors()
	return "http://" + address + "/codec"
}

// decode asks the endpoint for the payloads of an event, as a page of an origin does; a program has
// none.
func (s *till) decode(endpoint, payloads, origin, token string) (code int, said string, header http.Header) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, endpoint+"/decode", strings.NewReader(payloads))
	require.NoError(s, err)
	r.Header.Set("X-Namespace", s.namespace)
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(s, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(s, err)
	return resp.StatusCode, string(raw), resp.Header
}

// asIda is a client of Temporal that has no key, and the codec endpoint instead, as the command temporal.
func (s *till) asIda(endpoint string) client.Client {
	s.Helper()
	c, err := client.NewLazyClient(client.Options{
		HostPort: s.temporal.address(), Namespace: s.namespace,
		DataConverter: converter.NewRemoteDataConverter(converter.GetDefaultDataConverter(), converter.RemoteDataConverterOptions{
			Endpoint: endpoint,
			ModifyRequest: func(r *http.Request) error {
				r.Header.Set("X-Namespace", s.namespace)
				r.Header.Set("Authorization", "Bearer a token of ida")
				return nil
			},
		}),
		FailureConverter: newCodec(s.T, codecKey, codec.PlainRead).Failures(),
	})
	require.NoError(s, err)
	s.Cleanup(c.Close)
	return c
}

func TestInspectorsReadThroughTheCodecEndpoint(t *testing.T) {
	t.Parallel()
	s := newTillWith(t, shared.get(t), postOffice{logs: true}, withInspectors())
	endpoint := s.openCodecEndpoint()
	o := s.sell("120.00")
	s.ask(o)
	s.reaches(o, refund.AwaitingApproval)
	stored := s.events(o.workflowID())[0].GetWorkflowExecutionStartedEventAttributes().GetInput()
	raw, err := protojson.Marshal(stored)
	require.NoError(t, err)
	payloads := string(raw)
	clear, err := protojson.Marshal(decrypted(t, stored))
	require.NoError(t, err)

	for name, c := range map[string]struct {
		origin, token string
		code          int
	}{
		"without a token":                {uiOrigin, "", http.StatusUnauthorized},
		"with a wrong token":             {uiOrigin, "a token of nobody", http.StatusUnauthorized},
		"with an expired token":          {uiOrigin, "a token of old", http.StatusUnauthorized},
		"with an approver's":             {uiOrigin, "a token of anna", http.StatusForbidden},
		"with a right one, from the UI":  {uiOrigin, "a token of ida", http.StatusOK},
		"with a right one, by a program": {"", "a token of ida", http.StatusOK},
		"from a wrong origin":            {"https://evil.example", "a token of ida", http.StatusForbidden},
	} {
		code, said, header := s.decode(endpoint, payloads, c.origin, c.token)
		require.Equal(t, c.code, code, "%s: %s", name, said)
		if code == http.StatusOK {
			require.JSONEq(t, string(clear), said, name)
		}
		require.Equal(t, map[bool]string{true: uiOrigin}[c.origin == uiOrigin], header.Get("Access-Control-Allow-Origin"), name)
	}
	require.Contains(t, s.ingress.output(), `"action":"decode","person":"ida","by":"token","namespace":"`+s.namespace+`","payloads":1,"outcome":"decoded"`)
	require.NotContains(t, s.ingress.output(), o.sent.Recipient.Email)
	code, _ := s.once(http.MethodPost, "/codec/decode", []byte(payloads), "")
	require.Equal(t, http.StatusNotFound, code, "where the internet comes in, there is none")

	ida := s.asIda(endpoint)
	answer, err := ida.QueryWorkflow(t.Context(), o.workflowID(), "", string(contract.DescribeRefund))
	require.NoError(t, err)
	var known refund.Refund
	require.NoError(t, answer.Get(&known))
	require.Equal(t, o.sent.Recipient.Email, known.Facts.Customer.Email)
	s.refuseUnprovenApproval(ida, o)

	s.setPolicy("mode: live\n" + atOnce + people)
	s.eventually("the endpoint to know that ida has left", func() error {
		if code, said, _ := s.decode(endpoint, payloads, "", "a token of ida"); code != http.StatusUnauthorized {
			return errors.New(said)
		}
		return nil
	})
}

// refuseUnprovenApproval approves a refund as a person can who has Temporal and the codec endpoint, under
// the name of an approver: that it is encrypted proves nothing about who sent it.
func (s *till) refuseUnprovenApproval(c client.Client, o sold) {
	s.Helper()
	given, err := c.UpdateWorkflow(s.Context(), client.UpdateWorkflowOptions{
		WorkflowID: o.workflowID(), UpdateName: "Approve", Args: []any{map[string]string{"by": "anna", "via": "page", "proof": "made up"}},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = given.Get(s.Context(), nil)
	}
	require.ErrorContains(s, err, "does not prove")
	known, err := s.refund(o)
	require.NoError(s, err)
	require.Equal(s, refund.AwaitingApproval, known.State)
	require.Empty(s, s.paid(o))
}
