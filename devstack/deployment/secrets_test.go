package deployment_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	"github.com/temporalio/ui-server/v2/plugins/fs_config_provider"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"

	"waybill/settings"
)

// makeSecrets runs scripts/secrets.sh in a folder that has some files of compose, and returns what it said.
func makeSecrets(t *testing.T, folder string) string {
	t.Helper()
	script, err := filepath.Abs(filepath.Join(root, "scripts/secrets.sh"))
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), script)
	cmd.Dir = folder
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
	return string(said)
}

func folderWith(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	return folder
}

func TestSecretsAreMadeOnceAndNeverPrinted(t *testing.T) {
	folder := folderWith(t, map[string]string{"docker-compose.yml": composeFile(t), "docker-compose.override.yml": read(t, filepath.Join(root, "deploy/second-integration.yml"))})
	said := makeSecrets(t, folder)
	info, err := os.Stat(filepath.Join(folder, "secrets"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "other users of the machine do not get in")
	before := map[string]string{}
	project := load(t, trial(t), composeFile(t), read(t, filepath.Join(root, "deploy/second-integration.yml")))
	for name := range project.Secrets {
		path := filepath.Join(folder, "secrets", name)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o644), info.Mode().Perm(), "containers read it as users of their own")
		before[name] = read(t, path)
		for line := range strings.Lines(before[name]) {
			require.NotContains(t, said, strings.TrimSpace(line), "%s is not printed", name)
		}
	}
	for _, name := range []string{"sendgrid", "sendcloud_webhook_shop", "sendcloud_webhook_my_shop", "sendcloud_api_my_shop", "ui_users"} {
		require.Contains(t, said, "secrets/"+name+"\n", "a person has to fill it in")
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "secrets/sendcloud_webhook_shop"), []byte("a-key-of-the-webhooks\n"), 0o600))
	before["sendcloud_webhook_shop"] = "a-key-of-the-webhooks\n"

	again := makeSecrets(t, folder)
	for name, content := range before {
		require.Equal(t, content, read(t, filepath.Join(folder, "secrets", name)), name)
	}
	require.Contains(t, again, "nothing, all files are there")
	require.NotContains(t, again, "secrets/sendcloud_webhook_shop\n")
	for _, ignored := range []string{".gitignore", ".dockerignore", "devstack/Dockerfile.dockerignore"} {
		require.Regexp(t, `(?m)^/?secrets/?$`, read(t, filepath.Join(root, ignored)), ignored)
	}
}

// environ is what a container of ours gets, with the files of a folder as its secrets.
func environ(service types.ServiceConfig, secrets string) []string {
	var all []string
	for name, value := range service.Environment {
		if value != nil {
			text := strings.ReplaceAll(*value, secretsFolder, secrets+"/")
			all = append(all, name+"="+strings.ReplaceAll(text, "/etc/waybill/policy.yaml", filepath.Join(root, "waybill.example.yaml")))
		}
	}
	return all
}

// requireAccepted wants a command of waybill to find nothing wrong with its settings.
func requireAccepted(t *testing.T, command string, environ []string) {
	t.Helper()
	// This folder is in the container only.
	environ = slices.DeleteFunc(environ, func(pair string) bool { return strings.HasPrefix(pair, settings.ExportFolder+"=") })
	env := settings.New(environ)
	_, _, err := env.Codec()
	switch command {
	case "ingress":
		_, _, _, wrong := env.Ingress()
		err = errors.Join(err, wrong)
	case "worker":
		_, wrong := env.Worker()
		err = errors.Join(err, wrong)
	default:
		_, wrong := env.Integrations()
		_, retention := env.Retention()
		err = errors.Join(err, wrong, retention)
	}
	require.NoError(t, err, command)
}

// What the script makes, and what .env.example says, is enough for each process to start; so is what is filled in.
func TestEachProcessAcceptsItsSettings(t *testing.T) {
	folder := folderWith(t, map[string]string{"docker-compose.yml": composeFile(t), "docker-compose.override.yml": read(t, filepath.Join(root, "deploy/second-integration.yml"))})
	makeSecrets(t, folder)
	secrets := filepath.Join(folder, "secrets")
	fill := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(secrets, name), []byte(content+"\n"), 0o600))
	}
	check := func(project *types.Project) {
		t.Helper()
		for _, command := range []string{"setup", "ingress", "worker"} {
			requireAccepted(t, command, environ(project.Services[command], secrets))
		}
	}
	fill("sendcloud_webhook_shop", "a-key-of-the-webhooks")
	check(load(t, trial(t), composeFile(t)))

	fill("sendcloud_webhook_my_shop", "another-key-of-the-webhooks")
	fill("sendcloud_api_shop", "public:secret")
	fill("pay_shop", "the secret of the endpoint")
	check(load(t, production(t), composeFile(t), read(t, filepath.Join(root, "deploy/second-integration.yml"))))
}

