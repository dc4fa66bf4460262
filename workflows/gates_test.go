package workflows

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEachGateHasAHistoryFromBeforeAndAfter(t *testing.T) {
	files, err := filepath.Glob("testdata/histories/*.json")
	require.NoError(t, err)
	names := map[string]bool{}
	for _, g := range gates {
		require.False(t, names[g.name], "two gates are called %s", g.name)
		names[g.name] = true
		require.NotEmpty(t, g.why, g.name)
		since, err := time.Parse(time.DateOnly, g.since)
		require.NoError(t, err, g.name)
		until, err := time.Parse(time.DateOnly, g.until)
		require.NoError(t, err, g.name)
		require.True(t, until.After(since), g.name)
		before, after := 0, 0
		for _, file := range files {
			history, err := os.ReadFile(file)
			require.NoError(t, err)
			// The SDK marks what was passed with the gate's name.
			if bytes.Contains(history, []byte(g.name)) {
				after++
			} else {
				before++
			}
		}
		require.Positive(t, before, "no history from before %s", g.name)
		require.Positive(t, after, "no history from after %s: record one with make histories", g.name)
	}
}
