package policy_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
	"waybill/policy"
	"waybill/refund"
)

func money(t *testing.T, amount, code string) refund.Money {
	t.Helper()
	m, err := refund.ParseMoney(amount, code)
	require.NoError(t, err)
	return m
}

// hash is what stands in the file of a token.
func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func TestRefundsGoByTheDefaultsIfTheFileSaysNothing(t *testing.T) {
	want := refund.DefaultPolicy()
	want.Version = parcel.DefaultPolicy().Version
	require.Equal(t, want, policy.Default().For("demo").Refunds)
	book := parse(t, "people:\n")
	want.Version = book.For("demo").Version
	require.Equal(t, want, book.For("demo").Refunds)
	require.Empty(t, book.People("demo"))
	require.Empty(t, book.Everybody())
}

func TestEverySettingOfRefundsCounts(t *testing.T) {
	const text = `
refunds:
  mode: live
  auto: {EUR: 40, JPY: "5000"}
  one_approver:
    EUR: 200.50
    JPY: 50000
  auto_reasons: wrong_size,  faulty
  order_age: 20d
  customer_refunds: 1
  customer_span: 60d
  shop_daily: 10
  goods_first: on
  goods_wait: 10d
  remind_after: 1h
  remind_again: 2h
  escalate_after: 3h
  on_timeout: approve_below_threshold
  info_wait: 3d
  undo: 30s
  pay_patience: 12h
sending: {patience_action: 2d, proof_wait: 1m, unproven: 5}
`
	day := 24 * time.Hour
	want := refund.Policy{
		Limits: map[string]refund.Limits{
			"EUR": {Auto: money(t, "40", "EUR"), One: money(t, "200.50", "EUR")},
			"JPY": {Auto: money(t, "5000", "JPY"), One: money(t, "50000", "JPY")},
		},
		Reasons: []refund.Reason{refund.WrongSize, refund.Faulty}, OrderAge: 20 * day, CustomerRefunds: 1, CustomerSpan: 60 * day, ShopDaily: 10,
		GoodsFirst: true, GoodsWait: 10 * day, RemindAfter: time.Hour, RemindAgain: 2 * time.Hour, EscalateAfter: 3 * time.Hour, ApproveBelow: true,
		InfoWait: 3 * day, Undo: 30 * time.Second, Patience: refund.Patience{Mail: 2 * day, Proof: time.Minute, Unproven: 5, Pay: 12 * time.Hour},
	}
	book := parse(t, text)
	want.Version = book.For("demo").Version
	require.Equal(t, want, book.For("demo").Refunds)

	lines := map[string]policy.Line{}
	for _, line := range book.Effective("demo") {
		require.NotEmpty(t, line.About, line.Path)
		lines[line.Path] = line
	}
	require.Equal(t, "200.50", lines["refunds.one_approver.EUR"].Value)
	require.Equal(t, "waybill.yaml:6", lines["refunds.one_approver.EUR"].From)
	require.Equal(t, "5000", lines["refunds.auto.JPY"].Value)
	require.Equal(t, "wrong_size, faulty", lines["refunds.auto_reasons"].Value)
}

