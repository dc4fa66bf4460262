package policy

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"waybill/parcel"
	"waybill/refund"
)

// Support is the role of people who work on parcels and see no refunds. Approvers and managers
// may do what they may.
const Support refund.Role = "support"

// Inspector is the role of people who read what Temporal stores, by the codec endpoint. They have no
// other rights: they do not work on the desk, and decide nothing. What Temporal stores belongs to no
// integration, so that they are named for all of them.
const Inspector refund.Role = "inspector"

// Person is somebody whom the policy names: who works on the desk, or is an [Inspector].
//
// People who are named for all integrations work on the parcels and refunds of each one, and
// people who are named for one integration on its own only. An integration may
// give somebody another role and other limits. One name is one person in the whole
// file, with one address and one token. So what a person may do with a refund is what
// [Book.People] says for its integration, and never what [Book.Everybody] says.
type Person struct {
	refund.Person
	// Language is what they read: the language of their pages, or that of the browser if it is
	// empty. MailLanguage is what they are written in: if Language is empty, that of operations.
	Language, MailLanguage parcel.Language
	// TimeZone is what they go by; empty is that of the integration's country. See Zone.
	TimeZone string
	// DigestAt is the time of day of their digest; nil has them mailed about each refund.
	DigestAt *time.Duration
	// TokenSHA256 are those of their API token, in hexadecimal, and of the ones before while they are
	// changed, newest first; none if they have none.
	TokenSHA256 []string
	// TokenExpires is when the token ends; zero is never.
	TokenExpires time.Time
	// TokenReadOnly has their token give no orders.
	TokenReadOnly bool
	// Entry is a digest of what the whole file says of who they are; see Identity.
	Entry string
}

// Identity names the person, and changes when their address, oldest token or role does, for
// whatever integration. Links and sessions are for an identity: they end with it, and so when a token
// is taken away, but not when a newer one comes.
func (p Person) Identity() string { return strings.TrimSuffix(p.Name+"\x00"+p.Entry, "\x00") }

// Zone is the person's time zone; without one it is that of a country, and without that UTC.
func (p Person) Zone(country string) *time.Location {
	if zone, err := time.LoadLocation(p.TimeZone); err == nil && p.TimeZone != "" {
		return zone
	}
	if zones := parcel.ZonesOf(country); len(zones) > 0 {
		return zones[0]
	}
	return time.UTC
}

// Decides reports whether the person may see and decide refunds.
func (p Person) Decides() bool { return p.Role == refund.Approver || p.Role == refund.Manager }

// peoplePath is the heading below which people stand.
const peoplePath = "people."

var (
	personNames = names{
		allowed: regexp.MustCompile(`^[\p{L}\p{N}]([\p{L}\p{M}\p{N} .'’-]{0,58}[\p{L}\p{M}\p{N}.])?$`),
		says:    "a name of at most 60 letters, digits, spaces, dots, apostrophes and hyphens, which begins with a letter or digit and ends with one or with a dot",
		example: "Anna Jansen",
		private: true,
	}
	tokenHashes = regexp.MustCompile(`^[0-9a-f]{64}( [0-9a-f]{64})*$`)
)

// checkInspectors finds inspectors of single integrations.
func (r *reader) checkInspectors(b *Book) {
	for _, integration := range b.Integrations() {
		c := b.integrations[integration]
		for _, name := range slices.Sorted(maps.Keys(c.policy.People)) {
			usual := b.usual.policy.People[name].Role
			if role := peoplePath + level(name) + ".role"; (usual == Inspector) != (c.policy.People[name].Role == Inspector) {
				r.Add(c.from[role], "%s: an inspector is named below people for all integrations, and has no other role in any: what Temporal stores belongs to no integration", role)
			}
		}
	}
}

// CheckPerson says why a name cannot be a person's.
func CheckPerson(name string) error { return personNames.check(name) }

