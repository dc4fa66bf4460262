package activities

import (
	"cmp"
	"context"
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
	// shopsKept bounds the memory.
	shopsKept = 1_000
)

// Shops knows the shops of integrations by what Sendcloud told of them. It asks
// their workflows, and remembers for a while.
type Shops struct {
	records Records
	chosen  func(integration string) mail.Shop
	known   *cache[string, knownShop]
}

type knownShop struct {
	shop mail.Shop
	// faulty says that its mails are on record as not being sent.
	faulty bool
}

// NewShops asks the records; chosen is what the merchant says of a shop.
func NewShops(records Records, chosen func(integration string) mail.Shop) *Shops {
	return &Shops{records: records, chosen: chosen, known: newCache[string, knownShop](shopsKept, shopKept, shopMissed)}
}

// of is the shop of an integration, as the merchant and Sendcloud have it; what
// neither says is empty.
func (s *Shops) of(ctx context.Context, integration string) mail.Shop {
	told, shop := s.told(ctx, integration).shop, s.chosen(integration)
	shop.Name, shop.URL = told.Name, cmp.Or(shop.URL, told.URL)
	return shop
}

// faulty reports whether the integration's mails are on record as not being
// sent. It may be some minutes behind.
func (s *Shops) faulty(integration string) bool { return s.known.known(integration).faulty }

// mended forgets what was on record.
func (s *Shops) mended(integration string) {
	if known := s.known.known(integration); known.faulty {
		known.faulty = false
		s.known.put(integration, known)
	}
}

// told is what Sendcloud tells of a shop.
func (s *Shops) told(ctx context.Context, integration string) knownShop {
	return s.known.get(integration, func() (knownShop, bool) {
		ctx, cancel := context.WithTimeout(ctx, shopTimeout)
		defer cancel()
		state, found, err := s.records.Integration(ctx, integration)
		if err != nil {
			activity.GetLogger(ctx).Warn("the integration does not say what its shop is called", "integration", integration, "error", err.Error())
		}
		return knownShop{
			shop:   mail.Shop{Name: state.Latest.ShopName, URL: state.Latest.ShopURL},
			faulty: state.Mail != nil && state.Mail.Fault != "",
		}, err == nil && found
	})
}
