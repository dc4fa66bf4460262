package policy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
	"waybill/policy"
)

// Each fault of a file that a person wrote has the line as it should be written.
func TestAFaultHasTheLineAsItShouldBeWritten(t *testing.T) {
	for name, c := range map[string]struct{ file, fault string }{
		"a colour is a comment":           {"shop:\n  colour: #c02040\n", `:2: shop.colour: what follows # is a comment for YAML: write this: colour: "#c02040"; or put a space after the #`},
		"a colour with a comment":         {"shop:\n  colour: #c02040 # our red\n  name: x", `:2: shop.colour: what follows # is a comment for YAML: write this: colour: "#c02040"; or put a space after the #`},
		"a colour and more":               {"shop:\n  colour: #c02040, red\n", `:2: shop.colour: what follows # is a comment for YAML: write `},
		"a colour of three digits":        {"shop:\n  colour: #C04\n", `:2: shop.colour: what follows # is a comment for YAML: write `},
		"reasons are a comment":           {"refunds:\n  auto_reasons: #wrong-size\n", `:2: refunds.auto_reasons: what follows # is a comment for YAML: write some of changed_mind`},
		"a name ends in a comment":        {"shop: {\n  name: Shop #1 of the town\n}", `:2: shop.name: what follows # is a comment for YAML: write this: name: "Shop #1 of the town"; or put a space after the #`},
		"a name is a comment":             {"shop:\n  name: #1 Shop\n  footer: x", `:2: shop.name: what follows # is a comment for YAML: write this: name: "#1 Shop"; or put a space after the #`},
		"a name of two lines does":        {"shop:\n  name: Shop\n    of #1\n", `:2: shop.name: what follows # is a comment for YAML: write this: name: "Shop of #1"; or put a space after the #`},
		"nothing where nothing cannot be": {"hold: ~\n", `:1: hold: nothing stands here: write a length of time from 0 to 1d, such as 90s, 3m, 72h or 7d, as in this: hold: 3m; or leave the line out`},
		"a mode is null":                  {"mode: null\n", `:1: mode: nothing stands here: write one of shadow, live, as in this: mode: shadow; or leave the line out`},
		"a version is null":               {"version: ~\n", `:1: version: write a word of your own for this version`},
		"a second document":               {"mode: live\n---\nhold: 5m\n", `:2: a second document begins here, which would not be read: leave out the line ---`},
		"a key twice":                     {"shop:\n  name: A\n  \"name\": B\n", `:3: shop: name stands on line 2 already: keep one`},
		"a key twice, once with a dot":    {"stale: {progress: 2d}\nstale.progress: 3d\n", `:2: stale.progress stands on line 1 already: keep one`},
		"braces":                          {"shop:\n  name: {{.Shop}}\n", `:2: shop.name: YAML takes {{ for the beginning of a map: write this: name: "{{.Shop}}"`},
		"a tab":                           {"shop:\n\tname: A\n\tcolour: x\n", `:2: it begins with a tab or another space than that of the space bar, which YAML does not take: write this: "  name: A"`},
		"a space from a web page":         {"shop:\n\u00a0\u00a0name: A\n  url: https://a.example", `:2: it begins with a tab or another space`},
		"a key in capitals":               {"Mode: live\n", `:1: Mode is no setting: write this: mode: live`},
		"a key with a typing error":       {"shop: {color: '#c02040'}\n", `:1: shop.color is no setting: write this: colour: "#c02040"`},
		"a heading with a typing error":   {"mial: {}\n", `:1: mial is no setting: write this: mails:`},
		"a key with hyphens":              {"quiet-hours: {}\n", `:1: quiet-hours is no setting: write this: quiet_hours:`},
		"a key at the wrong level":        {"colour: x\n", `:1: colour is no setting: write it below shop, as shop.colour`},
		"a key too deep":                  {"shop: {hold: 3m}\n", `:1: shop.hold is no setting: write it without spaces before it, as hold`},
		"a version of one integration":    {"integrations: {a: {version: x}}\n", `:1: version is no setting of one integration: write it without spaces before it, for all of them`},
		"a value in capitals":             {"mode: LIVE\n", `:1: mode: "LIVE" is not allowed: write this: mode: live`},
		"a value with a typing error":     {"refunds: {on_timeout: escalte}\n", `:1: refunds.on_timeout: "escalte" is not allowed: write this: on_timeout: escalate`},
		"a country in small letters":      {"stuck: {origin: nl}\n", `:1: stuck.origin: "nl" is not allowed: write this: origin: NL`},
		"a country as a key":              {"language: {of: {be: fr}}\n", `:1: language.of: "be" is not allowed: write the two capital letters of a country, such as NL: write this: BE:`},
		"a country that is written GB":    {"stuck: {origin: UK}\n", `:1: stuck.origin: "UK" is not allowed: write this: origin: GB`},
		"a country as a key, written GB":  {"language: {of: {UK: en}}\n", `:1: language.of: "UK" is not allowed: write the two capital letters of a country, such as NL: write this: GB:`},
		"a country that does not exist":   {"language: {of: {XX: en}}\n", `:1: language.of: "XX" is not allowed: write the two capital letters of a country, such as NL`},
		"a country of origin, the same":   {"stuck: {origin: XX}\n", `:1: stuck.origin: "XX" is not allowed: write the two capital letters of a country, such as NL, or "" for none, as in this: origin: NL`},
		"a time without quotes":           {"quiet_hours: {from: 9:30}\n", `:1: quiet_hours.from: "9:30" is not allowed: write this: from: "09:30"`},
		"a time of twelve hours":          {"quiet_hours: {from: 9 pm}\n", `:1: quiet_hours.from: "9 pm" is not allowed: write this: from: "21:00"`},
		"an hour":                         {"pickup: {hour: 10}\n", `:1: pickup.hour: "10" is not allowed: write this: hour: "10:00"`},
		"a length of time in words":       {"hold: 5 min\n", `:1: hold: "5 min" is not allowed: write this: hold: 5m`},
		"a length of time in days":        {"cap: 1 day 12 hours\n", `:1: cap: "1 day 12 hours" is not allowed: write this: cap: 1d12h`},
		"a length without a unit":         {"hold: 90\n", `:1: hold: "90" is not allowed: write a length of time from 0 to 1d, such as 90s, 3m, 72h or 7d, as in this: hold: 3m`},
		"a length that is no number":      {"hold: NaNd\n", `:1: hold: "NaNd" is not allowed`},
		"a number with its unit":          {"pickup: {days: 7 days}\n", `:1: pickup.days: "7 days" is not allowed: write this: days: 7`},
		"an address without https":        {"shop: {url: www.shop.example}\n", `:1: shop.url: "www.shop.example" is not allowed: write this: url: "https://www.shop.example"`},
		"a colour without #":              {"shop: {colour: c02040}\n", `:1: shop.colour: "c02040" is not allowed: write this: colour: "#c02040"`},
		"a comma in an amount":            {"refunds: {auto: {EUR: 6,95}}\n", `:1: refunds.auto: "95" is not allowed: between { and }, a comma begins another entry: put quotation marks around an amount with a comma, as in this: EUR: "6,95"`},
		"an address with an umlaut":       {"operations: {mail: jörg@shop.example}\n", `:1: operations.mail: what stands there is not allowed: write a mail address alone, with no accents before the @, such as ops@shop.example`},
		"an approver's with an umlaut":    {"people: {Jo: {email: jö@shop.example, role: manager}}\n", `:1: people.*.email: what stands there is not allowed: write a mail address alone, with no accents before the @, such as anna@shop.example`},
		"a list where a text is wanted":   {"shop:\n  footer:\n    - Shop\n    - Town\n", `:3: shop.footer: write one value: a text of at most 1000 characters: write this: footer: Shop, Town`},
		"a list of reasons":               {"refunds: {auto_reasons: [wrong_size, faulty]}\n", `:1: refunds.auto_reasons: write one value: some of changed_mind, wrong_size, damaged, wrong_item, faulty, other, with commas between them, or "" for none: write this: auto_reasons: wrong_size, faulty`},
		"a value where a map is wanted":   {"stale: 72h\n", `:1: stale: write settings below it, each on a line of its own with a space after the colon, as in this: progress: 3d`},
		"no space after the colon":        {"shop:\n  name:Shop\n", `:2: shop: write settings below it, each on a line of its own with a space after the colon, as in this: name: Shop`},
		"one of several has no space":     {"mode:live\nhold: 3m\n", `:1: a colon and a space have to stand between a name and its value: write this: mode: live`},
		"an equals sign":                  {"mode = live\nhold: 3m\n", `:1: a colon and a space have to stand between a name and its value: write this: mode: live`},
		"a colon in a text":               {"mode: live\nshop:\n  name: Shop: the best\n", `:3: this text needs quotation marks around it: write this: name: "Shop: the best"`},
		"an apostrophe":                   {"mode: live\nshop:\n  name: 'Bob's shop'\n  colour: \"#fff000\"", `:3: this text needs quotation marks around it: write this: name: "Bob's shop"`},
		"quotes around a part":            {"mode: live\nshop:\n  name: \"The\" Shop # ours\n", `:3: this text needs quotation marks around it: write this: name: '"The" Shop'`},
		"a missing quote":                 {"mode: live\nshop:\n  name: \"Shop\n  footer: x", `:3: this text needs quotation marks around it: write this: name: "Shop"`},
		"a missing bracket":               {"mode: live\nstale: {progress: 2d\nhold: 3m\n", `:2: a bracket is missing at its end: write this: stale: {progress: 2d}`},
		"an at sign":                      {"shop:\n  name: @home\n", `:2: this text needs quotation marks around it: write this: name: "…"`},
		"a percent sign":                  {"mode: live\nshop:\n  name: %off\n", `:3: this text needs quotation marks around it: write this: name: "%off"`},
		"a star":                          {"mode: live\nshop:\n  name: *star\n", `:3: this text needs quotation marks around it: write this: name: "*star"`},
		"an exclamation mark":             {"shop:\n  name: !Sale now\n", `:2: shop.name: YAML takes !Sale for a tag: write this: name: "!Sale now"`},
		"an ampersand":                    {"shop:\n  name: &Sons Ltd\n", `:2: shop.name: YAML takes &Sons for an anchor: write this: name: "&Sons Ltd"`},
		"curly quotes":                    {"shop:\n  name: “Shop #1”\n", `:2: shop.name: curly quotation marks are letters to YAML: write this: name: "Shop #1"`},
		"a wrong column":                  {"shop:\n  name: Shop\n   colour: x\n", `:3: it begins in another column than the lines above it that it belongs to: write this: "  colour: x"`},
		"another wrong column":            {"shop:\n  name: Shop\n footer: x\nmode: live", `:3: it begins in another column`},
		"a merge of nothing":              {"shop:\n  <<: usual\n", `:2: shop: <<: write the name of a map after it, as in this: <<: *usual`},
		"an alias of itself":              {"shop: &s\n  name: A\n  <<: *s\n", `:1: shop: &s refers to itself: write out what belongs there`},
		"letters that are not UTF-8":      {"mode: live\nshop: {name: \"M\xfcller\"}\n", `:2: it has letters that are not UTF-8: save the file as UTF-8`},
		"a control character":             {"shop: {name: \"a\x07b\"}\n", `:1: it has an invisible control character (U+0007): delete it`},
		"a key of a map":                  {"? {a: b}\n: c\n", `:1: a list or a map cannot be a name: write name: value`},
		"no key":                          {"\"\": c\n", `:1: a name is missing before the colon: write name: value`},
		"an integration in capitals":      {"integrations:\n  My Shop: {}\n", `:2: integrations: "My Shop" cannot be an integration's name: it has lower-case letters, digits and hyphens, as in its webhook's address: write this: my-shop:`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Parse("waybill.yaml", []byte(c.file))
			require.ErrorContains(t, err, "waybill.yaml"+c.fault)
		})
	}
}

