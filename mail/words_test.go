package mail_test

import (
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
