package waybill_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"
	"github.com/stretchr/testify/require"

	"waybill/generated"
)

var (
	update = flag.Bool("update", false, "write the lists of docs/licences.md anew")
	texts  = flag.String("licence-texts", "", "write the licences of what is in waybill to this `file`")
)

// allowed are the licences, by their SPDX names, that a dependency may have. Under all of them, anyone
// may use Waybill for anything if the texts go with it. MPL-2.0 also wants changes of its files
// published, and Waybill changes none.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-2-Clause-Views", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0"}

// judged are the modules whose files a person had to read, with what that person found. Each is of
// one version: the next one has to be read again.
var judged = map[string]string{
	"github.com/nexus-rpc/nexus-proto-annotations v0.1.0": "none in the module: see above",

	"github.com/cactus/go-statsd-client/statsd v0.0.0-20200423205355-cb0885a1018c": "MIT, says each file; the text is not in the module",

	"github.com/opencontainers/go-digest v1.0.0": "Apache-2.0; LICENSE.docs is about its documentation",
	"modernc.org/libc v1.72.3":                   "BSD-3-Clause; MIT and similar in LICENSE-3RD-PARTY.md",
	"modernc.org/memory v1.11.0":                 "BSD-3-Clause; LICENSE-LOGO is about a picture",
}

// Some modules are needed on one platform only. The first is that of CI.
var platforms = []string{"linux/amd64", "linux/arm64", "darwin/arm64", "windows/amd64"}

var (
	licenceName = regexp.MustCompile(`(?i)^(un)?licen[cs]e|^copying`)
	noticeName  = regexp.MustCompile(`(?i)^(notice|patents)`)
)

type module struct {
	name, dir string
	// The files that have to go with it. True are licences, false are notices.
	files map[string]bool
}

func TestEveryDependencyHasAnAllowedLicence(t *testing.T) {
	shipped, others := map[string]module{}, map[string]module{}
	for _, platform := range platforms {
		listModules(t, shipped, ".", platform, "./cmd/waybill")
	}
	listModules(t, others, ".", platforms[0], "-test", "-tags=promtool", "./...", "tool")
	listModules(t, others, "devstack", platforms[0], "-test", "-tags=browser,apiclient,bench,caddy,systemd", "./...")
	for name := range judged {
		require.True(t, shipped[name].name == name || others[name].name == name, "%s is no dependency any more: remove it from judged", name)
	}
	maps.DeleteFunc(others, func(name string, _ module) bool { return shipped[name].name == name })

	generated.Section(t, "docs/licences.md", "allowed", strings.Join(allowed, ", ")+".\n", *update)
	generated.Section(t, "docs/licences.md", "shipped", licenceTable(t, shipped), *update)
	generated.Section(t, "docs/licences.md", "not shipped", licenceTable(t, others), *update)
	if *texts != "" {
		require.NoError(t, os.WriteFile(*texts, licenceTexts(t, shipped), 0o644))
	}
}

// listModules adds the modules of some packages and of all that these import.
func listModules(t *testing.T, all map[string]module, dir, platform string, args ...string) {
	t.Helper()
	const format = "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}"
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps", "-f", format}, args...)...)
	system, processor, _ := strings.Cut(platform, "/")
	list.Dir, list.Env, list.Stderr = dir, append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+processor), os.Stderr
	out, err := list.Output()
	require.NoError(t, err, "go list")
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 4 || f[0] == "waybill" {
			continue
		}
		name := f[0] + " " + f[1]
		if _, ok := all[name]; !ok {
			all[name] = module{name, f[2], map[string]bool{}}
		}
		all[name].findLicences(t, f[3])
	}
}

// findLicences looks in the folder of a package, and in those above it: a module can have packages
// that others wrote.
func (m module) findLicences(t *testing.T, folder string) {
	t.Helper()
	for ; strings.HasPrefix(folder, m.dir); folder = filepath.Dir(folder) {
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		for _, e := range entries {
			licence := licenceName.MatchString(e.Name())
			if e.Type().IsRegular() && filepath.Ext(e.Name()) != ".go" && (licence || noticeName.MatchString(e.Name())) {
				m.files[filepath.Join(folder, e.Name())] = licence
			}
		}
	}
}

// licences are those of all files of a module. A text that is not known by three quarters can say
// anything in the rest.
func (m module) licences(t *testing.T) string {
	t.Helper()
	if found, ok := judged[m.name]; ok {
		return found
	}
	found := map[string]bool{}
	for file, licence := range m.files {
		if !licence {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		cover := licensecheck.Scan(text)
		require.Greater(t, cover.Percent, 75.0, "read %s, and add %s to judged if it may be used", file, m.name)
		for _, match := range cover.Match {
			require.Contains(t, allowed, match.ID, "the licence of %s in %s is not on the list", m.name, file)
			found[match.ID] = true
		}
	}
	require.NotEmpty(t, found, "%s has no licence: ask its authors, and add it to judged if it may be used", m.name)
	return strings.Join(slices.Sorted(maps.Keys(found)), ", ")
}

func licenceTable(t *testing.T, all map[string]module) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| module | version | licence |\n|---|---|---|\n")
	for _, m := range sorted(all) {
		path, version, _ := strings.Cut(m.name, " ")
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", path, version, m.licences(t))
	}
	return b.String()
}

// licenceTexts are the texts that have to go with the program: those of its modules, and Go's own.
func licenceTexts(t *testing.T, all map[string]module) []byte {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	golang := strings.TrimSpace(string(root))
	all["go"] = module{"Go", golang, map[string]bool{filepath.Join(golang, "LICENSE"): true}}
	var b bytes.Buffer
	for _, m := range sorted(all) {
		for _, file := range slices.Sorted(maps.Keys(m.files)) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			fmt.Fprintf(&b, "==== %s: %s\n\n%s\n\n", m.name, strings.TrimPrefix(file, m.dir+"/"), bytes.TrimSpace(text))
		}
	}
	return b.Bytes()
}

func sorted(all map[string]module) []module {
	return slices.SortedFunc(maps.Values(all), func(a, b module) int { return cmp.Compare(a.name, b.name) })
}
