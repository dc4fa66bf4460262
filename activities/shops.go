package activities

import (
	"cmp"
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/delivery"
	"waybill/mail"
)

const (
	// How long a shop's name is remembered, and how long it is not asked for again if it
	// could not be had.
	shopKept   = 5 * time.Minute
	shopMissed = 30 * time.Second
	// shopTimeout is short: a mail does not wait for a name.
	shopTimeout = 2 * time.Second
	shopsKept   = 1_000
)

// Shops knows the shops of integrations by what Sendcloud told of them. It asks
// their workflows, and remembers for a while.
type Shops struct {
	records Records
	chosen  func(integration string) mail.Shop
	known   *cache[string, knownShop]
	noting  sync.Mutex
}

type knownShop struct {
	shop mail.Shop
	// faulty says that its mails cannot be sent, as far as is known: the record may be
	// some minutes ahead.
	faulty bool
}

// NewShops asks the records; chosen is what the merchant says of a shop.
func NewShops(records Records, chosen func(integration string) mail.Shop) *Shops {
	return &Shops{records: records, chosen: chosen, known: newCache[string, knownShop](shopsKept, shopKept, shopMissed)}
}

// of is the shop of an integration, as the merchant and Sendcloud describe it.
func (s *Shops) of(ctx context.Context, integration string) mail.Shop {
	told, shop := s.told(ctx, integration).shop, s.chosen(integration)
	shop.Name, shop.URL = told.Name, cmp.Or(shop.URL, told.URL)
	return shop
}

// faultTimeout is twice what telling may take: the SDK gives a call half of it.
const faultTimeout = 4 * time.Second

// learn tells an integration once that the mail provider takes no mails of it because
// of the key, the sender or the account, and once that it takes them again.
func (s *Shops) learn(ctx context.Context, integration string, o delivery.Outcome) {
	faulty := o.Verdict == delivery.ConfigurationFault
	if !faulty && o.Verdict != delivery.WasAccepted {
		return // says nothing about the configuration
	}
	if !s.note(integration, faulty) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), faultTimeout)
	defer cancel()
	state := contract.MailState{At: time.Now().UTC()}
	if faulty {
		state.Fault = o.Why
	}
	if err := s.records.MailState(ctx, integration, state); err != nil {
		activity.GetLogger(ctx).Warn("the integration was not told whether mails can be sent", "integration", integration, "error", err.Error())
		s.note(integration, !faulty) // the next mail tells
	}
}

// note keeps whether an integration's mails can be sent, and reports whether that is
// news.
func (s *Shops) note(integration string, faulty bool) bool {
	s.noting.Lock()
	defer s.noting.Unlock()
	known := s.known.known(integration)
	if known.faulty == faulty {
		return false
	}
	known.faulty = faulty
	s.known.amend(integration, known)
	return true
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
