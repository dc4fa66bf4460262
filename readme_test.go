package waybill_test

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/refund"
)

func readPage(t *testing.T, path string) string {
	t.Helper()
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(page)
}

// pages are everything in docs, and what lies in the root for people to read.
func pages(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	all := map[string]string{}
	for _, path := range append(paths, "README.md", "CONTRIBUTING.md", "SECURITY.md") {
		all[path] = readPage(t, path)
	}
	return all
}

func TestTheReadmeIsShort(t *testing.T) {
	require.LessOrEqual(t, strings.Count(readPage(t, "README.md"), "\n"), 150, "move what only operators need to docs")
}

func TestTheOperatorsPageListsEverySearchAttribute(t *testing.T) {
	page := readPage(t, "docs/operating.md")
	for _, a := range contract.SearchAttributes() {
		require.Contains(t, page, fmt.Sprintf("| `%s` | %s | ", a.Name, a.Type))
	}
}

func TestNoPageNamesATargetThatMakeDoesNotHave(t *testing.T) {
	makefile := readPage(t, "Makefile")
	for path, page := range pages(t) {
		named := regexp.MustCompile("(?m)(?:`| {4})make ([a-z-]+)").FindAllStringSubmatch(page, -1)
		if path == "README.md" {
			require.NotEmpty(t, named)
		}
		for _, target := range named {
			require.Regexp(t, `(?m)^`+target[1]+`:.*##`, makefile, path)
		}
	}
}

// A link to a file leads to one, and a link to a heading leads to one.
func TestEveryLinkOfAPageLeadsSomewhere(t *testing.T) {
	for path, page := range pages(t) {
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(page, -1) {
			if strings.HasPrefix(link[1], "https://") {
				continue
			}
			file, heading, _ := strings.Cut(link[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			_, err := os.Stat(target)
			require.NoError(t, err, "%s links to %s", path, link[1])
			if heading != "" {
				require.Contains(t, headings(readPage(t, target)), heading, "%s links to %s", path, link[1])
			}
		}
	}
}

// A test that a page names is there: TestX in any folder, desk.TestX in the folder desk, waybill.TestX in the root.
func TestEveryTestThatAPageNamesExists(t *testing.T) {
	for path, page := range pages(t) {
		named := regexp.MustCompile("`(?:([a-z0-9/]+)\\.)?((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(page, -1)
		if path == "docs/threat-model.md" || path == "docs/rotation.md" {
			require.NotEmpty(t, named)
		}
		for _, test := range named {
			folder := test[1]
			if folder == "waybill" {
				folder = "."
			}
			require.True(t, hasTest(t, folder, test[2]), "%s names %s", path, test[0])
		}
	}
}

// Each key has its how-to, with what to do if it has leaked, and the test that changes it while Waybill runs.
func TestEachKeyHasATestThatChangesIt(t *testing.T) {
	_, keys, _ := strings.Cut(readPage(t, "docs/rotation.md"), "\n## Sendcloud's webhook signature key\n")
	keys, _, found := strings.Cut(keys, "\n## What needs a restart\n")
	require.True(t, found)
	for entry := range strings.SplitSeq(keys, "\n## ") {
		require.Regexp(t, "(?s)\n- \\*\\*Steps\\.\\*\\* .*\n- \\*\\*Wait\\*\\* .*\n- \\*\\*Test:\\*\\* `devstack/e2e\\.Test", entry)
	}
}

// hasTest looks for a test in one folder, or in all of them.
func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(cmp.Or(folder, "."), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && folder != "" && path != folder:
			return filepath.SkipDir
		case strings.HasSuffix(path, "_test.go"):
			found = found || strings.Contains(readPage(t, path), "\nfunc "+name+"(")
		}
		return nil
	})
	require.NoError(t, err)
	return found
}

// headings are the anchors of a page as GitHub makes them.
func headings(page string) []string {
	var anchors []string
	for _, h := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		anchor := regexp.MustCompile(`[^\w -]`).ReplaceAllString(strings.ToLower(h[1]), "")
		anchors = append(anchors, strings.ReplaceAll(anchor, " ", "-"))
	}
	return anchors
}

// A person who gets an alarm finds it in the playbook, in the words of the alarm.
func TestThePlaybookKnowsEveryStateAndAlarm(t *testing.T) {
	playbook := readPage(t, "docs/refunds.md")
	for _, s := range refund.States() {
		require.Contains(t, playbook, "`"+string(s)+"`")
	}
	for _, alarm := range append(refund.Attentions(), "refund without a return") {
		require.Regexp(t, "(?m)^### .*`"+regexp.QuoteMeta(string(alarm))+"`", playbook)
	}
}
