package image_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// readStages reads the Dockerfile with the parser of the engine.
func readStages(t *testing.T) []instructions.Stage {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)
	file, err := parser.Parse(bytes.NewReader(raw))
	require.NoError(t, err)
	require.Empty(t, file.Warnings)
	stages, _, err := instructions.Parse(file.AST, nil)
	require.NoError(t, err)
	return stages
}

// ignored is .dockerignore, with the matcher of the engine.
func ignored(t *testing.T) *patternmatcher.PatternMatcher {
	t.Helper()
	file, err := os.Open(filepath.Join(root, ".dockerignore"))
	require.NoError(t, err)
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	require.NoError(t, err)
	matcher, err := patternmatcher.New(patterns)
	require.NoError(t, err)
	return matcher
}

// engine does on this machine what a Dockerfile says, as far as that can be done without an engine: it
// knows the instructions that ours has and refuses others. The base of the first stage is this machine, with
// its Go and its caches; that of the last one is empty. The files of each stage have a folder of their own, and commands
// use it as long as they name files from their working folder.
type engine struct {
	*testing.T
	// args are the arguments of the build, with those that an engine sets by itself.
	args map[string]string
	// context is what .dockerignore leaves of the repository.
	context string
	// stages are the folders of those that are built.
	stages map[string]*stage
}

type stage struct {
	folder, workdir string
	env             []string
	// owners are the folders that were copied, each with its owner; nothing is root.
	owners     map[string]string
	entrypoint []string
	health     []string
	labels     map[string]string
}

func newEngine(t *testing.T, args map[string]string) *engine {
	t.Helper()
	args["TARGETOS"], args["TARGETARCH"] = runtime.GOOS, runtime.GOARCH
	e := &engine{T: t, args: args, context: t.TempDir(), stages: map[string]*stage{}}
	matcher := ignored(t)
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		require.NoError(t, err)
		out, err := matcher.MatchesOrParentMatches(filepath.ToSlash(name))
		require.NoError(t, err)
		switch {
		case name == ".":
			return nil
		case out && d.IsDir():
			return fs.SkipDir
		case out || !d.Type().IsRegular():
			return nil
		}
		copyFile(t, path, filepath.Join(e.context, name))
		return nil
	}))
	return e
}

// build builds all stages and returns the last one.
func (e *engine) build(stages []instructions.Stage) *stage {
	e.Helper()
	var last *stage
	for _, parsed := range stages {
		last = &stage{folder: e.TempDir(), workdir: "/", owners: map[string]string{}, labels: map[string]string{}}
		e.stages[parsed.Name] = last
		for _, command := range parsed.Commands {
			if expands, ok := command.(instructions.SupportsSingleWordExpansion); ok {
				require.NoError(e, expands.Expand(last.expand))
			}
			e.follow(last, command)
		}
	}
	return last
}

// follow does one instruction.
func (e *engine) follow(s *stage, command instructions.Command) {
	e.Helper()
	switch c := command.(type) {
	case *instructions.ArgCommand:
		for _, arg := range c.Args {
			value, given := e.args[arg.Key]
			if !given {
				value = arg.ValueString()
			}
			s.env = append(s.env, arg.Key+"="+value)
		}
	case *instructions.EnvCommand:
		for _, pair := range c.Env {
			s.env = append(s.env, pair.Key+"="+pair.Value)
		}
	case *instructions.WorkdirCommand:
		s.workdir = c.Path
		require.NoError(e, os.MkdirAll(filepath.Join(s.folder, c.Path), 0o755))
	case *instructions.CopyCommand:
		e.copy(s, c)
	case *instructions.RunCommand:
		require.True(e, c.PrependShell)
		run := exec.CommandContext(e.Context(), "sh", "-c", strings.Join(c.CmdLine, " "))
		run.Dir, run.Env = filepath.Join(s.folder, s.workdir), append(os.Environ(), s.env...)
		said, err := run.CombinedOutput()
		require.NoError(e, err, "RUN %s\n%s", c.CmdLine, said)
	case *instructions.LabelCommand:
		for _, pair := range c.Labels {
			s.labels[pair.Key] = pair.Value
		}
	case *instructions.EntrypointCommand:
		require.False(e, c.PrependShell, "there is no shell")
		s.entrypoint = c.CmdLine
	case *instructions.HealthCheckCommand:
		require.Equal(e, "CMD", c.Health.Test[0], "there is no shell")
		s.health = c.Health.Test[1:]
	case *instructions.UserCommand, *instructions.ExposeCommand:
	default:
		require.Fail(e, "teach the engine of this test the instruction "+command.Name())
	}
}

// copy copies files from the context or from another stage. What is named as a folder is copied with all
// that is in it.
func (e *engine) copy(s *stage, c *instructions.CopyCommand) {
	e.Helper()
	from := e.context
	if c.From != "" {
		require.Contains(e, e.stages, c.From)
		from = e.stages[c.From].folder
	}
	to := c.DestPath
	if !filepath.IsAbs(to) {
		to = filepath.Join(s.workdir, to) + strings.TrimPrefix(to, filepath.Clean(to))
	}
	for _, source := range c.SourcePaths {
		path := filepath.Join(from, source)
		about, err := os.Stat(path)
		require.NoError(e, err, "COPY %s", source)
		target := filepath.Join(s.folder, to)
		if about.IsDir() {
			require.NoError(e, os.MkdirAll(target, 0o755))
			copyFolder(e.T, path, target)
			s.owners[to] = c.Chown
			continue
		}
		if len(c.SourcePaths) > 1 || strings.HasSuffix(c.DestPath, "/") {
			target = filepath.Join(target, filepath.Base(source))
		}
		copyFile(e.T, path, target)
	}
}

// expand puts arguments and variables into a word.
func (s *stage) expand(word string) (string, error) {
	expanded, _, err := shell.NewLex('\\').ProcessWord(word, shell.EnvsFromSlice(s.env))
	return expanded, err
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	about, err := os.Stat(from)
	require.NoError(t, err)
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
	require.NoError(t, os.WriteFile(to, content, about.Mode().Perm()))
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, path)
		require.NoError(t, err)
		copyFile(t, path, filepath.Join(to, name))
		return nil
	}))
}
