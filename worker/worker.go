// Package worker registers workflows and activities under their names and runs them.
package worker

import (
	"cmp"
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
	"waybill/archive"
	"waybill/codec"
	"waybill/contract"
	"waybill/link"
	"waybill/mail"
	"waybill/mail/sendgrid"
	"waybill/monitoring"
	"waybill/payment"
	"waybill/policy"
	"waybill/recorder"
	"waybill/refund"
	"waybill/search"
	"waybill/sendcloud"
	"waybill/version"
)

// Config is what a worker needs. [Config.Validate] tells all faults at once.
type Config struct {
	// SendGridKey is the API key; empty refuses to start.
	SendGridKey string
	// SendGridURL is where SendGrid is; empty is [sendgrid.DefaultURL].
	SendGridURL string
	// From is who mails come from, as in "Example Shop <tracking@shop.example>".
	// An address alone writes in the name that each shop has at Sendcloud.
	From string
	// MailTemplates is the folder of the merchant's own mail templates; empty is none.
	MailTemplates string
	// Pace is how fast mails are posted.
	Pace sendgrid.Pace
	// Policy is what the merchant wants; nil refuses to start.
	Policy *policy.Keeper
	// Integrations are those that have API keys, by name; only they are reconciled.
	Integrations map[string]sendcloud.APIConfig
	// Accounts are the names of Sendcloud accounts by integration; an integration without one
	// has an account of its own, with its own name.
	Accounts map[string]string
	// ReconcileEvery is how often; see [Config.Validate] for the least.
	ReconcileEvery time.Duration
	// CountEvery is how often the parcels that need attention are counted; 0 is every minute.
	CountEvery time.Duration
	// Retention is how long the namespace has to keep closed workflows.
	Retention Retention
	// Version is which version of a Worker Deployment the workers are.
	Version Version
	// ExportFolder is where decision logs of refunds that have ended are written; empty is nowhere.
	ExportFolder archive.Folder
	// Payments are the endpoints that pay refunds, by integration; without one, a refund
	// that is to be paid waits for operations.
	Payments map[string]payment.Endpoint
	// Customers makes pseudonyms of customers, whose refunds are counted under them; without
	// it, a person decides about every refund.
	Customers refund.DigestKeys
	// Search are the keys under which parcels and refunds can be looked up by mail address.
	Search search.Keys
	// Links make the links in mails to the shop's own people; without keys there are none.
	Links activities.Links
	// Meter counts what becomes of mails.
	Meter monitoring.Meter
	// Began is told when the worker has begun to ask for tasks; nil is nobody.
	Began func(client.Client)
	// RestoredFrom is when the backup was taken from which Temporal was restored; see
	// [activities.Mailer].
	RestoredFrom time.Time
	// Reload reads the keys again while the worker runs; nil never does. See [Config.keys].
	Reload func() (Config, error)
}

// stopTimeout lets a post finish when the worker is told to stop: nobody could say
// whether an interrupted one was sent.
const stopTimeout = sendgrid.PostTimeout + 10*time.Second

// Validate says what is missing or wrong, and how to mend it.
func (c Config) Validate() error {
	_, sender := mail.ParseSender(c.From)
	if sender != nil {
		sender = fmt.Errorf("WAYBILL_MAIL_FROM: %w", sender)
	}
	if strings.TrimSpace(c.From) == "" {
		sender = errors.New("WAYBILL_MAIL_FROM is empty: set it to the sender of your mails, such as Example Shop <tracking@shop.example>")
	}
	return errors.Join(
		fault(strings.TrimSpace(c.SendGridKey) == "", "SENDGRID_API_KEY is empty: set it, or SENDGRID_API_KEY_FILE, to a SendGrid API key with the scope mail.send"),
		sender,
		CheckURL("SENDGRID_BASE_URL", cmp.Or(c.SendGridURL, sendgrid.DefaultURL), "https://host"),
		fault(c.Policy == nil, "there is no policy: WAYBILL_POLICY names its file, or is left out for the defaults"),
		c.checkIntegrations(),
		c.checkAccounts(),
		c.checkRefunds(),
		c.checkSearch(),
		c.Version.Validate(),
		fault(c.CountEvery != 0 && c.CountEvery < leastCountEvery, "WAYBILL_ATTENTION_EVERY is %v: set it to at least %v", c.CountEvery, leastCountEvery),
	)
}

// checkSearch says if the policy has numbers listed under keys that there are not.
func (c Config) checkSearch() error {
	keyed := false
	if c.Policy != nil {
		book := c.Policy.Book()
		for _, name := range append(book.Integrations(), "") {
			keyed = keyed || book.For(name).SearchKeyed
		}
	}
	return fault(keyed && len(c.Search) == 0, "the policy says search: keyed, and WAYBILL_SEARCH_KEYS is empty: set it to a key of at least 32 characters, for example from openssl rand -hex 32")
}

// fault is an error if something is wrong.
func fault(wrong bool, format string, args ...any) error {
	if wrong {
		return fmt.Errorf(format, args...)
	}
	return nil
}

