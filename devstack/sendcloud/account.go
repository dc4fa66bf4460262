package sendcloud

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// AccountConfig is a Sendcloud account with one integration, or another integration of it.
type AccountConfig struct {
	// PublicKey and SecretKey are the integration's API keys.
	PublicKey, SecretKey string
	// Integration is the integration's number, ShopName the shop's name.
	Integration int64
	ShopName    string
	// WebhookURL is where webhooks go, SignatureKey what they are signed with.
	WebhookURL, SignatureKey string
	// Scale is how many times faster than in reality failed webhooks are sent
	// again; 0 is 1.
	Scale float64
	// PageSize is how many parcels a page of the API has; 0 is as many as in
	// reality.
	PageSize int
	Weather  Weather
	// Client sends the webhooks; nil is one that waits for a bounded time.
	Client *http.Client
}

// Account plays one integration of a Sendcloud account, or the account, if it has no
// other: it keeps parcels, tells of each change by webhook, and answers the API.
type Account struct {
	*books
	config  AccountConfig
	courier *courier
	api     http.Handler
	faults  []*Fault
	calls   []string
	// panel is what the panel says of the integration's webhook, and clockOff how far the
	// account's clock is ahead.
	panel    IntegrationSettings
	clockOff time.Duration
}

// books are what the integrations of an account have in common.
type books struct {
	mu           sync.Mutex
	integrations []*Account
	parcels      map[int64]*row
	returns      []Return
	// file keeps changes and returns; nil keeps them in memory only.
	file *os.File
}

// row is a parcel as Sendcloud keeps it.
type row struct {
	Parcel
	// integration sent it.
	integration int64
	history     []change
}

// change is one status that a parcel had, from a time on.
type change struct {
	status Status
	at     time.Time
}

func (r *row) latest() change { return r.history[len(r.history)-1] }

// NewAccount opens an account. Close it.
func NewAccount(c AccountConfig) *Account {
	return (&books{parcels: map[int64]*row{}}).integrate(c)
}

// Integrate makes another integration of the account. It has keys, a webhook and parcels of
// its own; version 2 of the API shows each the parcels of all, and both versions the returns.
// https://sendcloud.dev/api/v3/webhooks (webhooks are scoped to their integration)
func (a *Account) Integrate(c AccountConfig) *Account { return a.integrate(c) }

func (b *books) integrate(c AccountConfig) *Account {
	a := &Account{books: b, config: c, courier: newCourier(c), panel: IntegrationSettings{
		ID: c.Integration, ShopName: c.ShopName, WebhookURL: c.WebhookURL, WebhookActive: true,
	}}
	a.api = a.routes()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.integrations = append(b.integrations, a)
	return a
}

// Change gives a parcel a status and tells of it by webhook.
func (a *Account) Change(p Parcel, s Status, at time.Time) {
	a.Set(p, s, at)
	a.courier.send(p.Body(s, at))
}

// Set gives a parcel a status of which no webhook tells.
func (a *Account) Set(p Parcel, s Status, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.set(Change{p, s, at})
}

// set does it; the lock is held.
func (a *Account) set(c Change) {
	known, ok := a.parcels[c.Parcel.ID]
	if !ok {
		known = &row{Parcel: c.Parcel, integration: a.config.Integration}
		a.parcels[c.Parcel.ID] = known
	}
	known.history = append(known.history, change{c.Status, c.At})
	slices.SortStableFunc(known.history, func(x, y change) int { return x.at.Compare(y.at) })
}

// Delete forgets a parcel.
func (a *Account) Delete(parcelID int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.parcels, parcelID)
}

// Send has any webhook sent.
func (a *Account) Send(body []byte) { a.courier.send(body) }

// SetWeather changes the weather.
func (a *Account) SetWeather(w Weather) {
	a.courier.flush()
	a.courier.mu.Lock()
	defer a.courier.mu.Unlock()
	a.courier.weather = w
}

// SetWebhook switches the integration's webhook on or off, as the panel does,
// and tells nobody.
func (a *Account) SetWebhook(active bool) {
	a.SetPanel(func(s *IntegrationSettings) { s.WebhookActive = active })
}

// SetPanel changes what the panel says of the integration. Webhooks go on as before.
func (a *Account) SetPanel(change func(*IntegrationSettings)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.panel)
}

// SetKeys changes the integration's API keys.
func (a *Account) SetKeys(public, secret string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.config.PublicKey, a.config.SecretKey = public, secret
}

// SetClock puts the clock of the API's answers ahead.
func (a *Account) SetClock(ahead time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clockOff = ahead
}

// Rest waits until every webhook was taken or given up.
func (a *Account) Rest(ctx context.Context) error { return a.courier.rest(ctx) }

// FailedCalls are the webhooks that were given up.
func (a *Account) FailedCalls() []FailedCall { return a.courier.failedCalls() }

// ForgetFailedCalls empties their list.
func (a *Account) ForgetFailedCalls() {
	a.courier.mu.Lock()
	defer a.courier.mu.Unlock()
	a.courier.failed = nil
}

// Posts is how many times a webhook was posted.
func (a *Account) Posts() int {
	a.courier.mu.Lock()
	defer a.courier.mu.Unlock()
	return a.courier.posts
}

// Close stops sending.
func (a *Account) Close() {
	a.courier.stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file != nil {
		_ = a.file.Close() // every line was written already
	}
}

// rows are the parcels that a filter lets through, newest id first.
func (a *Account) rows(keep func(*row) bool) []*row {
	var found []*row
	for _, r := range a.parcels {
		if keep(r) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(x, y *row) int { return cmp.Compare(y.ID, x.ID) })
	return found
}
