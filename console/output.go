package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/cobra"

	"waybill/commandline"
)

// output is the flag --output: for people or for programs.
type output string

const (
	inTable output = "table"
	inJSON  output = "json"
)

func (o *output) add(cmd *cobra.Command) {
	*o = inTable
	cmd.Flags().VarP(o, "output", "o", "`format`: table or json")
	commandline.Flag(cmd, "output", commandline.OneOf(inTable, inJSON))
}

// String implements pflag.Value.
func (o *output) String() string { return string(*o) }

// Type implements pflag.Value.
func (o *output) Type() string { return "format" }

// Set implements pflag.Value.
func (o *output) Set(said string) error {
	if !slices.Contains([]output{inTable, inJSON}, output(said)) {
		return fmt.Errorf("choose table or json")
	}
	*o = output(said)
	return nil
}

// print prints a value as JSON, or what table writes.
func (o output) print(w io.Writer, value any, table func(io.Writer) error) error {
	if o == inJSON {
		return printJSON(w, value)
	}
	return table(plain{w})
}

// printJSON prints a value for other programs.
func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// newTable lines columns up.
func newTable(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }

// printable replaces what would break a line or control the terminal by blanks.
func printable(s string) string { return strings.Map(tame, strings.TrimSpace(s)) }

func tame(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return ' '
}

// plain writes text for people. Whatever it quotes, nothing in it controls their terminal. What may
// break a line is made printable where it is quoted.
type plain struct{ io.Writer }

func (p plain) Write(text []byte) (int, error) {
	_, err := p.Writer.Write(bytes.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return tame(r)
	}, text))
	return len(text), err
}

// thousands writes a number as people read it: 12,345.
func thousands[N int | int64](n N) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// count is a number of things: "1 parcel", "5,000 parcels".
func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}