// checkIntegrations says what is wrong with the settings of reconciliation.
func (c Config) checkIntegrations() error {
	faults := []error{fault(len(c.Integrations) > 0 && c.ReconcileEvery < leastReconcileEvery,
		"WAYBILL_RECONCILE_EVERY is %v: set it to at least %v; Sendcloud asks not to be polled often", c.ReconcileEvery, leastReconcileEvery)}
	for _, name := range slices.Sorted(maps.Keys(c.Integrations)) {
		api, variable := c.Integrations[name], contract.VariableFor(name)
		faults = append(faults,
			contract.CheckVariable("SENDCLOUD_API_KEYS_", name),
			fault(len(api.Keys) == 0 || slices.ContainsFunc(api.Keys, sendcloud.KeyPair.Incomplete), "SENDCLOUD_API_KEYS_%s is not of the form public-key:secret-key", variable),
			fault(api.Integration <= 0, "SENDCLOUD_INTEGRATION_ID_%s is not a number: set it to the number in the address of the integration's settings in Sendcloud's panel", variable),
			fault(api.Version != sendcloud.V2 && api.Version != sendcloud.V3, "SENDCLOUD_API_VERSION_%s is %q: leave it empty for v3, or set it to v2", variable, api.Version),
			CheckURL("SENDCLOUD_BASE_URL", cmp.Or(api.BaseURL, sendcloud.DefaultBaseURL), "https://host"))
	}
	return errors.Join(faults...)
}

// leastCountEvery is how often the parcels that need attention may be counted at most.
const leastCountEvery = time.Second

// leastReconcileEvery is how often may be asked at most.
const leastReconcileEvery = time.Second

// CheckURL says what is wrong with an address that secrets are sent to, without quoting
// it: it may have a secret too. Plain http is for this machine only.
func CheckURL(variable, address, form string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || form == "https://host" && strings.Trim(u.Path, "/") != "":
		return fmt.Errorf("%s: it is not of the form %s", variable, form)
	case u.User != nil:
		return fmt.Errorf("%s: leave user and password out of it", variable)
	case u.Scheme != "https" && (u.Scheme != "http" || !ThisMachine(u.Hostname())):
		return fmt.Errorf("%s: what is sent there would not be encrypted: use https", variable)
	}
	return nil
}

// ThisMachine reports whether a host is this machine.
func ThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Run connects to Temporal, waiting for it as long as it takes, and works until
// ctx ends. It refuses to start in a namespace that lacks a search attribute.
func Run(ctx context.Context, c Config, options client.Options, log *slog.Logger) error {
	if err := errors.Join(c.Validate(), c.tryExports()); err != nil {
		return err
	}
	temporal, err := connect(ctx, options, c.Retention, log)
	switch {
	case ctx.Err() != nil:
		return nil // told to stop while waiting
	case err != nil:
		return err
	}
	defer temporal.Close()
	tasks, err := forTasks(ctx, temporal, options)
	if err != nil {
		return err
	}
	defer tasks.Close()
	collectOften()
	fatal := make(chan error, 1)
	onFatal := func(err error) {
		select {
		case fatal <- err:
		default: // the first one says enough
		}
	}
	r := &running{log: log, asked: func() {}}
	r.settle = func(ctx context.Context, c Config) error { return c.settle(ctx, log, onFatal) }
	defer func() { r.asked() }()
	if err := r.ask(ctx, c); err != nil {
		return err
	}
	records := recording(temporal, options)
	r.open = func(next Config) (workers, error) { return build(next, c.Meter, records, tasks, log, onFatal) }
	if r.workers, err = r.open(c); err != nil {
		return err
	}
	if err := c.schedule(ctx, temporal, log); err != nil {
		return err
	}
	if err := r.workers.start(); err != nil {
		return err
	}
	r.config = c
	r.attend(ctx, records)
	c.introduce(ctx, temporal, log)
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			log.Info("worker stopping: no new work is taken, what is under way may finish", "at_most", stopTimeout)
			r.stop()
			return nil
		case err := <-fatal:
			return fmt.Errorf("work: %w", err)
		case <-tick.C:
			if r.reload(ctx) {
				if err := r.config.schedule(ctx, temporal, log); err != nil && ctx.Err() == nil {
					log.Error("the reconciliation could not be scheduled with the keys that changed", "fault", err.Error())
				}
			}
		}
	}
}

// recording records with a client.
func recording(temporal client.Client, options client.Options) recorder.Recorder {
	return recorder.Recorder{
		Temporal: temporal, Namespace: options.Namespace, Converter: options.DataConverter,
		Told: recorder.NewTold(), Erased: recorder.NewErased(temporal, options.DataConverter),
	}
}

// forTasks is a client on the same connection that reads tasks with the converter for them.
func forTasks(ctx context.Context, temporal client.Client, options client.Options) (client.Client, error) {
	options.DataConverter = codec.ForTasks(options.DataConverter)
	tasks, err := client.NewClientFromExistingWithContext(ctx, temporal, options)
	if err != nil {
		return nil, fmt.Errorf("prepare for tasks: %w", err)
	}
	return tasks, nil
}

