package ingress

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"

	"waybill/codec"
	"waybill/policy"
)

const uiOrigin = "https://temporal.shop.example"

// endpoint is a codec endpoint.
type endpoint struct {
	*testing.T
	*codecDoor
	log bytes.Buffer
	// clear and secret are a body before and after it was encrypted.
	clear, secret string
}

// inspectors is a policy. The token of each person is "a token of " and their name.
func inspectors(t *testing.T) *policy.Book {
	t.Helper()
	text := "people:\n"
	for _, person := range []string{
		"Ida: {role: inspector, email: ida@shop.example",
		"Ivo: {role: inspector, email: ivo@shop.example, token_read_only: on",
		"Old: {role: inspector, email: old@shop.example, token_expires: 2026-01-01",
		"Anna: {role: approver, email: anna@shop.example",
		"Mia: {role: manager, email: mia@shop.example",
		"Sam: {role: support, email: sam@shop.example",
	} {
		name, _, _ := strings.Cut(person, ":")
		text += fmt.Sprintf("  %s, token_sha256: %s}\n", person, policy.TokenHash("a token of "+name))
	}
	book, err := policy.Parse("waybill.yaml", []byte(text))
	require.NoError(t, err)
	return book
}

func openEndpoint(t *testing.T, issuer OIDC) *endpoint {
	t.Helper()
	line, err := codec.NewKey("a")
	require.NoError(t, err)
	keys, err := codec.ParseKeys(line)
	require.NoError(t, err)
	crypt, err := codec.New(keys, codec.PlainRefused)
	require.NoError(t, err)
	book, e := inspectors(t), &endpoint{T: t}
	e.codecDoor = newCodecDoor(Config{Codec: CodecConfig{
		Origins: []string{uiOrigin, "http://127.0.0.1:8233"}, OIDC: issuer, People: book.Named, Namespace: "shop", Codec: crypt,
	}}, client.MetricsNopHandler, slog.New(slog.NewJSONHandler(&e.log, nil)))

	payloads := &commonpb.Payloads{Payloads: []*commonpb.Payload{{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`"Jane Doe"`)}}}
	text, err := protojson.Marshal(payloads)
	require.NoError(t, err)
	secret, _, err := crypt.EncodeJSON(text)
	require.NoError(t, err)
	e.secret, e.clear = string(secret), "IkphbmUgRG9lIg==" // in base64
	require.Contains(t, string(text), e.clear)
	require.NotContains(t, e.secret, e.clear)
	return e
}

func (e *endpoint) bearer(name string) http.Header {
	return http.Header{"Authorization": {"Bearer a token of " + name}}
}

// with adds headers.
func with(h http.Header, pairs ...string) http.Header {
	all := h.Clone()
	if all == nil {
		all = http.Header{}
	}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = append(all[pairs[i]], pairs[i+1])
	}
	return all
}

// call calls the endpoint as Temporal's UI does, from its own origin unless the headers name another.
func (e *endpoint) call(action, body string, header http.Header) *httptest.ResponseRecorder {
	return e.request(http.MethodPost, "/codec/"+action+"?preserveStorageRefs=true", body, header)
}

func (e *endpoint) request(method, path, body string, header http.Header) *httptest.ResponseRecorder {
	e.Helper()
	r := httptest.NewRequestWithContext(e.Context(), method, path, strings.NewReader(body))
	r.Header = http.Header{"Content-Type": {"application/json"}, "X-Namespace": {"shop"}, "Origin": {uiOrigin}}
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	e.handler().ServeHTTP(w, r)
	require.Equal(e, "Origin", w.Header().Get("Vary"))
	return w
}

// lastLine is what the log says of the last request.
func (e *endpoint) lastLine() (line map[string]any) {
	e.Helper()
	lines := strings.Split(strings.TrimSpace(e.log.String()), "\n")
	require.NoError(e, json.Unmarshal([]byte(lines[len(lines)-1]), &line))
	return line
}

