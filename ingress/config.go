package ingress

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"waybill/contract"
)

// Config is what the ingress needs. [Config.Validate] tells all faults at once.
type Config struct {
	// Listen is the address to listen on, such as 127.0.0.1:8080.
	Listen string
	// Integrations are the Sendcloud integrations by name, which is the last
	// segment of their webhook's path. None refuses to start.
	Integrations map[string]Integration
}

// Integration is one Sendcloud integration.
type Integration struct {
	// Keys are the keys that its webhooks may be signed with: the webhook
	// signature key or the secret key, and the one before during a rotation.
	// None refuses to start.
	Keys [][]byte
}

// Limits on what comes from outside.
const (
	bodyLimit   = 1 << 20
	headerLimit = 32 << 10

	readTimeout   = 15 * time.Second
	headerTimeout = 5 * time.Second
	answerTimeout = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	// recordTimeout is how long Temporal may take. Sendcloud's own time-out
	// is not documented; it comes again if we give up, for about seven hours.
	recordTimeout = 4 * time.Second
	// readyTimeout is how long Temporal may take to answer /readyz.
	readyTimeout = 2 * time.Second
	// drainTimeout is how long requests that are under way may take once the
	// program is told to stop. It is longer than any of them needs.
	drainTimeout = 10 * time.Second
	// retryAfter is what a 503 asks for, in seconds.
	retryAfter = "30"
)

// Validate says what is missing or wrong, and how to mend it.
func (c Config) Validate() error {
	var faults []error
	if c.Listen == "" {
		faults = append(faults, errors.New("WAYBILL_LISTEN is empty: set it to an address such as 127.0.0.1:8080"))
	}
	if len(c.Integrations) == 0 {
		faults = append(faults, errors.New("no integration has a key: set SENDCLOUD_KEYS_<INTEGRATION>, or SENDCLOUD_KEYS_<INTEGRATION>_FILE, to the webhook signature key that stands in the integration's settings in Sendcloud's panel"))
	}
	for name, integration := range c.Integrations {
		variable := "SENDCLOUD_KEYS_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if !contract.ValidIntegration(name) {
			faults = append(faults, fmt.Errorf("%s: %q cannot be an integration's name: use letters, digits and single underscores between them", variable, name))
		}
		empty := func(key []byte) bool { return len(strings.TrimSpace(string(key))) == 0 }
		if len(integration.Keys) == 0 || slices.ContainsFunc(integration.Keys, empty) {
			faults = append(faults, fmt.Errorf("%s is empty: set it to the webhook signature key of the integration, one key a line", variable))
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(faults...)
}
