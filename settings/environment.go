// Package settings reads the environment: the names of the settings, their defaults,
// and all that is wrong with them at once.
package settings

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"waybill/activities"
	"waybill/archive"
	"waybill/desk"
	"waybill/ingress"
	"waybill/link"
	"waybill/mail/sendgrid"
	"waybill/policy"
	"waybill/refund"
	"waybill/search"
	"waybill/version"
	"waybill/worker"
)

// Environment is the variables of a process, with all faults that reading them has
// shown.
type Environment struct {
	vars   map[string]string
	faults []error
}

// New is the environment of NAME=value pairs.
func New(environ []string) *Environment {
	env := &Environment{vars: map[string]string{}}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		env.vars[name] = value
	}
	return env
}

const (
	fileSuffix = "_FILE"
	// secretLimit is the size of the largest file that can be a secret.
	secretLimit = 64 << 10
)

// Ingress reads and checks the settings of the ingress and of the desk on it, and
// the policy that they go by.
func (e *Environment) Ingress() (ingress.Config, desk.Config, *policy.Keeper, error) {
	e.checkLog()
	keeper := e.policy()
	config := ingress.Config{
		Listen: e.Text(Listen),
		// Files may have changed, and with them the faults.
		Integrations:   func() (ingress.Integrations, error) { return (&Environment{vars: e.vars}).Integrations() },
		EventKeys:      keys(e, "SENDGRID_WEBHOOK_KEYS", sendgrid.ParseEventKeys),
		TrustedProxies: e.list("WAYBILL_TRUSTED_PROXIES"),
		StopDelay:      e.duration("WAYBILL_STOP_DELAY"),
		Codec:          e.codecEndpoint(keeper),
	}
	integrations, err := config.Integrations()
	people := desk.Config{
		Integrations: slices.Collect(maps.Keys(integrations)),
		LinkKeys:     keys(e, linkKeysVariable, link.ParseKeys),
		Refunds: func(integration string) (refund.Policy, []policy.Person) {
			book := keeper.Book()
			return book.For(integration).Refunds, book.People(integration)
		},
		Everybody: func() []policy.Person { return keeper.Book().Everybody() },
		PublicURL: e.publicURL(),
		Parcels:   e.parcelDesk(keeper),
	}
	_, wrongKeys := config.EventKeys()
	_, wrongLinks := people.LinkKeys()
	_, wrongSearch := e.SearchKeys()
	return config, people, keeper, errors.Join(errors.Join(e.faults...), err, wrongSearch, integrations.Validate(), wrongKeys, wrongLinks, ingress.CheckProxies(config.TrustedProxies))
}

// keys reads the keys that a secret holds, anew each time: its file may have changed.
func keys[K any](e *Environment, name string, parse func(string) (K, error)) func() (K, error) {
	return func() (K, error) {
		now := &Environment{vars: e.vars}
		all, err := parse(now.secret(name))
		if err != nil {
			now.fault("%s: %w", name, err)
		}
		return all, errors.Join(now.faults...)
	}
}

// Policy reads the merchant's policy.
func (e *Environment) Policy() (*policy.Keeper, error) {
	keeper, err := policy.Keep(e.Text(Policy))
	if err != nil {
		return keeper, fmt.Errorf("%s: %w", Policy, err)
	}
	return keeper, nil
}

// policy is the merchant's policy; a fault of it is added to the others.
func (e *Environment) policy() *policy.Keeper {
	keeper, err := e.Policy()
	if err != nil {
		e.faults = append(e.faults, err)
	}
	return keeper
}

// Retention reads how long the namespace has to keep closed workflows.
func (e *Environment) Retention() (worker.Retention, error) {
	now := &Environment{vars: e.vars}
	return now.retention(), errors.Join(now.faults...)
}

func (e *Environment) retention() worker.Retention {
	keep := e.duration(Retention)
	if keep < worker.LeastRetention || keep > worker.MostRetention {
		e.fault("%s is %v: set it to at least %v and at most %v", Retention, keep, worker.LeastRetention, worker.MostRetention)
	}
	return worker.Retention{Keep: keep, Chosen: e.Has(Retention)}
}

// Worker reads and checks the settings of a worker, and the files that they name.
func (e *Environment) Worker() (worker.Config, error) {
	config, err := e.worker(e.policy())
	_, wrongTemplates := worker.OpenTemplates(config.MailTemplates)
	return config, errors.Join(err, wrongTemplates, config.CheckExports())
}

