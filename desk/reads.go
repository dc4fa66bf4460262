package desk

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/policy"
	"waybill/words"
)

// readerKey is where a request keeps who reads its pages without having signed in, by a mailed link.
const readerKey = "reader"

// reads is how the reader of a request's pages reads: their language in the policy, else the one that
// their browser asks for; their time zone in the policy, else that of the integration's country.
func (d *Desk) reads(c *gin.Context) words.Reader {
	integration := c.Param("integration")
	somebody := d.named(integration, cmp.Or(c.GetString(personKey), c.GetString(readerKey)))
	return words.Reader{
		Language: cmp.Or(somebody.Language, words.Accepted(c.GetHeader("Accept-Language")), words.English),
		Zone:     d.zone(integration, somebody),
	}
}

// named is the person with a name, as the integration knows them, or else any.
func (d *Desk) named(integration, name string) policy.Person {
	if name == "" {
		return policy.Person{}
	}
	_, here := d.people(integration)
	for _, people := range [][]policy.Person{here, d.config.Everybody()} {
		if i := slices.IndexFunc(people, func(somebody policy.Person) bool { return somebody.Name == name }); i >= 0 {
			return people[i]
		}
	}
	return policy.Person{}
}

// zone is the time zone of a person, or else of an integration's country. Lists of several
// integrations have one only if all are in the same.
func (d *Desk) zone(integration string, somebody policy.Person) *time.Location {
	integrations := d.config.Integrations
	if slices.Contains(integrations, integration) {
		integrations = []string{integration}
	}
	var found *time.Location
	for _, name := range integrations {
		zone := somebody.Zone(d.config.Parcels.Policy(name).Origin)
		if found != nil && found.String() != zone.String() {
			return time.UTC
		}
		found = zone
	}
	return found
}

// reading is how pages are written for a reader, as a key.
type reading struct {
	language words.Language
	zone     string
}

// mostReadings is far more than the languages and time zones of one policy.
const mostReadings = 200

// pagesFor are the templates of all pages for a reader.
func (d *Desk) pagesFor(r words.Reader) (*template.Template, error) {
	key := reading{r.Language, fmt.Sprint(r.Zone)}
	if ready, ok := d.ready.Get(key); ok {
		return ready, nil
	}
	ready, err := pageTemplates.Clone()
	if err != nil {
		return nil, err
	}
	ready.Funcs(functions(r))
	d.ready.Add(key, ready)
	return ready, nil
}

// functions are what templates call, for a reader.
func functions(r words.Reader) template.FuncMap {
	return template.FuncMap{
		"dict":    dict,
		"machine": machine,
		"clock":   r.Moment,
		"label":   words.Sentence,
		"name":    bdi,
		"colon":   words.FormOf(r.Language).Colon,
		// say puts the text at a path into words, tell any text or value, and sentence one that rules made.
		"say":      r.Say,
		"text":     func(key string) *words.Text { return words.Say(key) },
		"code":     code,
		"tell":     r.Write,
		"sentence": func(t *words.Text) string { return sentence(r.Tell(t)) },
		// word is a name of a list in words.
		"word":     func(list string, name any) string { return r.Tell(words.Word(list, fmt.Sprint(name))) },
		"recorded": func(why string) string { return r.Tell(words.Word("failure", why)) },
		// rich is a text with elements in its blanks.
		"rich": func(key string, pairs ...any) template.HTML { return rich(r, key, pairs...) },
		// remark is why a line of the decision log was written.
		"remark": func(t *words.Text) template.HTML { return remark(r, t) },
		"stamp": func(t time.Time) template.HTML {
			return template.HTML(`<time datetime="` + machine(t) + `">` + html.EscapeString(r.Moment(t)) + `</time>`) //nolint:gosec // it is escaped
		},
	}
}

// machine is a moment for programs.
func machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// bdi is a text from outside, which may be written from right to left.
func bdi(text any) template.HTML {
	return template.HTML("<bdi>" + html.EscapeString(fmt.Sprint(text)) + "</bdi>") //nolint:gosec // it is escaped
}

// code is a text of a program.
func code(text any) template.HTML {
	return template.HTML("<code>" + html.EscapeString(fmt.Sprint(text)) + "</code>") //nolint:gosec // it is escaped
}

// rich escapes all but the elements that fill blanks.
func rich(r words.Reader, key string, pairs ...any) template.HTML {
	var m marks
	for i := 1; i < len(pairs); i += 2 {
		if element, ok := pairs[i].(template.HTML); ok {
			pairs[i] = m.put(string(element))
		}
	}
	return m.fill(r.Say(key, pairs...))
}

// remark is a text of the decision log, of which parts may stay English.
func remark(r words.Reader, t *words.Text) template.HTML {
	var m marks
	told := r.Tell(t.Verbatims(func(english string) string {
		return m.put(`<span lang="en">` + html.EscapeString(english) + "</span>")
	}))
	return m.fill(told)
}

// marks stand in a text for elements, which come back when it has been escaped.
type marks struct{ elements []string }

func (m *marks) put(element string) string {
	mark := fmt.Sprintf("\uE000%d\uE001", len(m.elements)) // of no text: these are for private use
	m.elements = append(m.elements, mark, element)
	return mark
}

func (m *marks) fill(text string) template.HTML {
	return template.HTML(strings.NewReplacer(m.elements...).Replace(html.EscapeString(text))) //nolint:gosec // it is escaped
}
