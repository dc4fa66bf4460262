package waybill_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// released is a small repository that can be released as v1.1.0, after v1.0.0. Only what the checks of
// scripts/release.sh look at is in it: building it fails.
type released struct {
	*testing.T
	dir string
}

func newReleased(t *testing.T) released {
	t.Helper()
	r := released{t, t.TempDir()}
	r.write("go.mod", "module waybill\n")
	r.write("scripts/release.sh", readPage(t, "scripts/release.sh"))
	r.write("scripts/reproducible.sh", "echo 'Would build'; exit 3\n")
	r.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n## v1.0.0 - 2026-11-29\n\n### Added\n\n- All.\n")
	r.write("workflows/gates.go", "package workflows\n\nconst oldestHistories = 1\n")
	r.write("workflows/testdata/histories/TrackParcel.json", "{}\n")
	r.git("init", "--quiet")
	r.commit()
	r.git("tag", "v1.0.0")
	r.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n- More.\n\n## v1.1.0 - 2026-11-30\n\n### Added\n\n- More.\n\n## v1.0.0 - 2026-11-29\n\n### Added\n\n- All.\n")
	r.commit()
	r.git("tag", "v1.1.0")
	return r
}

func (r released) write(path, text string) {
	r.Helper()
	require.NoError(r, os.MkdirAll(filepath.Dir(filepath.Join(r.dir, path)), 0o755))
	require.NoError(r, os.WriteFile(filepath.Join(r.dir, path), []byte(text), 0o755))
}

func (r released) git(args ...string) {
	r.Helper()
	git := exec.CommandContext(r.Context(), "git", args...)
	git.Dir = r.dir
	git.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@shop.example", "GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@shop.example")
	said, err := git.CombinedOutput()
	require.NoError(r, err, string(said))
}

func (r released) commit() {
	r.Helper()
	r.git("add", "--all")
	r.git("commit", "--quiet", "--message", "Change it")
}

// release runs the script, which never gets further than to the build, and returns what it said.
func (r released) release(version, dry string) string {
	r.Helper()
	script := exec.CommandContext(r.Context(), "sh", "scripts/release.sh", version)
	// The tools that only the build needs are not used here, and need not be on this machine.
	tools := r.TempDir()
	for _, tool := range []string{"npm", "node", "sha256sum", "gzip"} {
		require.NoError(r, os.WriteFile(filepath.Join(tools, tool), []byte("#!/bin/sh\nexit 1\n"), 0o755))
	}
	script.Dir, script.Env = r.dir, append(os.Environ(), "DRY="+dry, "PATH="+os.Getenv("PATH")+string(os.PathListSeparator)+tools)
	said, err := script.CombinedOutput()
	require.Error(r, err, string(said))
	return string(said)
}

func TestAReleaseIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	const history = "workflows/testdata/histories/TrackParcel.json"
	for name, test := range map[string]struct {
		version, dry string
		change       func(released)
		want         string // nothing if it is built
	}{
		"all is there":                          {version: "v1.1.0"},
		"no version":                            {want: `"" is no version: name one, as in make release VERSION=v1.2.3`},
		"a version without its v":               {version: "1.1.0", want: `"1.1.0" is no version`},
		"a version with a zero in front":        {version: "v1.01.0", want: `"v1.01.0" is no version`},
		"a version with a name of its own":      {version: "v1.1.0-rc.1", want: "there is no tag v1.1.0-rc.1: make it with git tag -a v1.1.0-rc.1"},
		"a file that is not committed":          {version: "v1.1.0", change: func(r released) { r.write("more.go", "package waybill\n") }, want: "?? more.go\nrelease.sh: these files are not in the last commit"},
		"a file that was changed":               {version: "v1.1.0", change: func(r released) { r.write("go.mod", "module other\n") }, want: " M go.mod\nrelease.sh: these files are not in the last commit"},
		"a commit after the tag":                {version: "v1.1.0", change: func(r released) { r.write("more.go", "package waybill\n"); r.commit() }, want: "and not on the last commit: check it out with git switch --detach v1.1.0"},
		"no entries in the changelog":           {version: "v1.1.1", change: func(r released) { r.git("tag", "v1.1.1") }, want: `CHANGELOG.md has no entries under "## v1.1.1 - <day>"`},
		"a version that Go does not stamp":      {version: "v2.0.0", dry: "1", want: "Go stamps v2.0.0 only into a module whose path ends in /v2"},
		"a module of that version":              {version: "v2.0.0", dry: "1", change: func(r released) { r.write("go.mod", "module waybill/v2\n"); r.commit() }},
		"all faults are told at once":           {version: "v1.1.1", change: func(r released) { r.write("more.go", "package waybill\n") }, want: "git stash -u\nrelease.sh: there is no tag v1.1.1"},
		"a dry run needs no tag and no version": {dry: "1"},
		"a dry run needs no section of its own": {version: "v1.1.1", dry: "1"},
		"a dry run has something to release":    {dry: "1", change: func(r released) { r.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n"); r.commit() }, want: "CHANGELOG.md has no entries"},
		"a dry run of what is not committed":    {dry: "1", change: func(r released) { r.write("more.go", "package waybill\n") }, want: "these files are not in the last commit"},
		"a recorded history was removed":        {dry: "1", change: func(r released) { require.NoError(r, os.Remove(filepath.Join(r.dir, history))); r.commit() }, want: history + "\nrelease.sh: these histories are not as v1.1.0 has recorded them"},
		"a recorded history was changed":        {dry: "1", change: func(r released) { r.write(history, "{\"events\":[]}\n"); r.commit() }, want: history + "\nrelease.sh: these histories are not as v1.1.0 has recorded them"},
		"a history was added":                   {dry: "1", change: func(r released) { r.write("workflows/testdata/histories/SignIn.json", "{}\n"); r.commit() }},
		"a changed history has its own schema": {dry: "1", change: func(r released) {
			r.write(history, "{\"events\":[]}\n")
			r.write("workflows/gates.go", "package workflows\n\nconst oldestHistories = 2\n")
			r.commit()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReleased(t)
			if test.change != nil {
				test.change(r)
			}
			said := r.release(test.version, test.dry)
			if test.want == "" {
				require.Equal(t, "Would build", strings.TrimSpace(said))
				return
			}
			require.Contains(t, said, test.want)
			require.NotContains(t, said, "Would build")
		})
	}
}

// The script reads the number with sed.
func TestTheScriptFindsTheSchemaOfHistories(t *testing.T) {
	require.Regexp(t, `(?m)^const oldestHistories = [1-9][0-9]*$`, readPage(t, "workflows/gates.go"))
}