// attend does, until ctx ends, what a worker does by itself.
func (r *running) attend(ctx context.Context, records recorder.Recorder) {
	if r.config.Began != nil {
		r.config.Began(records.Temporal)
	}
	links := r.config.Links.Keys
	r.links.Store(&links)
	go r.config.Policy.Watch(ctx, r.log)
	go newCensus(records, r.config.Policy, r.log).keep(ctx, r.config.CountEvery)
	go newDigests(records, r.config.Policy, func() link.Keys { return *r.links.Load() }, r.log).keep(ctx)
}

// garbagePercent is a worker's GOGC. Most of its heap is cached workflows, 10,000 of them
// by the SDK's default: Go's usual 100 percent would double that.
const garbagePercent = 50

// collectOften sets it, unless the environment says something else.
func collectOften() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
}

// introduce logs under which policy the worker begins, whether it sends anything, and whether it gets work.
func (c Config) introduce(ctx context.Context, temporal client.Client, log *slog.Logger) {
	book := c.Policy.Book()
	usual := book.For("")
	log.Info("worker started", "version", version.Read().Version, "task_queues", slices.Sorted(maps.Keys(c.queues())),
		"mode", usual.Mode, "policy", usual.Version, "refunds_shadow", usual.Refunds.Shadow)
	if sender, err := mail.ParseSender(c.From); err == nil && strings.ContainsFunc(sender.Name, func(r rune) bool { return r > '~' }) {
		log.Warn("the sender's name has letters that SendGrid does not support in the From field: some mail programs may show it wrongly", "setting", "WAYBILL_MAIL_FROM")
	}
	if !c.RestoredFrom.IsZero() {
		log.Warn("Temporal was restored from a backup: each mail is looked for in SendGrid's email log before it is sent", "from", c.RestoredFrom)
	}
	if err := book.Check(); err != nil {
		log.Warn("something in the policy cannot work: waybill policy check says what to do", "fault", err.Error())
	}
	for _, name := range book.Integrations() {
		log.Info("an integration has a policy of its own", "integration", name, "mode", book.For(name).Mode)
	}
	c.Version.introduce(ctx, temporal, log)
}

// openAPIs makes the clients of Sendcloud's API, by integration.
func (c Config) openAPIs() (apis map[string]sendcloud.API, err error) {
	apis = map[string]sendcloud.API{}
	for name, config := range c.Integrations {
		if apis[name], err = sendcloud.NewAPI(config); err != nil {
			return nil, err
		}
	}
	return apis, nil
}

// build makes the workers of the task queues. They count with the meter, also after their keys
// have changed.
func build(c Config, meter monitoring.Meter, records recorder.Recorder, tasks client.Client, log *slog.Logger, onFatal func(error)) (workers, error) {
	mailer, err := OpenMailer(c)
	if err != nil {
		return nil, err
	}
	apis, err := c.openAPIs()
	if err != nil {
		return nil, err
	}
	mailer.Log, mailer.Shops = log, activities.NewShops(records, c.Shop)
	mailer.Meter = meter
	meter.Set(monitoring.MailBreakerOpen, 0) // the breaker is a new one
	work := dependencies{Config: c, mailer: mailer, apis: apis, records: records}
	var all workers
	for queue, register := range c.queues() {
		options := sdkworker.Options{
			// More are hardly faster, and tasks that a worker has taken are done as they come: in Temporal,
			// those of integrations take turns (make bench-fairness).
			MaxConcurrentWorkflowTaskExecutionSize: 8,
			// As many as the mail provider is any good for at a time.
			MaxConcurrentActivityExecutionSize: 50,
			WorkflowTaskPollerBehavior:         sdkworker.NewPollerBehaviorAutoscaling(sdkworker.PollerBehaviorAutoscalingOptions{}),
			ActivityTaskPollerBehavior:         sdkworker.NewPollerBehaviorAutoscaling(sdkworker.PollerBehaviorAutoscalingOptions{}),
			// A busy machine may take longer than the SDK's second; a task has ten.
			DeadlockDetectionTimeout: 5 * time.Second,
			WorkerStopTimeout:        stopTimeout,
			OnFatalError:             onFatal,
			DeploymentOptions:        c.Version.options(),
			PreferredVersionProvider: c.Version.gates(),
		}
		if queue == contract.ExportsQueue {
			options.DisableWorkflowWorker, options.MaxConcurrentActivityExecutionSize = true, 1
		}
		w := sdkworker.New(tasks, queue, options)
		register(w, work)
		all = append(all, w)
	}
	return all, nil
}

// queues are the task queues that the worker works on, and what it does there.
func (c Config) queues() map[string]func(sdkworker.Registry, dependencies) {
	all := map[string]func(sdkworker.Registry, dependencies){contract.ParcelsQueue: registerParcels, contract.RefundsQueue: registerRefunds}
	if c.ExportFolder != "" {
		all[contract.ExportsQueue] = registerExports
	}
	return all
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
