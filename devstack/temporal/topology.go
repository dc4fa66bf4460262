package temporal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"waybill/devstack/supervisor"
)

// The topology of docker-compose.yml without containers: PostgreSQL and Temporal's services, each in a
// process of its own, with its log in a file of its own. The services find each other with ringpop,
// through the database, as in production.

// shards are the history shards. A cluster's number is fixed for life; 4 are the server image's default.
const shards = 4

// topologyFile is in the folder of the topology, and says where its parts listen.
const topologyFile = "topology.json"

// topology is where the parts listen.
type topology struct {
	// Postgres is PostgreSQL's port, whose user is postgres and asks for no password.
	Postgres int `json:"postgres"`
	// Services are the ports of Temporal's services, by name.
	Services map[string]servicePorts `json:"services"`
	// SuggestContinueAsNewAfter is that of [Config].
	SuggestContinueAsNewAfter int `json:"suggest_continue_as_new_after,omitempty"`
}

type servicePorts struct {
	// GRPC is for calls, Membership for ringpop.
	GRPC       int `json:"grpc"`
	Membership int `json:"membership"`
}

// started are the services in the order in which they start. Those that answer under a name of gRPC's
// health protocol have to answer before the next one starts.
var started = []struct {
	service primitives.ServiceName
	health  string
}{
	{primitives.HistoryService, "temporal.api.workflowservice.v1.HistoryService"},
	{primitives.MatchingService, "temporal.api.workflowservice.v1.MatchingService"},
	{primitives.FrontendService, "temporal.api.workflowservice.v1.WorkflowService"},
	{primitives.WorkerService, ""},
}

// runTopology runs PostgreSQL and Temporal's services until ctx ends, or until one of them does.
func runTopology(ctx context.Context, c Config) error {
	folder, err := filepath.Abs(c.Postgres)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make the folder of PostgreSQL: %w", err)
	}
	children := supervisor.New(io.Discard, folder, func(_, _ string) string { return "" })
	running, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		cancel(children.Wait(running))
		close(watched)
	}()
	err = startTopology(running, c, folder, children)
	switch {
	case err != nil:
	case c.UIPort != 0:
		err = runUI(running, c)
	default:
		<-running.Done()
	}
	cancel(nil)
	<-watched
	var ended supervisor.Ended
	if errors.As(context.Cause(running), &ended) {
		err = ended
	} else if ctx.Err() != nil {
		err = nil // told to stop, which is no fault
	}
	return errors.Join(err, children.Stop())
}

func startTopology(ctx context.Context, c Config, folder string, children *supervisor.Supervisor) error {
	postgres, err := startPostgres(ctx, folder, children)
	if err != nil {
		return err
	}
	if err := postgres.migrate(); err != nil {
		return err
	}
	services, err := servicesAt(folder, c.Port)
	if err != nil {
		return err
	}
	where := topology{Postgres: postgres.port, Services: services, SuggestContinueAsNewAfter: c.SuggestContinueAsNewAfter}
	raw, err := json.MarshalIndent(where, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, topologyFile), raw, 0o600)
	}
	if err != nil {
		return fmt.Errorf("say where the services listen: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, s := range started {
		if err := children.Start(string(s.service), nil, self, "temporal", "service", string(s.service), "--postgres", folder); err != nil {
			return err
		}
		if s.health == "" {
			continue
		}
		if err := await(ctx, "Temporal's "+string(s.service), serving(where.Services[string(s.service)].GRPC, s.health)); err != nil {
			return err
		}
	}
	return nil
}

// Temporal's schema for PostgreSQL keeps a membership port in a smallint, so that the ports which the kernel
// gives to whoever asks for any, from 32,768 on, are too large.
const (
	lowestMembershipPort  = 10_000
	highestMembershipPort = 17_999
)

