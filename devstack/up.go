package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/devstack/supervisor"
)

// startLimit is how long a part may take until it answers.
const startLimit = 60 * time.Second

// reconcileEvery is how often the stack asks its Sendcloud what was missed. In
// earnest it is every 15 minutes; here nobody waits that long.
const reconcileEvery = 10 * time.Second

// stack is a running stack.
type stack struct {
	waybill, folder string
	journey         bool
	state           state
	out             io.Writer
	children        *supervisor.Supervisor
	began           time.Time
}

func upCommand() *cobra.Command {
	var s stack
	var fresh bool
	var db string
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run the whole stack until Ctrl-C",
		Long: `Up starts Temporal, the stand-ins for SendGrid, Sendcloud and the merchant who pays
refunds, the ingress and the worker, sends a parcel on its journey, and says where to
look. State is kept between runs.

With --db postgres it runs the topology of production: PostgreSQL, each of Temporal's
services in a process of its own, two ingresses behind a proxy, and two workers.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			chosen, payURL := s.state.Ports, s.state.PayURL
			postgres, err := onPostgres(db)
			if err != nil {
				return err
			}
			folder, err := lockFolder(s.folder)
			if err != nil {
				return err
			}
			defer func() { _ = folder.Close() }() // held until the stack has stopped
			// Before anything is deleted.
			if err := chosen.check(); err != nil {
				return err
			}
			opened, err := openState(s.folder, fresh)
			if err != nil {
				return err
			}
			opened.Ports, opened.PayURL, opened.Postgres = chosen, payURL, postgres
			s.state, s.out, s.began = opened, cmd.OutOrStdout(), time.Now()
			return s.up(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&s.waybill, "waybill", "bin/waybill", "the waybill `program` to run")
	flags.StringVar(&s.folder, "state", defaultFolder, "`folder` for state")
	flags.BoolVar(&fresh, "fresh", false, "forget all state and start over")
	flags.StringVar(&s.state.PayURL, "pay-url", os.Getenv("PAY_URL"), "`address` of an endpoint of your own that pays refunds, also from PAY_URL")
	flags.StringVar(&db, "db", "sqlite", "the `database` behind Temporal, sqlite or postgres")
	flags.BoolVar(&s.journey, "journey", true, "send a parcel on its journey at the start")
	for _, p := range s.state.Ports.settings() {
		usual := p.usual
		if text := os.Getenv(p.variable); text != "" {
			usual, _ = strconv.Atoi(text) // what is no number becomes 0, which is no port
		}
		flags.IntVar(p.port, p.name+"-port", usual, "`port` of "+p.part+", also from "+p.variable)
	}
	return cmd
}

func (s *stack) up(ctx context.Context) error {
	if err := s.state.write(s.folder); err != nil {
		return fmt.Errorf("keep the keys of the stack: %w", err)
	}
	s.children = supervisor.New(s.out, s.folder, screen{commandline.Colours(s.out, os.Getenv("NO_COLOR"))}.line)
	// A child that ends takes the stack along, also while it is starting.
	running, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		cancel(s.children.Wait(running))
		close(watched)
	}()
	err := s.start(running)
	if err == nil {
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
	fmt.Fprintln(s.out, "Stopping: what is under way may finish.")
	return errors.Join(err, s.children.Stop())
}

// start brings the parts up, each when what it needs is there.
func (s *stack) start(ctx context.Context) error {
	p := s.state.Ports
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := s.startTemporal(self); err != nil {
		return err
	}
	if err := s.children.Start("sendgrid", []string{"SENDGRID_API_KEY=" + s.state.SendGridKey, "SENDGRID_EVENT_KEY=" + s.state.EventKey}, self, "sendgrid",
		"--events", origin(p.Ingress)+"/webhooks/sendgrid",
		"--file", filepath.Join(s.folder, mailsFile), "--port", strconv.Itoa(p.SendGrid)); err != nil {
		return err
	}
	if err := s.children.Start("sendcloud", []string{"SENDCLOUD_API_KEYS=" + s.state.apiKeys()}, self, "sendcloud",
		"--webhook", p.webhook(), "--file", filepath.Join(s.folder, parcelsFile), "--port", strconv.Itoa(p.Sendcloud)); err != nil {
		return err
	}
	if err := s.children.Start("merchant", []string{"WAYBILL_PAY_KEY=" + s.state.PayKey}, self, "merchant",
		"--file", filepath.Join(s.folder, paymentsFile), "--port", strconv.Itoa(p.Merchant)); err != nil {
		return err
	}
	if err := await(ctx, "Temporal", func(ctx context.Context) error { return reach(ctx, p.Temporal) }); err != nil {
		return err
	}
	if err := s.startWaybill(ctx, self); err != nil {
		return err
	}
	if err := await(ctx, "the ingress", func(ctx context.Context) error { return ok(ctx, origin(p.Ingress)+"/readyz") }); err != nil {
		return err
	}
	if s.journey {
		if err := s.firstJourney(ctx); err != nil {
			return err
		}
	}
	if err := s.tell(); err != nil {
		return err
	}
	lacks, err := s.lacks(ctx)
	if lacks != "" {
		s.say(lacks)
	}
	return err
}

// startWaybill starts the program under its three commands.
func (s *stack) startWaybill(ctx context.Context, self string) error {
	if err := s.setUp(ctx); err != nil {
		return err
	}
	policyPath, err := s.writePolicy()
	if err != nil {
		return err
	}
	ingress, worker, err := s.state.settings(policyPath)
	if err != nil {
		return err
	}
	if s.state.Postgres {
		return s.startPairs(ctx, self, ingress, worker)
	}
	if err := s.children.Start("ingress", ingress, s.waybill, "ingress"); err != nil {
		return err
	}
	return s.children.Start("worker", worker, s.waybill, "worker")
}

// setUp runs "waybill setup" to its end.
func (s *stack) setUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.waybill, "setup")
	cmd.Env = append(os.Environ(), s.state.temporal()...)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("set Temporal up with %s setup: %w\n%s", s.waybill, err, output)
	}
	return nil
}

// firstJourney sends a parcel all the way and waits for its mails.
func (s *stack) firstJourney(ctx context.Context) error {
	journey := sendcloud.Journeys[0]
	parcel := sendcloud.NewParcel(journey, time.Now())
	s.say(fmt.Sprintf("Sending parcel %d on its journey (%s), as signed webhooks:", parcel.ID, journey.About))
	before, err := mailsIn(ctx, s.state.Ports)
	if err != nil {
		return err
	}
	player := sendcloud.Player{URL: s.state.Ports.webhook(), Key: s.state.SendcloudKey, Pace: time.Second, Panel: s.state.panel()}
	first := make(chan error, 1)
	go func() {
		first <- await(ctx, "the first mail", func(ctx context.Context) error {
			mails, err := mailsIn(ctx, s.state.Ports)
			if err == nil && len(mails) <= len(before) {
				err = errors.New("no mail yet")
			}
			if err == nil {
				s.say(fmt.Sprintf("First mail, %.1f s after the start: %q", time.Since(s.began).Seconds(), mails[len(before)].Subject))
			}
			return err
		})
	}()
	if err := player.Play(ctx, journey, parcel, func(line string) { s.say("  " + line) }); err != nil {
		return err
	}
	if err := <-first; err != nil {
		return err
	}
	s.say("\n  This parcel   " + s.state.Ports.workflow(contract.ParcelRef{Integration: integration, ID: parcel.ID}.WorkflowID()))
	return nil
}

// tell says where to look and what to try. What happens follows below, a line each.
func (s *stack) tell() error {
	s.say("\nEverything is up.")
	if err := s.state.where(s.out, s.folder); err != nil {
		return err
	}
	s.say(`
Try next
  make demo                      more journeys: pick-up, second attempt, wrong order, ...
  make demo JOURNEY=lost         webhooks that get lost, and are found within seconds
  make demo JOURNEY=parked       a mail that fails, and waits for you
  make demo JOURNEY=switched-off the webhook is switched off, until you switch it on
  make demo JOURNEY=refund       a customer asks for a refund, and a person decides
  make where                     prints these addresses again
  make doctor                    check that everything is set up, as in a real deployment
  Ctrl-C                         stops everything; make run goes on where it stopped
  make run FRESH=1               forgets everything and starts over
`)
	return nil
}

func (s *stack) say(line string) { fmt.Fprintln(s.out, line) }

// mailsIn are the mails in the mailbox, oldest first.
func mailsIn(ctx context.Context, p ports) ([]sendgrid.Mail, error) {
	var mails []sendgrid.Mail
	resp, err := get(ctx, origin(p.SendGrid)+"/api/mails")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return mails, json.NewDecoder(resp.Body).Decode(&mails)
}

// await waits until there is no error, and says what it has waited for.
func await(ctx context.Context, what string, ask func(context.Context) error) error {
	if err := supervisor.Await(ctx, startLimit, ask); err != nil {
		return fmt.Errorf("wait for %s: %w; look at the lines above", what, err)
	}
	return nil
}

func reach(ctx context.Context, port int) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address(port))
	if err != nil {
		return err
	}
	return conn.Close()
}

func ok(ctx context.Context, url string) error {
	resp, err := get(ctx, url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fmt.Errorf("%s answers %d %s", url, resp.StatusCode, said)
	}
	return nil
}

func get(ctx context.Context, url string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(r)
}
