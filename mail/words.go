package mail

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"waybill/parcel"
	"waybill/words"
	"waybill/yamlfile"
)

// blanks are what a text can ask for. What is not known is empty.
type blanks struct {
	Name, Shop, Carrier, Order string
	// Reached is how many of the Parcels that go together have got this far.
	Reached, Parcels int
	// KeptUntil is the last day on which the parcel can be collected, Collected says that it
	// was.
	KeptUntil string
	Collected bool
	// These are a refund's. GoodsFirst is set if it is paid only once the goods are
	// back; Days is how long it has waited.
	Amount, Customer, Reason, Deadline, Days string
	GoodsFirst                               bool
	// These are for colleagues: what needs attention, and why.
	Integration, Parcel, Return, Attention string
	// Count is how many parcels need it, Before how many did at the last mail about it.
	Count, Before int
	// Others is how many refunds a digest does not list.
	Others int
	// Subject is for subject_parcels, N for days.
	Subject string
	N       int
}

// sample has all blanks filled in.
var sample = blanks{
	Name: "n", Shop: "s", Carrier: "c", Order: "o", Reached: 2, Parcels: 3, KeptUntil: "k", Amount: "a", Customer: "c", Reason: "r",
	Deadline: "d", Days: "d", GoodsFirst: true, Integration: "i", Parcel: "p", Return: "r", Attention: "t", Subject: "s", N: 2, Count: 12, Before: 7, Others: 3,
}

// style says which blanks texts of mails can ask for, and which cannot be empty.
var style = words.Style{Full: sample, Bare: blanks{}, Needed: needed}

// needed reports whether a mail cannot do without a text: the provider takes no mail
// without a subject, and a button and a fact have labels.
func needed(path string) bool {
	name := path[strings.LastIndexByte(path, '.')+1:]
	return name == "subject" || name == "heading" || name == "subject_parcels" || name == "parcels" || strings.HasPrefix(name, "label_") ||
		slices.Contains([]string{"track", "decide", "look", "all_refunds", "sign_in", "carrier_unknown"}, path)
}

// loadWords reads the texts of all languages, then a merchant's own.
func loadWords(own fs.FS) (map[parcel.Language]words.Book, error) {
	all := map[parcel.Language]words.Book{}
	var faults []error
	for _, language := range parcel.Languages() {
		name := "words/" + string(language) + ".json"
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		w, err := style.Read(name, raw)
		if err != nil {
			return nil, err
		}
		all[language] = w
	}
	for _, language := range parcel.Languages() {
		faults = append(faults, words.Same(all[parcel.English], all[language], "words/"+string(language)+".json"))
	}
	return all, errors.Join(append(faults, overrideAll(all, own))...)
}

// OwnWords are our texts of a language as a merchant's file words/<language>.yaml, which
// says the same: every text that a merchant may replace.
func OwnWords(language parcel.Language) ([]byte, error) {
	raw, err := files.ReadFile("words/" + string(language) + ".json")
	if err != nil {
		return nil, fmt.Errorf("no mail is written in %q: choose one of %s", language, languageNames())
	}
	texts, err := yamlfile.Spread(raw)
	return append(fmt.Appendf(nil, `# The texts of mails in this language (%[1]s), as they come with Waybill. Save them as
# words/%[1]s.yaml in the folder that WAYBILL_MAIL_TEMPLATES names. Keep only the lines that
# you change, with the headings above them: what is not in the file stays as it comes with
# Waybill, also after an upgrade. A list of paragraphs replaces the whole list.

`, language), texts...), err
}

// languageNames are the languages of mails, with commas between them.
func languageNames() string {
	var names []string
	for _, language := range parcel.Languages() {
		names = append(names, string(language))
	}
	return strings.Join(names, ", ")
}

// extensions are those of a merchant's files of words.
var extensions = []string{".yaml", ".yml", ".json"}

// overrideAll replaces texts with those in words/<language>.yaml, .yml or .json of the
// merchant's folder.
func overrideAll(all map[parcel.Language]words.Book, own fs.FS) error {
	if own == nil {
		return nil
	}
	entries, err := fs.ReadDir(own, "words")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	faults, files := []error{err}, map[parcel.Language]string{}
	for _, entry := range entries {
		name := path.Join("words", entry.Name())
		extension := path.Ext(name)
		language := parcel.Language(strings.TrimSuffix(entry.Name(), extension))
		w, known := all[language]
		switch {
		case strings.HasPrefix(entry.Name(), "."): // an editor's or the system's
		case !known || !slices.Contains(extensions, extension):
			faults = append(faults, fmt.Errorf("%s: name it after a language, such as words/nl.yaml; there are %s", name, languageNames()))
		case files[language] != "":
			faults = append(faults, fmt.Errorf("%s: %s has texts of the same language: write them into one file", name, files[language]))
		default:
			files[language] = name
			raw, err := readFrom(own, name)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			faults = append(faults, style.Override(w, name, raw))
		}
	}
	return errors.Join(faults...)
}
