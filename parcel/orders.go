package parcel

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
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
// that waited for one. What Sendcloud says of
// the recipient from now on does not undo it.
func (p *Parcel) ChangeRecipient(to Recipient, now time.Time) {
	p.Corrected, p.CorrectedAt = to, now
	for i := range p.Mails {
		if m := &p.Mails[i]; to.Language != "" && (m.State == MailWaiting || m.State == MailParked) {
			m.Language = to.Language
		}
	}
	p.revive()
}

// MailFacts are the facts as mails go by them.
func (p *Parcel) MailFacts() Facts {
	f := p.Facts
	if p.Corrected.Email != "" {
		f.Recipient.Email = p.Corrected.Email
	}
	if p.Corrected.Name != "" {
		f.Recipient.Name = p.Corrected.Name
	}
	f.Recipient.Language = p.Corrected.Language
	return f
}

// choose finds the mails of these keys, or all that fit if there are none.
func (p *Parcel) choose(keys []string, fits func(Mail) bool, what string) ([]*Mail, error) {
	var chosen []*Mail
	for i := range p.Mails {
		if m := &p.Mails[i]; fits(*m) && (len(keys) == 0 || slices.Contains(keys, m.Key)) {
			chosen = append(chosen, m)
		}
	}
	for _, key := range keys {
		if !slices.ContainsFunc(chosen, func(m *Mail) bool { return m.Key == key }) {
			return nil, fmt.Errorf("no mail with the key %q is %s; Describe lists the mails with their keys", cut(key), what)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no mail of this parcel is %s", what)
	}
	return chosen, nil
}

func isParked(m Mail) bool   { return m.State == MailParked }
func isAccepted(m Mail) bool { return m.State == MailAccepted }

// MayRetry says why mails cannot be tried again.
func (p *Parcel) MayRetry(keys []string) error {
	_, err := p.choose(keys, isParked, "parked")
	return err
}

// MaySendAgain says why mails cannot be sent again.
func (p *Parcel) MaySendAgain(keys []string) error {
	if len(keys) == 0 {
		return errors.New("name the mails to send again by their keys; Describe lists them")
	}
	_, err := p.choose(keys, isAccepted, "accepted")
	return err
}

// SendAgain queues mails anew that went out, as mails of their own, and returns
// their keys. They overtake nothing and are not held.
func (p *Parcel) SendAgain(keys []string, now time.Time) []string {
	chosen, err := p.choose(keys, isAccepted, "accepted")
	if err != nil {
		return nil
	}
	var again []Mail
	for _, m := range chosen {
		p.Resent++
		again = append(again, Mail{
			Key:  Key(p.Integration, p.ID, m.Kind, m.Attempt, firstResent+p.Resent),
			Kind: m.Kind, Attempt: m.Attempt, StatusID: m.StatusID, State: MailWaiting,
			Happened: m.Happened, Language: m.Language, KeptUntil: m.KeptUntil, Decided: now, Terms: m.Terms,
		})
	}
	var fresh []string
	for _, m := range again {
		p.Mails = append(p.Mails, m)
		p.forgetOldest()
		fresh = append(fresh, m.Key)
	}
	return fresh
}

// firstResent keeps the keys of mails that are sent again apart from those of
// mails that the rules repeat.
const firstResent = 1_000_000

// Drop gives parked mails up and returns how many.
func (p *Parcel) Drop(keys []string, now time.Time) int {
	chosen, err := p.choose(keys, isParked, "parked")
	if err != nil {
		return 0
	}
	for _, m := range chosen {
		m.State, m.Done = MailDropped, now
	}
	return len(chosen)
}
