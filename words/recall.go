package words

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Record is what a record may say in plain English, and how that becomes texts again, which are put into
// the words of their reader.
type Record struct {
	lists  []string
	blanks map[string]Blank
	forms  func() []form
	nested map[string]*Record
}

// Blank is what a record may have in a blank of a text. The zero Blank is an amount or a number.
type Blank struct {
	// Lists are those of the texts that may stand there.
	Lists []string
	// Else is what else may.
	Else Leftover
}

// Leftover is what a record has that no text says.
type Leftover int

// The leftovers.
const (
	// None is that the text does not fit then.
	None Leftover = iota
	// Name is the same in each language: a name, a code or an address.
	Name
	// Prose stays English.
	Prose
	// OnDay is a [Date].
	OnDay
)

// NewRecord is a record of texts. Each list is the path of texts, or of all texts below it.
func NewRecord(blanks map[string]Blank, lists ...string) *Record {
	r := &Record{lists: lists, blanks: blanks, nested: map[string]*Record{}}
	r.forms = sync.OnceValue(r.read)
	for name, blank := range blanks {
		if len(blank.Lists) > 0 {
			within := &Record{lists: blank.Lists, blanks: blanks, nested: r.nested}
			within.forms = sync.OnceValue(within.read)
			r.nested[name] = within
		}
	}
	return r
}

// form is a text as a record has it.
type form struct {
	key    string
	plural string
	shape  *regexp.Regexp
	names  []string
	// literal is how many bytes are not in blanks.
	literal int
}

var (
	blank = regexp.MustCompile(`\{\{\.(\w+)\}\}`)
	money = regexp.MustCompile(`^[A-Z]{3} [0-9]{1,15}(?:\.[0-9]{1,4})?$`)
)

// read are the forms of the texts, in the order of their paths.
func (r *Record) read() (forms []form) {
	english, plain := books()[English], books()[""]
	for key, phrase := range english {
		if !slices.ContainsFunc(r.lists, func(list string) bool { return key == list || strings.HasPrefix(key, list+".") }) {
			continue
		}
		if plain.Has(key) {
			phrase = plain[key]
		}
		if f, ok := r.form(key, phrase.Raw); ok {
			forms = append(forms, f)
		}
	}
	slices.SortFunc(forms, func(a, b form) int { return strings.Compare(a.key+a.plural, b.key+b.plural) })
	return forms
}

// form is that of a text; a text with anything but blanks has none.
func (r *Record) form(key, raw string) (form, bool) {
	f := form{key: key}
	for _, plural := range []string{one, other} {
		if singular, is := strings.CutSuffix(key, "."+plural); is && books()[English].Has(singular+"."+other) {
			f.key, f.plural = singular, plural
		}
	}
	pattern, end := "(?s)^", 0
	for _, at := range blank.FindAllStringSubmatchIndex(raw, -1) {
		name := raw[at[2]:at[3]]
		pattern += regexp.QuoteMeta(raw[end:at[0]]) + r.shape(name)
		f.literal += at[0] - end
		f.names = append(f.names, name)
		end = at[1]
	}
	f.literal += len(raw) - end
	if strings.Contains(blank.ReplaceAllString(raw, ""), "{{") {
		return f, false
	}
	f.shape = regexp.MustCompile(pattern + regexp.QuoteMeta(raw[end:]) + "$")
	return f, true
}

func (r *Record) shape(name string) string {
	if _, free := r.blanks[name]; free {
		return "(.+?)"
	}
	return `((?:[A-Z]{3} )?[0-9.]+)`
}

// mostRecalled is how long a recorded sentence is at most, deepest how often texts stand in the blanks of
// texts: anyone can record more.
const (
	mostRecalled = 1000
	deepest      = 3
)

// Recall is the text that says a recorded sentence. If several do, it is the one that leaves the least to
// names and prose; if none does, the sentence stays as it is. In plain English, the text says what was
// recorded.
func (r *Record) Recall(recorded string) *Text {
	if t, _ := r.recall(recorded, deepest); t != nil {
		return t
	}
	return Verbatim(recorded)
}

