package doctor

import (
	"fmt"
	"io"
	"strings"
)

// Report is what the checks found. Programs read it as JSON.
type Report struct {
	Counts   Counts    `json:"counts"`
	Findings []Finding `json:"findings"`
}

// Counts are how many findings there are of each level.
type Counts map[Level]int

// ReportOf counts findings.
func ReportOf(found []Finding) Report {
	counts := Counts{OK: 0, Skipped: 0, Warning: 0, Fault: 0}
	for _, f := range found {
		counts[f.Level]++
	}
	return Report{counts, found}
}

func (c Counts) String() string {
	return fmt.Sprintf("ok: %d, skipped: %d, warnings: %d, faults: %d", c[OK], c[Skipped], c[Warning], c[Fault])
}

// Print prints a line for each finding, and below it why it matters and what mends it.
func (r Report) Print(out io.Writer) error {
	check := ""
	for _, f := range r.Findings {
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
	_, err := fmt.Fprintf(out, "\n%s\n", r.Counts)
	return err
}

// margin is the space before a finding.
var margin = strings.Repeat(" ", 28)

func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n"+margin) }

// mark is a level as a report shows it: what is wrong stands out.
func mark(level Level) string {
	if level == Fault || level == Warning {
		return strings.ToUpper(string(level))
	}
	return string(level)
}
