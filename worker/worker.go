// Package worker runs the workflows and activities: what is registered under
// which name, and how much of it at once.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"waybill/activities"
	"waybill/contract"
	"waybill/mail"
	"waybill/mail/sendgrid"
	"waybill/payment"
	"waybill/policy"
	"waybill/recorder"
	"waybill/sendcloud"
)

// Config is what a worker needs. [Config.Validate] tells all faults at once.
type Config struct {
	// SendGridKey is the API key; empty refuses to start.
	SendGridKey string
	// SendGridURL is where SendGrid is; empty is [sendgrid.DefaultURL].
	// Plain http is accepted for this machine only: the key goes with it.
	SendGridURL string
	// From is who mails come from, as in "Example Shop <tracking@shop.example>".
	// An address alone writes in the name that each shop has at Sendcloud.
	From string
	// MailTemplates is the folder of the merchant's own words and layout for
	// mails; empty is none.
	MailTemplates string
	// Pace is how fast mails are posted.
	Pace sendgrid.Pace
	// Policy is what the merchant wants; nil refuses to start.
	Policy *policy.Keeper
	// Integrations are the Sendcloud integrations that have API keys, by name.
	// What no webhook told of their parcels is asked for; none is fine.
	Integrations map[string]sendcloud.APIConfig
	// ReconcileEvery is how often that is done.
	ReconcileEvery time.Duration
	// MinRetention is how long the namespace has to keep closed workflows; 0 takes any.
	MinRetention time.Duration
	// Payments are the merchants' endpoints that pay refunds out, by integration; a
	// refund of one that has none waits for somebody to set it.
	Payments map[string]payment.Endpoint
	// Links are where mails to the shop's own people lead to; without keys they
	// lead nowhere.
	Links activities.Links
}

// stopTimeout lets a mail that is being posted find its end when the worker is
// told to stop: an interrupted post may have been sent, nobody could say.
const stopTimeout = sendgrid.PostTimeout + 10*time.Second

// Validate says what is missing or wrong, and how to mend it.
func (c Config) Validate() error {
	var faults []error
	if strings.TrimSpace(c.SendGridKey) == "" {
		faults = append(faults, errors.New("SENDGRID_API_KEY is empty: set it, or SENDGRID_API_KEY_FILE, to a SendGrid API key with the scope mail.send"))
	}
	if strings.TrimSpace(c.From) == "" {
		faults = append(faults, errors.New("WAYBILL_MAIL_FROM is empty: set it to the sender of your mails, such as Example Shop <tracking@shop.example>"))
	} else if _, err := mail.ParseSender(c.From); err != nil {
		faults = append(faults, fmt.Errorf("WAYBILL_MAIL_FROM: %w", err))
	}
	if err := checkURL("SENDGRID_BASE_URL", c.SendGridURL); err != nil {
		faults = append(faults, err)
	}
	if c.Policy == nil {
		faults = append(faults, errors.New("there is no policy: WAYBILL_POLICY names its file, or is left out for the defaults"))
	}
	faults = append(faults, c.integrationFaults()...)
	return errors.Join(append(faults, c.refundFaults()...)...)
}

