package temporal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/tools/common/schema"
	sqltool "go.temporal.io/server/tools/sql"

	"waybill/devstack/supervisor"
)

// postgresUser is who owns the databases and, where this program runs as root,
// who PostgreSQL runs as: it refuses to run as root. Debian's package makes this user.
const postgresUser = "postgres"

// The two databases. A backup needs both of them, from the same moment.
const (
	stateDatabase      = "temporal"
	visibilityDatabase = "temporal_visibility"
)

// postgresServer is PostgreSQL on a folder.
type postgresServer struct {
	folder string
	port   int
	owner  *syscall.SysProcAttr
}

// FindPostgres is the path of one of PostgreSQL's programs. Debian keeps those of the server out of the
// PATH.
func FindPostgres(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + program)
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("find PostgreSQL's %s: install PostgreSQL's server, which Debian's package postgresql has: apt-get install postgresql", program)
	}
	slices.Sort(found)
	return found[len(found)-1], nil
}

// startPostgres starts a PostgreSQL on a folder, as a child, and waits until it answers. Like everything
// else here, it does not ask who is calling.
func startPostgres(ctx context.Context, folder string, children *supervisor.Supervisor) (*postgresServer, error) {
	server, err := FindPostgres("postgres")
	if err != nil {
		return nil, err
	}
	p := &postgresServer{folder: filepath.Join(folder, "data")}
	if os.Geteuid() == 0 {
		if p.owner, err = giveAway(folder); err != nil {
			return nil, err
		}
	}
	if p.port, err = freePort(); err != nil {
		return nil, err
	}
	if err := p.makeFiles(folder); err != nil {
		return nil, err
	}
	if err := await(ctx, "the PostgreSQL of before to end", func(context.Context) error { return p.ended() }); err != nil {
		return nil, err
	}
	// Temporal's services have 20 connections each to both databases at most.
	cmd := exec.Command(server, "-D", p.folder, "-c", "listen_addresses="+Host, "-c", "port="+strconv.Itoa(p.port),
		"-c", "unix_socket_directories=", "-c", "max_connections=200")
	cmd.Dir, cmd.SysProcAttr = folder, p.owner
	// SIGINT is its fast shutdown: it waits for nobody who is connected.
	if err := children.Run("postgres", cmd, syscall.SIGINT); err != nil {
		return nil, err
	}
	return p, await(ctx, "PostgreSQL", func(context.Context) error {
		return p.connect("postgres", func(conn *sqltool.Connection) error { return conn.Exec("SELECT 1") })
	})
}

// ended says whether a PostgreSQL is at work on the files: one whose supervisor was killed takes a moment to end.
func (p *postgresServer) ended() error {
	raw, err := os.ReadFile(filepath.Join(p.folder, "postmaster.pid"))
	if err != nil {
		return nil //nolint:nilerr // without the file, none is
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(line)
	if err == nil && syscall.Kill(pid, 0) == nil {
		return fmt.Errorf("process %d is at work on %s", pid, p.folder)
	}
	return nil
}

// makeFiles makes the files of a new PostgreSQL.
func (p *postgresServer) makeFiles(folder string) error {
	_, err := os.Stat(filepath.Join(p.folder, "PG_VERSION"))
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	program, err := FindPostgres("initdb")
	if err != nil {
		return err
	}
	cmd := exec.Command(program, "--pgdata", p.folder, "--username", postgresUser, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	cmd.Dir, cmd.SysProcAttr = folder, p.owner
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make PostgreSQL's files in %s, which its user has to be able to reach: %w\n%s", p.folder, err, said)
	}
	return nil
}

// giveAway gives a folder to the user that PostgreSQL is to run as.
func giveAway(folder string) (*syscall.SysProcAttr, error) {
	owner, err := user.Lookup(postgresUser)
	if err != nil {
		return nil, fmt.Errorf("find a user for PostgreSQL, which does not run as root: %w", err)
	}
	uid, err := strconv.ParseUint(owner.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(owner.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	as := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return as, os.Chown(folder, int(uid), int(gid))
}

// database is how Temporal reaches one of the databases.
func database(port int, name string) *config.SQL {
	return &config.SQL{
		PluginName: postgresql.PluginNamePGX, DatabaseName: name, User: postgresUser,
		ConnectAddr: net.JoinHostPort(Host, strconv.Itoa(port)), ConnectProtocol: "tcp", MaxConns: 20, MaxIdleConns: 20, MaxConnLifetime: time.Hour,
	}
}

func (p *postgresServer) connect(name string, do func(*sqltool.Connection) error) error {
	conn, err := sqltool.NewConnection(database(p.port, name), log.NewNoopLogger())
	if err != nil {
		return fmt.Errorf("connect to the database %s: %w", name, err)
	}
	defer conn.Close()
	return do(conn)
}

// asItIs has PostgreSQL store long values without its own compression, so that a search of its files
// finds a text that is there.
const asItIs = `DO $$
DECLARE c record;
BEGIN
	FOR c IN SELECT attrelid::regclass AS of, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
		WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped AND attstorage IN ('x', 'm')
	LOOP
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE EXTERNAL', c.of, c.attname);
	END LOOP;
END $$`

// migrate brings both databases to the schema of this server, version by version, with the code of
// Temporal's own temporal-sql-tool. It can be run again at any time.
func (p *postgresServer) migrate() error {
	for name, versions := range map[string]string{stateDatabase: "postgresql/v12/temporal", visibilityDatabase: "postgresql/v12/visibility"} {
		err := p.connect("postgres", func(conn *sqltool.Connection) error { return conn.CreateDatabase(name) })
		if err == nil {
			err = p.connect(name, func(conn *sqltool.Connection) error { return update(conn, versions) })
		}
		if err != nil {
			return fmt.Errorf("bring the database %s to Temporal's schema: %w", name, err)
		}
	}
	return nil
}

func update(conn *sqltool.Connection, versions string) error {
	quiet := log.NewNoopLogger()
	if _, err := conn.ReadSchemaVersion(); err != nil { // there is none yet
		if err := schema.NewSetupSchemaTask(conn, &schema.SetupConfig{InitialVersion: "0.0"}, quiet).Run(); err != nil {
			return err
		}
	}
	if err := schema.NewUpdateSchemaTask(conn, &schema.UpdateConfig{SchemaName: versions}, quiet).Run(); err != nil {
		return err
	}
	return conn.Exec(asItIs)
}
