// Package image_test has what must hold of the image: it reads the Dockerfile, and builds and starts what it
// says on this machine, without an engine.
package image_test

import (
	"bufio"
	"bytes"
	"debug/elf"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/stretchr/testify/require"
)

// nobody is the number of the user of the image.
const nobody = 65532

func TestTheImageRunsOneProgramWithoutRoot(t *testing.T) {
	stages := readStages(t)
	require.Len(t, stages, 2)
	last := stages[1]
	require.Equal(t, "gcr.io/distroless/static-debian12:nonroot", last.BaseName)
	said := map[string][]string{}
	for _, command := range last.Commands {
		switch c := command.(type) {
		case *instructions.RunCommand:
			require.Fail(t, "there is no shell that could run something")
		case *instructions.UserCommand:
			said["user"] = append(said["user"], c.User)
		case *instructions.EntrypointCommand:
			require.False(t, c.PrependShell)
			said["entrypoint"] = c.CmdLine
		case *instructions.HealthCheckCommand:
			said["health"] = c.Health.Test
		case *instructions.CopyCommand:
			said["copied"] = append(said["copied"], c.SourcePaths...)
		}
	}
	require.Equal(t, map[string][]string{
		"user": {"65532:65532"}, "entrypoint": {"/waybill"}, "health": {"CMD", "/waybill", "health", "--ready"},
		"copied": {"LICENSE", "/src/out/waybill", "/src/out/exports"},
	}, said)
}

func TestTheImageIsBuiltWithTheGoOfTheModules(t *testing.T) {
	base := regexp.MustCompile(`^golang:(\d+\.\d+)\.(\d+)-\w+$`).FindStringSubmatch(readStages(t)[0].BaseName)
	require.NotNil(t, base, "the tag names a patch release and a system")
	for _, module := range []string{"go.mod", "devstack/go.mod"} {
		raw, err := os.ReadFile(filepath.Join(root, module))
		require.NoError(t, err)
		wants := regexp.MustCompile(`(?m)^go (\d+\.\d+)\.(\d+)$`).FindStringSubmatch(string(raw))
		require.NotNil(t, wants, module)
		require.Equal(t, wants[1], base[1], module)
		require.GreaterOrEqual(t, number(t, base[2]), number(t, wants[2]), module)
	}
}

func number(t *testing.T, digits string) int {
	t.Helper()
	n, err := strconv.Atoi(digits)
	require.NoError(t, err)
	return n
}

func TestNoSecretComesIntoTheImage(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	require.NoError(t, err)
	matcher := ignored(t)
	for _, private := range append(strings.Fields(string(raw)), ".git") {
		out, err := matcher.MatchesOrParentMatches(strings.Trim(private, "/") + "/file")
		require.NoError(t, err)
		require.True(t, out, "%s is not in version control: add it to .dockerignore", private)
	}
	secret := regexp.MustCompile(`(?i)key|secret|token|password|auth`)
	for _, stage := range readStages(t) {
		for _, command := range stage.Commands {
			var names []string
			switch c := command.(type) {
			case *instructions.ArgCommand:
				for _, arg := range c.Args {
					names = append(names, arg.Key)
				}
			case *instructions.EnvCommand:
				for _, pair := range c.Env {
					names = append(names, pair.Key)
				}
			}
			for _, name := range names {
				require.NotRegexp(t, secret, name, "an image shows everyone its arguments and variables")
			}
		}
	}
}

