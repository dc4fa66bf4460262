package ingress

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.temporal.io/sdk/client"

	"waybill/codec"
	"waybill/policy"
)

// CodecConfig is what the codec endpoint needs, by which Temporal's UI and command line read what is
// encrypted: https://docs.temporal.io/codec-server.
type CodecConfig struct {
	// Listen is the address to listen on. Nothing else is served there, so that it can stay in a
	// network of its own.
	Listen string
	// Origins are those of the pages whose scripts may call, such as https://temporal.shop.example.
	Origins []string
	// OIDC is where people sign in to Temporal's UI; the zero one believes no such sign-in.
	OIDC OIDC
	// People are all people of the policy. Only inspectors are let in.
	People func() []policy.Person
	// Namespace and Codec are those of the clients of Temporal.
	Namespace string
	Codec     *codec.Codec
}

// The answers of the codec endpoint.
var (
	codecDecoded = Answer{http.StatusOK, "decoded", ""}
	codecEncoded = Answer{http.StatusOK, "encoded", ""}

	originRefused  = Answer{http.StatusForbidden, "wrong origin", "if the page that sends this is Temporal's UI, set WAYBILL_CODEC_ORIGINS to how its address begins, such as https://temporal.shop.example"}
	noInspector    = Answer{http.StatusForbidden, "not an inspector", "the policy gives this person another role: only people with the role inspector read what Temporal stores"}
	encodesNothing = Answer{http.StatusForbidden, TokenReadsOnly.Outcome, "this token only reads: encode with a token that waybill token <person> made without --read-only"}
	otherNamespace = Answer{http.StatusForbidden, "wrong namespace", "the header X-Namespace has to name the namespace that this Waybill works in"}
	noPayloads     = Answer{http.StatusBadRequest, "unreadable", codec.ErrNoPayloads.Error()}
	payloadsLarge  = Answer{http.StatusRequestEntityTooLarge, "too large", "ask for fewer payloads at a time: " + codec.ErrTooMuch.Error()}
	keyMissing     = Answer{http.StatusUnprocessableEntity, "no key", ""}
	codecNotThere  = Answer{http.StatusNotFound, NotThere.Outcome, "Temporal's UI and command line call POST " + codecPath + "decode and POST " + codecPath + "encode: give them the address that ends in " + strings.TrimSuffix(codecPath, "/")}
)

const (
	// codecPath is below which the codec endpoint is, so that it can share a host with Temporal's UI.
	codecPath = "/codec/"
	// exchangeLimit is above what Temporal takes at a time, which base64 makes a third longer.
	exchangeLimit = 8 << 20
	// exchangesAMinute is above what a person can look at in Temporal's UI, which asks for each payload
	// of a page.
	exchangesAMinute = 1200
	// strangersAMinute is how often an address is told that its token opens nothing.
	strangersAMinute = 30
	// mostInspectors is how many connections are open at a time.
	mostInspectors = 32
	// preflightLasts is how many seconds a browser remembers what it may send.
	preflightLasts = "600"
)

// codecDoor is the codec endpoint.
type codecDoor struct {
	manners
	CodecConfig
	trusted            []string
	strangers, callers *Limits
	signIns            *signIns
	now                func() time.Time
}

func newCodecDoor(c Config, metrics client.MetricsHandler, log *slog.Logger) *codecDoor {
	d := &codecDoor{
		CodecConfig: c.Codec, trusted: c.TrustedProxies, now: time.Now,
		strangers: NewLimits(strangersAMinute, time.Minute), callers: NewLimits(exchangesAMinute, time.Minute),
	}
	d.metrics, d.log, d.proxies = metrics, log, prefixes(c.TrustedProxies)
	d.signIns = newSignIns(c.Codec.OIDC, func() time.Time { return d.now() })
	return d
}

func (d *codecDoor) handler() http.Handler {
	r := d.router(d.trusted)
	r.Use(d.fromOrigin)
	for action, exchange := range map[string]gin.HandlerFunc{
		"decode": d.exchange(codecDecoded, func(body []byte) ([]byte, codec.Exchange, error) { return d.Codec.DecodeJSON(body) }),
		"encode": d.exchange(codecEncoded, func(body []byte) ([]byte, codec.Exchange, error) { return d.Codec.EncodeJSON(body) }),
	} {
		r.OPTIONS(codecPath+action, d.preflight)
		r.POST(codecPath+action, d.inspector, exchange)
	}
	r.NoRoute(always(codecNotThere))
	r.NoMethod(always(codecNotThere))
	return r
}

