package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// buildWaybill builds the program that the stack runs.
func buildWaybill(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "waybill")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/waybill")
	cmd.Dir, cmd.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
	return program
}

func TestAnOlderPolicyStaysAndWhatItLacksIsTold(t *testing.T) {
	s := stack{waybill: buildWaybill(t), folder: t.TempDir(), state: state{Tokens: map[string]string{"anna": "a", "ben": "b", "mia": "c", "sam": "d", "ida": "e"}}}
	path, err := s.writePolicy()
	require.NoError(t, err)
	said, err := exec.CommandContext(t.Context(), s.waybill, "policy", "check", path).CombinedOutput()
	require.NoError(t, err, string(said))
	require.Contains(t, string(said), "refunds live, 3 people decide")
	lacks, err := s.lacks(t.Context())
	require.NoError(t, err)
	require.Empty(t, lacks)

	const older = "mode: live\nhold: 0\n"
	for policy, want := range map[string]string{
		older:                             "it lacks:\n\n  mode: live, without which they are written down, and no more\n  people, without whom nobody can decide\n  an inspector, without whom Temporal's UI shows what is stored, which is encrypted\n\n",
		older + "refunds: {mode: live}\n": "it lacks:\n\n  people, without whom nobody can decide\n  an inspector, without whom Temporal's UI shows what is stored, which is encrypted\n\n",
		older + "people: {mia: {email: mia@shop.example, role: manager}}\n": "it lacks:\n\n  mode: live, without which they are written down, and no more\n  tokens, without which the command line decides nothing\n  an inspector, without whom Temporal's UI shows what is stored, which is encrypted\n\n",
	} {
		require.NoError(t, os.WriteFile(path, []byte(policy), 0o600))
		_, err := s.writePolicy()
		require.NoError(t, err)
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, policy, string(kept))
		lacks, err := s.lacks(t.Context())
		require.NoError(t, err)
		require.Contains(t, lacks, want)
		require.Contains(t, lacks, "  anna: {email: anna@demo-shop.example")
	}
	require.NoError(t, os.WriteFile(path, []byte("mode: sometimes\n"), 0o600))
	_, err = s.lacks(t.Context())
	require.ErrorContains(t, err, "look at the policy of the demo")
}
