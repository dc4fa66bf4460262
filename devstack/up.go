package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"waybill/devstack/merchant"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/devstack/supervisor"
	"waybill/devstack/temporal"
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
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run the whole stack until Ctrl-C",
		Long: `Up starts Temporal, the stand-ins for SendGrid, Sendcloud and the merchant who pays
refunds, the ingress and the worker, sends a parcel on its journey, and says where to
look. State is kept between runs.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			chosen := s.state.Ports
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
			opened.Ports = chosen
			s.state, s.out, s.began = opened, cmd.OutOrStdout(), time.Now()
			return s.up(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&s.waybill, "waybill", "bin/waybill", "the waybill `program` to run")
	flags.StringVar(&s.folder, "state", ".devstack", "`folder` for state")
	flags.BoolVar(&fresh, "fresh", false, "forget all state and start over")
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
	s.children = supervisor.New(s.out, isTerminal(os.Stdout))
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
	toTemporal := []string{"TEMPORAL_ADDRESS=" + address(p.Temporal), "TEMPORAL_NAMESPACE=" + temporal.Namespace}
	s.say("Starting Temporal on SQLite.")
	if err := s.children.Start("temporal", nil, self, "temporal", "--file", filepath.Join(s.folder, databaseFile),
		"--port", strconv.Itoa(p.Temporal), "--ui-port", strconv.Itoa(p.UI)); err != nil {
		return err
	}
	if err := s.children.Start("sendgrid", []string{"SENDGRID_API_KEY=" + s.state.SendGridKey, "SENDGRID_EVENT_KEY=" + s.state.EventKey}, self, "sendgrid",
		"--events", origin(p.Ingress)+"/webhooks/sendgrid",
		"--file", filepath.Join(s.folder, mailsFile), "--port", strconv.Itoa(p.SendGrid)); err != nil {
		return err
	}
	if err := s.children.Start("sendcloud", []string{"SENDCLOUD_API_KEYS=" + s.state.apiKeys()}, self, "sendcloud",
		"--file", filepath.Join(s.folder, parcelsFile), "--port", strconv.Itoa(p.Sendcloud)); err != nil {
		return err
	}
	if err := s.children.Start("merchant", []string{"WAYBILL_PAY_KEY=" + s.state.PayKey}, self, "merchant",
		"--file", filepath.Join(s.folder, paymentsFile), "--port", strconv.Itoa(p.Merchant)); err != nil {
		return err
	}
	if err := await(ctx, "Temporal", func(ctx context.Context) error { return reach(ctx, p.Temporal) }); err != nil {
		return err
	}
	if err := s.startWaybill(ctx, toTemporal); err != nil {
		return err
	}
	if err := await(ctx, "the ingress", func(ctx context.Context) error { return ok(ctx, origin(p.Ingress)+"/readyz") }); err != nil {
		return err
	}
	if !s.journey {
		s.say("Everything is up.")
	} else if err := s.firstJourney(ctx); err != nil {
		return err
	}
	lacks, err := s.lacks(ctx)
	if lacks != "" {
		s.say(lacks)
	}
	return err
}

// startWaybill starts the program under its three commands.
func (s *stack) startWaybill(ctx context.Context, toTemporal []string) error {
	p := s.state.Ports
	if err := s.setUp(ctx, toTemporal); err != nil {
		return err
	}
	eventKey, err := readEventKey(s.state.EventKey)
	if err != nil {
		return err
	}
	policyPath, err := s.writePolicy()
	if err != nil {
		return err
	}
	// What ingress and worker have to agree on.
	shared := slices.Concat(toTemporal, []string{
		"WAYBILL_POLICY=" + policyPath, "WAYBILL_LINK_KEYS=" + s.state.LinkKey, "WAYBILL_PUBLIC_URL=" + origin(p.Ingress), "WAYBILL_SEARCH_KEYS=" + s.state.SearchKey,
		"SENDGRID_API_KEY=" + s.state.SendGridKey, "SENDGRID_BASE_URL=" + origin(p.SendGrid), "WAYBILL_MAIL_FROM=Demo Shop <tracking@demo-shop.example>",
	})
	if err := s.children.Start("ingress", append(slices.Clip(shared),
		"WAYBILL_LISTEN="+address(p.Ingress), "WAYBILL_TEMPORAL_UI="+origin(p.UI), "SENDCLOUD_KEYS_DEMO="+s.state.SendcloudKey,
		"SENDGRID_WEBHOOK_KEYS="+sendgrid.Webhook{Key: eventKey}.PublicKey()), s.waybill, "ingress"); err != nil {
		return err
	}
	return s.children.Start("worker", append(slices.Clip(shared),
		"SENDCLOUD_BASE_URL="+origin(p.Sendcloud), "SENDCLOUD_API_KEYS_DEMO="+s.state.apiKeys(),
		"SENDCLOUD_INTEGRATION_ID_DEMO="+strconv.Itoa(integrationNumber), "WAYBILL_RECONCILE_EVERY="+reconcileEvery.String(),
		"WAYBILL_PAY_URL_DEMO="+origin(p.Merchant)+merchant.Path, "WAYBILL_PAY_KEYS_DEMO="+s.state.PayKey,
		"WAYBILL_DIGEST_KEY="+s.state.DigestKey, "WAYBILL_ATTENTION_EVERY=5s",
	), s.waybill, "worker")
}

// setUp runs "waybill setup" to its end.
func (s *stack) setUp(ctx context.Context, env []string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.waybill, "setup")
	cmd.Env = append(os.Environ(), env...)
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
	s.tell(parcel)
	return nil
}

// tell says where to look and what to try.
func (s *stack) tell(parcel sendcloud.Parcel) {
	p := s.state.Ports
	workflow := fmt.Sprintf("parcel:%s:%d", integration, parcel.ID)
	fmt.Fprintf(s.out, `
Everything is up.

  Mailbox       %s/
  This parcel   %s/namespaces/%s/workflows/%s
  All parcels   %s/namespaces/%s/workflows?query=%s
  Parcels page  %s/parcels   sign in as sam@demo-shop.example: the link comes into the mailbox
  Refunds page  %s/refunds   sign in as anna@demo-shop.example
  Payments page %s/
  Schedules     %s/namespaces/%s/schedules
  Webhooks      POST %s
  Policy        %s

Try next
  make demo                      more journeys: pick-up, second attempt, wrong order, ...
  make demo JOURNEY=lost         webhooks that get lost, and are found within 10 seconds
  make demo JOURNEY=refund       a customer asks for a refund, and a person decides
  Ctrl-C                         stops everything; make run goes on where it stopped
  make run FRESH=1               forgets everything and starts over

`, origin(p.SendGrid), origin(p.UI), temporal.Namespace, url.PathEscape(workflow), origin(p.UI), temporal.Namespace, url.QueryEscape(`WorkflowType="TrackParcel"`), origin(p.Ingress), origin(p.Merchant), origin(p.UI), temporal.Namespace, p.webhook(), filepath.Join(s.folder, policyFile))
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

// await asks again and again until there is no error.
func await(ctx context.Context, what string, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w; look at the lines above", what, err)
		case <-tick.C:
		}
	}
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

// isTerminal reports whether colours make sense. https://no-color.org
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
}
