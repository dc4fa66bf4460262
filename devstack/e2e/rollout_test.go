package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
)

// The builds between which a deployment changes. Both are from the same files, but for a gate that the newer
// one has.
const oldBuild, newBuild = "v1.0.0", "v1.1.0"

// A new build takes over parcels that are on their way, is rolled back, and takes over again, while webhooks
// keep coming. As long as its gates are closed, the build before can go on with what it has done.
func TestABuildTakesOverAndIsRolledBack(t *testing.T) {
	t.Parallel()
	s := &rollout{stack: prepareStack(t, shared.get(t))}
	s.setUp()
	older, newer := s.buildAs(oldBuild, false), s.buildAs(newBuild, true)
	s.startIngress()
	s.awaitReady()
	s.deployments(false, "show") // there is none yet
	first := s.work(older)
	s.eventually("the worker to say that it gets no work", func() error {
		if !strings.Contains(first.output(), "Temporal gives no work to this version yet") {
			return errors.New(first.output())
		}
		return nil
	})
	s.deployments(false, "set-current", "v9.9.9", "--yes")
	s.deployments(true, "set-current", oldBuild, "--yes")
	traffic := s.traffic()
	all := s.send(sendcloud.ToSorting, -4*time.Hour, s.parcel(), s.parcel(), s.parcel(), s.parcel())
	s.told(all, 1)

	second := s.work(newer, "WAYBILL_GATES=closed")
	s.worked(second)
	s.deployments(true, "ramp", newBuild, "--percent", "50", "--yes")
	require.Regexp(t, newBuild+` +ramping, 50 %`, s.deployments(true, "show"))
	s.send(sendcloud.DriverEnRoute, -3*time.Hour, all...)
	s.told(all, 2)
	s.deployments(true, "set-current", newBuild, "--yes")
	first.terminate()
	later := s.send(sendcloud.ToSorting, -2*time.Hour, s.parcel(), s.parcel())
	s.told(later, 1)

	third := s.work(older)
	s.worked(third)
	s.deployments(true, "set-current", oldBuild, "--yes")
	second.terminate()
	s.send(sendcloud.DriverEnRoute, -time.Hour, later...)
	s.told(later, 2)

	last := s.work(newer)
	s.worked(last)
	s.deployments(true, "set-current", newBuild, "--yes")
	third.terminate()
	s.send(sendcloud.Delivered, -time.Minute, append(all, later...)...)
	passed := s.send(sendcloud.ToSorting, -time.Minute, s.parcel())
	s.told(append(all, later...), 3)
	s.told(passed, 1)
	require.Positive(t, s.passedGates(passed[0]), "a new parcel goes by the new code")

	for _, one := range traffic.end() {
		s.settledAtLeast(one, 1)
		all = append(all, one)
	}
	for _, p := range append(append(all, later...), passed...) {
		require.Zero(t, count(s.events(workflowID(p)), enums.EVENT_TYPE_WORKFLOW_TASK_FAILED))
		mailed := s.mails(p)
		for i, kind := range mailed {
			require.NotContains(t, mailed[:i], kind, "each mail leaves once")
		}
	}
	shown := s.deployments(true, "show")
	require.Regexp(t, newBuild+` +current`, shown)
	require.Regexp(t, oldBuild+` +(draining|drained)`, shown)
}

// rollout is a stack with workers of several builds.
type rollout struct{ *stack }

// overlay has the newer build pass a gate, and do something that the older one does not.
var overlay = map[string][2]string{
	"workflows/gates.go":        {"var gates []gate\n", "var gates = []gate{{name: \"rolled-out\", since: \"2026-11-29\", why: \"A test rolls it out.\", until: \"2027-11-29\"}}\n"},
	"workflows/track_parcel.go": {"\tdeliver(ctx, &t.keeper,", "\tif gates[0].passed(ctx) {\n\t\t_ = workflow.SideEffect(ctx, func(workflow.Context) any { return true })\n\t}\n\tdeliver(ctx, &t.keeper,"},
}

// buildAs builds waybill with a version, and with the gate or without.
func (s *rollout) buildAs(version string, gated bool) (program string) {
	s.Helper()
	folder := s.TempDir()
	program = filepath.Join(folder, "waybill")
	args := []string{"build", "-buildvcs=false", "-ldflags", "-X waybill/version.givenVersion=" + version, "-o", program}
	if gated {
		replace := map[string]string{}
		for file, change := range overlay {
			path, err := filepath.Abs(filepath.Join("..", "..", file))
			require.NoError(s, err)
			source, err := os.ReadFile(path)
			require.NoError(s, err)
			require.Equal(s, 1, strings.Count(string(source), change[0]), "%s has changed: correct the overlay", file)
			replace[path] = filepath.Join(folder, filepath.Base(file))
			require.NoError(s, os.WriteFile(replace[path], []byte(strings.Replace(string(source), change[0], change[1], 1)), 0o600))
		}
		listed, err := json.Marshal(map[string]any{"Replace": replace})
		require.NoError(s, err)
		file := filepath.Join(folder, "overlay.json")
		require.NoError(s, os.WriteFile(file, listed, 0o600))
		args = append(args, "-overlay", file)
	}
	cmd := exec.Command("go", append(args, "./cmd/waybill")...)
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	said, err := cmd.CombinedOutput()
	require.NoError(s, err, string(said))
	return program
}