func TestAnIntegrationHasRefundsOfItsOwn(t *testing.T) {
	book := parse(t, `
refunds:
  auto: {USD: 30}
integrations:
  my-shop:
    refunds:
      mode: live
      auto: {EUR: 60, USD: 90}
      one_approver: {USD: 300}
      auto_reasons: ""
    sending: {unproven: 7}
  other: {}
`)
	usual, mine := book.For("demo").Refunds, book.For("my-shop").Refunds
	require.Equal(t, usual, book.For("other").Refunds)
	require.True(t, usual.Shadow)
	require.Equal(t, 3, usual.Patience.Unproven)
	require.Equal(t, []refund.Reason{refund.ChangedMind, refund.WrongSize}, usual.Reasons)
	require.Equal(t, map[string]refund.Limits{
		"EUR": refund.DefaultPolicy().Limits["EUR"],
		"USD": {Auto: money(t, "30", "USD"), One: money(t, "30", "USD")},
	}, usual.Limits)

	require.Equal(t, usual.Version, mine.Version)
	require.False(t, mine.Shadow)
	require.Equal(t, 7, mine.Patience.Unproven)
	require.Empty(t, mine.Reasons)
	require.Equal(t, map[string]refund.Limits{
		"EUR": {Auto: money(t, "60", "EUR"), One: refund.DefaultPolicy().Limits["EUR"].One},
		"USD": {Auto: money(t, "90", "USD"), One: money(t, "300", "USD")},
	}, mine.Limits)

	// What somebody does to one of them stays where it is.
	mine.Limits["CHF"] = refund.Limits{}
	usual.Reasons[0] = refund.Other
	require.NotContains(t, book.For("other").Refunds.Limits, "CHF")
	require.Equal(t, refund.ChangedMind, book.For("other").Refunds.Reasons[0])
}

func TestOneOfTwoLimitsIsEnough(t *testing.T) {
	for text, want := range map[string]refund.Limits{
		"{auto: {USD: 30}}":         {Auto: money(t, "30", "USD"), One: money(t, "30", "USD")},
		"{one_approver: {USD: 80}}": {Auto: refund.Money{Currency: "USD"}, One: money(t, "80", "USD")},
		"{auto: {USD: 0.00}}":       {Auto: refund.Money{Currency: "USD"}, One: refund.Money{Currency: "USD"}},
	} {
		require.Equal(t, want, parse(t, "refunds: "+text).For("demo").Refunds.Limits["USD"], text)
	}
}

const staff = `
operations: {language: nl}
people:
  Anna Jansen:
    email: anna@shop.example
    role: approver
    limit: {EUR: 100, USD: 90.50}
    token_sha256: ` + tokenOfAnna + `
    token_expires: 2027-01-31
  Bram de Vries: {email: bram@shop.example, role: manager, language: de}
integrations:
  my-shop:
    people:
      Anna Jansen: {role: manager, limit: {EUR: 500}}
      Søren O'Neill-Łuk: {email: soren@shop.example, role: approver, token_sha256: ` + tokenOfSoren + `}
  other:
    people:
      李小龍: {email: li@shop.example, role: manager, limit: {EUR: 0}}
`

const (
	tokenOfAnna  = "6b5a0a7c3cdd2e0f4b6b5f2b2a0a2f5a7d0d0c0b0a090807060504030201000f"
	tokenOfSoren = "0f0e0d0c0b0a090807060504030201006b5a0a7c3cdd2e0f4b6b5f2b2a0a2f5a"
)

