// Package deployment_test holds the files with which Waybill is deployed against the list of its settings,
// and against what a container needs to be safe.
package deployment_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/settings"
)

// root is the root of the repository, seen from here.
const root = "../.."

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

// process is a process of ours as a file starts it.
type process struct {
	// place says where it stands in the file, in words.
	place string
	// commands are the commands of waybill whose settings it reads.
	commands []string
	// environment is what the file sets: empty for values from elsewhere.
	environment map[string]string
	// secrets are the files that the process can read as secrets.
	secrets []string
}

// foreign are variables that waybill itself does not read.
var foreign = map[string]string{
	"SSL_CERT_DIR": "Go reads it",
}

// leftOut are settings without a default that a deployment does not need, with the reason.
var leftOut = map[string]string{
	"SENDCLOUD_BASIC_AUTH_<INTEGRATION>": "a second factor, if the webhook's address has one",
	"SENDCLOUD_ACCOUNT_<INTEGRATION>":    "only for several integrations of one account",
	"WAYBILL_LOG_FORMAT":                 "json, where there is no terminal",
	"TEMPORAL_API_KEY":                   "only for Temporal Cloud",
}

const fileSuffix = "_FILE"

// settingFaults are what is wrong with the environment of a process, each with what to do.
func settingFaults(p process) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, p.place+": "+fmt.Sprintf(format, args...)) }
	var set []settings.Variable
	for name, value := range p.environment {
		if foreign[name] != "" {
			continue
		}
		v, asFile, known := variableOf(name)
		switch {
		case !known:
			fault("%s is not a setting of waybill: look up its name in docs/settings.md, or remove it", name)
			continue
		case !slices.ContainsFunc(p.commands, v.readBy):
			fault("waybill %s does not read %s: remove it", strings.Join(p.commands, " and "), name)
		case v.Secret && !asFile:
			fault("%s is a secret: set %s to the file of a secret", name, name+fileSuffix)
		case v.Secret && !slices.Contains(p.secrets, value):
			fault("%s is %q, and there is no such secret here: add it to the secrets of this process", name, value)
		}
		set = append(set, v.Variable)
	}
	for _, secret := range p.secrets {
		if !slices.Contains(slices.Collect(maps.Values(p.environment)), secret) {
			fault("no setting names the secret %s: remove it, so that each process has only its own keys", secret)
		}
	}
	for _, v := range settings.Variables() {
		needed := slices.ContainsFunc(p.commands, variable{v}.readBy) && v.Default == "" && leftOut[v.Name] == ""
		if needed && !slices.ContainsFunc(set, func(s settings.Variable) bool { return s.Name == v.Name }) {
			fault("%s is missing: set it, or name it in leftOut with the reason why a deployment does not need it", v.Name)
		}
	}
	slices.Sort(faults)
	return faults
}

type variable struct{ settings.Variable }

// readBy reports whether a command reads the setting. All commands of a deployment reach Temporal.
func (v variable) readBy(command string) bool {
	return slices.Contains(v.For, command) || slices.Contains(v.For, settings.Temporal)
}

// variableOf finds the setting of a name, which names a file if it ends so and the setting is a secret.
func variableOf(name string) (found variable, asFile, known bool) {
	plain, ends := strings.CutSuffix(name, fileSuffix)
	for _, v := range settings.Variables() {
		switch {
		case ends && v.Secret && v.Is(plain):
			return variable{v}, true, true
		case v.Is(name) && (!ends || !v.Secret):
			return variable{v}, false, true
		}
	}
	return variable{}, false, false
}

func TestWhatIsLeftOutIsASetting(t *testing.T) {
	for name := range leftOut {
		require.True(t, slices.ContainsFunc(settings.Variables(), func(v settings.Variable) bool { return v.Name == name && v.Default == "" }),
			"%s is no setting without a default any more: remove it from leftOut", name)
	}
}