// settlePeople names people and gives their mails a language. Refunds know only those who decide.
func (p *Policy) settlePeople() {
	people := maps.Clone(p.People)
	p.Refunds.People = nil
	for _, name := range slices.Sorted(maps.Keys(people)) {
		somebody := people[name]
		somebody.Name, somebody.Limits = name, maps.Clone(somebody.Limits)
		somebody.MailLanguage = cmp.Or(somebody.Language, p.OperationsLanguage)
		somebody.Digest = somebody.DigestAt != nil
		people[name] = somebody
		if somebody.Decides() {
			p.Refunds.People = append(p.Refunds.People, somebody.Person)
		}
	}
	p.People = people
}

// checkPeople tells what is missing in what a chapter says of people.
func (r *reader) checkPeople(c chapter) {
	paths := slices.Sorted(maps.Keys(c.from))
	for _, path := range paths {
		name, isPerson := strings.CutPrefix(path, peoplePath)
		if _, setting := cutLevel(name); !isPerson || setting != "" {
			continue
		}
		var lacks []string
		for _, what := range []string{"email", "role"} {
			if c.from[path+"."+what] == 0 {
				lacks = append(lacks, what)
			}
		}
		if len(lacks) > 0 {
			r.Add(c.from[path], "%s: add %s", path, strings.Join(lacks, " and "))
		}
		limit := path + ".limit"
		if c.from[limit] != 0 && !slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, limit+".") }) {
			r.Add(c.from[limit], "%s: write the most that they may approve in each currency, as in EUR: 250.00, or leave limit out: without it they may approve any amount", limit)
		}
	}
}

// entry is a person, or something about one, and the line where it stands.
type entry struct {
	Person
	line int
}

// checkWhoIsWho finds one name for several people, and several names for one, across
// all chapters.
func (r *reader) checkWhoIsWho(chapters []chapter) {
	named, emails, tokens := map[string]entry{}, map[string]entry{}, map[string]entry{}
	for _, c := range chapters {
		for _, name := range slices.Sorted(maps.Keys(c.policy.People)) {
			path, somebody := peoplePath+level(name), c.policy.People[name]
			somebody.Name = name
			r.own(emails, "email", strings.ToLower(somebody.Email), entry{somebody, c.from[path+".email"]})
			for _, token := range somebody.TokenSHA256 {
				r.own(tokens, "token_sha256", token, entry{somebody, c.from[path+".token_sha256"]})
			}
			this, other := entry{somebody, c.from[path]}, named[name]
			if other.Name == "" {
				named[name] = this
			} else if !this.is(other.Person) {
				r.Add(max(this.line, other.line), "%s: write the same email, token_sha256, token_expires and token_read_only as on line %d: one name is one person", path, min(this.line, other.line))
			}
		}
	}
}

// own notes whose a value is, and finds a second owner.
func (r *reader) own(owners map[string]entry, what, value string, this entry) {
	other, taken := owners[value]
	switch {
	case value == "" || other.Name == this.Name:
		return
	case !taken:
		owners[value] = this
		return
	case this.line < other.line:
		this, other = other, this
	}
	r.Add(this.line, "%s%s.%s: write one of their own: another person has the same on line %d", peoplePath, level(this.Name), what, other.line)
}

// is reports whether two entries can be the same person.
func (p Person) is(other Person) bool {
	return strings.EqualFold(p.Email, other.Email) && slices.Equal(p.TokenSHA256, other.TokenSHA256) && p.TokenExpires.Equal(other.TokenExpires) && p.TokenReadOnly == other.TokenReadOnly
}

// identify gives people their identities. What an integration says counts where it
// differs: another integration in the file ends nobody's session.
func (b *Book) identify() {
	said := map[string]string{}
	for _, somebody := range b.Named() {
		oldest := ""
		if n := len(somebody.TokenSHA256); n > 0 {
			oldest = somebody.TokenSHA256[n-1]
		}
		who := []string{strings.ToLower(somebody.Email), oldest, somebody.TokenExpires.Format(time.DateOnly), string(somebody.Role)}
		for _, integration := range b.Integrations() {
			if there, ok := b.integrations[integration].policy.People[somebody.Name]; ok && there.Role != somebody.Role {
				who = append(who, integration, string(there.Role))
			}
		}
		sum := sha256.Sum256([]byte(strings.Join(who, "\x00")))
		said[somebody.Name] = hex.EncodeToString(sum[:])
	}
	for _, c := range b.chapters() {
		for name, somebody := range c.policy.People {
			somebody.Entry = said[name]
			c.policy.People[name] = somebody
		}
	}
}

