package ingress

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/policy"
)

// The answers to a request whose token opens nothing.
var (
	TokenMissing   = Answer{http.StatusUnauthorized, "no token", "send the header Authorization: Bearer <token>"}
	TokenUnknown   = Answer{http.StatusUnauthorized, "unknown token", "no person in the policy has this token: make one with waybill token <person>, and put what it prints into the policy"}
	TokenExpired   = Answer{http.StatusUnauthorized, "token expired", "make a new one with waybill token <person>, and put what it prints into the policy"}
	TokenReadsOnly = Answer{http.StatusForbidden, "read-only token", "this token only reads: give the order with a token that waybill token <person> made without --read-only"}
)

// WhoseToken is the person whose API token a request brings, among some people, or why it opens
// nothing.
func WhoseToken(people []policy.Person, token string, now time.Time) (policy.Person, *Answer) {
	if token == "" {
		return policy.Person{}, &TokenMissing
	}
	switch who, err := policy.ByToken(people, token, now); {
	case errors.Is(err, policy.ErrTokenExpired):
		return policy.Person{}, &TokenExpired
	case err != nil:
		return policy.Person{}, &TokenUnknown
	default:
		return who, nil
	}
}

// OlderToken notes that a request came in by a token that is not the newest of its owner.
func OlderToken(c *gin.Context, who policy.Person, token string) {
	if policy.TokenHash(token) != who.TokenSHA256[0] {
		OlderKey(c, "token_sha256")
	}
}

// Bearer is the token that a request brings; empty if it has none.
func Bearer(c *gin.Context) string {
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// NoEntry refuses a caller whose token opens nothing, and limits how often one address is refused.
func (l *Limits) NoEntry(c *gin.Context, a Answer, now time.Time) {
	if wait := l.Take(Caller(c), now); wait > 0 {
		Wait(c, wait)
		Reply(c, TooMany)
		return
	}
	c.Header("WWW-Authenticate", `Bearer realm="waybill"`)
	Reply(c, a)
}
