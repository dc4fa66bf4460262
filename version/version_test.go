package version

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
)

func TestAProgramSaysWhatItWasBuiltFrom(t *testing.T) {
	const commit = "ffc03bd6c50903d13e7b239748cb2abdfbf4e690"
	stamped := func(version, modified string) *debug.BuildInfo {
		return &debug.BuildInfo{
			Main:     debug.Module{Path: "waybill", Version: version},
			Settings: []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: commit}, {Key: "vcs.modified", Value: modified}},
		}
	}
	without := &debug.BuildInfo{Main: debug.Module{Path: "waybill", Version: "(devel)"}}
	for name, test := range map[string]struct {
		stamped                 *debug.BuildInfo
		version, commit         string
		wantVersion, wantCommit string
		modified                bool
	}{
		"at a tag":                             {stamped: stamped("v1.2.3", "false"), wantVersion: "v1.2.3", wantCommit: commit},
		"at a commit after a tag":              {stamped: stamped("v1.2.4-0.20261129023525-ffc03bd6c509", "false"), wantVersion: "v1.2.4-0.20261129023525-ffc03bd6c509", wantCommit: commit},
		"from files that were changed":         {stamped: stamped("v1.2.3+dirty", "true"), wantVersion: "v1.2.3+dirty", wantCommit: commit, modified: true},
		"without git":                          {stamped: without, wantVersion: Unknown, wantCommit: Unknown},
		"without modules":                      {wantVersion: Unknown, wantCommit: Unknown},
		"without git, but with what was given": {stamped: without, version: "v1.2.3", commit: commit, wantVersion: "v1.2.3", wantCommit: commit},
		"Go's word counts before what was given": {
			stamped: stamped("v1.2.3+dirty", "true"), version: "v1.2.3", commit: "another", wantVersion: "v1.2.3+dirty", wantCommit: commit, modified: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, Info{
				Version: test.wantVersion, Commit: test.wantCommit, Modified: test.modified,
				Go: runtime.Version(), Temporal: temporal.SDKVersion, Platform: runtime.GOOS + "/" + runtime.GOARCH,
			}, read(test.stamped, test.version, test.commit))
		})
	}
}