func TestPeopleAreThoseOfTheirIntegration(t *testing.T) {
	book := parse(t, staff)
	anna := policy.Person{
		Person: refund.Person{
			Name: "Anna Jansen", Email: "anna@shop.example", Role: refund.Approver,
			Limits: map[string]refund.Money{"EUR": money(t, "100", "EUR"), "USD": money(t, "90.50", "USD")},
		},
		MailLanguage: parcel.Dutch, TokenSHA256: []string{tokenOfAnna}, TokenExpires: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC),
	}
	bram := policy.Person{Person: refund.Person{Name: "Bram de Vries", Email: "bram@shop.example", Role: refund.Manager}, Language: parcel.German, MailLanguage: parcel.German}
	soren := policy.Person{
		Person:       refund.Person{Name: "Søren O'Neill-Łuk", Email: "soren@shop.example", Role: refund.Approver},
		MailLanguage: parcel.Dutch, TokenSHA256: []string{tokenOfSoren},
	}
	li := policy.Person{
		Person:       refund.Person{Name: "李小龍", Email: "li@shop.example", Role: refund.Manager, Limits: map[string]refund.Money{"EUR": {Currency: "EUR"}}},
		MailLanguage: parcel.Dutch,
	}
	require.Equal(t, []policy.Person{anna, bram}, bare(book.People("demo")))
	require.Equal(t, []policy.Person{anna, bram, li}, bare(book.People("other")))
	require.Equal(t, []policy.Person{anna, bram, soren, li}, bare(book.Everybody()), "as an approver, with the limits that she has for all")

	promoted := anna
	promoted.Role, promoted.Limits = refund.Manager, map[string]refund.Money{"EUR": money(t, "500", "EUR"), "USD": money(t, "90.50", "USD")}
	require.Equal(t, []policy.Person{promoted, bram, soren}, bare(book.People("my-shop")))
	require.Equal(t, []refund.Person{promoted.Person, bram.Person, soren.Person}, book.For("my-shop").Refunds.People)
	require.Equal(t, []refund.Person{anna.Person, bram.Person}, book.For("demo").Refunds.People)
	require.Nil(t, book.For("demo").Refunds.People[1].Limits, "no limit at all")

	var shown []string
	for _, line := range book.Effective("my-shop") {
		if name, ok := strings.CutPrefix(line.Path, "people."); ok && !strings.HasPrefix(name, "Søren") {
			shown = append(shown, name+" = "+line.Value+", "+line.From)
		}
	}
	require.Equal(t, []string{
		"Anna Jansen.email = anna@shop.example, waybill.yaml:5",
		"Anna Jansen.role = manager, waybill.yaml:14",
		"Anna Jansen.limit.EUR = 500.00, waybill.yaml:14",
		"Anna Jansen.limit.USD = 90.50, waybill.yaml:7",
		"Anna Jansen.language = , default", "Anna Jansen.time_zone = , default",
		"Anna Jansen.digest = , default",
		"Anna Jansen.token_sha256 = " + tokenOfAnna + ", waybill.yaml:8",
		"Anna Jansen.token_expires = 2027-01-31, waybill.yaml:9",
		"Anna Jansen.token_read_only = off, default",
		"Bram de Vries.email = bram@shop.example, waybill.yaml:10",
		"Bram de Vries.role = manager, waybill.yaml:10",
		"Bram de Vries.language = de, waybill.yaml:10", "Bram de Vries.time_zone = , default",
		"Bram de Vries.digest = , default",
		"Bram de Vries.token_sha256 = , default",
		"Bram de Vries.token_expires = , default",
		"Bram de Vries.token_read_only = off, default",
	}, shown)
}

func TestATokenIsItsOwnersUntilItEnds(t *testing.T) {
	text := strings.NewReplacer(tokenOfAnna, hash("token of Anna"), tokenOfSoren, hash("token of Søren")).Replace(staff)
	book := parse(t, text)
	last := time.Date(2027, 1, 30, 23, 59, 59, 0, time.UTC)
	for _, c := range []struct {
		token, want string
		at          time.Time
		err         error
	}{
		{"token of Anna", "Anna Jansen", last, nil},
		{"token of Anna", "", last.Add(time.Second), policy.ErrTokenExpired},
		{"token of Søren", "Søren O'Neill-Łuk", last.AddDate(50, 0, 0), nil},
		{"token of Bram", "", last, policy.ErrNoToken},
		{hash("token of Anna"), "", last, policy.ErrNoToken},
		{"", "", last, policy.ErrNoToken},
	} {
		person, err := policy.ByToken(book.Everybody(), c.token, c.at)
		require.ErrorIs(t, err, c.err, c.token)
		require.Equal(t, c.want, person.Name, c.token)
	}
	_, err := policy.ByToken(parse(t, strings.ReplaceAll(text, hash("token of Anna"), hash(""))).Everybody(), "", last)
	require.ErrorIs(t, err, policy.ErrNoToken)
	_, err = policy.ByToken(policy.Default().Everybody(), "token of Anna", last)
	require.ErrorIs(t, err, policy.ErrNoToken)
}

