package temporal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/schema"
	postgresschema "go.temporal.io/server/schema/postgresql/v12"
)

// postgresUser is who owns the databases and, where this program runs as root,
// who PostgreSQL runs as: it refuses to run as root. Debian's package makes this user.
const postgresUser = "postgres"

// postgresServer is a running PostgreSQL, whose programs have to be on the PATH.
type postgresServer struct {
	folder string
	port   int
	owner  *syscall.SysProcAttr
	isNew  bool
}

// startPostgres starts a PostgreSQL on a folder, on a free port of this machine. Like everything
// else here, it does not ask who is calling.
func startPostgres(folder string) (*postgresServer, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of PostgreSQL: %w", err)
	}
	p := &postgresServer{folder: folder}
	if os.Geteuid() == 0 {
		if p.owner, err = giveAway(folder); err != nil {
			return nil, err
		}
	}
	if p.port, err = freePort(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(folder, "PG_VERSION")); errors.Is(err, os.ErrNotExist) {
		p.isNew = true
		if err := p.run("initdb", "--pgdata", folder, "--username", postgresUser, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"); err != nil {
			return nil, err
		}
	}
	// Temporal's services have 20 connections each to both databases at most.
	options := fmt.Sprintf("-c listen_addresses=%s -c port=%d -c unix_socket_directories= -c max_connections=200", Host, p.port)
	return p, p.run("pg_ctl", "start", "--wait", "--pgdata", folder, "--log", filepath.Join(folder, "postgres.log"), "--options", options)
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

// stop writes everything to the files and ends PostgreSQL, by its process id.
func (p *postgresServer) stop() error {
	return p.run("pg_ctl", "stop", "--wait", "--mode", "fast", "--pgdata", p.folder)
}

// run runs a program of PostgreSQL's to its end. The server, which outlives pg_ctl,
// has its output in a file.
func (p *postgresServer) run(program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.SysProcAttr = p.folder, p.owner
	said, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("run PostgreSQL's %s: %w\n%s", program, err, said)
	}
	return nil
}

func (p *postgresServer) database(name string) *config.SQL {
	return &config.SQL{
		PluginName: postgresql.PluginNamePGX, DatabaseName: name, User: postgresUser,
		ConnectAddr: net.JoinHostPort(Host, strconv.Itoa(p.port)), ConnectProtocol: "tcp", MaxConns: 20, MaxIdleConns: 20,
	}
}

func (p *postgresServer) databases() databases {
	state, visibility := p.database("temporal"), p.database("temporal_visibility")
	return databases{
		state: state, visibility: visibility,
		missing: func() (bool, error) { return p.isNew, nil },
		make: func() error {
			if err := p.administer("postgres", func(db sqlplugin.AdminDB) error {
				return errors.Join(db.CreateDatabase(state.DatabaseName), db.CreateDatabase(visibility.DatabaseName))
			}); err != nil {
				return err
			}
			return errors.Join(
				p.makeTables(state.DatabaseName, "postgresql/v12/temporal/schema.sql", postgresschema.Version),
				p.makeTables(visibility.DatabaseName, "postgresql/v12/visibility/schema.sql", postgresschema.VisibilityVersion),
			)
		},
	}
}

func (p *postgresServer) administer(database string, do func(sqlplugin.AdminDB) error) error {
	db, err := sql.NewSQLAdminDB(sqlplugin.DbKindUnknown, p.database(database), resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}

// asItIs has PostgreSQL store long values without its own compression, so that a search of its files
// finds a text that is there.
const asItIs = `DO $$
DECLARE c record;
BEGIN
	FOR c IN SELECT attrelid::regclass AS of, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
		WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND attstorage IN ('x', 'm')
	LOOP
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE EXTERNAL', c.of, c.attname);
	END LOOP;
END $$`

// makeTables does what Temporal's own tool does for an empty database.
func (p *postgresServer) makeTables(database, file, version string) error {
	raw, err := fs.ReadFile(schema.Assets(), file)
	if err != nil {
		return err
	}
	statements, err := persistence.LoadAndSplitQueryFromReaders([]io.Reader{bytes.NewReader(raw)})
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	return p.administer(database, func(db sqlplugin.AdminDB) error {
		if err := db.CreateSchemaVersionTables(); err != nil {
			return err
		}
		for _, statement := range append(statements, asItIs) {
			if err := db.Exec(statement); err != nil {
				return fmt.Errorf("run %.60q of %s: %w", statement, file, err)
			}
		}
		return db.UpdateSchemaVersion(database, version, version)
	})
}
