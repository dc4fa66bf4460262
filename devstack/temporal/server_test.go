package temporal

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheDatabaseKeepsAWriteAheadLog reads the file's own header: a misspelt
// pragma is ignored without a word.
func TestTheDatabaseKeepsAWriteAheadLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "temporal.db")
	require.NoError(t, sqliteFile(file).prepare())
	require.NoError(t, sqliteFile(file).prepare(), "a file that is there already is used again")
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	// https://www.sqlite.org/fileformat.html#file_format_version_numbers
	require.Equal(t, []byte{2, 2}, raw[18:20], "2 is a write-ahead log, 1 the default journal")
}