// worker reads the settings of a worker that goes by a policy.
func (e *Environment) worker(keeper *policy.Keeper) (worker.Config, error) {
	e.checkLog()
	links, wrongLinks := keys(e, linkKeysVariable, link.ParseKeys)()
	config := worker.Config{
		SendGridKey: e.secret("SENDGRID_API_KEY"),
		SendGridURL: e.Text("SENDGRID_BASE_URL"),
		From:        e.Text(MailFrom),
		Policy:      keeper,

		MailTemplates: e.Text(MailTemplates),
		Pace: sendgrid.Pace{
			PerSecond:  e.number("WAYBILL_MAIL_RATE"),
			FaultPause: e.duration("WAYBILL_MAIL_SETUP_PAUSE"),
		},

		Integrations:   e.apis(),
		Accounts:       e.accounts(),
		ReconcileEvery: e.duration("WAYBILL_RECONCILE_EVERY"),

		CountEvery: e.duration("WAYBILL_ATTENTION_EVERY"),
		Retention:  e.retention(),

		Version: worker.Version{
			Deployment: e.Text(Deployment), Build: version.Read().Version, GatesClosed: e.gatesClosed(),
		},

		ExportFolder: archive.Folder(e.Text(ExportFolder)),
		RestoredFrom: e.moment(RestoredFrom),

		Payments:  e.Payments(),
		Customers: refund.DigestKeys(e.longKeys("WAYBILL_DIGEST_KEYS")),
		Links:     activities.Links{Keys: links, PublicURL: e.publicURL()},
	}
	config.Search = e.searchKeys()
	// Files may have changed, and with them the faults.
	config.Reload = func() (worker.Config, error) { return (&Environment{vars: e.vars}).worker(keeper) }
	return config, errors.Join(append(e.faults, wrongLinks, config.Validate())...)
}

// gatesClosed reports whether runs go by the code of before all gates.
func (e *Environment) gatesClosed() bool {
	const open, closed = "open", "closed"
	switch e.Text(Gates) {
	case open:
	case closed:
		return true
	default:
		e.fault("%s is %q: leave it empty for %s, or set it to %s", Gates, e.Text(Gates), open, closed)
	}
	return false
}

// searchKeys are the keys under which parcels and refunds are looked up.
func (e *Environment) searchKeys() search.Keys {
	return search.Keys(e.longKeys(searchKeysVariable))
}

// longKeys are keys of at least 32 characters, one per line.
func (e *Environment) longKeys(variable string) link.Keys {
	keys, err := link.ParseKeys(e.secret(variable))
	if err != nil {
		e.fault("%s: %w", variable, err)
	}
	return keys
}

// SearchKeys reads and checks them.
func (e *Environment) SearchKeys() (search.Keys, error) {
	now := &Environment{vars: e.vars}
	return now.searchKeys(), errors.Join(now.faults...)
}

// LinkKeys are the keys of mailed links, sessions and proofs, which it reads and checks.
func (e *Environment) LinkKeys() (link.Keys, error) {
	now := &Environment{vars: e.vars}
	return now.longKeys(linkKeysVariable), errors.Join(now.faults...)
}

const searchKeysVariable = "WAYBILL_SEARCH_KEYS"

const linkKeysVariable = "WAYBILL_LINK_KEYS"

// publicURL is where the ingress is reached from outside; empty if unset.
func (e *Environment) publicURL() string {
	s := strings.TrimSuffix(e.Text(PublicURL), "/")
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil:
		e.fault("%s is not of the form https://hooks.shop.example", PublicURL)
	case u.Scheme == "http" && !worker.ThisMachine(u.Hostname()):
		e.fault("%s begins with http: sessions and mailed links would not be encrypted. Put a TLS proxy in front of the ingress, and write https", PublicURL)
	}
	return s
}

// API reads the token with which a person gives orders, and where the ingress takes them.
// Both are empty without a token.
func (e *Environment) API() (address, token string, err error) {
	now := &Environment{vars: e.vars}
	if token = now.secret(Token); token == "" {
		return "", "", errors.Join(now.faults...)
	}
	if address = strings.TrimSuffix(now.Text(PublicURL), "/"); address == "" {
		return "", token, errors.New(Token + " needs " + PublicURL + ", the address of the ingress, such as https://hooks.shop.example: the order goes through its API")
	}
	return address, token, worker.CheckURL(PublicURL, address, "https://hooks.shop.example")
}

// lines are the lines of a secret that are not blank.
func lines(s string) [][]byte {
	var all [][]byte
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, []byte(line))
		}
	}
	return all
}

