package ingress

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"go.temporal.io/sdk/converter"

	"waybill/contract"
	"waybill/mail/sendgrid"
)

// Config is what the ingress needs.
type Config struct {
	// Listen is the address to listen on, such as 127.0.0.1:8080; empty takes a free port.
	Listen string
	// Integrations reads the Sendcloud integrations: at the start, where a fault refuses
	// to start, and again every few seconds, where a fault leaves the keys as they were.
	Integrations func() (Integrations, error)
	// EventKeys reads the keys of SendGrid's Event Webhook, in the same way.
	// Without a key its door stays closed.
	EventKeys func() (sendgrid.EventKeys, error)
	// TrustedProxies are the addresses or networks of proxies whose X-Forwarded-For
	// says where a request comes from; none believes no such header.
	TrustedProxies []string
	// StopDelay is for how long an ingress that was told to stop still takes requests, although /readyz
	// says that it is closing: until then, a load balancer has noticed. 0 stops at once.
	StopDelay time.Duration
	// Mounts have doors of their own, such as the desk; none is webhooks only.
	Mounts []Mount
	// Converter is that of the client; nil is Temporal's default. The list of those who are erased needs it.
	Converter converter.DataConverter
	// Codec is the codec endpoint; without an address it stays closed.
	Codec CodecConfig
}

// Mount is something with doors of its own on the ingress.
type Mount interface {
	// Open puts its doors on the map.
	Open(r gin.IRouter)
	// Reload reads its keys anew, whenever those of webhooks are read, and reports
	// whether they have changed.
	Reload() (changed bool, err error)
	// Wait waits for what it still does after its last answer.
	Wait()
}

// Guide is a [Mount] that answers people who asked for a page that there is not.
type Guide interface {
	// Guide answers a request, or reports that no person sent it.
	Guide(c *gin.Context) (answered bool)
}

// Integrations are by name, which is the last segment of their webhook's path.
type Integrations map[string]Integration

// Integration is one Sendcloud integration.
type Integration struct {
	// Keys are the keys that its webhooks may be signed with: the webhook
	// signature key or the secret key, and the one before during a rotation.
	// None is a fault.
	Keys [][]byte
	// BasicAuth are user:password if the webhook's address has them, as in
	// https://user:password@host/..., and those before during a rotation; none asks for none.
	BasicAuth [][]byte
}

// Limits on what comes from outside.
const (
	// RetryAfter is what a 503 asks for, in seconds.
	RetryAfter = "30"

	bodyLimit   = 1 << 20
	headerLimit = 32 << 10

	readTimeout   = 15 * time.Second
	headerTimeout = 5 * time.Second
	answerTimeout = 30 * time.Second
	idleTimeout   = 30 * time.Second
	// recordedAtATime is how many webhooks Temporal records at a time for one ingress. More are hardly
	// faster, and wait in Temporal, where nobody takes turns: make bench-fairness.
	recordedAtATime = 4
	// recordTimeout is for the wait for a turn, at most half of it, and for Temporal: the SDK
	// gives a call half of what is left. Sendcloud's own time-out is not documented; it comes
	// again if we give up, for about seven hours.
	recordTimeout = 8 * time.Second
	// readyTimeout is how long Temporal may take to answer /readyz.
	readyTimeout = 2 * time.Second
	// drainTimeout is how long requests may take once the program is told to stop: longer
	// than any of them needs.
	drainTimeout = 10 * time.Second
	// reloadEvery is how soon a key that was changed counts.
	reloadEvery = 3 * time.Second
)

// Variables that hold an integration's keys and its basic auth; its name follows.
const (
	KeysVariable      = "SENDCLOUD_KEYS_"
	BasicAuthVariable = "SENDCLOUD_BASIC_AUTH_"
)

// leastKey is how many characters a key of webhooks has at least. Sendcloud's panel asks for
// as many.
const leastKey = 16

// Validate says what is missing or wrong, and how to mend it: all of it.
func (all Integrations) Validate() error {
	if len(all) == 0 {
		return errors.New("no integration has a key: set SENDCLOUD_KEYS_<INTEGRATION>, or SENDCLOUD_KEYS_<INTEGRATION>_FILE, to the webhook signature key that stands in the integration's settings in Sendcloud's panel")
	}
	var faults []error
	of := map[string]string{} // whose key it is
	for _, name := range slices.Sorted(maps.Keys(all)) {
		integration, variable := all[name], contract.VariableFor(name)
		faults = append(faults, contract.CheckVariable(KeysVariable, name))
		empty := func(key []byte) bool { return len(bytes.TrimSpace(key)) == 0 }
		switch {
		case len(integration.Keys) == 0 || slices.ContainsFunc(integration.Keys, empty):
			faults = append(faults, fmt.Errorf("%s%s is empty: set it to the webhook signature key of the integration, one key a line", KeysVariable, variable))
		case slices.ContainsFunc(integration.Keys, func(key []byte) bool { return len(key) < leastKey }):
			faults = append(faults, fmt.Errorf("%s%s has a key of fewer than %d characters, which can be guessed: enter a longer webhook signature key in the integration's settings in Sendcloud's panel, as openssl rand -hex 32 makes them, and here", KeysVariable, variable, leastKey))
		}
		for _, key := range integration.Keys {
			before, twice := of[string(key)]
			if twice && len(key) > 0 {
				faults = append(faults, fmt.Errorf("%s%s has a key that %s%s has too: give each integration its own, and write each once", KeysVariable, variable, KeysVariable, before))
			}
			of[string(key)] = variable
		}
		if slices.ContainsFunc(integration.BasicAuth, func(one []byte) bool {
			user, password, _ := bytes.Cut(one, []byte(":"))
			return len(user) == 0 || len(password) == 0
		}) {
			faults = append(faults, fmt.Errorf("%s%s is not of the form user:password", BasicAuthVariable, variable))
		}
	}
	return errors.Join(faults...)
}

// keys are what webhooks are verified with.
type keys struct {
	integrations Integrations
	events       sendgrid.EventKeys
}

// load reads and checks all keys.
func (c Config) load() (*keys, error) {
	integrations, err := c.Integrations()
	if err != nil {
		return nil, err
	}
	events, fault := c.EventKeys()
	return &keys{integrations, events}, errors.Join(integrations.Validate(), fault)
}
