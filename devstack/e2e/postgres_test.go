//go:build postgres

package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The files of PostgreSQL are searched after it has stopped: tables, indexes and the write-ahead log, and
// its own log.
func TestPostgreSQLShowsNothingOfWhatPeopleWrote(t *testing.T) {
	t.Parallel()
	searchEverywhere(t, newPostgres)
}

// newPostgres is a server on PostgreSQL that was not started yet.
func newPostgres(t *testing.T) *temporalServer {
	return &temporalServer{folder: reachableFolder(t), port: freePort(t), postgres: true}
}

// reachableFolder is an empty folder. For root, PostgreSQL runs as another user, who does not reach the
// folders of t.TempDir.
func reachableFolder(t *testing.T) string {
	folder, err := os.MkdirTemp("", "waybill-postgres-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

// "make run DB=postgres" works out of the box, and goes on where it stopped.
func TestANewcomerRunsTheTopologyOfProduction(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t)
	n.folder = reachableFolder(t)
	n.run("--db", "postgres")
	require.Contains(t, n.play("refund-small"), "PAYOUT-0001")
	for _, part := range []string{"postgres/postgres", "postgres/frontend", "postgres/history", "postgres/matching", "postgres/worker", "ingress-1", "ingress-2", "worker-1", "worker-2", "proxy"} {
		require.FileExists(t, filepath.Join(n.folder, part+".log"))
	}
	n.stack.terminate()
	require.Zero(t, n.stack.cmd.ProcessState.ExitCode(), n.stack.output())
	n.run("--db", "postgres")
	require.Contains(t, n.play("refund-small"), "PAYOUT-0002")
}