// While programs change to a new token, both are hers.
func TestAPersonHasTwoTokensWhileOneIsChanged(t *testing.T) {
	text := strings.NewReplacer(tokenOfAnna, hash("new")+" "+hash("old"), tokenOfSoren, hash("token of Søren")).Replace(staff)
	people := parse(t, text).Everybody()
	for _, token := range []string{"new", "old"} {
		person, err := policy.ByToken(people, token, time.Time{})
		require.NoError(t, err)
		require.Equal(t, "Anna Jansen", person.Name)
	}
	_, err := policy.Parse("waybill.yaml", []byte(strings.Replace(text, hash("token of Søren"), hash("old"), 1)))
	require.ErrorContains(t, err, "another person has the same on line")
	_, err = policy.Parse("waybill.yaml", []byte(strings.Replace(text, hash("new")+" ", hash("new")+", ", 1)))
	require.ErrorContains(t, err, "64 hexadecimal digits")
}

func TestAKeeperKnowsThePeopleOfItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "waybill.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(staff, tokenOfSoren, hash("token of Søren"))), 0o600))
	k, err := policy.Keep(file)
	require.NoError(t, err)
	soren, err := policy.ByToken(k.Book().Everybody(), "token of Søren", time.Time{})
	require.NoError(t, err)
	require.Contains(t, k.Book().People("my-shop"), soren)
	require.NotContains(t, k.Book().People("demo"), soren)
}

