//go:build bench

package e2e_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
)

var sizedParcels = flag.Int("sized-parcels", 200, "with how many parcels TestWhatAMillionParcelsNeed measures")

// It prints what a parcel needs: processor time, what Temporal writes to its database, and what Temporal Cloud
// would bill. It demands nothing: machines differ. With E2E_DB=postgres, it also counts in the database.
func TestWhatAMillionParcelsNeed(t *testing.T) {
	server := &temporalServer{folder: t.TempDir(), port: freePort(t), postgres: onPostgres}
	require.NoError(t, os.Chmod(filepath.Dir(server.folder), 0o755)) // PostgreSQL runs as another user
	require.NoError(t, os.Chmod(server.folder, 0o755))
	require.NoError(t, server.start())
	defer server.terminate()
	s := newStack(t, server)
	s.journey(s.newParcels(4), func() {}) // what is done once is not counted
	parcels := s.newParcels(*sizedParcels)
	before, began, spent := s.counted(server), time.Now(), cpuOf(t, server)
	mine := map[*process]time.Duration{}
	for _, p := range s.processes() {
		mine[p] = p.cpu(t)
	}
	s.journey(parcels, func() {})
	took := time.Since(began)
	scans := len(parcels) * len(standardParcel)
	var ours time.Duration
	for p, was := range mine {
		ours += p.cpu(t) - was
	}
	for name, was := range spent {
		t.Logf("processor time a scan, %-9s %v", name, ((cpuOf(t, server)[name] - was) / time.Duration(scans)).Round(10*time.Microsecond))
	}
	t.Logf("processor time a scan, Waybill   %v, in %d processes", (ours / time.Duration(scans)).Round(10*time.Microsecond), len(mine))
	t.Logf("scans a second                   %.0f", float64(scans)/took.Seconds())
	after := s.counted(server)
	for i, one := range counters {
		if len(after) > 0 {
			t.Logf("%-32s %.0f a parcel", one.name, (after[i]-before[i])/float64(len(parcels)))
		}
	}
	events, actions, bytes := 0, 0, s.bytes(parcels[:10])
	for _, e := range s.events(workflowID(parcels[0])) {
		events++
		switch e.GetEventType() {
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, enums.EVENT_TYPE_ACTIVITY_TASK_STARTED, enums.EVENT_TYPE_TIMER_STARTED,
			enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, enums.EVENT_TYPE_MARKER_RECORDED:
			actions++
		default:
		}
	}
	t.Logf("%d events, %.0f bytes of history and about %d billed actions a parcel, until it is delivered", events, bytes, actions)
}

// counters are what PostgreSQL counts, over both databases.
var counters = []struct{ name, query string }{
	{"transactions", "select sum(xact_commit) from pg_stat_database where datname like 'temporal%'"},
	{"rows inserted", "select sum(tup_inserted) from pg_stat_database where datname like 'temporal%'"},
	{"rows updated", "select sum(tup_updated) from pg_stat_database where datname like 'temporal%'"},
	{"rows deleted", "select sum(tup_deleted) from pg_stat_database where datname like 'temporal%'"},
	{"bytes of write-ahead log", "select pg_current_wal_lsn() - '0/0'"},
	{"bytes of both databases", "select sum(pg_database_size(datname)) from pg_database where datname like 'temporal%'"},
}

// counted asks PostgreSQL; nothing on SQLite.
func (s *stack) counted(server *temporalServer) (values []float64) {
	s.Helper()
	if !server.postgres {
		return nil
	}
	pid, err := os.ReadFile(filepath.Join(server.folder, "data", "postmaster.pid"))
	require.NoError(s, err)
	port := strings.Split(string(pid), "\n")[3]
	for _, one := range counters {
		out, err := exec.CommandContext(s.Context(), "psql", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-d", "temporal", "-tAc", one.query).CombinedOutput()
		require.NoError(s, err, string(out))
		value, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
		require.NoError(s, err)
		values = append(values, value)
	}
	return values
}

// cpuOf is the processor time of Temporal and of its database, all processes together. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
func cpuOf(t *testing.T, server *temporalServer) map[string]time.Duration {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	type one struct {
		name   string
		parent int
		cpu    time.Duration
	}
	all := map[int]one{}
	for _, file := range stats {
		raw, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		before, after, _ := strings.Cut(string(raw), ") ")
		id, name, _ := strings.Cut(before, " (")
		fields := strings.Fields(after)
		number := func(text string) int { n, _ := strconv.Atoi(text); return n }
		all[number(id)] = one{name, number(fields[1]), time.Duration(number(fields[11])+number(fields[12])) * (time.Second / 100)}
	}
	spent := map[string]time.Duration{}
	for id, p := range all {
		for up := id; up > 1; up = all[up].parent {
			if up == server.cmd.Process.Pid {
				name := "Temporal"
				if strings.HasPrefix(p.name, "postgres") {
					name = "PostgreSQL"
				}
				spent[name] += p.cpu
				break
			}
		}
	}
	return spent
}
