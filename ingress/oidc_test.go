package ingress

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// issuer stands in for where people sign in to Temporal's UI.
type issuer struct {
	*testing.T
	*httptest.Server
	key  *rsa.PrivateKey
	down atomic.Bool
	// asked is how often it was asked for its keys.
	asked atomic.Int64
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{T: t, key: newRSAKey(t)}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		i.asked.Add(1)
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256",
			"n": base64.RawURLEncoding.EncodeToString(i.key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(i.key.E)).Bytes()),
		}}})
	})
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.down.Load() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(i.Close)
	return i
}

func newRSAKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key
}

// claims are those of somebody who has just signed in, but for some; nil is none.
func (i *issuer) claims(but map[string]any) map[string]any {
	all := map[string]any{
		"iss": i.URL, "aud": "temporal-ui", "sub": "7", "email": "Ida@shop.example", "email_verified": true,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(all, but)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return all
}

func (i *issuer) token(but map[string]any) string {
	return jwt(i.T, map[string]string{"alg": "RS256", "kid": "one"}, i.claims(but), rs256(i.T, i.key))
}

// jwt makes a token.
func jwt(t *testing.T, header map[string]string, claims map[string]any, sign func(text []byte) []byte) string {
	t.Helper()
	part := func(value any) string {
		raw, err := json.Marshal(value)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	text := part(header) + "." + part(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(text)))
}

func rs256(t *testing.T, key *rsa.PrivateKey) func([]byte) []byte {
	return func(text []byte) []byte {
		sum := sha256.Sum256(text)
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		require.NoError(t, err)
		return signature
	}
}

// signedIn is an endpoint that believes an issuer.
func signedIn(t *testing.T) (*endpoint, *issuer) {
	t.Helper()
	i := newIssuer(t)
	return openEndpoint(t, OIDC{Issuer: i.URL, Audience: "temporal-ui"}), i
}

func TestAnInspectorWhoHasSignedInToTemporalsUIIsKnownByTheirAddress(t *testing.T) {
	e, i := signedIn(t)
	for name, header := range map[string]http.Header{
		"an access token": {"Authorization": {"Bearer " + i.token(nil)}},
		"an opaque access token, beside the ID token": {"Authorization": {"Bearer ya29.opaque"}, "Authorization-Extras": {i.token(nil)}},
		"an access token for another API":             {"Authorization": {"Bearer " + i.token(map[string]any{"aud": "an-api"})}, "Authorization-Extras": {i.token(nil)}},
		"an ID token as a UI of the future sends it":  {"Authorization-Extras": {"Bearer " + i.token(nil)}, "Authorization": {"Bearer x"}},
		"for several, of a clock that is late":        {"Authorization": {"Bearer " + i.token(map[string]any{"aud": []string{"other", "temporal-ui"}, "exp": time.Now().Add(-20 * time.Second).Unix()})}},
	} {
		got := e.call("decode", e.secret, header)
		require.Equal(t, http.StatusOK, got.Code, "%s: %s", name, got.Body)
		require.Contains(t, got.Body.String(), e.clear, name)
	}
	require.Contains(t, e.log.String(), `"person":"Ida","by":"sign-in"`)
	require.Equal(t, int64(1), i.asked.Load(), "its keys are remembered")
}

func TestATokenOfTheIssuerHasToBeRight(t *testing.T) {
	e, i := signedIn(t)
	der, err := x509.MarshalPKIXPublicKey(&i.key.PublicKey)
	require.NoError(t, err)
	hs256 := func(text []byte) []byte {
		mac := hmac.New(sha256.New, der)
		_, _ = mac.Write(text)
		return mac.Sum(nil)
	}
	ago := time.Now().Add(-time.Minute).Unix()
	for name, c := range map[string]struct {
		token   string
		code    int
		outcome string
	}{
		"expired":                            {i.token(map[string]any{"exp": ago}), http.StatusUnauthorized, "sign-in expired"},
		"without an end":                     {i.token(map[string]any{"exp": nil}), http.StatusUnauthorized, "sign-in expired"},
		"not valid yet":                      {i.token(map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}), http.StatusUnauthorized, "sign-in not verified"},
		"for another audience":               {i.token(map[string]any{"aud": "shop"}), http.StatusUnauthorized, "sign-in not verified"},
		"for no audience":                    {i.token(map[string]any{"aud": nil}), http.StatusUnauthorized, "sign-in not verified"},
		"of another issuer":                  {i.token(map[string]any{"iss": "https://login.example"}), http.StatusUnauthorized, "sign-in not verified"},
		"under another key of the same name": {jwt(t, map[string]string{"alg": "RS256", "kid": "one"}, i.claims(nil), rs256(t, newRSAKey(t))), http.StatusUnauthorized, "sign-in not verified"},
		"under an unknown key":               {jwt(t, map[string]string{"alg": "RS256", "kid": "two"}, i.claims(nil), rs256(t, newRSAKey(t))), http.StatusUnauthorized, "sign-in not verified"},
		"not signed":                         {jwt(t, map[string]string{"alg": "none"}, i.claims(nil), func([]byte) []byte { return nil }), http.StatusUnauthorized, "sign-in not verified"},
		"signed with the public key":         {jwt(t, map[string]string{"alg": "HS256", "kid": "one"}, i.claims(nil), hs256), http.StatusUnauthorized, "sign-in not verified"},
		"not a token":                        {"a.b.c", http.StatusUnauthorized, "sign-in not verified"},
		"of an address that is not verified": {i.token(map[string]any{"email_verified": false}), http.StatusForbidden, "no verified address"},
		"verified as nobody says":            {i.token(map[string]any{"email_verified": nil}), http.StatusForbidden, "no verified address"},
		"without an address":                 {i.token(map[string]any{"email": ""}), http.StatusForbidden, "no verified address"},
		"of somebody else":                   {i.token(map[string]any{"email": "jane@shop.example"}), http.StatusForbidden, "nobody in the policy"},
		"of an approver":                     {i.token(map[string]any{"email": "anna@shop.example"}), http.StatusForbidden, "not an inspector"},
	} {
		got := e.call("decode", e.secret, http.Header{"Authorization": {"Bearer " + c.token}})
		require.Equal(t, c.code, got.Code, "%s: %s", name, got.Body)
		require.Contains(t, got.Body.String(), `"outcome":"`+c.outcome+`"`, name)
		e.strangers = NewLimits(strangersAMinute, time.Minute)
	}
	require.NotContains(t, e.log.String(), "@shop.example", "an address is personal")
	require.NotContains(t, e.log.String(), "jane")
}

