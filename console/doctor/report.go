package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Counts are how many findings there are of each level.
type Counts map[Level]int

// Count counts findings.
func Count(found []Finding) Counts {
	counts := Counts{OK: 0, Skipped: 0, Warning: 0, Fault: 0}
	for _, f := range found {
		counts[f.Level]++
	}
	return counts
}

func (c Counts) String() string {
	return fmt.Sprintf("ok: %d, skipped: %d, warnings: %d, faults: %d", c[OK], c[Skipped], c[Warning], c[Fault])
}

// WriteText writes a report for people: a line for each finding, and below it why it matters
// and what mends it.
func WriteText(out io.Writer, found []Finding) {
	check := ""
	for _, f := range found {
		named := f.Check
		if named == check {
			named = "" // each check is named once
		}
		check = f.Check
		fmt.Fprintf(out, "%-8s %-18s %s\n", mark(f.Level), named, indent(f.What))
		if f.Why != "" {
			fmt.Fprintf(out, "%s%s\n", margin, indent("Why: "+f.Why))
			fmt.Fprintf(out, "%s%s\n", margin, indent("Mend: "+f.Mend))
		}
	}
	fmt.Fprintf(out, "\n%s\n", Count(found))
}

// margin is where findings begin.
var margin = strings.Repeat(" ", 28)

func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n"+margin) }

// mark makes what is wrong easy to see.
func mark(level Level) string {
	if level == Fault || level == Warning {
		return strings.ToUpper(string(level))
	}
	return string(level)
}

// WriteJSON writes a report for programs.
func WriteJSON(out io.Writer, found []Finding) error {
	report := json.NewEncoder(out)
	report.SetIndent("", "  ")
	report.SetEscapeHTML(false)
	return report.Encode(struct {
		Counts   Counts    `json:"counts"`
		Findings []Finding `json:"findings"`
	}{Count(found), found})
}
