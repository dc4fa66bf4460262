package ingress

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"waybill/httpclient"
)

// OIDC is an issuer of tokens with which people sign in to Temporal's UI. The zero one is none.
type OIDC struct {
	// Issuer is its address, such as https://login.shop.example.
	Issuer string
	// Audience is for whom its tokens are: the client id of Temporal's UI, or of the API that its access
	// tokens are for.
	Audience string
}

// The answers to a token of an issuer.
var (
	signInRefused  = Answer{http.StatusUnauthorized, "sign-in not verified", "this is neither a token of the policy nor one that WAYBILL_CODEC_OIDC_ISSUER has made for WAYBILL_CODEC_OIDC_AUDIENCE: compare both with the settings of Temporal's UI, and sign in there again"}
	signInExpired  = Answer{http.StatusUnauthorized, "sign-in expired", "sign in to Temporal's UI again"}
	noAddress      = Answer{http.StatusForbidden, "no verified address", "the token needs the claims email and email_verified, which is true: have Temporal's UI ask for the scope email"}
	signInStranger = Answer{http.StatusForbidden, "nobody in the policy", "no person in the policy has the mail address of this sign-in: name them there, with the role inspector"}
	issuerSilent   = Answer{http.StatusServiceUnavailable, "issuer does not answer", "sign-ins cannot be verified, because WAYBILL_CODEC_OIDC_ISSUER does not answer: try again, or use a token of the policy"}
)

const (
	// idTokenHeader is where Temporal's UI sends the ID token, beside the access token.
	idTokenHeader = "Authorization-Extras"
	// clockSkew is how much later the issuer's clock may be.
	clockSkew = 30 * time.Second

	issuerTimeout     = 5 * time.Second
	issuerAnswerLimit = 1 << 20
	// discoverAgain is when it is looked again where the issuer has its keys, and so which of them it has
	// withdrawn.
	discoverAgain = time.Hour
	// askAgain is when it is looked again after the issuer was silent.
	askAgain = time.Minute
	// askedAtMost and askedEvery bound how often the issuer is asked, for which it takes no more than a
	// token that names an unknown key.
	askedAtMost, askedEvery = 5, 5 * time.Second
)

// algorithms sign with a private key. With others, everyone who knows the public key could sign.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// signIns verifies tokens of an issuer. It first asks the issuer when there is one to verify.
type signIns struct {
	OIDC
	client *http.Client
	now    func() time.Time

	mu         sync.Mutex
	verifier   *oidc.IDTokenVerifier
	discovered time.Time
}

// newSignIns is nil for no issuer.
func newSignIns(o OIDC, now func() time.Time) *signIns {
	if o.Issuer == "" {
		return nil
	}
	client := httpclient.New(issuerTimeout, issuerAnswerLimit)
	client.Transport = sparing{client.Transport, rate.NewLimiter(rate.Every(askedEvery), askedAtMost)}
	return &signIns{OIDC: o, client: client, now: now}
}

// address is the mail address of who has signed in, by the first token that says so. A provider can
// put it into the access token or into the ID token, and the access token need not be one of these.
func (s *signIns) address(c *gin.Context, tokens ...string) (string, *Answer) {
	refusal := &signInRefused
	for _, token := range tokens {
		if strings.Count(token, ".") != 2 { // no JWT
			continue
		}
		address, why := s.addressIn(c, token)
		if why == nil {
			return address, nil
		}
		if refusal == &signInRefused {
			refusal = why
		}
	}
	return "", refusal
}

func (s *signIns) addressIn(c *gin.Context, raw string) (string, *Answer) {
	verifier, err := s.discover()
	if err != nil {
		Note(c, "fault", short(err))
		return "", &issuerSilent
	}
	silent := false
	token, err := verifier.Verify(context.WithValue(c.Request.Context(), silentKey{}, &silent), raw)
	var claims struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
	}
	switch expired := (*oidc.TokenExpiredError)(nil); {
	case silent:
		Note(c, "fault", short(err))
		return "", &issuerSilent
	case errors.As(err, &expired):
		return "", &signInExpired
	case err != nil:
		return "", &signInRefused
	case token.Claims(&claims) != nil || claims.Email == "" || !claims.Verified:
		return "", &noAddress
	}
	return claims.Email, nil
}

// discover asks the issuer where its keys are. What it said last counts as long as it does not answer.
func (s *signIns) discover() (*oidc.IDTokenVerifier, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.verifier != nil && s.now().Sub(s.discovered) < discoverAgain {
		return s.verifier, nil
	}
	if s.verifier != nil { // one caller asks, and the others do not wait behind an issuer that is silent
		s.discovered = s.now().Add(askAgain - discoverAgain)
	}
	// The library keeps the context, for its client.
	ctx := oidc.ClientContext(context.Background(), s.client)
	provider, err := oidc.NewProvider(ctx, s.Issuer)
	var found struct {
		Keys string `json:"jwks_uri"`
	}
	if err == nil {
		err = provider.Claims(&found)
	}
	if err != nil {
		if s.verifier != nil {
			return s.verifier, nil
		}
		return nil, err
	}
	s.discovered = s.now()
	s.verifier = oidc.NewVerifier(s.Issuer, issuerKeys{oidc.NewRemoteKeySet(ctx, found.Keys)}, &oidc.Config{
		ClientID: s.Audience, SupportedSigningAlgs: algorithms,
		Now: func() time.Time { return s.now().Add(-clockSkew) },
	})
	return s.verifier, nil
}

// short is the beginning of what the library says of an answer, which it quotes.
func short(err error) string {
	const most = 300
	text := err.Error()
	return text[:min(len(text), most)]
}

// silentKey is where a verification keeps whether the issuer gave its keys: the library makes a text of
// the fault.
type silentKey struct{}

// issuerKeys are the keys of an issuer.
type issuerKeys struct{ *oidc.RemoteKeySet }

// VerifySignature implements [oidc.KeySet].
func (k issuerKeys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.RemoteKeySet.VerifySignature(ctx, jwt)
	if silent, ok := ctx.Value(silentKey{}).(*bool); ok {
		*silent = err != nil && strings.HasPrefix(err.Error(), "fetching keys")
	}
	return payload, err
}

// sparing asks an issuer only so often.
type sparing struct {
	http.RoundTripper
	limit *rate.Limiter
}

var errAskedOften = errors.New("the issuer was asked often enough")

// RoundTrip implements [http.RoundTripper].
func (s sparing) RoundTrip(r *http.Request) (*http.Response, error) {
	if !s.limit.Allow() {
		return nil, errAskedOften
	}
	return s.RoundTripper.RoundTrip(r)
}
