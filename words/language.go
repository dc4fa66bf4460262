package words

import (
	"sync"

	"golang.org/x/text/language"
)

// Language is a language that mails and pages are written in, by ISO 639-1.
type Language string

// The languages.
const (
	English Language = "en"
	Dutch   Language = "nl"
	German  Language = "de"
	French  Language = "fr"
	Spanish Language = "es"
	Italian Language = "it"

	// Marked is English with ⟦ and ⟧ around each text. Tests see by it what is not put into words.
	// https://cldr.unicode.org/development/development-process/design-proposals/pseudolocales
	Marked Language = "en-XA"
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

// Nearest is which of our languages readers of another one understand best; empty if they
// understand none.
func Nearest(spoken ...language.Tag) Language {
	_, i, confidence := matcher().Match(spoken...)
	if confidence == language.No {
		return ""
	}
	return Languages()[i]
}

// mostAccepted is the longest list of languages that is read.
const mostAccepted = 500

// Accepted is the language that a browser asks for in its header Accept-Language; empty if it
// asks for none of ours.
func Accepted(header string) Language {
	if len(header) > mostAccepted {
		return ""
	}
	tags, q, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return ""
	}
	var wanted []language.Tag
	for i, tag := range tags {
		if q[i] > 0 && tag != language.Und {
			wanted = append(wanted, tag)
		}
	}
	if len(wanted) == 0 {
		return ""
	}
	return Nearest(wanted...)
}