func TestOnlyInspectorsReadWhatTemporalStores(t *testing.T) {
	e := openEndpoint(t, OIDC{})
	for name, c := range map[string]struct {
		header  http.Header
		code    int
		outcome string
	}{
		"without a token":          {nil, http.StatusUnauthorized, "no token"},
		"with another scheme":      {http.Header{"Authorization": {"Basic a token of Ida"}}, http.StatusUnauthorized, "no token"},
		"with a wrong token":       {e.bearer("Nobody"), http.StatusUnauthorized, "unknown token"},
		"with a JWT":               {http.Header{"Authorization": {"Bearer a.b.c"}}, http.StatusUnauthorized, "unknown token"},
		"with an expired token":    {e.bearer("Old"), http.StatusUnauthorized, "token expired"},
		"an approver":              {e.bearer("Anna"), http.StatusForbidden, "not an inspector"},
		"a manager":                {e.bearer("Mia"), http.StatusForbidden, "not an inspector"},
		"support":                  {e.bearer("Sam"), http.StatusForbidden, "not an inspector"},
		"about another namespace":  {with(e.bearer("Ida"), "X-Namespace", "other"), http.StatusForbidden, "wrong namespace"},
		"about no namespace":       {with(e.bearer("Ida"), "X-Namespace", ""), http.StatusForbidden, "wrong namespace"},
		"an inspector":             {e.bearer("Ida"), http.StatusOK, "decoded"},
		"one whose token reads":    {e.bearer("Ivo"), http.StatusOK, "decoded"},
		"a program":                {http.Header{"Authorization": {"Bearer a token of Ida"}, "Origin": nil}, http.StatusOK, "decoded"},
		"the UI of this machine":   {with(e.bearer("Ida"), "Origin", "http://127.0.0.1:8233"), http.StatusOK, "decoded"},
		"from another origin":      {with(e.bearer("Ida"), "Origin", "https://evil.example"), http.StatusForbidden, "wrong origin"},
		"from a part of one":       {with(e.bearer("Ida"), "Origin", "https://temporal.shop.example.evil.example"), http.StatusForbidden, "wrong origin"},
		"from a file":              {with(e.bearer("Ida"), "Origin", "null"), http.StatusForbidden, "wrong origin"},
		"from an origin by http":   {with(e.bearer("Ida"), "Origin", "http://temporal.shop.example"), http.StatusForbidden, "wrong origin"},
		"from another port of one": {with(e.bearer("Ida"), "Origin", uiOrigin+":8443"), http.StatusForbidden, "wrong origin"},
		"from two origins":         {with(e.bearer("Ida"), "Origin", uiOrigin, "Origin", "https://evil.example"), http.StatusForbidden, "wrong origin"},
	} {
		got := e.call("decode", e.secret, c.header)
		require.Equal(t, c.code, got.Code, "%s: %s", name, got.Body)
		require.Equal(t, c.outcome, e.lastLine()["outcome"], name)
		require.Equal(t, c.code == http.StatusOK, strings.Contains(got.Body.String(), e.clear), name)
		require.Equal(t, "no-store", got.Header().Get("Cache-Control"), name)
		allowed := got.Header().Get("Access-Control-Allow-Origin")
		require.Equal(t, c.outcome == "wrong origin" || name == "a program", allowed == "", "%s: a page of the right origin may read why", name)
		require.NotEqual(t, "*", allowed)
	}
	require.NotContains(t, e.log.String(), "Jane")
	require.NotContains(t, e.log.String(), "a token of")
	require.NotContains(t, e.log.String(), "evil")
}

func TestABrowserIsToldWhatItMaySendBeforeItHasAToken(t *testing.T) {
	e := openEndpoint(t, OIDC{})
	got := e.request(http.MethodOptions, "/codec/decode", "", http.Header{"Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization,content-type,x-namespace"}})
	require.Equal(t, http.StatusNoContent, got.Code)
	require.Equal(t, uiOrigin, got.Header().Get("Access-Control-Allow-Origin"))
	require.Equal(t, "POST", got.Header().Get("Access-Control-Allow-Methods"))
	require.Equal(t, "Content-Type, X-Namespace, Authorization, Authorization-Extras", got.Header().Get("Access-Control-Allow-Headers"))
	require.Equal(t, "true", got.Header().Get("Access-Control-Allow-Credentials"))
	require.Equal(t, "600", got.Header().Get("Access-Control-Max-Age"))

	got = e.request(http.MethodOptions, "/codec/decode", "", http.Header{"Origin": {"https://evil.example"}, "Access-Control-Request-Method": {"POST"}})
	require.Equal(t, http.StatusForbidden, got.Code)
	for name := range got.Header() {
		require.NotContains(t, name, "Access-Control")
	}
}

func TestEachCallIsOneLineThatSaysWhoAndHowManyAndNotWhat(t *testing.T) {
	e := openEndpoint(t, OIDC{})
	require.Equal(t, http.StatusOK, e.call("decode", e.secret, e.bearer("Ida")).Code)
	require.Equal(t, 1, strings.Count(e.log.String(), "\n"))
	line := e.lastLine()
	for name, want := range map[string]any{
		"level": "INFO", "method": "POST", "route": "/codec/decode", "code": float64(200), "action": "decode", "person": "Ida", "by": "token",
		"namespace": "shop", "payloads": float64(1), "outcome": "decoded",
	} {
		require.Equal(t, want, line[name], name)
	}
	require.NotContains(t, line, "unreadable")
	require.Equal(t, http.StatusForbidden, e.call("decode", e.secret, e.bearer("Anna")).Code)
	require.Equal(t, "Anna", e.lastLine()["person"], "who tried")
}

