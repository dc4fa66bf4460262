package mail_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/mail"
	"waybill/parcel"
)

// Each fault of a file that a person wrote has the line as it should be written.
func TestAFaultInWordsHasTheLineAsItShouldBeWritten(t *testing.T) {
	for name, c := range map[string]struct{ file, fault string }{
		"a blank without quotes":          {"kinds:\n  shipped:\n    heading: {{.Shop}}\n", `:3: kinds.shipped.heading: YAML takes {{ for the beginning of a map: write this: heading: "{{.Shop}}"`},
		"a text that begins with a blank": {"track: x\ngreeting: {{.Name}}, hello\n", `:2: this text needs quotation marks around it: write this: greeting: "{{.Name}}, hello"`},
		"a paragraph without quotes":      {"kinds:\n  shipped:\n    paragraphs:\n      - {{.Shop}}\n", `:4: kinds.shipped.paragraphs.-: YAML takes {{ for the beginning of a map: write this: - "{{.Shop}}"`},
		"a number sign":                   {"kinds:\n  shipped:\n    subject: Your order #{{.Order}} is on its way\n", `:3: kinds.shipped.subject: what follows # is a comment for YAML: write this: subject: "Your order #{{.Order}} is on its way"; or put a space after the #`},
		"a number sign and a space":       {"greeting: Order # {{.Order}}\n", `:1: greeting: what follows # is a comment for YAML: write this: greeting: "Order # {{.Order}}"; or put a space after the #`},
		"nothing on a button":             {"track:\n", `:1: track: this text cannot be empty: write one, as in this: track: Track your parcel; or leave the line out`},
		"an empty subject":                {"kinds: {shipped: {subject: \"\"}}\n", `:1: kinds.shipped.subject: this text cannot be empty: write one, as in this: subject: "Your parcel from {{.Shop}} is on its way"; or leave the line out`},
		"a key twice":                     {"track: a\nlook: b\ntrack: c\n", `:3: track stands on line 1 already: keep one`},
		"a key twice in another form":     {"days.one: a day\ndays: {one: one day}\n", `:2: days.one stands above already: keep one`},
		"a second document":               {"track: a\n---\nlook: b\n", `:2: a second document begins here, which would not be read: leave out the line ---`},
		"a tab":                           {"kinds:\n\tshipped:\n\t\theading: x\n", `:2: it begins with a tab or another space than that of the space bar, which YAML does not take: write this: "  shipped:"`},
		"a colon":                         {"track: Follow: here\n", `:1: this text needs quotation marks around it: write this: track: "Follow: here"`},
		"a list where a text is wanted":   {"track: [a]\n", `:1: track: write one text, as in this: track: Track your parcel`},
		"a text where texts are wanted":   {"kinds:\n  shipped: x\n", `:2: kinds.shipped: write texts below it, each on a line of its own with a space after the colon, as in this: heading: Your parcel is on its way`},
		"a key in capitals":               {"Greeting: Hi\n", `:1: there is no text "Greeting": write this: greeting: Hi`},
		"a kind with a hyphen":            {"kinds:\n  out-for-delivery:\n    heading: x\n", `:2: there is no text "kinds.out-for-delivery": write this: out_for_delivery:`},
		"a kind that does not exist":      {"kinds: {lost: {heading: x}}\n", `:1: there is no text "kinds.lost": there are address_problem, announced, `},
		"a blank in small letters":        {"greeting: \"Hi {{.name}}\"\n", `:1: greeting: there is no {{.name}}: write this: greeting: "Hi {{.Name}}"`},
		"a blank without its dot":         {"greeting: \"Hi {{Name}}\"\n", `:1: greeting: there is no {{.Name}}: write this: greeting: "Hi {{.Name}}"`},
		"a blank that does not exist":     {"greeting: \"Hi {{.Weather}}\"\n", `:1: greeting: there is no {{.Weather}}; there are Name, Shop, `},
		"a blank with one brace":          {"greeting: \"Hi {{.Name}\"\n", `:1: greeting: bad character U+007D '}': write blanks as in {{.Shop}}`},
		"a list as the file":              {"- a\n", `:1: the file: write texts below it`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mail.NewRenderer(own(map[string]string{"words/en.yaml": c.file}))
			require.ErrorContains(t, err, "words/en.yaml"+c.fault)
		})
	}
}