// password has everything that a shell, compose, YAML or a template could take for its own.
const password = `a$b${c}$$d"e\f'g #h: {{i}} %j é`

// said is what the command of a service says, which it has to end well.
func said(t *testing.T, service types.ServiceConfig, program, instead string, environment ...string) string {
	t.Helper()
	out, err := run(t, service, program, instead, environment...)
	require.NoError(t, err)
	return out
}

// run runs the command of a service, which ends in the program of its image, with another program in its place.
func run(t *testing.T, service types.ServiceConfig, program, instead string, environment ...string) (string, error) {
	t.Helper()
	require.Equal(t, []string{"/bin/sh", "-euc"}, []string(service.Entrypoint))
	script, _, found := strings.Cut(service.Command[0], program)
	require.True(t, found)
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-euc", script+instead)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, environment...)
	out, err := cmd.Output()
	return string(out), err
}

func TestAPasswordOfTheDatabaseSurvivesAsItIs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "postgres")
	require.NoError(t, os.WriteFile(file, []byte(password+"\n"), 0o600))
	project := load(t, production(t), composeFile(t))

	schema := said(t, project.Services["schema"], "upgrade() {", `printf %s "$SQL_PASSWORD"`, "POSTGRES_PASSWORD_FILE="+file)
	require.Equal(t, password, schema)

	service := project.Services["temporal"]
	for name, value := range service.Environment {
		t.Setenv(name, *value)
	}
	t.Setenv("POSTGRES_PWD", said(t, service, "exec /etc/temporal/entrypoint.sh", `printf %s "$POSTGRES_PWD"`, "POSTGRES_PASSWORD_FILE="+file))
	server, err := config.Load(config.WithEmbedded())
	require.NoError(t, err)
	require.EqualValues(t, 512, server.Persistence.NumHistoryShards)
	for _, store := range []string{"default", "visibility"} {
		require.Equal(t, password, server.Persistence.DataStores[store].SQL.Password, store)
		require.Equal(t, "postgres:5432", server.Persistence.DataStores[store].SQL.ConnectAddr)
	}
}

func TestTheUIGetsTheSecretOfItsClient(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ui_oidc")
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/temporalio/ui-server/v2")
	module, err := list.Output()
	require.NoError(t, err)
	// The image has this file alone.
	folder := folderWith(t, map[string]string{"docker.yaml": read(t, filepath.Join(strings.TrimSpace(string(module)), "config/docker.yaml"))})
	const program, instead = "exec ./start-ui-server.sh", `printf %s "$TEMPORAL_AUTH_CLIENT_SECRET"`
	for name, env := range map[string]map[string]string{"with passwords": trial(t), "with OIDC": production(t)} {
		t.Run(name, func(t *testing.T) {
			secret, signIn := "", name == "with OIDC"
			if signIn {
				secret = "GOCSPX-a_b~c.0123"
			}
			require.NoError(t, os.WriteFile(file, []byte(secret+"\n"), 0o600))
			service := load(t, env, composeFile(t)).Services["ui"]
			for name, value := range service.Environment {
				t.Setenv(name, *value)
			}
			t.Setenv("TEMPORAL_AUTH_CLIENT_SECRET", said(t, service, program, instead, "UI_OIDC_SECRET_FILE="+file))
			ui, err := fs_config_provider.LoadConfig(folder, "docker")
			require.NoError(t, err)
			require.NoError(t, ui.Validate())
			require.Equal(t, secret, ui.Auth.Providers[0].ClientSecret)
			require.Equal(t, signIn, ui.Auth.Enabled)
			require.Equal(t, signIn, ui.Codec.PassAccessToken)
			require.Equal(t, env["WAYBILL_TEMPORAL_UI"]+"/codec", ui.Codec.Endpoint)
		})
	}
	// Escaped as HTML, it would be another one.
	require.NoError(t, os.WriteFile(file, []byte(password), 0o600))
	_, err = run(t, load(t, trial(t), composeFile(t)).Services["ui"], program, instead, "UI_OIDC_SECRET_FILE="+file)
	var ended *exec.ExitError
	require.ErrorAs(t, err, &ended)
	require.Contains(t, string(ended.Stderr), "let the issuer make another secret")
}

// Temporal's server does not start without this file.
func TestTemporalReadsItsDynamicConfiguration(t *testing.T) {
	project := load(t, trial(t), composeFile(t))
	done := make(chan any)
	defer close(done)
	_, err := dynamicconfig.NewFileBasedClient(&dynamicconfig.FileBasedClientConfig{Filepath: project.Configs["temporal"].File, PollInterval: time.Minute}, log.NewNoopLogger(), done)
	require.NoError(t, err)
}