// membershipPorts are so many free ports that Temporal can keep.
func membershipPorts(n int) ([]int, error) {
	var all []int
	for range 1000 {
		port := lowestMembershipPort + rand.IntN(highestMembershipPort-lowestMembershipPort+1)
		l, err := net.Listen("tcp", net.JoinHostPort(Host, strconv.Itoa(port)))
		if err != nil {
			continue
		}
		defer l.Close() // held until all are known, so that no two are the same
		if all = append(all, port); len(all) == n {
			return all, nil
		}
	}
	return nil, fmt.Errorf("find %d free ports from %d to %d", n, lowestMembershipPort, highestMembershipPort)
}

// servicesAt are the ports of the services: those of before, if there were any and they are free. Otherwise
// the services that were killed before would count as members for a minute, which nobody can reach.
func servicesAt(folder string, frontend int) (map[string]servicePorts, error) {
	if before, err := readTopology(folder); err == nil && before.Services[string(primitives.FrontendService)].GRPC == frontend && before.free() {
		return before.Services, nil
	}
	calls, err := freePorts(len(started))
	if err != nil {
		return nil, err
	}
	members, err := membershipPorts(len(started))
	if err != nil {
		return nil, err
	}
	services := map[string]servicePorts{}
	for i, s := range started {
		ports := servicePorts{GRPC: calls[i], Membership: members[i]}
		if s.service == primitives.FrontendService {
			ports.GRPC = frontend
		}
		services[string(s.service)] = ports
	}
	return services, nil
}

func readTopology(folder string) (where topology, err error) {
	raw, err := os.ReadFile(filepath.Join(folder, topologyFile))
	if err == nil {
		err = json.Unmarshal(raw, &where)
	}
	return where, err
}

// free reports whether nobody uses the ports of the services.
func (t topology) free() bool {
	for _, ports := range t.Services {
		for _, port := range []int{ports.GRPC, ports.Membership} {
			l, err := net.Listen("tcp", net.JoinHostPort(Host, strconv.Itoa(port)))
			if err != nil {
				return false
			}
			_ = l.Close() // it was only tried
		}
	}
	return len(t.Services) == len(started)
}

// RunService runs one of Temporal's services in the folder of a topology until ctx ends.
func RunService(ctx context.Context, folder, service string) error {
	where, err := readTopology(folder)
	if err != nil {
		return fmt.Errorf("read where the services listen; bin/devstack temporal --postgres starts them: %w", err)
	}
	services := map[string]config.Service{}
	for name, ports := range where.Services {
		services[name] = config.Service{RPC: config.RPC{GRPCPort: ports.GRPC, MembershipPort: ports.Membership, BindOnIP: Host}}
	}
	if _, known := services[service]; !known {
		return fmt.Errorf("%q is not a service of Temporal's", service)
	}
	c := Config{Port: where.Services[string(primitives.FrontendService)].GRPC, SuggestContinueAsNewAfter: where.SuggestContinueAsNewAfter}
	store := databases{state: database(where.Postgres, stateDatabase), visibility: database(where.Postgres, visibilityDatabase), shards: shards}
	server, err := temporal.NewServer(
		temporal.WithConfig(settings(c, store, services)),
		temporal.ForServices([]string{service}),
		temporal.WithDynamicConfigClient(dynamic(c)),
		temporal.WithLogger(logger()),
	)
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("start Temporal's %s: %w", service, err)
	}
	<-ctx.Done()
	return server.Stop()
}

// serving asks a service whether it serves, with gRPC's health protocol.
func serving(port int, service string) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := grpc.NewClient(net.JoinHostPort(Host, strconv.Itoa(port)), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // it was only asked
		answer, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: service})
		if err == nil && answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			err = fmt.Errorf("it answers %s", answer.GetStatus())
		}
		return err
	}
}

// partLimit is how long a part of the topology may take until it answers.
const partLimit = 3 * time.Minute

// await waits until there is no error, and says what it has waited for.
func await(ctx context.Context, what string, ask func(context.Context) error) error {
	if err := supervisor.Await(ctx, partLimit, ask); err != nil {
		return fmt.Errorf("wait for %s: %w; look at its log", what, err)
	}
	return nil
}