func TestWhatAWriterMeantHolds(t *testing.T) {
	shop := func(file string) policy.Shop { return parse(t, file).For("demo").Shop }
	for file, want := range map[string]policy.Shop{
		"shop: {name: yes}":                                          {Name: "yes"},
		"shop: {name: on}":                                           {Name: "on"},
		"shop: {name: 0123}":                                         {Name: "0123"},
		"shop: {name: 1_000}":                                        {Name: "1_000"},
		"shop: {name: 2026-11-03}":                                   {Name: "2026-11-03"},
		"shop: {name: 5611 AC}":                                      {Name: "5611 AC"},
		"shop: {name: !!str 12}":                                     {Name: "12"},
		"shop:\n  name: Shop # the name in mails":                    {Name: "Shop"},
		"shop:\n  name: # none yet":                                  {},
		"shop: {name: \"Shop\"} #x":                                  {Name: "Shop"},
		"shop:\n  name: Shop\n  #footer: x":                          {Name: "Shop"},
		"shop: {name: null, footer: ~, logo: Null, url:  }":          {},
		"shop: {name: 'null', footer: \"~\"}":                        {Name: "null", Footer: "~"},
		"shop:\r\n  name: Shop\r\n  footer: |\r\n    a\r\n    b\r\n": {Name: "Shop", Footer: "a\nb\n"},
		"\xef\xbb\xbfshop: {name: Shop}":                             {Name: "Shop"},
		"---\nshop: {name: Shop}\n...\n":                             {Name: "Shop"},
		"# policy\n---\nshop: {name: Shop}\n---\n":                   {Name: "Shop"},
		"shop: {name: &n Shop, footer: *n}":                          {Name: "Shop", Footer: "Shop"},
		"shop:\n  logo: https://shop.example/a.png #ours":            {Logo: "https://shop.example/a.png"},
		"shop: {name: \"a\u2028b\"}":                                 {Name: "a b"},
		"{\"shop\": {\"name\": \"Shop\"}}":                           {Name: "Shop"},
	} {
		require.Equal(t, want, shop(file), file)
	}
	wide := []byte("\xff\xfe")
	for _, unit := range utf16.Encode([]rune("shop: {name: Müller}\r\n")) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	require.Equal(t, "Müller", shop(string(wide)).Name)

	book := parse(t, "stuck: {origin: NO}\nlanguage: {of: {NO: de}}\nquiet_hours: {from: 21:30}\noperations: {parcels: YES}\nmode: live #now")
	p := book.For("demo")
	require.Equal(t, "NO", p.Origin, "Norway is not false")
	require.Equal(t, parcel.German, p.LanguageOf["NO"])
	require.Equal(t, 21*time.Hour+30*time.Minute, p.QuietFrom, "not a number to the base of 60")
	require.True(t, p.TellParcels)
	require.Equal(t, parcel.Live, p.Mode)
	require.Regexp(t, `^1\.10 `, parse(t, "version: 1.10").For("demo").Version)
}

