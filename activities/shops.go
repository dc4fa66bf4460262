package activities

import (
	"cmp"
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/mail"
)

const (
	// shopKept is how long a shop's name is good for; one that could not be
	// had is asked for again sooner.
	shopKept   = 5 * time.Minute
	shopMissed = 30 * time.Second
	// shopTimeout is short: a mail does not wait for a name.
	shopTimeout = 2 * time.Second
)

// Shops knows the shops of integrations by what Sendcloud told of them. It asks
// their workflows, and remembers for a while.
type Shops struct {
	Records Records
	// Chosen is what the merchant says of a shop; nil is nothing.
	Chosen func(integration string) mail.Shop

	mu    sync.Mutex
	known map[string]knownShop
}

type knownShop struct {
	shop mail.Shop
	// faulty says that its mails are on record as not being sent.
	faulty bool
	until  time.Time
}

// of is the shop of an integration, as the merchant and Sendcloud have it; what
// neither says is empty.
func (s *Shops) of(ctx context.Context, integration string) mail.Shop {
	told := s.told(ctx, integration)
	if s.Chosen == nil {
		return told.shop
	}
	shop := s.Chosen(integration)
	shop.Name, shop.URL = told.shop.Name, cmp.Or(shop.URL, told.shop.URL)
	return shop
}

// faulty reports whether the integration's mails are on record as not being
// sent. It may be some minutes behind.
func (s *Shops) faulty(integration string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[integration].faulty
}

// mended forgets what was on record.
func (s *Shops) mended(integration string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.known[integration]; ok {
		known.faulty = false
		s.known[integration] = known
	}
}

// told is what Sendcloud tells of a shop.
func (s *Shops) told(ctx context.Context, integration string) knownShop {
	s.mu.Lock()
	known, ok := s.known[integration]
	s.mu.Unlock()
	now := time.Now()
	if ok && now.Before(known.until) {
		return known
	}
	asked, cancel := context.WithTimeout(ctx, shopTimeout)
	defer cancel()
	state, found, err := s.Records.Integration(asked, integration)
	known.until = now.Add(shopMissed)
	switch {
	case err == nil && found:
		known.shop, known.until = mail.Shop{Name: state.Latest.ShopName, URL: state.Latest.ShopURL}, now.Add(shopKept)
		known.faulty = state.MailSetup != nil && state.MailSetup.Fault != ""
	case err != nil:
		// What was known before is better than nothing.
		activity.GetLogger(ctx).Warn("the integration does not say what its shop is called", "integration", integration, "error", err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]knownShop{}
	}
	s.known[integration] = known
	return known
}
