//go:build postgres

package e2e_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The files of PostgreSQL are searched after it has stopped: tables, indexes and the write-ahead log, and
// its own log.
func TestPostgreSQLShowsNothingOfWhatPeopleWrote(t *testing.T) {
	t.Parallel()
	searchEverywhere(t, func(t *testing.T) *temporalServer {
		// For root, PostgreSQL runs as another user, who does not reach the folders of t.TempDir.
		folder, err := os.MkdirTemp("", "waybill-postgres-")
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(folder) })
		return &temporalServer{folder: folder, port: freePort(t), postgres: true}
	})
}
