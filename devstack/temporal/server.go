// Package temporal runs Temporal's server and its UI for a workshop and for tests: real
// Temporal without Docker. It is one process on SQLite or, as in production, a process for
// each service on a PostgreSQL that it starts.
package temporal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Host is where everything listens: this machine only, because nothing here
// asks who is calling.
const Host = "127.0.0.1"

// Namespace is the namespace that is there from the start.
const Namespace = "default"

// Config says where the server keeps its state and where it listens.
type Config struct {
	// File is the SQLite file; it is made if it is not there.
	File string
	// Postgres is the folder of a PostgreSQL that keeps the state in place of
	// File, with the logs of Temporal's services, each of which is a process; it is
	// made if it is not there. Then no namespace is there from the start.
	Postgres string
	// Port is where clients connect, UIPort where browsers do; without a
	// UIPort there is no UI.
	Port, UIPort int
	// Codec is the codec endpoint through which the UI reads what is encrypted.
	Codec Codec
	// SuggestContinueAsNewAfter is the number of history events after which
	// workflows are told to continue as new; 0 keeps Temporal's 4,096.
	SuggestContinueAsNewAfter int
}

// Run serves until ctx ends.
func Run(ctx context.Context, c Config) error {
	if c.Postgres != "" {
		return runTopology(ctx, c)
	}
	server, err := newServer(c)
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("start Temporal: %w", err)
	}
	defer func() { _ = server.Stop() }()
	if c.UIPort == 0 {
		<-ctx.Done()
		return nil
	}
	return runUI(ctx, c)
}

// newServer is a server of all services in this process.
func newServer(c Config) (temporal.Server, error) {
	store := sqliteFile(c.File)
	if err := store.prepare(); err != nil {
		return nil, err
	}
	services, err := ports(c.Port)
	if err != nil {
		return nil, err
	}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, service := range services {
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(net.JoinHostPort(Host, strconv.Itoa(service.RPC.GRPCPort)))
	}
	alone := dynamic(c)
	// There is one server, so that nothing is gained by parts of a task queue.
	alone[dynamicconfig.MatchingNumTaskqueueReadPartitions.Key()] = 1
	alone[dynamicconfig.MatchingNumTaskqueueWritePartitions.Key()] = 1
	return temporal.NewServer(
		temporal.WithConfig(settings(c, store.databases, services)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithDynamicConfigClient(alone),
		temporal.WithLogger(logger()),
	)
}

// logger says what is wrong, and no more.
func logger() log.Logger {
	return log.NewZapLogger(log.BuildZapLogger(log.Config{Level: "error"}))
}

// databases are where the server keeps its state.
type databases struct {
	// state keeps workflows, visibility what is listed of them.
	state, visibility *config.SQL
	shards            int32
}

// sqliteDatabase is the database of a server in one process.
type sqliteDatabase struct {
	databases
	file string
}

// sqliteFile keeps all of it in one file.
func sqliteFile(file string) sqliteDatabase {
	store := &config.SQL{
		PluginName:   sqlite.PluginName,
		DatabaseName: file,
		// Durable, and faster than SQLite's default journal. These are SQLite's
		// own names of the pragmas: it ignores one that it does not know.
		ConnectAttributes: map[string]string{"mode": "rwc", "journal_mode": "wal", "synchronous": "2"},
	}
	return sqliteDatabase{databases: databases{state: store, visibility: store, shards: 1}, file: file}
}

// prepare makes the schema of a new database and sees to it that the namespace is there.
func (d sqliteDatabase) prepare() error {
	_, err := os.Stat(d.file)
	if errors.Is(err, fs.ErrNotExist) {
		err = sqliteschema.SetupSchema(d.state)
	}
	if err != nil {
		return fmt.Errorf("make the database %s: %w", d.file, err)
	}
	namespace, err := sqliteschema.NewNamespaceConfig(clusterName, Namespace, false, nil)
	if err != nil {
		return err
	}
	namespace.Detail.Config.Retention = durationpb.New(30 * 24 * time.Hour)
	if err := sqliteschema.CreateNamespaces(d.state, namespace); err != nil {
		return fmt.Errorf("make the namespace %s: %w", Namespace, err)
	}
	return nil
}

const clusterName = "active"

// settings is the server's configuration file, as a value.
func settings(c Config, store databases, services map[string]config.Service) *config.Config {
	address := net.JoinHostPort(Host, strconv.Itoa(c.Port))
	off := config.Archival{
		History:    config.HistoryArchival{State: "disabled"},
		Visibility: config.VisibilityArchival{State: "disabled"},
	}
	return &config.Config{
		Global: config.Global{Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: Host}},
		Persistence: config.Persistence{
			DefaultStore: "state", VisibilityStore: "visibility", NumHistoryShards: store.shards,
			DataStores: map[string]config.DataStore{"state": {SQL: store.state}, "visibility": {SQL: store.visibility}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: clusterName, CurrentClusterName: clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: address},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		Archival:            off,
		PublicClient:        config.PublicClient{HostPort: address},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
	}
}

// dynamic are the settings that Temporal reads while it runs.
func dynamic(c Config) dynamicconfig.StaticClient {
	settings := dynamicconfig.StaticClient{
		// A search attribute can be used soon after it was registered. To have it at once, the server would
		// read the namespace for each workflow that it writes or lists, one after the other: 3 ms a row.
		dynamicconfig.NamespaceCacheRefreshInterval.Key(): 500 * time.Millisecond,
		// A run is deleted only once what it had to do is known to be done: by default that takes up to 90 s.
		dynamicconfig.TransferProcessorUpdateAckInterval.Key():   2 * time.Second,
		dynamicconfig.VisibilityProcessorUpdateAckInterval.Key(): 2 * time.Second,
		// Integrations take turns, and what has priority goes first.
		dynamicconfig.MatchingEnableFairness.Key():             true,
		dynamicconfig.FrontendRPS.Key():                        10_000,
		dynamicconfig.HistoryRPS.Key():                         20_000,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key(): 10_000,
	}
	if c.SuggestContinueAsNewAfter > 0 {
		settings[dynamicconfig.HistoryCountSuggestContinueAsNew.Key()] = c.SuggestContinueAsNewAfter
	}
	return settings
}

// ports gives the frontend its port and everything inside a free one.
func ports(frontend int) (map[string]config.Service, error) {
	services := map[string]config.Service{}
	for _, name := range temporal.DefaultServices {
		port := frontend
		if name != string(primitives.FrontendService) {
			free, err := freePort()
			if err != nil {
				return nil, err
			}
			port = free
		}
		services[name] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: Host}}
	}
	return services, nil
}

func freePort() (int, error) {
	all, err := freePorts(1)
	if err != nil {
		return 0, err
	}
	return all[0], nil
}

// freePorts are so many ports that nobody uses.
func freePorts(n int) ([]int, error) {
	var all []int
	for range n {
		l, err := net.Listen("tcp", net.JoinHostPort(Host, "0"))
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close() // held until all are known, so that no two are the same
		all = append(all, l.Addr().(*net.TCPAddr).Port)
	}
	return all, nil
}