// A token needs no key of the issuer to name one that the issuer does not have.
func TestTheIssuerIsNotAskedForEachTokenThatNamesAnUnknownKey(t *testing.T) {
	e, i := signedIn(t)
	stranger := newRSAKey(t)
	for range 50 {
		forged := jwt(t, map[string]string{"alg": "RS256", "kid": "two"}, i.claims(nil), rs256(t, stranger))
		require.NotEqual(t, http.StatusOK, e.call("decode", e.secret, http.Header{"Authorization": {"Bearer " + forged}}).Code)
	}
	require.LessOrEqual(t, i.asked.Load(), int64(askedAtMost))
}

func TestTokensOfThePolicyWorkWhileTheIssuerIsDown(t *testing.T) {
	e, i := signedIn(t)
	i.down.Store(true)
	got := e.call("decode", e.secret, http.Header{"Authorization": {"Bearer " + i.token(nil)}})
	require.Equal(t, http.StatusServiceUnavailable, got.Code)
	require.Contains(t, got.Body.String(), "issuer does not answer")
	require.Contains(t, got.Body.String(), "use a token of the policy")
	require.Contains(t, e.log.String(), `"fault":"502 Bad Gateway`)
	require.Equal(t, http.StatusOK, e.call("decode", e.secret, e.bearer("Ida")).Code)

	i.down.Store(false)
	require.Equal(t, http.StatusOK, e.call("decode", e.secret, http.Header{"Authorization": {"Bearer " + i.token(nil)}}).Code)
	i.down.Store(true)
	require.Equal(t, http.StatusOK, e.call("decode", e.secret, http.Header{"Authorization": {"Bearer " + i.token(nil)}}).Code, "its keys are remembered")
	later := time.Now().Add(2 * discoverAgain)
	e.now = func() time.Time { return later }
	require.Equal(t, http.StatusOK, e.call("decode", e.secret, http.Header{"Authorization": {"Bearer " + i.token(map[string]any{"exp": later.Add(time.Hour).Unix()})}}).Code, "as long as it is down")
}
