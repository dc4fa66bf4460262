package deployment_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

// trial is .env as .env.example has it, production is one that is filled in.
func trial(t *testing.T) map[string]string {
	t.Helper()
	env, err := dotenv.Parse(strings.NewReader(read(t, filepath.Join(root, ".env.example"))))
	require.NoError(t, err)
	return env
}

func production(t *testing.T) map[string]string {
	env := trial(t)
	maps.Copy(env, map[string]string{
		"WAYBILL_PUBLIC_URL": "https://hooks.shop.example", "WAYBILL_TEMPORAL_UI": "https://temporal.shop.example",
		"SENDGRID_BASE_URL": "https://api.sendgrid.com", "SENDCLOUD_INTEGRATION_ID_SHOP": "7",
		"WAYBILL_PAY_URL_SHOP": "https://shop.example/refunds", "WAYBILL_CODEC_OIDC_ISSUER": "https://login.shop.example",
		"WAYBILL_CODEC_OIDC_AUDIENCE": "temporal-ui", "WAYBILL_EXPORT_FOLDER": "/exports", "WAYBILL_MAIL_RATE": "10",
		"WAYBILL_RETENTION": "1440h",
	})
	return env
}

// load reads files as docker compose does, with the services of all profiles.
func load(t *testing.T, env map[string]string, files ...string) *types.Project {
	t.Helper()
	project, err := parse(t, env, files...)
	require.NoError(t, err)
	return project
}

func parse(t *testing.T, env map[string]string, files ...string) (*types.Project, error) {
	t.Helper()
	folder, err := filepath.Abs(root)
	require.NoError(t, err)
	details := types.ConfigDetails{WorkingDir: folder, Environment: env}
	for i, content := range files {
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: filepath.Join(folder, "file"+string(rune('a'+i))+".yml"), Content: []byte(content)})
	}
	return loader.LoadWithContext(t.Context(), details, func(o *loader.Options) {
		o.SetProjectName("waybill", true)
		o.Profiles = []string{"*"}
	})
}

func composeFile(t *testing.T) string { return read(t, filepath.Join(root, "docker-compose.yml")) }

func TestComposeIsSafeAndHasEverySetting(t *testing.T) {
	for name, env := range map[string]map[string]string{"a trial": trial(t), "production": production(t)} {
		t.Run(name, func(t *testing.T) { require.Empty(t, composeFaults(load(t, env, composeFile(t)))) })
	}
}

func TestASecondIntegrationIsOneFileMore(t *testing.T) {
	more := read(t, filepath.Join(root, "deploy/second-integration.yml"))
	project := load(t, production(t), composeFile(t), more)
	require.Empty(t, composeFaults(project))
	for service, settings := range map[string][]string{
		"setup": {"SENDCLOUD_KEYS"}, "ingress": {"SENDCLOUD_KEYS"}, "worker": {"SENDCLOUD_API_KEYS", "WAYBILL_PAY_KEYS"}, "waybill": {"SENDCLOUD_KEYS", "SENDCLOUD_API_KEYS", "WAYBILL_PAY_KEYS"},
	} {
		for _, setting := range settings {
			require.Contains(t, project.Services[service].Environment, setting+"_SHOP_FILE")
			require.Contains(t, project.Services[service].Environment, setting+"_MY_SHOP_FILE")
		}
	}
}

func TestOnlyCaddyIsOpenAndDatabasesAreOutOfReach(t *testing.T) {
	project := load(t, trial(t), composeFile(t))
	for _, name := range []string{"postgres", "temporal", "ui", "ingress", "worker"} {
		require.Empty(t, project.Services[name].Ports, name)
	}
	for _, network := range []string{"database", "temporal"} {
		require.True(t, project.Networks[network].Internal, network)
		require.NotContains(t, project.Services[public].Networks, network)
	}
	require.Equal(t, []string{"postgres", "schema", "temporal"}, slices.Sorted(maps.Keys(filter(project, "database"))))
	require.Equal(t, []string{"monitoring"}, project.Services["grafana"].Profiles)
	require.Equal(t, []string{"monitoring"}, project.Services["prometheus"].Profiles)
	require.Nil(t, project.Services["worker"].Ports, "several workers cannot have one port")
}

// filter are the services in a network.
func filter(project *types.Project, network string) map[string]bool {
	in := map[string]bool{}
	for name, s := range project.Services {
		if _, ok := s.Networks[network]; ok {
			in[name] = true
		}
	}
	return in
}

// What compose passes on does not eat a dollar sign, whatever a person writes into .env.
func TestNoSecretGoesThroughTheEnvironmentOfCompose(t *testing.T) {
	for _, s := range load(t, trial(t), composeFile(t)).Services {
		for name := range s.Environment {
			for _, word := range []string{"PASSWORD", "SECRET", "_KEYS", "PWD", "TOKEN"} {
				if strings.Contains(name, word) && !strings.HasSuffix(name, fileSuffix) && !strings.Contains(name, "PASS_ACCESS") {
					t.Errorf("%s: %s is not read from a file", s.Name, name)
				}
			}
		}
	}
}