func TestAnInspectorEncodesUnlessTheirTokenOnlyReads(t *testing.T) {
	e := openEndpoint(t, OIDC{})
	order := `{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"` + e.clear + `"}]}`
	got := e.call("encode", order, e.bearer("Ida"))
	require.Equal(t, http.StatusOK, got.Code, got.Body)
	require.NotContains(t, got.Body.String(), e.clear)
	require.Equal(t, "encode", e.lastLine()["action"])
	require.Contains(t, e.call("decode", got.Body.String(), e.bearer("Ida")).Body.String(), e.clear)
	got = e.call("encode", order, e.bearer("Ivo"))
	require.Equal(t, http.StatusForbidden, got.Code)
	require.Equal(t, "read-only token", e.lastLine()["outcome"])
}

func TestACallIsBounded(t *testing.T) {
	e := openEndpoint(t, OIDC{})
	many := `{"payloads":[` + strings.Repeat(`{},`, codec.MostPayloads) + `{}]}`
	for name, c := range map[string]struct {
		body    string
		code    int
		outcome string
	}{
		"too long":          {strings.Repeat(" ", exchangeLimit+1), http.StatusRequestEntityTooLarge, "too large"},
		"too many payloads": {many, http.StatusRequestEntityTooLarge, "too large"},
		"not JSON":          {"Jane Doe", http.StatusBadRequest, "unreadable"},
		"nothing":           {"", http.StatusBadRequest, "unreadable"},
	} {
		got := e.call("decode", c.body, e.bearer("Ida"))
		require.Equal(t, c.code, got.Code, name)
		require.Equal(t, c.outcome, e.lastLine()["outcome"], name)
		require.NotContains(t, got.Body.String(), "Jane")
	}
	require.Equal(t, http.StatusNotFound, e.request(http.MethodGet, "/codec/decode", "", e.bearer("Ida")).Code)
	require.Equal(t, http.StatusNotFound, e.call("download", e.secret, e.bearer("Ida")).Code)
}

// unreadBody fails a test that reads it.
type unreadBody struct{ *testing.T }

func (b unreadBody) Read([]byte) (int, error) {
	b.Error("the body of a stranger was read")
	return 0, http.ErrBodyReadAfterClose
}

func TestNothingIsReadOfWhoIsNoInspector(t *testing.T) {
	e := openEndpoint(t, OIDC{})
	for _, header := range []http.Header{nil, e.bearer("Nobody"), e.bearer("Anna"), with(e.bearer("Ida"), "Origin", "https://evil.example"), with(e.bearer("Ida"), "X-Namespace", "other")} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/codec/decode", unreadBody{t})
		r.Header = with(http.Header{"X-Namespace": {"shop"}})
		for name, values := range header {
			r.Header[name] = values
		}
		w := httptest.NewRecorder()
		e.handler().ServeHTTP(w, r)
		require.GreaterOrEqual(t, w.Code, http.StatusUnauthorized)
	}
}

func TestCallersAndStrangersAreLimited(t *testing.T) {
	e := openEndpoint(t, OIDC{})
	now := time.Now()
	e.now = func() time.Time { return now }
	for range strangersAMinute {
		require.Equal(t, http.StatusUnauthorized, e.call("decode", "", e.bearer("Nobody")).Code)
	}
	got := e.call("decode", "", e.bearer("Nobody"))
	require.Equal(t, http.StatusTooManyRequests, got.Code)
	require.Equal(t, "2", got.Header().Get("Retry-After"))
	for range exchangesAMinute {
		require.Equal(t, http.StatusBadRequest, e.call("decode", "", e.bearer("Ida")).Code)
	}
	require.Equal(t, http.StatusTooManyRequests, e.call("decode", e.secret, e.bearer("Ida")).Code)
	require.Equal(t, http.StatusOK, e.call("decode", e.secret, e.bearer("Ivo")).Code, "another person is not")
	now = now.Add(time.Minute)
	require.Equal(t, http.StatusOK, e.call("decode", e.secret, e.bearer("Ida")).Code)
}

func TestAMissingKeyIsNamed(t *testing.T) {
	e, other := openEndpoint(t, OIDC{}), openEndpoint(t, OIDC{})
	got := e.call("decode", other.secret, e.bearer("Ida"))
	require.Equal(t, http.StatusUnprocessableEntity, got.Code)
	require.Contains(t, got.Body.String(), "a payload cannot be read with the key a")
	require.EqualValues(t, 1, e.lastLine()["unreadable"])
}
