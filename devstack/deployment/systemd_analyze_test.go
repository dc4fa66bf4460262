//go:build systemd

package deployment_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// checker is systemd's program that reads units.
const checker = "systemd-analyze" //nolint:misspell // it is its name

// asked has it read units in a folder, with a program that is there in place of waybill.
func asked(t *testing.T, folder string, args ...string) (string, error) {
	t.Helper()
	unit := filepath.Join(folder, "waybill@.service")
	require.NoError(t, os.WriteFile(unit, []byte(strings.Replace(read(t, unit), "/usr/local/bin/waybill", "/bin/true", 1)), 0o600))
	cmd := exec.CommandContext(t.Context(), checker, args...)
	cmd.Dir = t.TempDir() // it also looks for units where it runs
	cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+folder+":", "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func copyOfUnits(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(units)))
	return folder
}

func TestSystemdUnderstandsTheUnits(t *testing.T) {
	for _, command := range processes {
		said, err := asked(t, copyOfUnits(t), "verify", "--man=no", "waybill@"+command+".service")
		require.NoError(t, err, said)
		require.Empty(t, said, command)
	}
	for line, instead := range map[string]string{"ProtectSystem=strict": "ProtectSystems=strict", "TasksMax=256": "TasksMax=many"} {
		folder := copyOfUnits(t)
		unit := filepath.Join(folder, "waybill@.service")
		require.Contains(t, read(t, unit), line)
		require.NoError(t, os.WriteFile(unit, []byte(strings.Replace(read(t, unit), line, instead, 1)), 0o600))
		said, _ := asked(t, folder, "verify", "--man=no", "waybill@worker.service")
		require.Contains(t, said, "waybill@.service:", "a fault that is made on purpose is found: %s", instead)
	}
}

// Systemd gives 10 to what is exposed most. What is left is the network, which a server needs.
func TestTheUnitsExposeLittle(t *testing.T) {
	const tenths = "15"
	for _, command := range processes {
		said, err := asked(t, copyOfUnits(t), "security", "--offline=true", "--no-pager", "--threshold="+tenths, "waybill@"+command+".service")
		require.NoError(t, err, said)
	}
	folder := copyOfUnits(t)
	unit := filepath.Join(folder, "waybill@.service")
	require.NoError(t, os.WriteFile(unit, []byte(strings.NewReplacer("DynamicUser=yes\n", "", "CapabilityBoundingSet=\n", "").Replace(read(t, unit))), 0o600))
	said, err := asked(t, folder, "security", "--offline=true", "--no-pager", "--threshold="+tenths, "waybill@worker.service")
	require.Error(t, err, said)
}