// recall also says how many bytes are left to names and prose.
func (r *Record) recall(recorded string, depth int) (best *Text, left int) {
	if depth == 0 || recorded == "" || len(recorded) > mostRecalled {
		return nil, 0
	}
	literal := 0
	for _, f := range r.forms() {
		parts := f.shape.FindStringSubmatch(recorded)
		if parts == nil {
			continue
		}
		t, rest := r.fill(f, parts[1:], depth)
		switch {
		case t == nil, rest == len(recorded): // it says nothing of it
			continue
		case best != nil && (rest > left || rest == left && f.literal <= literal), t.String() != recorded:
			continue
		}
		best, left, literal = t, rest, f.literal
	}
	return best, left
}

// fill is a text with what its blanks have in a record; nil if it may not stand there.
func (r *Record) fill(f form, parts []string, depth int) (t *Text, left int) {
	t = Say(f.key)
	if f.plural == one {
		t = t.With("N", 1)
	}
	for i, name := range f.names {
		value, rest := r.value(name, parts[i], depth)
		if value == nil {
			return nil, 0
		}
		t, left = t.With(name, value), left+rest
	}
	return t, left
}

// value is what stands in a blank; nil if it may not.
func (r *Record) value(name, written string, depth int) (value any, left int) {
	within := r.nested[name]
	if within != nil {
		if t, left := within.recall(written, depth-1); t != nil {
			return t, left
		}
	}
	number, err := strconv.Atoi(written)
	switch blank, listed := r.blanks[name]; {
	case !listed && err == nil:
		return number, 0
	case name == "N": // it decides between singular and plural
	case !listed && money.MatchString(written):
		return Amount{Value: written[4:], Currency: written[:3]}, 0
	case !listed:
		return written, 0
	case blank.Else == Name:
		return written, len(written)
	case blank.Else == Prose:
		return Verbatim(written), len(written)
	case blank.Else == OnDay:
		if day, err := time.Parse("2 January 2006", written); err == nil {
			return Date(day), 0
		}
	}
	return nil, 0
}

// mostParts is how many parts of a record are looked at, and mostJoined how many of them one text can have.
const (
	mostParts  = 100
	mostJoined = 4
)

// Parts are the texts of a record that has joined several. What no text says stays together, as it is.
func (r *Record) Parts(recorded, separator string) (all []*Text) {
	parts := strings.SplitN(recorded, separator, mostParts)
	var verbatim []string
	stay := func() {
		if len(verbatim) > 0 {
			all, verbatim = append(all, Verbatim(strings.Join(verbatim, separator))), nil
		}
	}
	for len(parts) > 0 {
		var t *Text
		n, left := 0, 0
		for i := range min(mostJoined, len(parts)) {
			said, rest := r.recall(strings.Join(parts[:i+1], separator), deepest)
			if said != nil && (t == nil || rest <= left) { // a name may swallow the part behind it
				t, n, left = said, i+1, rest
			}
		}
		if t == nil {
			verbatim, parts = append(verbatim, parts[0]), parts[1:]
			continue
		}
		stay()
		all, parts = append(all, t), parts[n:]
	}
	stay()
	return all
}

// Verbatims is the text with each part changed that stays as it is, whatever the language of its reader.
func (t *Text) Verbatims(change func(string) string) *Text {
	switch {
	case t == nil:
		return nil
	case t.Key == "":
		return Verbatim(change(t.Else))
	}
	each := func(all []*Text) (changed []*Text) {
		for _, one := range all {
			changed = append(changed, one.Verbatims(change))
		}
		return changed
	}
	changed := t
	for name, value := range t.Blanks {
		switch v := value.(type) {
		case *Text:
			changed = changed.With(name, v.Verbatims(change))
		case All:
			changed = changed.With(name, All(each(v)))
		case Series:
			changed = changed.With(name, Series(each(v)))
		}
	}
	return changed
}
