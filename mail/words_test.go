package mail_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"waybill/mail"
	"waybill/parcel"
)

// own is a merchant's folder.
func own(files map[string]string) fstest.MapFS {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return folder
}

func TestAMerchantWritesOnlyWhatDiffers(t *testing.T) {
	r, err := mail.NewRenderer(own(map[string]string{
		"words/en.yaml": `
greeting: "Dear {{.Name}},"
kinds:
  shipped:
    subject: "Off it goes: {{.Shop}}"
    paragraphs:
      - One.
      - Two.
      - "{{if .Carrier}}Three with {{.Carrier}}.{{end}}"
`,
		"words/fr.json":        `{"kinds": {"shipped": {"heading": "En route !"}}}`,
		"layout/mail.txt.tmpl": "{{.Greeting}}{{range .Paragraphs}} {{.}}{{end}}",
		"README.md":            "not ours",
	}))
	require.NoError(t, err)
	got, err := r.Render(letter(parcel.MailShipped))
	require.NoError(t, err)
	require.Equal(t, "Off it goes: Example Shop", got.Subject)
	require.Equal(t, "Dear Jane Doe, One. Two. Three with PostNL.", got.Text)
	l := letter(parcel.MailShipped)
	l.Language = parcel.French
	got, err = r.Render(l)
	require.NoError(t, err)
	require.Contains(t, got.HTML, "En route !")
	require.Contains(t, got.Subject, "Votre colis", "the rest is ours")
}

func TestABrokenOverrideIsToldWithItsFileAndLine(t *testing.T) {
	_, err := mail.NewRenderer(own(map[string]string{
		"words/en.yaml": "greeting: \"Dear {{.Nome}},\"\nkinds:\n  shipped:\n    subject: \"{{if .Shop}}\"\n    sobject: x\n",
		"words/nl.json": "{\n  \"greeting\": \"Hoi\",\n  \"kinds\": 7\n}",
		"words/pl.yaml": "greeting: Cześć\n",
	}))
	require.Error(t, err)
	for _, fault := range []string{
		`words/en.yaml:1: greeting: there is no {{.Nome}}: write this: greeting: "Dear {{.Name}},"`,
		`words/en.yaml:4: kinds.shipped.subject: unexpected EOF: write blanks as in {{.Shop}}, and end each {{if .Shop}} with {{end}}`,
		`words/en.yaml:5: there is no text "kinds.shipped.sobject": write this: subject: x`,
		`words/nl.json:3: kinds: write texts below it, each on a line of its own with a space after the colon, as in this: address_problem:`,
		"words/pl.yaml: name it after a language",
	} {
		require.ErrorContains(t, err, fault)
	}
	for name, text := range map[string]string{
		"words/en.yaml":         "greeting: [\n",
		"layout/mail.html.tmpl": "line one\n{{.Greting}}",
		"layout/mail.txt.tmpl":  "{{range}}",
	} {
		_, err := mail.NewRenderer(own(map[string]string{name: text}))
		require.Error(t, err, name)
		require.ErrorContains(t, err, name[len("layout/"):], name)
	}
}

// printed are our own words as a merchant gets them.
func printed(t *testing.T, language parcel.Language) string {
	t.Helper()
	raw, err := mail.OwnWords(language)
	require.NoError(t, err)
	return string(raw)
}

// What is printed can be saved, unchanged or not.
func TestPrintedWordsAreAMerchantsFile(t *testing.T) {
	for _, language := range parcel.Languages() {
		words := printed(t, language)
		require.Contains(t, words, "\nkinds:\n  announced:\n    subject: \"", "a text has its line, in the order of our file")
		ours, err := mail.NewRenderer(nil)
		require.NoError(t, err)
		theirs, err := mail.NewRenderer(own(map[string]string{"words/" + string(language) + ".yaml": words}))
		require.NoError(t, err)
		for _, kind := range mail.Kinds() {
			want, err := ours.Render(mail.Sample(kind, language))
			require.NoError(t, err)
			got, err := theirs.Render(mail.Sample(kind, language))
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
	changed := strings.Replace(printed(t, parcel.English), `"Hello {{.Name}},"`, `"Dear {{.Name}},"`, 1)
	r, err := mail.NewRenderer(own(map[string]string{"words/en.yaml": changed}))
	require.NoError(t, err)
	rendered, err := r.Render(mail.Sample("shipped", parcel.English))
	require.NoError(t, err)
	require.Contains(t, rendered.Text, "Dear ")
}

// "waybill policy check" tells if nobody would read the replies.
func TestOurWordsAskForRepliesWhereTheKindSaysSo(t *testing.T) {
	words := printed(t, parcel.English)
	for _, kind := range parcel.MailKinds() {
		_, below, found := strings.Cut(words, "\n  "+string(kind)+":\n")
		require.True(t, found, kind)
		if next := regexp.MustCompile(`(?m)^  \w`).FindStringIndex(below); next != nil {
			below = below[:next[0]]
		}
		require.Equal(t, strings.Contains(below, "reply to this email"), kind.AsksReply(), kind)
	}
}

func TestFrenchHasAGapBeforeItsHighSigns(t *testing.T) {
	raw, err := os.ReadFile("words/fr.json")
	require.NoError(t, err)
	require.Empty(t, regexp.MustCompile(`.{0,20} [:;?!»].{0,20}|.{0,20}« .{0,20}`).FindAllString(string(raw), -1))
}