// People are those who work on the parcels and refunds of an integration, by name.
func (b *Book) People(integration string) []Person {
	return atDesk(byName(b.For(integration).People))
}

// Everybody is who may sign in at all, by name; see [Book.Named].
func (b *Book) Everybody() []Person { return atDesk(b.Named()) }

// atDesk leaves out those who only inspect.
func atDesk(people []Person) []Person {
	return slices.DeleteFunc(people, func(p Person) bool { return p.Role == Inspector })
}

// Named are all people of the file, by name: who may sign in, and inspectors. A person who is named
// more than once has the role and limits of all integrations here, or else of the first one.
func (b *Book) Named() []Person {
	all := maps.Clone(b.usual.policy.People)
	if all == nil {
		all = map[string]Person{}
	}
	for _, integration := range b.Integrations() {
		for name, somebody := range b.integrations[integration].policy.People {
			if _, ok := all[name]; !ok {
				all[name] = somebody
			}
		}
	}
	return byName(all)
}

// Deciders are the people who decide refunds in any integration, by name. Elsewhere, they can have
// another role.
func (b *Book) Deciders() []Person {
	return slices.DeleteFunc(b.Everybody(), func(p Person) bool {
		return !slices.ContainsFunc(b.chapters(), func(c chapter) bool { return c.policy.People[p.Name].Decides() })
	})
}

// DigestOf is when a person's digest comes: the time of day, and where that is. What holds for all
// integrations comes first, and a time of the person's own before that of others.
func (b *Book) DigestOf(p Person) (at time.Duration, zone *time.Location) {
	var usual *time.Duration
	for _, c := range b.chapters() {
		switch there := c.policy.People[p.Name]; {
		case !there.Decides():
		case there.DigestAt != nil:
			return *there.DigestAt, there.Zone(c.policy.Origin)
		case usual == nil:
			usual, zone = &c.policy.DigestAt, there.Zone(c.policy.Origin)
		}
	}
	return *cmp.Or(usual, &b.usual.policy.DigestAt), cmp.Or(zone, time.UTC)
}

func byName(people map[string]Person) []Person {
	return slices.SortedFunc(maps.Values(people), func(a, b Person) int { return cmp.Compare(a.Name, b.Name) })
}

// Why a token opens nothing.
var (
	ErrNoToken      = errors.New("the token is unknown: ask for a new one")
	ErrTokenExpired = errors.New("the token has expired: ask for a new one")
)

// ByToken is whose API token this is, among some people; the error is [ErrNoToken]
// or [ErrTokenExpired]. What they may do depends on the integration; see [Person].
func ByToken(people []Person, token string, now time.Time) (Person, error) {
	hash := []byte(TokenHash(token))
	var owner *Person
	for i := range people { // all of them, whoever it is: the time tells nothing
		for _, known := range people[i].TokenSHA256 {
			if subtle.ConstantTimeCompare(hash, []byte(known)) == 1 {
				owner = &people[i]
			}
		}
	}
	switch {
	case owner == nil || token == "":
		return Person{}, ErrNoToken
	case !owner.TokenExpires.IsZero() && !now.Before(owner.TokenExpires):
		return Person{}, ErrTokenExpired
	}
	return *owner, nil
}

// tokenSoon is how long before its end a token is worth a word.
const tokenSoon = 30 * 24 * time.Hour

// TokenExpiry says that the person's API token has expired, expires within 30 days, or never
// does; it is empty if there is nothing to say.
func (p Person) TokenExpiry(now time.Time) string {
	token := "the API token of " + p.Name
	switch ends := p.TokenExpires; {
	case len(p.TokenSHA256) == 0:
	case ends.IsZero():
		return token + " never expires: write its token_expires"
	case !now.Before(ends):
		return token + " expired on " + ends.Format(time.DateOnly)
	case ends.Sub(now) <= tokenSoon:
		return token + " expires on " + ends.Format(time.DateOnly)
	}
	return ""
}

// TokenHash is what the file has of a token: its SHA-256, in hexadecimal.
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
