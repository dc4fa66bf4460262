package mail

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// greeted is a name as a greeting writes it. Many people and systems write addresses in capitals:
// JANE DOE is greeted as Jane Doe. A name stays as it is if a word in capitals could be written in
// several ways, such as VAN, MCDONALD or the letters of a company.
func greeted(name string) string {
	words := strings.Fields(name)
	for i, word := range words {
		switch {
		case strings.ToUpper(word) != word || utf8.RuneCountInString(word) == 1 || strings.HasSuffix(word, "."):
		case certain(word):
			words[i] = cases.Title(language.Und).String(word)
		default:
			return name
		}
	}
	return strings.Join(words, " ")
}

// certain reports whether a word in capitals can only be a name with one capital in each part.
func certain(word string) bool {
	for part := range strings.FieldsFuncSeq(word, func(r rune) bool { return r == '-' }) {
		letters := utf8.RuneCountInString(part)
		switch {
		case letters < 3 || strings.ContainsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) }),
			!strings.ContainsAny(part, "AEIOUYÀÁÂÄÅÆÈÉÊËÌÍÎÏÒÓÔÖØÙÚÛÜÝ"),
			// Turkish has another small i, German perhaps a ß, Dutch writes IJ, Irish and Scots Mc and Mac.
			strings.ContainsAny(part, "İŞĞ"), strings.Contains(part, "SS"),
			strings.HasPrefix(part, "IJ"), strings.HasPrefix(part, "MC"), strings.HasPrefix(part, "MAC"), strings.HasPrefix(part, "FITZ"),
			slices.Contains(notNames, part):
			return false
		}
	}
	return true
}

// notNames are words that many names have in small letters, such as van, and the legal forms of
// companies.
var notNames = []string{
	"VAN", "VON", "DER", "DEN", "DEM", "DES", "DEL", "DELLA", "DELLE", "DEGLI", "DALLA", "DOS", "DAS", "DAL", "LOS", "LAS", "TEN",
	"TER", "TOT", "ZUM", "ZUR", "AUF", "AUS", "THE", "AND", "UND",
	"SARL", "SAS", "SRL", "SPA", "GMBH", "LTD", "LLC", "PLC", "INC", "BVBA", "VOF", "EURL", "III",
}