func TestMergeKeysSayOnceWhatSeveralIntegrationsShare(t *testing.T) {
	book := parse(t, `
integrations:
  one: &usual
    mode: live
    shop: &shop {name: One, footer: both}
  two:
    <<: *usual
    shop:
      <<: [*shop]
      name: Two
`)
	require.Equal(t, policy.Shop{Name: "One", Footer: "both"}, book.For("one").Shop)
	require.Equal(t, policy.Shop{Name: "Two", Footer: "both"}, book.For("two").Shop)
	require.Equal(t, parcel.Live, book.For("two").Mode)
}

func TestFilesThatPeopleSentAreReadOrHaveTheirFaults(t *testing.T) {
	for file, faults := range map[string]string{
		"colour-unquoted.yaml": `colour-unquoted.yaml:3: shop.name: what follows # is a comment for YAML: write this: name: "Shop #1 of the town"; or put a space after the #
colour-unquoted.yaml:4: shop.colour: what follows # is a comment for YAML: write this: colour: "#c02040"; or put a space after the #`,
		"null-texts.yaml": "",
		"thousands.yaml": `thousands.yaml:3: refunds.auto.EUR: EUR has 2 decimals, and 0.500 has more: write it as in this: EUR: 50.00
thousands.yaml:5: refunds.one_approver.EUR: "2.500" can be two amounts: write 2500, or 2.50
thousands.yaml:6: refunds.one_approver.JPY: "30.000" can be two amounts: write 30000, or 30`,
	} {
		raw, err := os.ReadFile(filepath.Join("testdata", "byhand", file))
		require.NoError(t, err)
		book, err := policy.Parse(file, raw)
		if faults != "" {
			require.EqualError(t, err, faults)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, policy.Shop{}, book.For("demo").Shop)
		require.Empty(t, book.For("demo").Operations)
	}
}

