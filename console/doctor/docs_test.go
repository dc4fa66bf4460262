package doctor

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the list of checks in docs/operating.md anew")

func TestThePageListsEveryCheck(t *testing.T) {
	const file, from, to = "../../docs/operating.md", "<!-- checks -->\n", "<!-- end of checks -->"
	list := "| check | looks at |\n|---|---|\n"
	for _, c := range Checks() {
		list += fmt.Sprintf("| `%s` | %s |\n", c.Name, c.About)
	}
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(raw), from)
	require.True(t, ok)
	_, after, ok := strings.Cut(rest, to)
	require.True(t, ok)
	want := before + from + list + to + after
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
		return
	}
	require.Equal(t, want, string(raw), "renew it with go test ./console/doctor -update")
}
