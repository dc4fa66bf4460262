package parcel

import "cmp"

// Language is a language that mails are written in, by ISO 639-1.
type Language string

// The languages.
const (
	English Language = "en"
	Dutch   Language = "nl"
	German  Language = "de"
	French  Language = "fr"
	Spanish Language = "es"
	Italian Language = "it"
)

// Languages are all of them.
func Languages() []Language {
	return []Language{English, Dutch, German, French, Spanish, Italian}
}

// languages are what most people of a country read, by ISO 3166-1 alpha-2. A merchant may
// think otherwise of Belgium or Switzerland.
var languages = map[string]Language{
	"AT": German, "CH": German, "DE": German, "LI": German,
	"AU": English, "CA": English, "GB": English, "GG": English, "GI": English, "IE": English, "IM": English, "JE": English,
	"MT": English, "NZ": English, "US": English,
	"BE": Dutch, "NL": Dutch,
	"FR": French, "LU": French, "MC": French,
	"AD": Spanish, "AR": Spanish, "CL": Spanish, "CO": Spanish, "ES": Spanish, "MX": Spanish,
	"IT": Italian, "SM": Italian, "VA": Italian,
}

// LanguageFor is what a recipient is written in: what an operator said, else the
// language of the country, else the shop's.
func (p Policy) LanguageFor(r Recipient) Language {
	return cmp.Or(r.Language, p.LanguageOf[r.Country], languages[r.Country], p.Language)
}