// fromOrigin refuses what pages of other sites have browsers send. Programs name no origin: they need a
// token, as everybody does.
func (d *codecDoor) fromOrigin(c *gin.Context) {
	if action, ours := strings.CutPrefix(c.FullPath(), codecPath); ours {
		Note(c, "action", action)
	}
	c.Header("Vary", "Origin")
	switch from := c.Request.Header.Values("Origin"); {
	case len(from) == 0:
	case len(from) > 1 || !slices.Contains(d.Origins, from[0]):
		Reply(c, originRefused)
	default:
		c.Header("Access-Control-Allow-Origin", from[0])
		// A proxy in front may know people by cookies. Here, they open nothing.
		c.Header("Access-Control-Allow-Credentials", "true")
	}
}

// preflight tells a browser what a page of an origin that was checked may send. It asks without a
// token.
func (d *codecDoor) preflight(c *gin.Context) {
	c.Header("Access-Control-Allow-Methods", http.MethodPost)
	c.Header("Access-Control-Allow-Headers", "Content-Type, X-Namespace, Authorization, "+idTokenHeader)
	c.Header("Access-Control-Max-Age", preflightLasts)
	c.AbortWithStatus(http.StatusNoContent)
}

// inspector lets people in who may inspect the namespace. Nothing is read from others but headers.
func (d *codecDoor) inspector(c *gin.Context) {
	who, by, refusal := d.who(c)
	if refusal != nil {
		d.strangers.NoEntry(c, *refusal, d.now())
		return
	}
	Note(c, "person", who.Name)
	Note(c, "by", by)
	switch wait := d.callers.Take(who.Name, d.now()); {
	case wait > 0:
		Wait(c, wait)
		Reply(c, TooMany)
	case who.Role != policy.Inspector:
		Reply(c, noInspector)
	case c.GetHeader("X-Namespace") != d.Namespace:
		Reply(c, otherNamespace)
	case who.TokenReadOnly && c.FullPath() == codecPath+"encode":
		Reply(c, encodesNothing)
	default:
		Note(c, "namespace", d.Namespace)
		Proven(c)
	}
}

// who makes a request, and by what that is known: the API token of a person of the policy, or a sign-in
// to Temporal's UI under the mail address of one.
func (d *codecDoor) who(c *gin.Context) (who policy.Person, by string, refusal *Answer) {
	people := d.People()
	who, refusal = WhoseToken(people, Bearer(c), d.now())
	if refusal == nil {
		OlderToken(c, who, Bearer(c))
	}
	if refusal != &TokenUnknown || d.signIns == nil {
		return who, "token", refusal
	}
	address, refusal := d.signIns.address(c, Bearer(c), strings.TrimPrefix(c.GetHeader(idTokenHeader), "Bearer "))
	if refusal != nil {
		return who, "", refusal
	}
	i := slices.IndexFunc(people, func(p policy.Person) bool { return strings.EqualFold(p.Email, address) })
	if i < 0 {
		return who, "", &signInStranger
	}
	who = people[i]
	who.TokenReadOnly = false // that is of a token
	return who, "sign-in", nil
}

// exchange answers with other payloads.
func (d *codecDoor) exchange(done Answer, do func([]byte) ([]byte, codec.Exchange, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		body, refusal := ReadBody(c, exchangeLimit, payloadsLarge)
		if refusal != nil {
			Reply(c, *refusal)
			return
		}
		answer, x, err := do(body)
		Note(c, "payloads", x.Payloads)
		if x.Unreadable > 0 {
			Note(c, "unreadable", x.Unreadable)
		}
		switch key, missing := errors.AsType[*codec.KeyError](err); {
		case missing:
			Reply(c, Answer{keyMissing.Code, keyMissing.Outcome, key.Error()})
		case errors.Is(err, codec.ErrNoPayloads):
			Reply(c, noPayloads)
		case errors.Is(err, codec.ErrTooMuch):
			Reply(c, payloadsLarge)
		case err != nil:
			Note(c, "fault", err.Error())
			Reply(c, InternalFault)
		default:
			Note(c, "outcome", done.Outcome)
			c.Header("Cache-Control", "no-store")
			c.Header("X-Content-Type-Options", "nosniff")
			c.Data(done.Code, "application/json", answer)
		}
	}
}
