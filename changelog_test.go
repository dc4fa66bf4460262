package waybill_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/semver"
)

// kinds are the sections of a release, in their order: what wants something done comes first.
var kinds = []string{"Breaking", "Added", "Changed", "Fixed"}

func TestTheChangelogHasTheFormThatReleasesNeed(t *testing.T) {
	require.Empty(t, faultsOfChangelog(readPage(t, "CHANGELOG.md")))
}

func TestAChangelogOfAnotherFormIsFound(t *testing.T) {
	const good = "# Changelog\n\n## Unreleased\n\n## v1.1.0 - 2026-12-01\n\nA word about it.\n\n### Breaking\n\n- One.\n\n### Added\n\n#### Refunds\n\n- Two,\n  on two lines.\n\n" +
		"## v1.1.0-rc.1 - 2026-11-30\n\n### Fixed\n\n- Three.\n\n## v1.0.9 - 2026-11-30\n\n### Fixed\n\n- Three.\n"
	require.Empty(t, faultsOfChangelog(good))
	for name, test := range map[string]struct{ was, is, want string }{
		"no place for what is new":     {"## Unreleased\n\n", "", `begin with "## Unreleased"`},
		"a version without a day":      {"v1.1.0 - 2026-12-01", "v1.1.0", `"v1.1.0" is not of the form v1.2.3 - 2026-11-29`},
		"a version without its v":      {"v1.1.0 -", "1.1.0 -", `"1.1.0 - 2026-12-01" is not of the form`},
		"no version":                   {"v1.1.0 -", "v1.1 -", `"v1.1 - 2026-12-01" is not of the form`},
		"a day that does not exist":    {"2026-12-01", "2026-12-32", `"v1.1.0 - 2026-12-32" is not of the form`},
		"an older version first":       {"v1.0.9", "v1.1.1", "v1.1.1 stands below v1.1.0-rc.1"},
		"a version twice":              {"v1.1.0-rc.1", "v1.1.0", "v1.1.0 stands below v1.1.0"},
		"another kind":                 {"### Added", "### New", `v1.1.0 has the section "New"`},
		"breaking changes that hide":   {"### Breaking\n\n- One.\n\n### Added", "### Added\n\n- One.\n\n### Breaking", "Breaking stands below Added in v1.1.0"},
		"a section twice":              {"### Added", "### Breaking", "Breaking stands below Breaking in v1.1.0"},
		"an empty section":             {"- One.\n\n", "", "Breaking of v1.1.0 lists nothing"},
		"an empty last section":        {"- Three.\n\n", "", "Fixed of v1.1.0-rc.1 lists nothing"},
		"a release without a section":  {"### Fixed\n\n- Three.\n\n## v1.0.9", "## v1.0.9", "v1.1.0-rc.1 lists nothing"},
		"an entry outside of sections": {"A word about it.", "- A word about it.", `"- A word about it." of v1.1.0 stands in no section`},
		"work that an entry hides":     {"- Two,", "- Two. **Upgrade:** run setup,", "**Upgrade:** in Added of v1.1.0: list it under Breaking"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, good, test.was)
			require.Contains(t, strings.Join(faultsOfChangelog(strings.Replace(good, test.was, test.is, 1)), "\n"), test.want)
		})
	}
}

// faultsOfChangelog says what a release, or a reader who upgrades, would stumble over.
func faultsOfChangelog(page string) (faults []string) {
	fault := func(form string, args ...any) { faults = append(faults, fmt.Sprintf(form, args...)) }
	releases := strings.Split(page, "\n## ")
	if len(releases) < 2 || !strings.HasPrefix(releases[1], "Unreleased\n") {
		return []string{`begin with "## Unreleased"`}
	}
	last := ""
	for i, release := range releases[1:] {
		heading, text, _ := strings.Cut(release, "\n")
		name, day, _ := strings.Cut(heading, " - ")
		if i > 0 {
			if _, err := time.Parse(time.DateOnly, day); err != nil || semver.Canonical(name) != name {
				fault("%q is not of the form v1.2.3 - 2026-11-29", heading)
			}
			if last != "" && semver.Compare(name, last) >= 0 {
				fault("%s stands below %s", name, last)
			}
			last = name
		}
		before, sections := sectionsOf(text)
		if i > 0 && len(sections) == 0 {
			fault("%s lists nothing", name)
		}
		for _, entry := range entry.FindAllString(before, -1) {
			fault("%q of %s stands in no section", entry, name)
		}
		faults = append(faults, faultsOfSections(name, sections)...)
	}
	return faults
}

var entry = regexp.MustCompile(`(?m)^- .*$`)

// sectionsOf cuts what is said of a release at its sections.
func sectionsOf(text string) (before string, sections []string) {
	parts := strings.Split("\n"+text, "\n### ")
	return parts[0], parts[1:]
}

func faultsOfSections(release string, sections []string) (faults []string) {
	last := ""
	for _, section := range sections {
		kind, text, _ := strings.Cut(section, "\n")
		at := slices.Index(kinds, kind)
		switch {
		case at < 0:
			faults = append(faults, fmt.Sprintf("%s has the section %q: the kinds are %s", release, kind, strings.Join(kinds, ", ")))
			continue
		case last != "" && at <= slices.Index(kinds, last):
			faults = append(faults, fmt.Sprintf("%s stands below %s in %s", kind, last, release))
		}
		last = kind
		if !entry.MatchString(text) {
			faults = append(faults, fmt.Sprintf("%s of %s lists nothing", kind, release))
		}
		if kind != "Breaking" && strings.Contains(text, "**Upgrade:**") {
			faults = append(faults, fmt.Sprintf("**Upgrade:** in %s of %s: list it under Breaking", kind, release))
		}
	}
	return faults
}