func TestAllFaultsOfRefundsAreToldAtOnce(t *testing.T) {
	_, err := policy.Parse("waybill.yaml", []byte(`refunds:
  mode: on
  auto: {EUR: 300, USD: "50-", EURO: 5, XQQ: 1, CHF: 5.0010}
  one_approver: {JPY: 0.5, GBP: -1}
  auto_reasons: [changed_mind]
  order_age: 1h
  shop_daily: many
  remind_again: 3d
  on_timeout: reject
people:
  A/Jansen: {email: a@shop.example, role: manager}
  "*": {email: b@shop.example, role: manager}
  Anna:
    email: ANNA@shop.example
    role: approver
    limit:
    phone: 1
  Bram: {role: boss}
  Clara: clara@shop.example
  Dirk: {email: dirk, role: manager, token_sha256: the token itself, token_expires: soon}
  Emma:
  Fred:
    email: anna@shop.example
    role: manager
    token_sha256: `+tokenOfAnna+`
  Gert: {email: "", role: manager, limit: {EUR: lots, EURO: 5}}
integrations:
  a-shop:
    refunds:
      auto_reasons: changed_mind, bored
      one_approver: {EUR: 200}
    people:
      Fred: {email: fred@shop.example}
      Hans: {email: hans@shop.example, role: manager}
      Ines: {email: ines@shop.example, role: manager, token_sha256: `+tokenOfAnna+`}
  b-shop:
    refunds:
      escalate_after: 4d
    people:
      Hans: {email: HANS@shop.example, role: approver, token_expires: 2027-01-31}
      Jack: {email: hans@shop.example, role: manager}
  a-last:
    people: {Kate: {email: ines@shop.example, role: manager}}
`))
	require.Error(t, err)
	require.Equal(t, strings.TrimSpace(`
waybill.yaml:2: refunds.mode: "on" is not allowed: write one of shadow, live, as in this: mode: shadow
waybill.yaml:3: refunds.auto.USD: "50-" is not an amount: write it as in 120.00
waybill.yaml:3: refunds.auto: "EURO" is not allowed: write the three capital letters of a currency, such as EUR
waybill.yaml:3: refunds.auto.XQQ: "XQQ" is not a currency: write its ISO 4217 code, such as EUR
waybill.yaml:3: refunds.auto.CHF: CHF has 2 decimals, and 5.0010 has more: write it as in this: CHF: 50
waybill.yaml:3: refunds.auto.EUR: write at most the EUR 250.00 of refunds.one_approver.EUR, and not EUR 300.00
waybill.yaml:4: refunds.one_approver.JPY: JPY has 0 decimals, and 0.5 has more: write it as in this: JPY: 50
waybill.yaml:4: refunds.one_approver.GBP: "-1" is not an amount: write it as in 120.00
waybill.yaml:5: refunds.auto_reasons: write one value: some of changed_mind, wrong_size, damaged, wrong_item, faulty, other, with commas between them, or "" for none: write this: auto_reasons: changed_mind
waybill.yaml:6: refunds.order_age: "1h" is not allowed: write a length of time from 1d to 365d, such as 90s, 3m, 72h or 7d, as in this: order_age: 30d
waybill.yaml:7: refunds.shop_daily: "many" is not allowed: write a whole number from 0 to 100000, as in this: shop_daily: 50
waybill.yaml:8: refunds: write remind_after, remind_again and escalate_after in ascending order, and not 1d, 3d and 3d
waybill.yaml:9: refunds.on_timeout: "reject" is not allowed: write one of approve_below_threshold, escalate, as in this: on_timeout: escalate
waybill.yaml:11: people: this name is not allowed: write a name of at most 60 letters, digits, spaces, dots, apostrophes and hyphens, which begins with a letter or digit and ends with one or with a dot
waybill.yaml:12: people: this name is not allowed: write a name of at most 60 letters, digits, spaces, dots, apostrophes and hyphens, which begins with a letter or digit and ends with one or with a dot
waybill.yaml:16: people.*.limit: write the most that they may approve in each currency, as in EUR: 250.00, or leave limit out: without it they may approve any amount
waybill.yaml:17: people.*.phone is no setting; below people.* there are email, role, limit, language, time_zone, digest, token_sha256, token_expires, token_read_only
waybill.yaml:18: people.*.role: "boss" is not allowed: write one of support, approver, manager, inspector, as in this: role: support
waybill.yaml:18: people.*: add email
waybill.yaml:19: people.*: write settings below it, each on a line of its own with a space after the colon, as in this: email: "anna@shop.example"
waybill.yaml:19: people.*: add email and role
waybill.yaml:20: people.*.email: what stands there is not allowed: write a mail address alone, with no accents before the @, such as anna@shop.example
waybill.yaml:20: people.*.token_sha256: what stands there is not allowed: write 64 hexadecimal digits, in lower case, or two such with a space between them, or "" for none
waybill.yaml:20: people.*.token_expires: "soon" is not allowed: write a date such as 2027-01-31, or "" for none, as in this: token_expires: 2027-01-31
waybill.yaml:21: people.*: add email and role
waybill.yaml:23: people.*.email: write one of their own: another person has the same on line 14
waybill.yaml:26: people.*.email: what stands there is not allowed: write a mail address alone, with no accents before the @, such as anna@shop.example
waybill.yaml:26: people.*.limit.EUR: "lots" is not an amount: write it as in 120.00
waybill.yaml:26: people.*.limit: "EURO" is not allowed: write the three capital letters of a currency, such as EUR
waybill.yaml:30: refunds.auto_reasons: "bored" is not allowed: write some of changed_mind, wrong_size, damaged, wrong_item, faulty, other, with commas between them, or "" for none
waybill.yaml:31: refunds.auto.EUR: write at most the EUR 200.00 of refunds.one_approver.EUR, and not EUR 300.00
waybill.yaml:33: people.*: write the same email, token_sha256, token_expires and token_read_only as on line 22: one name is one person
waybill.yaml:35: people.*.token_sha256: write one of their own: another person has the same on line 25
waybill.yaml:40: people.*: write the same email, token_sha256, token_expires and token_read_only as on line 34: one name is one person
waybill.yaml:41: people.*.email: write one of their own: another person has the same on line 34
waybill.yaml:43: people.*.email: write one of their own: another person has the same on line 35
`), err.Error())
	require.NotContains(t, err.Error(), "the token itself")
	require.NotContains(t, err.Error(), "dirk", "a log is no place for an address")
}