// integrationFaults says what is wrong with the settings of reconciliation.
func (c Config) integrationFaults() []error {
	var faults []error
	if len(c.Integrations) > 0 && c.ReconcileEvery < leastReconcileEvery {
		faults = append(faults, fmt.Errorf("WAYBILL_RECONCILE_EVERY is %v: set it to at least %v; Sendcloud asks not to be polled often", c.ReconcileEvery, leastReconcileEvery))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Integrations)) {
		api, variable := c.Integrations[name], strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if !contract.ValidIntegration(name) {
			faults = append(faults, fmt.Errorf("SENDCLOUD_API_KEYS_%s: %q cannot be an integration's name: use letters, digits and single underscores between them", variable, name))
		}
		if api.PublicKey == "" || api.SecretKey == "" {
			faults = append(faults, fmt.Errorf("SENDCLOUD_API_KEYS_%s is not of the form public-key:secret-key", variable))
		}
		if api.Integration <= 0 {
			faults = append(faults, fmt.Errorf("SENDCLOUD_INTEGRATION_ID_%s is not a number: set it to the number in the address of the integration's settings in Sendcloud's panel", variable))
		}
		if api.Version != sendcloud.V2 && api.Version != sendcloud.V3 {
			faults = append(faults, fmt.Errorf("SENDCLOUD_API_VERSION_%s is %q: leave it empty for v3, or set it to v2", variable, api.Version))
		}
		if err := checkURL("SENDCLOUD_BASE_URL", api.BaseURL); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

// leastReconcileEvery is how often may be asked at most.
const leastReconcileEvery = time.Second

func checkURL(variable, s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || (u.Path != "" && u.Path != "/"):
		return fmt.Errorf("%s %q is not of the form https://host", variable, s)
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && thisMachine(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%s %q would send the API key unencrypted: use https", variable, s)
}

func thisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Run connects to Temporal, waiting for it as long as it takes, and works until
// ctx ends. It refuses to start in a namespace that lacks a search attribute.
func Run(ctx context.Context, c Config, options client.Options, log *slog.Logger) error {
	if err := c.Validate(); err != nil {
		return err
	}
	temporal, err := connect(ctx, options, c.MinRetention, log)
	switch {
	case ctx.Err() != nil:
		return nil // told to stop while waiting
	case err != nil:
		return err
	}
	defer temporal.Close()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	fatal := make(chan error, 1)
	w, err := build(c, temporal, func(err error) {
		select {
		case fatal <- err:
		default: // the first one says enough
		}
	})
	if err != nil {
		return err
	}
	if err := c.schedule(ctx, temporal, log); err != nil {
		return err
	}
	if err := w.start(); err != nil {
		return err
	}
	go c.Policy.Watch(ctx, log)
	c.introduce(log)
	select {
	case <-ctx.Done():
		log.Info("worker stopping: no new work is taken, what is under way may finish", "at_most", stopTimeout.String())
		w.stop()
		return nil
	case err := <-fatal:
		return fmt.Errorf("work: %w", err)
	}
}

// garbagePercent is how much garbage a worker keeps, in percent of what lives. Most
// of that are cached workflows, 10,000 of them with the SDK's default: Go's usual
// 100 percent would be as much again.
const garbagePercent = 50

// introduce says under which policy the worker begins: above all, whether it
// sends anything.
func (c Config) introduce(log *slog.Logger) {
	usual := c.Policy.For("")
	log.Info("worker started", "task_queues", []string{contract.ParcelsQueue, contract.RefundsQueue}, "mode", usual.Mode, "policy", usual.Version, "refunds_shadow", c.Policy.Refunds("").Shadow)
	if sender, err := mail.ParseSender(c.From); err == nil && strings.ContainsFunc(sender.Name, func(r rune) bool { return r > '~' }) {
		log.Warn("the sender's name has letters that SendGrid does not support in the From field: some mail programs may show it wrongly", "setting", "WAYBILL_MAIL_FROM")
	}
	for _, name := range c.Policy.Book().Integrations() {
		log.Info("an integration has a policy of its own", "integration", name, "mode", c.Policy.For(name).Mode)
	}
}

// build makes the workers of the task queues.
func build(c Config, temporal client.Client, onFatal func(error)) (workers, error) {
	mailer, err := OpenMailer(c)
	if err != nil {
		return nil, err
	}
	apis := map[string]sendcloud.API{}
	for name, config := range c.Integrations {
		if apis[name], err = sendcloud.NewAPI(config); err != nil {
			return nil, err
		}
	}
	dependencies := c.dependencies(mailer, apis, recorder.Recorder{Temporal: temporal})
	var all workers
	for queue, register := range map[string]func(sdkworker.Registry, Dependencies){
		contract.ParcelsQueue: RegisterParcels, contract.RefundsQueue: RegisterRefunds,
	} {
		w := sdkworker.New(temporal, queue, sdkworker.Options{
			// As many as the mail provider is any good for at a time.
			MaxConcurrentActivityExecutionSize: 50,
			WorkflowTaskPollerBehavior:         sdkworker.NewPollerBehaviorAutoscaling(sdkworker.PollerBehaviorAutoscalingOptions{}),
			ActivityTaskPollerBehavior:         sdkworker.NewPollerBehaviorAutoscaling(sdkworker.PollerBehaviorAutoscalingOptions{}),
			// A machine that is busy for more than the SDK's second is no deadlock; a
			// workflow task has 10 seconds.
			DeadlockDetectionTimeout: 5 * time.Second,
			WorkerStopTimeout:        stopTimeout,
			OnFatalError:             onFatal,
		})
		register(w, dependencies)
		all = append(all, w)
	}
	return all, nil
}

// workers are those of all task queues.
type workers []sdkworker.Worker

func (all workers) start() error {
	for i, w := range all {
		if err := w.Start(); err != nil {
			all[:i].stop()
			return fmt.Errorf("start the worker: %w", err)
		}
	}
	return nil
}

// stop stops them all at once: each lets finish what is under way.
func (all workers) stop() {
	var stopping sync.WaitGroup
	for _, w := range all {
		stopping.Go(w.Stop)
	}
	stopping.Wait()
}