// The bases cannot be had here. Everything else is done as an engine would: what .dockerignore leaves of
// the repository is copied, each RUN runs, and the program starts with nothing around it.
func TestTheProgramOfTheImageStartsWithNothingAroundIt(t *testing.T) {
	const commit = "ffc03bd6c50903d13e7b239748cb2abdfbf4e690"
	image := newEngine(t, map[string]string{"VERSION": "v1.2.3", "REVISION": commit, "SOURCE": "https://code.shop.example/waybill"}).build(readStages(t))
	for label, want := range map[string]string{
		"title": "Waybill", "version": "v1.2.3", "revision": commit, "licenses": "Apache-2.0", "source": "https://code.shop.example/waybill",
	} {
		require.Equal(t, want, image.labels["org.opencontainers.image."+label], label)
	}
	image.lock(t)
	before := image.files(t)
	require.Equal(t, []string{"/", "/LICENSE", "/exports", "/waybill"}, before)
	requireStatic(t, filepath.Join(image.folder, "waybill"))

	var version struct {
		Version, Commit, Platform string
		Modified                  bool
	}
	answered, err := image.command(t, image.entrypoint, nil, "version", "--output", "json").Output()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(answered, &version))
	require.Equal(t, "v1.2.3", version.Version)
	require.Equal(t, commit, version.Commit)
	require.Equal(t, runtime.GOOS+"/"+runtime.GOARCH, version.Platform)

	// With Temporal out of reach, an ingress lives and is not ready.
	metrics := image.startIngress(t)
	healthy, err := image.command(t, image.health[:2], []string{"WAYBILL_METRICS_LISTEN=" + metrics}).CombinedOutput()
	require.NoError(t, err, string(healthy))
	require.Equal(t, "healthy\n", string(healthy))
	unready, err := image.command(t, image.health, []string{"WAYBILL_METRICS_LISTEN=" + metrics}).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(unready), "/readyz answers 503")
	require.Equal(t, before, image.files(t), "nothing is written")
}

// startIngress starts an ingress until the test ends, and returns where it shows its health.
func (s *stage) startIngress(t *testing.T) (metrics string) {
	t.Helper()
	ingress := s.command(t, s.entrypoint, []string{
		"SENDCLOUD_KEYS_DEMO=a-key-of-the-test", "WAYBILL_CODEC_PLAIN=write", "WAYBILL_LISTEN=127.0.0.1:0", "WAYBILL_METRICS_LISTEN=127.0.0.1:0", "TEMPORAL_ADDRESS=127.0.0.1:1",
	}, "ingress")
	log, err := ingress.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, ingress.Start())
	t.Cleanup(func() {
		require.NoError(t, ingress.Process.Signal(syscall.SIGTERM))
		_ = ingress.Wait() // the pipe may be closed first
	})
	var said bytes.Buffer
	for lines := bufio.NewScanner(log); lines.Scan(); {
		said.Write(append(lines.Bytes(), '\n'))
		var line struct{ Msg, Address, Version string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line), said.String())
		switch line.Msg {
		case "metrics open":
			metrics = line.Address
		case "ingress open":
			require.Equal(t, "v1.2.3", line.Version)
			return metrics
		}
	}
	require.Fail(t, "the ingress did not start", said.String())
	return ""
}

// lock gives everything its owner, and takes the right to write from everyone, as far as this test may.
func (s *stage) lock(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		for folder, owner := range s.owners {
			require.Equal(t, "65532:65532", owner)
			require.NoError(t, os.Chown(filepath.Join(s.folder, folder), nobody, nobody))
		}
	}
	require.NoError(t, os.Chmod(s.folder, 0o555))
	t.Cleanup(func() { require.NoError(t, os.Chmod(s.folder, 0o755)) })
}

// command is a program of the image, with nothing but these variables. For root, the files of the image are
// all that there is, and the user is that of the image. Others cannot have that: the program works in the image's root
// folder then, which nobody may write to.
func (s *stage) command(t *testing.T, program, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	args = append(append([]string{}, program[1:]...), args...)
	if os.Geteuid() == 0 {
		cmd := exec.CommandContext(t.Context(), program[0], args...)
		cmd.Dir, cmd.Env = "/", append([]string{}, environ...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: s.folder, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		return cmd
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(s.folder, program[0]), args...)
	cmd.Dir, cmd.Env = s.folder, append([]string{}, environ...)
	return cmd
}

// files are all paths of the image.
func (s *stage) files(t *testing.T) (all []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(s.folder, func(path string, _ fs.DirEntry, err error) error {
		all = append(all, "/"+strings.TrimPrefix(strings.TrimPrefix(path, s.folder), "/"))
		return err
	}))
	return all
}

// requireStatic wants a program that needs no library and no loader. Images are for Linux.
func requireStatic(t *testing.T, path string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return
	}
	program, err := elf.Open(path)
	require.NoError(t, err)
	defer program.Close()
	libraries, err := program.ImportedLibraries()
	require.NoError(t, err)
	require.Empty(t, libraries)
	for _, part := range program.Progs {
		require.NotEqual(t, elf.PT_INTERP, part.Type)
	}
	require.Empty(t, program.Section(".debug_info"), "small")
}
