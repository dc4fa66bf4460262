// Package worker runs the workflows and activities: what is registered under
// which name, and how much of it at once.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/activities"
	"waybill/contract"
	"waybill/mail"
	"waybill/parcel"
	"waybill/workflows"
)

// Config is what a worker needs. [Config.Validate] tells all faults at once.
type Config struct {
	// SendGridKey is the API key; empty refuses to start.
	SendGridKey string
	// SendGridURL is where SendGrid is; empty is https://api.sendgrid.com.
	// Plain http is accepted for this machine only: the key goes with it.
	SendGridURL string
	// From is who mails come from, as in "Example Shop <tracking@shop.example>".
	From string
	// Policy is what the merchant wants.
	Policy parcel.Policy
}

// DefaultSendGridURL is SendGrid's global region.
const DefaultSendGridURL = "https://api.sendgrid.com"

// stopTimeout lets a mail that is being posted find its end when the worker is
// told to stop: an interrupted post may have been sent, nobody could say.
const stopTimeout = mail.PostTimeout + 5*time.Second

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
	if err := checkURL(c.SendGridURL); err != nil {
		faults = append(faults, err)
	}
	if c.Policy.Mode != parcel.Live && c.Policy.Mode != parcel.Shadow {
		faults = append(faults, fmt.Errorf("WAYBILL_MODE is %q: set it to live, or to shadow to decide everything and send nothing", c.Policy.Mode))
	}
	if c.Policy.ProofWait <= 0 {
		faults = append(faults, errors.New("WAYBILL_PROOF_WAIT is not positive: set it to a duration such as 5m"))
	}
	return errors.Join(faults...)
}

func checkURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || (u.Path != "" && u.Path != "/"):
		return fmt.Errorf("SENDGRID_BASE_URL %q is not of the form https://host", s)
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && thisMachine(u.Hostname()):
		return nil
	}
	return fmt.Errorf("SENDGRID_BASE_URL %q would send the API key unencrypted: use https", s)
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
	temporal, err := connect(ctx, options, log)
	switch {
	case ctx.Err() != nil:
		return nil // told to stop while waiting
	case err != nil:
		return err
	}
	defer temporal.Close()
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
	if err := w.Start(); err != nil {
		return fmt.Errorf("start the worker: %w", err)
	}
	log.Info("worker started", "task_queue", contract.ParcelsQueue, "mode", c.Policy.Mode, "policy", c.Policy.Version)
	select {
	case <-ctx.Done():
		log.Info("worker stopping: no new work is taken, what is under way may finish", "at_most", stopTimeout.String())
		w.Stop()
		return nil
	case err := <-fatal:
		return fmt.Errorf("work: %w", err)
	}
}

// build makes the worker of the task queue for parcels.
func build(c Config, temporal client.Client, onFatal func(error)) (sdkworker.Worker, error) {
	sender, err := mail.ParseSender(c.From)
	if err != nil {
		return nil, err
	}
	office, err := openOffice(c, sender)
	if err != nil {
		return nil, err
	}
	w := sdkworker.New(temporal, contract.ParcelsQueue, sdkworker.Options{
		// As many as the mail provider is any good for at a time.
		MaxConcurrentActivityExecutionSize: 50,
		WorkflowTaskPollerBehavior:         sdkworker.NewPollerBehaviorAutoscaling(sdkworker.PollerBehaviorAutoscalingOptions{}),
		ActivityTaskPollerBehavior:         sdkworker.NewPollerBehaviorAutoscaling(sdkworker.PollerBehaviorAutoscalingOptions{}),
		WorkerStopTimeout:                  stopTimeout,
		OnFatalError:                       onFatal,
	})
	Register(w, func(string) parcel.Policy { return c.Policy }, office)
	return w, nil
}

func openOffice(c Config, sender netmail.Address) (*mail.Office, error) {
	baseURL := c.SendGridURL
	if baseURL == "" {
		baseURL = DefaultSendGridURL
	}
	return mail.NewOffice(sender, mail.NewClient(c.SendGridKey, baseURL))
}

// Register binds every name of contract to the code behind it: one line each.
func Register(r sdkworker.Registry, policy func(integration string) parcel.Policy, office activities.PostOffice) {
	about := &workflows.Parcels{Policy: policy}
	registerWorkflow(r, contract.TrackParcel, about.TrackParcel)
	registerWorkflow(r, contract.WatchIntegration, workflows.WatchIntegration)
	registerActivity(r, contract.SendMail, activities.Mails{Office: office}.SendMail)
}

func registerWorkflow[In, Out any](r sdkworker.Registry, name contract.Workflow[In, Out], f func(workflow.Context, In) (Out, error)) {
	r.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: string(name)})
}

func registerActivity[In, Out any](r sdkworker.Registry, name contract.Activity[In, Out], f func(context.Context, In) (Out, error)) {
	r.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: string(name)})
}
