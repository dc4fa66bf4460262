package parcel

import (
	"cmp"
	"sync"

	"golang.org/x/text/language"
)

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

// matcher finds which of our languages readers of another one understand best.
var matcher = sync.OnceValue(func() language.Matcher {
	var ours []language.Tag
	for _, l := range Languages() {
		ours = append(ours, language.Make(string(l)))
	}
	return language.NewMatcher(ours)
})

// alsoRead is which of our languages readers of another one understand, where CLDR does not say
// so: readers of Catalan, and of Papiamento in the Dutch Caribbean.
var alsoRead = map[string]Language{"ca": Spanish, "pap": Dutch}

// languageIn is the one of our languages that most people of a country read, by ISO 3166-1
// alpha-2; empty if they read none of ours. A merchant may think otherwise of Belgium or
// Switzerland. https://cldr.unicode.org/index/cldr-spec/picking-the-right-language-code
func languageIn(country string) Language {
	region, err := language.ParseRegion(country)
	if err != nil || !region.IsCountry() || region.String() != country {
		return ""
	}
	tag, err := language.Compose(language.Und, region)
	if err != nil {
		return ""
	}
	spoken, confidence := tag.Base()
	if confidence < language.High {
		return "" // the country is not known
	}
	if also, ok := alsoRead[spoken.String()]; ok {
		return also
	}
	_, i, confidence := matcher().Match(language.Make(spoken.String()))
	if confidence == language.No {
		return ""
	}
	return Languages()[i]
}

// LanguageFor is what a recipient is written in: what an operator said, else the
// language of the country, else the shop's.
func (p Policy) LanguageFor(r Recipient) Language {
	return cmp.Or(r.Language, p.LanguageOf[r.Country], languageIn(r.Country), p.Language)
}