func TestSeveralKindsOfFaultsAreToldAtOnce(t *testing.T) {
	_, err := policy.Parse("waybill.yaml", []byte("mode: LIVE\nshop:\n\tname: Shop #1\n\tcolour: #c02040\n\tfooter: a: b\nhold: 5 min\nshop.name: x\n"))
	require.EqualError(t, err, strings.TrimSpace(`
waybill.yaml:1: mode: "LIVE" is not allowed: write this: mode: live
waybill.yaml:3: it begins with a tab or another space than that of the space bar, which YAML does not take: write this: "  name: Shop #1"
waybill.yaml:3: shop.name: what follows # is a comment for YAML: write this: name: "Shop #1"; or put a space after the #
waybill.yaml:4: shop.colour: what follows # is a comment for YAML: write this: colour: "#c02040"; or put a space after the #
waybill.yaml:5: this text needs quotation marks around it: write this: footer: "a: b"
waybill.yaml:6: hold: "5 min" is not allowed: write this: hold: 5m
waybill.yaml:7: shop.name stands on line 3 already: keep one
`))
}

func TestPeopleMayHaveDotsInTheirNames(t *testing.T) {
	book := parse(t, `
people:
  J.R. Smith Jr.: {email: jr@shop.example, role: approver, limit: {EUR: 50}}
  Anna: {email: anna@shop.example, role: manager, limit: {EUR: 70}}
  Anna.limit: {email: limit@shop.example, role: manager}
`)
	people := book.People("demo")
	require.Len(t, people, 3)
	require.Equal(t, "J.R. Smith Jr.", people[2].Name)
	require.Equal(t, "jr@shop.example", people[2].Email)
	require.Equal(t, money(t, "50", "EUR"), people[2].Limits["EUR"])
	require.Empty(t, people[1].Limits, "that is another person's limit")
	from := map[string]string{}
	for _, line := range book.Effective("demo") {
		from[line.Path] = line.From
	}
	require.Equal(t, "waybill.yaml:3", from[`people."J.R. Smith Jr.".email`])
	_, err := policy.Parse("waybill.yaml", []byte("people: {Dr. No: {role: boss}, Mr. X: {email: x@shop.example, role: approver, limit: {}}}"))
	require.ErrorContains(t, err, `people.*: add email`)
	require.ErrorContains(t, err, `people.*.role: "boss" is not allowed`)
	require.ErrorContains(t, err, `people.*.limit: write the most`)
}