const deployment = "WAYBILL_DEPLOYMENT=waybill"

// work starts a worker of a build.
func (s *rollout) work(program string, more ...string) *process {
	s.Helper()
	p, err := startProcess(append(s.workerEnv(), append(more, deployment)...), program, "worker")
	require.NoError(s, err)
	s.Cleanup(func() {
		p.terminate()
		if s.Failed() {
			s.Log(p.output())
		}
	})
	return p
}

// worked waits until a worker can get work.
func (s *rollout) worked(p *process) {
	s.Helper()
	s.eventually("the worker to start", func() error {
		if !strings.Contains(p.output(), "worker started") {
			return errors.New("it has not said so")
		}
		return nil
	})
}

// deployments runs waybill deployments until it does, or does not, what was asked.
func (s *rollout) deployments(can bool, args ...string) (said string) {
	s.Helper()
	s.eventually("waybill deployments "+strings.Join(args, " "), func() error {
		cmd := exec.Command(waybillProgram, append([]string{"deployments"}, args...)...)
		cmd.Env = append(append(os.Environ(), s.temporalEnv()...), deployment)
		out, err := cmd.CombinedOutput()
		if said = string(out); (err == nil) != can {
			return fmt.Errorf("%w: %s", err, said)
		}
		return nil
	})
	return said
}

// send tells of a status of parcels.
func (s *rollout) send(status sendcloud.Status, when time.Duration, all ...sendcloud.Parcel) []sendcloud.Parcel {
	s.Helper()
	for _, p := range all {
		s.tell(p, status, time.Now().Add(when))
	}
	return all
}

// told waits until each parcel has mailed of so many scans.
func (s *rollout) told(all []sendcloud.Parcel, scans int) {
	s.Helper()
	var states []delivery.State
	for range scans {
		states = append(states, delivery.Accepted)
	}
	for _, p := range all {
		s.settled(p, scans, states...)
	}
}

// settledAtLeast waits until a parcel has decided on its scan, and has no mail under way.
func (s *rollout) settledAtLeast(p sendcloud.Parcel, scans int) {
	s.Helper()
	s.eventually("a parcel to be settled", func() error {
		known, err := s.describe(p)
		if err == nil && (len(known.Ledger) < scans || known.Mails.Open()) {
			err = fmt.Errorf("%d scans, mails %v", len(known.Ledger), known.Mails)
		}
		return err
	})
}

// passedGates is how many gates a parcel's workflow has passed.
func (s *rollout) passedGates(p sendcloud.Parcel) (n int) {
	s.Helper()
	for _, e := range s.events(workflowID(p)) {
		if marker := e.GetMarkerRecordedEventAttributes(); marker.GetMarkerName() == "Version" {
			n++
			require.NotContains(s, versionOf(s.T, marker), "-1", "its gate is closed")
		}
	}
	return n
}

// versionOf is what a gate has let a run go by.
func versionOf(t *testing.T, marker *history.MarkerRecordedEventAttributes) string {
	t.Helper()
	return string(decrypted(t, marker).GetDetails()["version"].GetPayloads()[0].GetData())
}

// traffic sends a webhook of a new parcel again and again, each until it is recorded.
type traffic struct {
	stop    chan struct{}
	done    sync.WaitGroup
	parcels []sendcloud.Parcel
}

func (s *rollout) traffic() *traffic {
	t := &traffic{stop: make(chan struct{})}
	t.done.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			p := s.parcel()
			body := p.Body(sendcloud.ToSorting, time.Now())
			for code := 0; code != http.StatusOK; {
				select {
				case <-t.stop:
					return
				case <-tick.C:
				}
				code, _ = s.once(http.MethodPost, "/webhooks/sendcloud/demo", body, sendcloud.Sign(signatureKey, body))
			}
			t.parcels = append(t.parcels, p)
		}
	})
	s.Cleanup(func() { t.end() })
	return t
}

// end ends it, and returns the parcels that were recorded.
func (t *traffic) end() []sendcloud.Parcel {
	select {
	case <-t.stop:
	default:
		close(t.stop)
	}
	t.done.Wait()
	return t.parcels
}
