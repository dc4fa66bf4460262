// Package version says which build of Waybill a program is: its version, its commit, and with what it
// was made.
package version

import (
	"cmp"
	"runtime"
	"runtime/debug"

	"go.temporal.io/sdk/temporal"
)

// Unknown stands where nothing says what a program was built from.
const Unknown = "unknown"

// A build without git has nothing that Go could stamp: the Dockerfile sets these with the linker's
// flag -X. Where Go has stamped a program, they do not count: what was typed may be wrong.
var (
	givenVersion string
	givenCommit  string
)

// Info is what a program knows of its own build.
type Info struct {
	// Version is a semantic version with its v. At a tag it is that tag, as v1.2.3. At another commit
	// it is Go's pseudo-version, as v1.2.4-0.20261129023525-ffc03bd6c509: what comes after v1.2.3, with
	// the time and the commit. It ends in +dirty if Modified. It is [Unknown] without git.
	Version string `json:"version"`
	// Commit is the full hash of the commit, or [Unknown].
	Commit string `json:"commit"`
	// Modified says that files differed from the commit.
	Modified bool `json:"modified"`
	// Go is the version of Go, as go1.26.8.
	Go string `json:"go"`
	// Temporal is the version of Temporal's SDK, as 1.50.0.
	Temporal string `json:"temporal_sdk"`
	// Platform is the system and the processor that it was built for, as linux/amd64.
	Platform string `json:"platform"`
}

// Read reads the info of this program.
func Read() Info {
	stamped, _ := debug.ReadBuildInfo()
	return read(stamped, givenVersion, givenCommit)
}

// read prefers what Go has stamped. A test, or a program that was built without modules, has none.
func read(stamped *debug.BuildInfo, version, commit string) Info {
	info := Info{
		Version: cmp.Or(version, Unknown), Commit: cmp.Or(commit, Unknown),
		Go: runtime.Version(), Temporal: temporal.SDKVersion, Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if stamped == nil {
		return info
	}
	for _, s := range stamped.Settings {
		switch s.Key {
		case "vcs.revision":
			info.Commit, info.Version = s.Value, stamped.Main.Version
		case "vcs.modified":
			info.Modified = s.Value == "true"
		}
	}
	return info
}
