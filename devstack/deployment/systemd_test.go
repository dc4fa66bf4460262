package deployment_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const units = root + "/deploy/systemd"

// unit is what an instance of waybill@.service gets: lines of the unit, of its drop-in and of settings.env.
type unit struct {
	command string
	// credentials are files by the name that the process knows them by.
	credentials map[string]string
	environment map[string]string
	// shared is the environment that all instances get.
	shared map[string]string
}

func readUnit(t *testing.T, folder, command string) unit {
	t.Helper()
	u := unit{command: command, credentials: map[string]string{}, environment: map[string]string{}, shared: map[string]string{}}
	text := read(t, filepath.Join(folder, "waybill@.service")) + read(t, filepath.Join(folder, "waybill@"+command+".service.d/settings.conf"))
	for line := range strings.SplitSeq(text, "\n") {
		switch key, value, _ := strings.Cut(line, "="); key {
		case "LoadCredential":
			name, file, _ := strings.Cut(value, ":")
			u.credentials[name] = file
		case "Environment":
			name, setting, _ := strings.Cut(value, "=")
			u.environment[name] = setting
		}
	}
	for line := range strings.SplitSeq(read(t, filepath.Join(folder, "settings.env")), "\n") {
		if name, value, is := strings.Cut(line, "="); is && !strings.HasPrefix(line, "#") {
			u.shared[name] = strings.Trim(value, `"`)
		}
	}
	return u
}

// unitFaults are what is wrong with a unit, each with what to do.
func unitFaults(u unit, secrets []string) []string {
	var faults []string
	p := process{place: "waybill@" + u.command, commands: []string{u.command}, environment: map[string]string{}}
	for name, value := range u.environment {
		p.environment[name] = value
	}
	for name, value := range u.shared {
		// What another process reads does no harm here.
		if v, _, known := variableOf(name); !known || v.readBy(u.command) || !slices.ContainsFunc(processes, v.readBy) {
			p.environment[name] = value
		}
	}
	for name, file := range u.credentials {
		p.secrets = append(p.secrets, "%d/"+name)
		if file != "/etc/waybill/secrets/"+name || !slices.Contains(secrets, name) {
			faults = append(faults, fmt.Sprintf("%s: the credential %s is the file %s, which make secrets does not make: write /etc/waybill/secrets/ and one of its names", p.place, name, file))
		}
	}
	return append(faults, settingFaults(p)...)
}

var processes = []string{"setup", "ingress", "worker"}

func TestUnitsHaveEverySetting(t *testing.T) {
	for _, command := range processes {
		require.Empty(t, unitFaults(readUnit(t, units, command), secretNames(t)))
	}
}

func TestEachUnitAcceptsItsSettings(t *testing.T) {
	folder := folderWith(t, map[string]string{"docker-compose.yml": composeFile(t), "policy.yaml": "mode: shadow\n"})
	makeSecrets(t, folder)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "secrets/sendcloud_webhook_shop"), []byte("a-key-of-the-webhooks"), 0o600))
	for _, command := range processes {
		u := readUnit(t, units, command)
		var environ []string
		for name, value := range u.shared {
			environ = append(environ, name+"="+strings.ReplaceAll(value, "/etc/waybill", folder))
		}
		for name, value := range u.environment {
			environ = append(environ, name+"="+strings.ReplaceAll(value, "%d", filepath.Join(folder, "secrets")))
		}
		requireAccepted(t, command, environ)
	}
}

func TestFaultsInUnitsThatAreMadeOnPurposeAreFound(t *testing.T) {
	for name, c := range map[string]struct{ file, line, instead, want string }{
		"a setting that there is not":  {"settings.env", "WAYBILL_MAIL_RATE=", "WAYBILL_MAIL_SPEED=", "waybill@worker: WAYBILL_MAIL_SPEED is not a setting of waybill: look up its name"},
		"a setting that is missing":    {"settings.env", "WAYBILL_MAIL_FROM=", "# ", "waybill@worker: WAYBILL_MAIL_FROM is missing: set it"},
		"a secret that is not loaded":  {"waybill@worker.service.d/settings.conf", "LoadCredential=digest:", "# ", `waybill@worker: WAYBILL_DIGEST_KEYS_FILE is "%d/digest", and there is no such secret here`},
		"a secret in the environment":  {"waybill@worker.service.d/settings.conf", "WAYBILL_DIGEST_KEYS_FILE=%d/digest", "WAYBILL_DIGEST_KEYS=hunter2", "WAYBILL_DIGEST_KEYS is a secret: set WAYBILL_DIGEST_KEYS_FILE"},
		"a file that there is not":     {"waybill@worker.service.d/settings.conf", "secrets/digest", "secrets/digests", "make secrets does not make"},
		"a credential that nobody has": {"waybill@worker.service.d/settings.conf", "Environment=WAYBILL_DIGEST_KEYS_FILE", "# ", "no setting names the secret %d/digest: remove it"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			require.NoError(t, os.CopyFS(folder, os.DirFS(units)))
			file := filepath.Join(folder, c.file)
			require.Contains(t, read(t, file), c.line)
			require.NoError(t, os.WriteFile(file, []byte(strings.Replace(read(t, file), c.line, c.instead, 1)), 0o600))
			require.Contains(t, strings.Join(unitFaults(readUnit(t, folder, "worker"), secretNames(t)), "\n"), c.want)
		})
	}
}
