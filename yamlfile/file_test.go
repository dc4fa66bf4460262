package yamlfile_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"waybill/yamlfile"
)

func read(t *testing.T, text string) *yamlfile.Value {
	t.Helper()
	value, faults := yamlfile.Read("a.yaml", []byte(text))
	require.NoError(t, faults.Err(), text)
	return value
}

func TestAFileIsReadAsItWasWritten(t *testing.T) {
	value := read(t, "a: 0123 # note\nb: [yes, \"x #1\"]\nc:\n  d: ~\n  e: x #1\n")
	require.Equal(t, yamlfile.Map, value.Kind)
	require.Len(t, value.Pairs, 3)
	a, b, c := value.Pairs[0], value.Pairs[1].Value, value.Pairs[2].Value
	require.Equal(t, "a", a.Key)
	require.Equal(t, &yamlfile.Value{Kind: yamlfile.Text, Line: 1, Text: "0123"}, a.Value)
	require.Equal(t, yamlfile.List, b.Kind)
	require.Equal(t, []*yamlfile.Value{{Kind: yamlfile.Text, Line: 2, Text: "yes"}, {Kind: yamlfile.Text, Line: 2, Text: "x #1"}}, b.Items)
	require.Equal(t, &yamlfile.Value{Kind: yamlfile.Nothing, Line: 4}, c.Pairs[0].Value)
	require.Equal(t, &yamlfile.Value{Kind: yamlfile.Text, Line: 5, Text: "x", Comment: "#1"}, c.Pairs[1].Value)
	require.Equal(t, "x #1", c.Pairs[1].Value.Whole())

	require.Equal(t, "0123", value.Take("a").Text)
	require.Nil(t, value.Take("a"))
	require.Equal(t, yamlfile.Nothing, read(t, "# nothing\n").Kind)
}

// A fault in one place does not hide those in others, and what can be read is.
func TestWhatCanBeReadIsReadDespiteFaults(t *testing.T) {
	value, faults := yamlfile.Read("a.yaml", []byte("a: x: y\nb: 'it's'\nc: [1\nd: fine\ne: *no\n"))
	require.EqualError(t, faults.Err(), strings.TrimSpace(`
a.yaml:1: this text needs quotation marks around it: write this: a: "x: y"
a.yaml:2: this text needs quotation marks around it: write this: b: "it's"
a.yaml:3: a bracket is missing at its end: write this: c: [1]
a.yaml:5: this text needs quotation marks around it: write this: e: "*no"
`))
	for key, text := range map[string]string{"a": "x: y", "b": "it's", "d": "fine", "e": "*no"} {
		require.Equal(t, text, value.Take(key).Text)
	}
}

func TestALineThatCannotBeMendedIsNamed(t *testing.T) {
	_, faults := yamlfile.Read("a.yaml", []byte("a: 1\nb: {\n  c: 1\n  d: 2\n}\ne: 3\n"))
	require.EqualError(t, faults.Err(), "a.yaml:2: YAML cannot read this line (did not find expected ',' or '}'): look for a missing quotation mark, bracket, colon or space; what follows was not checked")
}

func TestAFolderAndAHugeFileAreNotRead(t *testing.T) {
	files := fstest.MapFS{"words/en.yaml": {Data: []byte("a: b")}, "huge": {Data: make([]byte, 1<<20+1)}, "large": {Data: make([]byte, 1<<20)}}
	for name, fault := range map[string]string{"words/en.yaml": "", "large": "", "words": "words is a folder: name a file", "huge": "huge has more than 1 MiB"} {
		f, err := files.Open(name)
		require.NoError(t, err)
		raw, err := yamlfile.Bytes(name, f)
		if fault != "" {
			require.ErrorContains(t, err, fault)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, files[name].Data, raw)
	}
}

func TestTheNearestNameIsWhatWasMeant(t *testing.T) {
	names := []string{"mode", "mails", "shop", "colour", "quiet_hours", "out_for_delivery"}
	for wrong, right := range map[string]string{
		"Mode": "mode", "mial": "mails", "color": "colour", "quiet-hours": "quiet_hours", "quietHours": "quiet_hours", "shpo": "shop",
		"outfordelivery": "out_for_delivery", "weather": "", "x": "", "": "", strings.Repeat("x", 100_000): "",
	} {
		require.Equal(t, right, yamlfile.Nearest(wrong, names), wrong)
	}
}

// What a fault tells people to write means what they meant.
func FuzzALineThatIsToldIsReadAsThatText(f *testing.F) {
	for _, text := range []string{"Shop #1", "a: b", "it's", `"The" Shop`, `C:\shop`, "{{.Shop}}", "null", "~", "-", "- a", "? a", "é\u2028x", "a\nb", " a ", "#", "…", "\ufeff", "'\"\\"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || yamlfile.Private(text) {
			return
		}
		for _, file := range []string{"name: " + strings.TrimPrefix(yamlfile.Line("name", text), "name: "), "{" + read(t, "{\"name\": x}").Pairs[0].Line(text) + "}"} {
			value, faults := yamlfile.Read("a.yaml", []byte(file))
			require.NoError(t, faults.Err(), file)
			require.Equal(t, text, value.Take("name").Text, file)
		}
	})
}

// Whatever stands in a file, it is read or has faults.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"a: 1\n---\nb: 2", "a: &x [*x]", "<<: *a", "a: {{.b}}, c\n\td: e", "\xff\xfea\x00", "a: 'b\n c: \"d", "%YAML 9\n---", "? |\n a\n: !x &y z #1", "- - a\n-b"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		value, faults := yamlfile.Read("a.yaml", raw)
		require.NotNil(t, value)
		if err := faults.Err(); err != nil {
			require.Regexp(t, `^a\.yaml:[1-9][0-9]*: `, err.Error())
		}
	})
}