func TestWhatACopywriterMeantIsSent(t *testing.T) {
	render := func(file, name string) mail.Rendered {
		r, err := mail.NewRenderer(own(map[string]string{name: file}))
		require.NoError(t, err, file)
		got, err := r.Render(letter(parcel.MailShipped))
		require.NoError(t, err)
		return got
	}
	for file, want := range map[string]string{
		"kinds: {shipped: {heading: On}}":                                              "On\n\nHello Jane Doe,",
		"kinds: {shipped: {heading: 0123}}":                                            "0123\n\nHello Jane Doe,",
		"kinds: {shipped: {heading: yes}} # a note":                                    "Yes\n\nHello Jane Doe,",
		"kinds:\n  shipped:\n    paragraphs: One.":                                     "\n\nOne.\n\nOrder",
		"kinds:\n  shipped:\n    paragraphs: |\n      One.\n\n      Two.\n":            "\n\nOne.\n\nTwo.\n\nOrder",
		"kinds: {shipped: {paragraphs: []}}":                                           "Hello Jane Doe,\n\nOrder",
		"greeting: ~":                                                                  "Your parcel is on its way\n\nGood news",
		"\xef\xbb\xbfgreeting: Hi\r\n":                                                 "\n\nHi\n\n",
		"kinds:\n  delivered: &d {paragraphs: [Same.]}\n  shipped: {<<: *d}":           "\n\nSame.\n\n",
		"kinds:\n  shipped:\n    heading: |\n      #1 of {{.Shop}}\n":                  "#1 of Example Shop\n\n",
		"greeting: \"It is {{.Name}}\"\nkinds:\nattentions:\n  no scan for days: gone": "It is Jane Doe",
	} {
		require.Contains(t, strings.ReplaceAll(render(file, "words/en.yaml").Text, "\r", ""), want, file)
	}
	require.NotContains(t, render("footer: null", "words/en.yaml").Text, "receiving this email")
	require.Contains(t, render(`{"greeting": "\ud83d\udc4b {{.Name}}\/"}`, "words/en.json").Text, "👋 Jane Doe/")
}

func TestWordsThatPeopleSentAreReadOrHaveTheirFaults(t *testing.T) {
	for folder, faults := range map[string]string{
		"braces": `words/de.yaml:3: kinds.shipped.heading: YAML takes {{ for the beginning of a map: write this: heading: "{{.Shop}}"
words/en.yaml:1: this text needs quotation marks around it: write this: greeting: "{{.Name}}, hello"`,
		"hash": `words/en.yaml:3: kinds.shipped.subject: what follows # is a comment for YAML: write this: subject: "Your order #{{.Order}} is on its way"; or put a space after the #`,
		"null": `words/en.yaml:3: track: this text cannot be empty: write one, as in this: track: Track your parcel; or leave the line out`,
	} {
		_, err := mail.NewRenderer(os.DirFS("testdata/byhand/" + folder))
		require.EqualError(t, err, faults)
	}
}

func TestFilesOfWordsThatAreNone(t *testing.T) {
	r, err := mail.NewRenderer(own(map[string]string{"words/.DS_Store": "\x00", "words/en.yaml": "", "words/nl.yaml": "# nothing yet\n"}))
	require.NoError(t, err)
	got, err := r.Render(letter(parcel.MailShipped))
	require.NoError(t, err)
	require.Contains(t, got.Text, "Hello Jane Doe,")

	_, err = mail.NewRenderer(own(map[string]string{
		"words/en.yaml": "greeting: a", "words/en.yml": "greeting: b", "words/de.yaml/x": "", "words/nl-NL.yaml": "greeting: c",
		"words/fr.json": "{\n  \"greeting\": \"a\"\n  \"track\": \"b\"\n}", "words/es.yaml": strings.Repeat("#", 1<<20+1),
	}))
	require.EqualError(t, err, strings.TrimSpace(`
words/de.yaml is a folder: name a file
words/en.yml: words/en.yaml has texts of the same language: write them into one file
words/es.yaml has more than 1 MiB: write less, or name another file
words/fr.json:3: this is not JSON (invalid character '"' after object key:value pair): look for a missing quotation mark, bracket or comma; what follows was not checked
words/nl-NL.yaml: name it after a language, such as words/nl.yaml; there are en, nl, de, fr, es, it
`))
}

func TestFilesOfTheLayoutThatAreNone(t *testing.T) {
	r, err := mail.NewRenderer(own(map[string]string{"layout/mail.txt.tmpl": "\xef\xbb\xbf{{.Greeting}}\r\n"}))
	require.NoError(t, err)
	got, err := r.Render(letter(parcel.MailShipped))
	require.NoError(t, err)
	require.Equal(t, "Hello Jane Doe,\r\n", got.Text)

	_, err = mail.NewRenderer(own(map[string]string{
		"nl.yaml": "greeting: a", "mail.txt.tmpl": "x", "layout/mail.html": "x", "layout/email.html.tmpl": "x", "layout/mail.html.tmpl/x": "", "layout/mail.txt.tmpl": "a\n{{range}}",
	}))
	require.EqualError(t, err, strings.TrimSpace(`
layout/mail.html.tmpl is a folder: name a file
template: layout/mail.txt.tmpl:2: missing value for range
nl.yaml: move it to words/nl.yaml
mail.txt.tmpl: name it layout/mail.html.tmpl or layout/mail.txt.tmpl
layout/email.html.tmpl: name it layout/mail.html.tmpl or layout/mail.txt.tmpl
layout/mail.html: name it layout/mail.html.tmpl or layout/mail.txt.tmpl
`))
}