func TestFaultsThatAreMadeOnPurposeAreFound(t *testing.T) {
	for name, c := range map[string]struct{ line, instead, want string }{
		"a setting that there is not":   {"  WAYBILL_LISTEN:", "  WAYBILL_COLOUR: red\n  WAYBILL_LISTEN:", "ingress: WAYBILL_COLOUR is not a setting of waybill: look up its name in docs/settings.md, or remove it"},
		"a setting of another command":  {"  WAYBILL_MAIL_RATE:", "  WAYBILL_LISTEN: 0.0.0.0:8080\n  WAYBILL_MAIL_RATE:", "worker: waybill worker does not read WAYBILL_LISTEN: remove it"},
		"a setting that is missing":     {"  WAYBILL_DIGEST_KEYS_FILE: /run/secrets/digest\n", "", "worker: WAYBILL_DIGEST_KEYS is missing: set it, or name it in leftOut"},
		"a secret in the environment":   {"  WAYBILL_DIGEST_KEYS_FILE: /run/secrets/digest\n", "  WAYBILL_DIGEST_KEYS: ${DIGEST:-}\n", "worker: WAYBILL_DIGEST_KEYS is a secret: set WAYBILL_DIGEST_KEYS_FILE to the file of a secret"},
		"a secret that is not mounted":  {"    secrets: [codec, links, search, digest, sendgrid, sendcloud_api_shop, pay_shop]\n", "    secrets: [codec, links, search, sendgrid, sendcloud_api_shop, pay_shop]\n", `worker: WAYBILL_DIGEST_KEYS_FILE is "/run/secrets/digest", and there is no such secret here: add it`},
		"a secret of another process":   {"secrets: [codec, sendcloud_webhook_shop]", "secrets: [codec, sendgrid, sendcloud_webhook_shop]", "setup: no setting names the secret /run/secrets/sendgrid: remove it"},
		"a secret that nobody uses":     {"secrets:\n  postgres: {file", "secrets:\n  spare: {file: ./secrets/spare}\n  postgres: {file", "spare: no service uses the secret: remove it"},
		"a secret from the environment": {"{file: ./secrets/digest}", "{environment: DIGEST}", "digest: the secret comes from"},
		"an image of any version":       {"temporalio/ui:2.54.1", "temporalio/ui:latest", "ui: the image temporalio/ui:latest is not of one version: write a whole version"},
		"an image of half a version":    {"caddy:2.11.9", "caddy:2.11", "caddy: the image caddy:2.11 is not of one version"},
		"a port of all addresses":       {`"127.0.0.1:8025:8025"`, `"0.0.0.0:8025:8025"`, "sendgrid: port 8025 is open to other machines: publish it as 127.0.0.1:8025:8025"},
		"a port without an address":     {`"127.0.0.1:3000:3000"`, `"3000:3000"`, "grafana: port 3000 is open to other machines"},
		"no healthcheck":                {"    healthcheck: *healthcheck\n    # Lets", "    # Lets", "worker: it has no healthcheck: write one"},
		"a root file system to write":   {"  read_only: true\n", "", "postgres: it can write to its image: write read_only: true"},
		"capabilities":                  {"  cap_drop: [ALL]\n", "", "temporal: it keeps capabilities: write cap_drop: [ALL]"},
		"a log without an end":          {", max-file: \"5\"", "", "caddy: its log can fill the disk: write max-size and max-file"},
		"memory without an end":         {"    mem_limit: 2g\n", "", "temporal: it can take all memory: write a mem_limit"},
		"a start that waits for nobody": {"{ingress: {condition: service_healthy}, worker", "{ingress: {condition: service_started}, worker", "prometheus: it does not wait until ingress works"},
		"a config without a file":       {"{file: ./deploy/temporal.yaml}", "{content: \"{}\"}", "temporal: compose copies its content into the container"},
		"a config whose file is gone":   {"./deploy/Caddyfile", "./deploy/Caddy", "/deploy/Caddy for the config: correct the path"},
	} {
		t.Run(name, func(t *testing.T) {
			file := composeFile(t)
			require.Contains(t, file, c.line)
			faults := strings.Join(composeFaults(load(t, trial(t), strings.Replace(file, c.line, c.instead, 1))), "\n")
			require.Contains(t, faults, c.want)
		})
	}
}

func TestComposeRefusesAFileThatItDoesNotUnderstand(t *testing.T) {
	for name, c := range map[string]struct{ line, instead, want string }{
		"a secret that is not declared": {"secrets: [codec, links, search, digest", "secrets: [other, codec, links, search, digest", "undefined secret"},
		"a word that compose lacks":     {"    mem_limit: 2g\n", "    memory_limit: 2g\n", "memory_limit"},
		"no sender of mails":            {"${WAYBILL_MAIL_FROM:?", "${WAYBILL_SENDER:?", "set WAYBILL_MAIL_FROM in .env"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, composeFile(t), c.line)
			_, err := parse(t, trial(t), strings.Replace(composeFile(t), c.line, c.instead, 1))
			require.ErrorContains(t, err, c.want)
		})
	}
}
