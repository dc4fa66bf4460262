// Package policy reads the merchant's policy: one YAML file that says only what
// differs from the defaults, for all integrations and for single ones.
//
// [Parse] reads a file and tells all its faults at once. A [Book] is a policy
// that was read. A [Keeper] reads it again when the file changes.
package policy

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"waybill/parcel"
	"waybill/refund"
)

// Book is a policy: what holds for each integration.
type Book struct {
	file  string
	usual chapter
	// integrations are those for which the file says more.
	integrations map[string]chapter
}

// chapter is what holds for one integration, and on which line each setting and
// each heading stands that the file has.
type chapter struct {
	policy Policy
	from   map[string]int
}

// Policy is everything that a merchant may choose: what the rules go by, and how
// mails look.
type Policy struct {
	parcel.Policy
	Shop Shop
	// Operations is the address of the shop's own people who are told what needs
	// attention; empty tells nobody.
	Operations         string
	OperationsLanguage parcel.Language
	// TellParcels has them told of parcels that need attention too.
	TellParcels bool
	// SearchKeyed has order and tracking numbers listed as keyed digests instead of in clear.
	SearchKeyed bool
	// Refunds is who decides about refunds, and when. Its Version, its People and how
	// long its mails are tried follow from other settings; see settleRefunds.
	Refunds refund.Policy
	// DigestAt is the time of day of digests, where a person has none of their own.
	DigestAt time.Duration
	// People are those who work on parcels, and decide about refunds if their role says so, by
	// name.
	People map[string]Person
}

// Shop is the shop in whose name mails are written; what is empty is what
// Sendcloud tells of it, or left out.
type Shop struct {
	Name, URL string
	// Colour is that of buttons, as #1f4fbf; Logo a picture's https address.
	Colour, Logo string
	// ReplyTo is the address that answers go to; to the sender if empty.
	ReplyTo string
	// Footer stands at the end of each mail.
	Footer string
}

func defaults() Policy {
	return Policy{Policy: parcel.DefaultPolicy(), OperationsLanguage: parcel.English, TellParcels: true, Refunds: refund.DefaultPolicy(), DigestAt: 8*time.Hour + 30*time.Minute}
}

// settle fills in what settings leave to others.
func (p *Policy) settle() {
	p.settleRefunds()
	p.settlePeople()
}

// Default is the policy of a merchant who says nothing.
func Default() *Book {
	p := defaults()
	p.settle()
	return &Book{usual: chapter{policy: p, from: map[string]int{}}}
}

// For is what holds for an integration.
func (b *Book) For(integration string) Policy { return b.chapter(integration).policy }

// Integrations are the integrations for which the file says more, in order.
func (b *Book) Integrations() []string { return slices.Sorted(maps.Keys(b.integrations)) }

func (b *Book) chapter(integration string) chapter {
	if c, ok := b.integrations[integration]; ok {
		return c
	}
	return b.usual
}

// chapters are what the file says of all integrations, and then of each.
func (b *Book) chapters() []chapter {
	all := []chapter{b.usual}
	for _, name := range b.Integrations() {
		all = append(all, b.integrations[name])
	}
	return all
}

// Line is one setting as it holds for an integration.
type Line struct {
	// Path is the setting's name in the file, such as stale.progress.
	Path, Value string
	// From is where the value stands, or "default".
	From  string
	About string
}

// Effective lists every setting as it holds for an integration.
func (b *Book) Effective(integration string) []Line {
	c := b.chapter(integration)
	var lines []Line
	for _, s := range expand(settings(&c.policy)) {
		from := "default"
		if line, ok := c.from[s.path]; ok {
			from = fmt.Sprintf("%s:%d", b.file, line)
		}
		lines = append(lines, Line{Path: s.path, Value: s.show(), From: from, About: s.about})
	}
	return lines
}