// Environ are all NAME=value pairs, for envconfig.
func (e *Environment) Environ() []string {
	var pairs []string
	for name, value := range e.vars {
		pairs = append(pairs, name+"="+value)
	}
	return pairs
}

// LookupEnv is one value, for envconfig.
func (e *Environment) LookupEnv(name string) (string, bool) {
	value, ok := e.vars[name]
	return value, ok
}

// Text is a setting, or its default if it is empty.
func (e *Environment) Text(name string) string {
	return cmp.Or(strings.TrimSpace(e.vars[name]), named(name).Default)
}

// Has reports whether a setting is here, also in a file. A name that ends in <INTEGRATION>
// stands for those of all integrations.
func (e *Environment) Has(name string) bool {
	prefix, many := strings.CutSuffix(named(name).Name, perIntegration)
	for variable, value := range e.vars {
		if value != "" && (strings.TrimSuffix(variable, fileSuffix) == name || many && strings.HasPrefix(variable, prefix)) {
			return true
		}
	}
	return false
}

// read reads a secret, from its variable or its file.
func (e *Environment) read(name string) string {
	path := e.vars[name+fileSuffix]
	if path == "" {
		return strings.TrimSpace(e.vars[name])
	}
	if e.vars[name] != "" {
		e.fault("%s and %s are both set: keep one", name, name+fileSuffix)
		return ""
	}
	info, err := os.Stat(path)
	if err == nil && info.Size() > secretLimit {
		err = fmt.Errorf("%s has more than %d bytes", path, secretLimit)
	}
	var content []byte
	if err == nil {
		content, err = os.ReadFile(path) //nolint:gosec // the operator says where the secret is
	}
	if err != nil {
		e.fault("%s: %w", name+fileSuffix, err)
	}
	return strings.TrimSpace(string(content))
}

// secret is a setting that may also be in a file. No fault quotes its value.
func (e *Environment) secret(name string) string {
	if !named(name).Secret {
		panic(name + " is no secret on the list of settings")
	}
	value := e.read(name)
	for line := range strings.Lines(value) {
		e.noSlip(name, strings.TrimSpace(line))
	}
	return value
}

// noSlip finds what gets into a secret when it is copied, and cannot be seen.
func (e *Environment) noSlip(name, secret string) {
	const blank = '\u2800' // of Braille, which Unicode counts as a picture
	invisible := func(r rune) bool {
		return !unicode.IsPrint(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Cc, r) || r == blank || r == utf8.RuneError ||
			unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
	}
	const quotes = "\"'`“”„‘’‚«»"
	switch {
	case !utf8.ValidString(secret):
		e.fault("%s is not UTF-8: save its file as UTF-8, without a byte order mark", name)
	case strings.ContainsFunc(secret, invisible):
		e.fault("%s has an invisible character, such as a byte order mark or a zero-width space: type or copy it again, and save its file as UTF-8 without a byte order mark", name)
	case !strings.HasPrefix(name, ingress.BasicAuthVariable) && strings.Trim(secret, quotes) != secret:
		e.fault("%s begins or ends with a quotation mark: remove the quotation marks, which would be part of the key", name)
	}
}

// noSpaces finds keys with a space in them, which Sendcloud's keys never have.
func (e *Environment) noSpaces(name string, keys [][]byte) {
	if slices.ContainsFunc(keys, func(key []byte) bool { return bytes.ContainsFunc(key, unicode.IsSpace) }) {
		e.fault("%s has a space within a key: remove it, and write one key a line", name)
	}
}

const (
	logLevel  = "WAYBILL_LOG_LEVEL"
	logFormat = "WAYBILL_LOG_FORMAT"
)

// LogLevel is how much is logged: info if the setting cannot be read.
func (e *Environment) LogLevel() slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(e.Text(logLevel))) != nil {
		return slog.LevelInfo
	}
	return level
}

// LogText reports whether lines are logged for people, not for programs.
func (e *Environment) LogText(terminal bool) bool {
	format := e.Text(logFormat)
	return format == "text" || format != "json" && terminal
}

// checkLog finds what is wrong with the settings of the log, which is open by then.
func (e *Environment) checkLog() {
	if format := e.Text(logFormat); format != "" && format != "text" && format != "json" {
		e.fault("%s is %q: set it to text or json, or leave it out", logFormat, format)
	}
	var level slog.Level
	if value := e.Text(logLevel); level.UnmarshalText([]byte(value)) != nil {
		e.fault("%s is %q: set it to debug, info, warn or error", logLevel, value)
	}
}

func (e *Environment) fault(format string, args ...any) {
	e.faults = append(e.faults, fmt.Errorf(format, args...))
}
