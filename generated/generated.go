// Package generated is what the tests of generated documentation share: a section of a page is
// compared with the table that it is made from, or written anew.
package generated

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Section wants the section of a page between <!-- name --> and <!-- end of name --> to be as
// given. With update, it writes the section instead.
func Section(t *testing.T, page, name, want string, update bool) {
	t.Helper()
	from, to := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	raw, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, begins := strings.Cut(string(raw), from)
	was, after, ends := strings.Cut(rest, to)
	require.True(t, begins && ends, "%s has no section between %q and %q", page, from, to)
	if update {
		require.NoError(t, os.WriteFile(page, []byte(before+from+want+to+after), 0o600))
		return
	}
	require.Equal(t, want, was, "renew it with go test -update in the folder of this test")
}