func TestAFaultRepeatsNoAddressAndNoSecret(t *testing.T) {
	hash := strings.Repeat("0123456789abcdef", 4)
	_, err := policy.Parse("waybill.yaml", []byte(`
operations: {mail: "Ops ops@mine.example"}
shop:
  reply_to: 'help@mine.example's
  name: @mine.example
  colour: ops@mine.example
  url: ops@mine.example
people:
  Anna: {email: [anna@mine.example], role: approver, token_sha256: x`+hash+`}
  Bram: {emial: bram@mine.example, tokensha256: `+hash+`}
  Cleo:
    email: !cleo@mine.example
`))
	require.ErrorContains(t, err, `write this: email: "…"`)
	require.Len(t, strings.Split(err.Error(), "\n"), 12)
	require.NotContains(t, err.Error(), "@mine.example")
	require.NotContains(t, err.Error(), hash)
}

// Names and addresses get into a fault where what a person writes is taken for something else.
func TestAFaultAboutPeopleRepeatsNothingPersonal(t *testing.T) {
	for _, file := range []string{
		"people:\n  Kim Oduya:\n    email:kim@mine.example\n    role:approver\n",
		"people:\n  Kim Oduya:\n    token_sha256:kim-s-secret\n",
		"people: Kim Oduya:approver\n",
		"people:\n  Kim Oduya <kim@mine.example>: {role: approver}\n",
		"people:\n  kim@mine.example: {role: approver}\n",
		"people:\n  Kim \"K\" Oduya: {role: approver}\n",
		"people:\n  Kim Oduya:{email: kim@mine.example}\n",
		"people:\n  Kim Oduya: {email: #kim@mine.example, role: approver}\n",
		"people:\n  Kim Oduya: {role: Kim Oduya, limit: {EUR: Kim Oduya}}\n",
		"people:\n  \u200bKim Oduya: {}\n",
		"operations:\n  mail:kim@mine.example\n",
		"operations:\n  kim@mine.example: on\n",
	} {
		_, err := policy.Parse("waybill.yaml", []byte(file))
		require.Error(t, err, file)
		for _, personal := range []string{"Kim", "Oduya", "mine.example", "secret"} {
			require.NotContains(t, err.Error(), personal, file)
		}
	}
}