// A limit means what its writer meant: "2.500" gave EUR 2.50.
func TestALimitIsReadAsPeopleWriteIt(t *testing.T) {
	for written, want := range map[string]string{
		`"6,95"`: "6.95", `"1.249,50"`: "1249.50", `1,249.50`: "1249.50", "1 249,50": "1249.50", "2500": "2500", "250.5": "250.5",
	} {
		limits := parse(t, "refunds:\n one_approver:\n  EUR: 5000\n auto:\n  EUR: "+written).For("demo").Refunds.Limits["EUR"]
		require.Equal(t, money(t, want, "EUR").String(), limits.Auto.String(), written)
	}
	for written, want := range map[string]string{
		"{auto: {EUR: 1.000}}":         `refunds.auto.EUR: "1.000" can be two amounts: write 1000, or 1`,
		"{one_approver: {EUR: 2.500}}": `refunds.one_approver.EUR: "2.500" can be two amounts: write 2500, or 2.50`,
		"{auto: {EUR: 0.000}}":         "refunds.auto.EUR: EUR has 2 decimals, and 0.000 has more",
		"{auto: {EUR: 12.5000}}":       "refunds.auto.EUR: EUR has 2 decimals, and 12.5000 has more",
	} {
		_, err := policy.Parse("waybill.yaml", []byte("refunds: "+written))
		require.ErrorContains(t, err, want, written)
	}
	_, err := policy.Parse("waybill.yaml", []byte("people: {Anna: {limit: {EUR: 2,500}}}"))
	require.ErrorContains(t, err, "people.*.limit")
	require.Equal(t, "5.00", parse(t, "refunds: {auto: {RSD: 5}}").For("demo").Refunds.Limits["RSD"].Auto.Digits())
}

func TestSupportWorksOnParcelsAndDecidesNoRefunds(t *testing.T) {
	book := parse(t, "people: {anna: {email: anna@shop.example, role: approver}, sam: {email: sam@shop.example, role: support}}\n"+
		"integrations:\n  my-shop: {people: {sam: {role: manager}, anna: {role: support}}}\n")
	deciders := func(integration string) (names []string) {
		for _, somebody := range book.For(integration).Refunds.People {
			names = append(names, somebody.Name)
		}
		return names
	}
	require.Len(t, book.People("demo"), 2)
	require.Equal(t, []string{"anna"}, deciders("demo"))
	require.Equal(t, []string{"sam"}, deciders("my-shop"))
	require.False(t, book.People("demo")[1].Decides())
	require.True(t, book.People("my-shop")[1].Decides())
}

// bare are people without the digest of their entries.
func bare(people []policy.Person) []policy.Person {
	for i := range people {
		people[i].Entry = ""
	}
	return people
}

// Sessions and links are for an identity: the desk's tests say what changes it.
func TestAnIdentityIsTheSameWhereverAPersonDecides(t *testing.T) {
	book := parse(t, "people: {anna: {email: anna@shop.example, role: approver}}\n"+
		"integrations:\n  my-shop: {people: {anna: {role: manager}, zoe: {email: zoe@shop.example, role: approver}}}\n")
	everybody, usual, mine := book.Everybody(), book.People("demo"), book.People("my-shop")
	require.Equal(t, everybody[0].Identity(), usual[0].Identity())
	require.Equal(t, everybody[0].Identity(), mine[0].Identity(), "although she is a manager here")
	require.Equal(t, everybody[1].Identity(), mine[1].Identity())
	require.NotEqual(t, mine[0].Identity(), mine[1].Identity())
	require.NotContains(t, mine[0].Identity(), "@")
}

