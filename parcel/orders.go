package parcel

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"waybill/delivery"
)

// Orders are what operators have a parcel do. Each method that can refuse says
// why in words for the operator, and changes nothing then.

// OrderEntry is one line of the record of orders.
type OrderEntry struct {
	At time.Time `json:"at"`
	// What was ordered, By whom and Why, as far as that was said.
	What string `json:"what"`
	By   string `json:"by,omitempty"`
	Why  string `json:"why,omitempty"`
	// Refused says why the order was not followed.
	Refused string `json:"refused,omitempty"`
}

const (
	orderLimit = 50
	// maxRemark is the most that is kept of who ordered something and why.
	maxRemark = 200
	// maxAddress is the longest that a mail address can be.
	// https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3
	maxAddress = 254
)

// Note writes an order down. An operator's words hold no personal data: they are
// asked not to write any.
func (p *Parcel) Note(e OrderEntry) {
	e.By, e.Why = cut(e.By), cut(e.Why)
	p.Orders = last(append(p.Orders, e), orderLimit)
}

func cut(s string) string {
	if r := []rune(s); len(r) > maxRemark {
		return string(r[:maxRemark])
	}
	return s
}

// MayChangeRecipient says why mails cannot go to another address.
func (p *Parcel) MayChangeRecipient(email string, language Language) error {
	local, domain, ok := strings.Cut(email, "@")
	switch {
	case p.Facts.IsReturn:
		return errors.New("a return parcel mails nobody: its recipient is the merchant")
	case !ok || local == "" || domain == "" || len(email) > maxAddress ||
		strings.ContainsFunc(email, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`<>,;:"()[]`, r) }) || strings.Contains(domain, "@"):
		return errors.New("the new address is not one: write it alone, as in jane.doe@example.com")
	case language != "" && !slices.Contains(Languages(), language):
		return fmt.Errorf("no mail is written in the language %q: write one of %v, or leave it out", cut(string(language)), Languages())
	}
	return nil
}

// ChangeRecipient has later mails go to another address, and with them those
// that waited for one. What Sendcloud says of the recipient from now on does not
// undo it.
func (p *Parcel) ChangeRecipient(to Recipient, policy Policy, now time.Time) error {
	if err := p.MayChangeRecipient(to.Email, to.Language); err != nil {
		return err
	}
	p.Corrected = to
	for _, m := range p.Mails.All(func(m *Mail) bool { return m.State == delivery.Waiting || m.State == delivery.Parked }) {
		if to.Language != "" {
			m.About.Language = to.Language
		}
	}
	p.newAddress(policy, now)
	return nil
}

// MayBecome says why another state cannot take the place of this one.
func (p *Parcel) MayBecome(other *Parcel) error {
	if other != nil && (other.Integration != p.Integration || other.ID != p.ID) {
		return fmt.Errorf("the new state is of another parcel: take what Describe answers for parcel %d of %s, and mend it", p.ID, p.Integration)
	}
	return nil
}

// Pause holds all mails back, or sends them again. A mail that is being tried
// again and again is called back.
func (p *Parcel) Pause(paused bool, now time.Time) error {
	switch {
	case p.Paused && paused:
		return errors.New("the mails of this parcel are paused already")
	case !p.Paused && !paused:
		return errors.New("the mails of this parcel are not paused")
	}
	if p.Paused, p.PausedAt = paused, (time.Time{}); paused {
		p.PausedAt = now
	}
	for i := range p.Mails {
		if m := &p.Mails[i]; paused {
			m.Recall()
			if m.State == delivery.Waiting { // in doubt
				p.settleSiblings(m, delivery.Sending)
			}
		}
	}
	return nil
}

// SendAgain queues mails anew that went out, as mails of their own, and returns
// their keys. They overtake nothing and are not held.
func (p *Parcel) SendAgain(keys []string, now time.Time) ([]string, error) {
	if len(keys) == 0 {
		return nil, errors.New("name the mails to send again by their keys; Describe lists them")
	}
	chosen, err := p.Mails.Choose(keys, delivery.Accepted)
	if err != nil {
		return nil, err
	}
	var again []Mail
	for _, m := range chosen {
		p.Resent++
		news := m.About
		news.Together, news.Held, news.Reached, news.Again = false, "", 0, true
		again = append(again, Mail{Key: p.key(news.Kind, news.Attempt, firstResent+p.Resent), About: news, Decided: now, Terms: m.Terms})
	}
	var fresh []string
	for _, m := range again {
		p.Mails.Queue(m, mailLimit)
		fresh = append(fresh, m.Key)
	}
	return fresh, nil
}

// firstResent keeps the keys of mails that are sent again apart from those of
// mails that the rules repeat.
const firstResent = 1_000_000

// Drop gives parked mails up and returns how many.
func (p *Parcel) Drop(keys []string, now time.Time) (int, error) {
	chosen, err := p.Mails.Choose(keys, delivery.Parked)
	for _, m := range chosen {
		m.Drop(m.Why, now)
	}
	return len(chosen), err
}