func TestALineThatIsShownHasNoName(t *testing.T) {
	_, err := policy.Parse("waybill.yaml", []byte("people:\n\tAnn Jansen:\n\t  email: ann@mine.example\n\t  role: boss: no\n\t'J. Doe' : !x {}\n"))
	require.ErrorContains(t, err, "waybill.yaml:2: ")
	require.ErrorContains(t, err, "waybill.yaml:5: ")
	for _, personal := range []string{"Ann", "Doe", "ann@"} {
		require.NotContains(t, err.Error(), personal)
	}
}

func TestHugeAndDeepFilesAreRefused(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x]\n")
	for i := range 15 {
		from, to := string(rune('a'+i)), string(rune('a'+i+1))
		bomb.WriteString(to + "0: &" + to + "0 [" + strings.Repeat("*"+from+"0,", 9) + "]\n")
	}
	for name, c := range map[string]struct{ file, fault string }{
		"deep braces":   {strings.Repeat("{a: ", 5000) + strings.Repeat("}", 5000), "levels are below each other"},
		"deeper braces": {strings.Repeat("{", 200_000), "waybill.yaml:1: "},
		"deep lists":    {"shop: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "levels are below each other"},
		"aliases":       {bomb.String(), "values, counting each use of an alias"},
		"many faults":   {strings.Repeat("x", 10) + ": 1\n" + strings.Repeat("mode: {{.a}}\n", 50_000), "there may be more faults"},
		"many breaks":   {strings.Repeat("mode: a: b\n", 90_000), "too many other faults"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Parse("waybill.yaml", []byte(c.file))
			require.ErrorContains(t, err, c.fault)
			require.Less(t, len(err.Error()), 50_000)
		})
	}
}

func TestAFolderIsNoPolicy(t *testing.T) {
	folder := t.TempDir()
	_, err := policy.Keep(folder)
	require.EqualError(t, err, folder+" is a folder: name a file")
}