// Whatever show prints of refunds can be written into one file, and means the same.
func TestWhatIsShownOfRefundsCanBeWritten(t *testing.T) {
	for _, text := range []string{"", staff, "refunds: {mode: live, auto: {USD: 30, JPY: 0, KWD: 25, TND: 01.234}, auto_reasons: '', goods_first: on, on_timeout: approve_below_threshold}"} {
		book := parse(t, text)
		for _, integration := range append(book.Integrations(), "demo") {
			again := parse(t, written(t, book.Effective(integration)))
			require.Equal(t, comparable(book, integration), comparable(again, "demo"))
		}
	}
}

// written is a file that says what show prints.
func written(t *testing.T, lines []policy.Line) string {
	t.Helper()
	var text strings.Builder
	var above []string
	for _, line := range lines {
		levels := strings.Split(line.Path, ".")
		for i, level := range levels {
			if i < len(above) && above[i] == level && i < len(levels)-1 {
				continue
			}
			above = append(above[:min(i, len(above))], level)
			fmt.Fprintf(&text, "\n%s%q:", strings.Repeat(" ", i), level)
		}
		fmt.Fprintf(&text, " %q", line.Value)
	}
	return text.String()
}

func comparable(book *policy.Book, integration string) string {
	refunds := book.For(integration).Refunds
	refunds.Version = ""
	return strings.ReplaceAll(fmt.Sprintf("%+v\n%+v", refunds, bare(book.People(integration))), "{", "\n{")
}

// The part of the example that is commented out is right too.
func TestTheExampleOfRefundsIsSound(t *testing.T) {
	raw, err := os.ReadFile("../waybill.example.yaml")
	require.NoError(t, err)
	_, text, found := strings.Cut(string(raw), "\n# refunds:")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "\n\n")
	book := parse(t, "refunds:"+strings.ReplaceAll(text, "\n# ", "\n"))
	require.False(t, book.For("demo").Refunds.Shadow)
	require.Len(t, book.For("demo").Refunds.People, 2)
	require.Len(t, book.People("demo"), 3)
	require.Equal(t, parse(t, string(raw)).For("demo").Refunds.Limits, policy.Default().For("demo").Refunds.Limits)
}

// Faults are logged: the line says whom each is about.
func TestNoFaultQuotesANameOrAnAddress(t *testing.T) {
	_, err := policy.Parse("waybill.yaml", []byte(`shop: {reply_to: "help <help@shop.example>"}
operations: {mail: "Ops ops@shop.example"}
people:
  Ann: {email: ann@shop, role: boss}
  Ann Jansen: {email: jansen@shop.example, role: approver, phone: 0}
  Ann Jansen: {email: jansen@shop.example, role: approver}
integrations:
  other:
    people:
      Søren O'Neill: {email: jansen@shop.example, role: approver}
      Ann Jansen: {email: other@shop.example, role: approver}
`))
	require.Error(t, err)
	for _, personal := range []string{"Ann", "Jansen", "Søren", "ann@", "jansen@", "other@", "help@shop.example>", "ops@shop.example\" "} {
		require.NotContains(t, err.Error(), personal)
	}
	for _, want := range []string{
		"waybill.yaml:4: people.*.role", "waybill.yaml:5: people.*.phone is no setting", "waybill.yaml:6: this name stands on line 5 already",
		"waybill.yaml:10: people.*.email: write one of their own: another person has the same on line 5", "waybill.yaml:11: people.*: write the same email",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestADigestHasItsTime(t *testing.T) {
	book, err := policy.Parse("waybill.yaml", []byte(`
integrations:
  demo:
    people:
      Bram:
        email: bram@shop.example
        role: manager
people:
  Anna:
    email: anna@shop.example
    role: approver
    digest: "07:15"
`))
	require.NoError(t, err)
	people := book.Everybody()
	require.Equal(t, 7*time.Hour+15*time.Minute, *people[0].DigestAt)
	require.True(t, people[0].Digest, "the rules of refunds know it")
	require.Nil(t, people[1].DigestAt)
	require.False(t, people[1].Digest)
	require.Equal(t, 8*time.Hour+30*time.Minute, book.For("demo").DigestAt, "what was escalated is in everybody's")
}
