package console

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/version"
	"waybill/workflows"
)

func TestVersionSaysForPeopleAndForProgramsWhichBuildItIs(t *testing.T) {
	info := version.Read()
	oldest, newest := workflows.Histories()
	said := say(t, []string{"version"})
	for _, fact := range []string{"version       " + info.Version, "commit        " + info.Commit, "go            " + info.Go, "temporal sdk  " + info.Temporal, "platform      " + info.Platform} {
		require.Contains(t, said, fact+"\n")
	}
	var answer map[string]any
	require.NoError(t, json.Unmarshal([]byte(say(t, []string{"version", "--output", "json"})), &answer))
	require.Equal(t, map[string]any{
		"version": info.Version, "commit": info.Commit, "modified": info.Modified, "go": info.Go, "temporal_sdk": info.Temporal, "platform": info.Platform,
		"histories": map[string]any{"oldest": float64(oldest), "newest": float64(newest)},
	}, answer)
}

func TestVersionSaysThatFilesWereChangedAndWhichHistoriesItReplays(t *testing.T) {
	for name, test := range map[string]struct {
		answer versionAnswer
		want   []string
	}{
		"of one schema":   {versionAnswer{version.Info{Commit: "ffc03bd"}, schemas{1, 1}}, []string{"commit        ffc03bd\n", "histories     1\n"}},
		"of several":      {versionAnswer{version.Info{}, schemas{2, 4}}, []string{"histories     2 to 4\n"}},
		"of a dirty tree": {versionAnswer{version.Info{Commit: "ffc03bd", Modified: true}, schemas{1, 1}}, []string{"commit        ffc03bd, modified\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, test.answer.table(&out))
			for _, line := range test.want {
				require.Contains(t, out.String(), line)
			}
		})
	}
}
