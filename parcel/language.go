package parcel

import (
	"cmp"

	"golang.org/x/text/language"

	"waybill/words"
)

// Language is a language that mails are written in.
type Language = words.Language

// The languages.
const (
	English = words.English
	Dutch   = words.Dutch
	German  = words.German
	French  = words.French
	Spanish = words.Spanish
	Italian = words.Italian
)

// Languages are all of them.
func Languages() []Language { return words.Languages() }

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
	return words.Nearest(language.Make(spoken.String()))
}

// LanguageFor is what a recipient is written in: what an operator said, else the
// language of the country, else the shop's.
func (p Policy) LanguageFor(r Recipient) Language {
	return cmp.Or(r.Language, p.LanguageOf[r.Country], languageIn(r.Country), p.Language)
}
