package doctor

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/ingress"
	"waybill/mail/sendgrid"
	"waybill/monitoring"
	"waybill/sendcloud"
	"waybill/settings"
	"waybill/worker"
)

// Deployment is what the checks look at. It asks each question once, however many checks need the
// answer.
type Deployment struct {
	Env *settings.Environment
	// Now is the clock of this machine.
	Now func() time.Time

	// What the settings say, as far as they can be read.
	worker       worker.Config
	integrations ingress.Integrations
	eventKeys    sendgrid.EventKeys
	public       string

	dialled   once[client.Client]
	namespace once[*workflowservice.DescribeNamespaceResponse]
	queues    once[[]monitoring.Queue]
	scopes    once[[]string]
	panels    once[map[string]panel]
	reached   once[answer]
}

// panel is an integration as Sendcloud's API shows it, or why it does not.
type panel struct {
	sendcloud.Integration
	fault error
}

// once is an answer that several checks need. The first check asks.
type once[T any] struct {
	sync.Once
	got T
	err error
}

func (o *once[T]) ask(question func() (T, error)) (T, error) {
	o.Do(func() { o.got, o.err = question() })
	return o.got, o.err
}

// Open reads the settings of a deployment, as far as they have no faults: the check settings
// reports those. Close it.
func Open(env *settings.Environment) *Deployment {
	d := &Deployment{Env: env, Now: time.Now}
	// Each gets an environment of its own, because an environment collects faults.
	d.worker, _ = settings.New(env.Environ()).Worker()
	config, _, _, _ := settings.New(env.Environ()).Ingress()
	d.integrations, _ = config.Integrations()
	d.eventKeys, _ = config.EventKeys()
	d.public = strings.TrimSuffix(env.Text(settings.PublicURL), "/")
	return d
}

// Only has checks look at one integration. It reports whether there are settings of it.
func (d *Deployment) Only(integration string) (known bool) {
	asked, paid, rings := only(d.worker.Integrations, integration), only(d.worker.Payments, integration), only(d.integrations, integration)
	return asked || paid || rings
}

// only leaves nothing but one integration, and reports whether it is there.
func only[V any](of map[string]V, integration string) (known bool) {
	maps.DeleteFunc(of, func(name string, _ V) bool { return name != integration })
	_, known = of[integration]
	return known
}

// Close ends the connection to Temporal.
func (d *Deployment) Close() {
	if temporal, err := d.dialled.ask(func() (client.Client, error) { return nil, nil }); err == nil && temporal != nil {
		temporal.Close()
	}
}

// temporal connects to Temporal.
func (d *Deployment) temporal(ctx context.Context) (client.Client, error) {
	return d.dialled.ask(func() (client.Client, error) {
		options, err := d.Env.TemporalAddress(slog.New(slog.DiscardHandler))
		if err != nil {
			return nil, err
		}
		return client.DialContext(ctx, options)
	})
}

// where is the address of Temporal and the namespace.
func (d *Deployment) where() (address, namespace string) {
	options, _ := d.Env.TemporalAddress(slog.New(slog.DiscardHandler)) // the check temporal reports the fault
	if namespace = options.Namespace; namespace == "" {
		namespace = client.DefaultNamespace
	}
	return options.HostPort, namespace
}

// describeNamespace asks Temporal about the namespace.
func (d *Deployment) describeNamespace(ctx context.Context) (*workflowservice.DescribeNamespaceResponse, error) {
	return d.namespace.ask(func() (*workflowservice.DescribeNamespaceResponse, error) {
		temporal, err := d.temporal(ctx)
		if err != nil {
			return nil, err
		}
		_, name := d.where()
		return temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
	})
}

// describeQueues asks Temporal about the task queues.
func (d *Deployment) describeQueues(ctx context.Context) ([]monitoring.Queue, error) {
	return d.queues.ask(func() ([]monitoring.Queue, error) {
		temporal, err := d.temporal(ctx)
		if err != nil {
			return nil, err
		}
		_, namespace := d.where()
		return monitoring.Queues(ctx, temporal, namespace, d.Now())
	})
}

// sendgrid is the account of the API key.
func (d *Deployment) sendgrid() sendgrid.Account {
	return sendgrid.OpenAccount(d.worker.SendGridKey, d.worker.SendGridURL)
}

// keyScopes asks SendGrid what its key may do.
func (d *Deployment) keyScopes(ctx context.Context) ([]string, error) {
	return d.scopes.ask(func() ([]string, error) { return d.sendgrid().Scopes(ctx) })
}

// firstPause is short, because a person waits for the answer.
const firstPause = 100 * time.Millisecond

// api is Sendcloud's API with the keys of an integration.
func (d *Deployment) api(integration string) (sendcloud.API, error) {
	config := d.worker.Integrations[integration]
	config.FirstPause = firstPause
	return sendcloud.NewAPI(config)
}

// askPanels asks Sendcloud for the settings of each integration that has API keys.
func (d *Deployment) askPanels(ctx context.Context) map[string]panel {
	all, _ := d.panels.ask(func() (map[string]panel, error) {
		panels := map[string]panel{}
		for name := range d.worker.Integrations {
			var p panel
			api, err := d.api(name)
			if err == nil {
				p.Integration, err = api.Integration(ctx)
			}
			p.fault = err
			panels[name] = p
		}
		return panels, nil
	})
	return all
}

// webhookURL is where Sendcloud has to send the webhooks of an integration.
func (d *Deployment) webhookURL(integration string) string {
	return d.public + "/webhooks/sendcloud/" + integration
}

// needsSetting skips a check if a setting of a process is not set here.
func needsSetting(name, process string) Need {
	return func(_ context.Context, d *Deployment) string {
		if d.Env.Has(name) {
			return ""
		}
		return fmt.Sprintf("%s is not set here: run doctor with the settings of the %s", name, process)
	}
}

var (
	needsSendGridKey = needsSetting(settings.SendGridKey, "worker")
	needsMailFrom    = needsSetting(settings.MailFrom, "worker")
	needsAPIKeys     = needsSetting(settings.APIKeys, "worker")
	needsPublicURL   = needsSetting(settings.PublicURL, "ingress")
)

// needsTemporal skips a check if Temporal cannot be reached.
func needsTemporal(ctx context.Context, d *Deployment) string {
	if _, err := d.temporal(ctx); err != nil {
		return "Temporal cannot be asked: see the check temporal"
	}
	return ""
}

// needsNamespace skips a check if the namespace cannot be described.
func needsNamespace(ctx context.Context, d *Deployment) string {
	if reason := needsTemporal(ctx, d); reason != "" {
		return reason
	}
	if _, err := d.describeNamespace(ctx); err != nil {
		return "the namespace cannot be asked: see the check namespace"
	}
	return ""
}

// needsSendGrid skips a check if SendGrid refuses the key.
func needsSendGrid(ctx context.Context, d *Deployment) string {
	if _, err := d.keyScopes(ctx); err != nil {
		return "SendGrid cannot be asked: see the check sendgrid-key"
	}
	return ""
}

// needsScope skips a check if the key lacks the scope to send mails.
func needsScope(ctx context.Context, d *Deployment) string {
	if scopes, err := d.keyScopes(ctx); err == nil && !slices.Contains(scopes, sendgrid.ScopeSend) {
		return "the key may not send mails: see the check sendgrid-key"
	}
	return ""
}

// needsIngress skips a check if the ingress does not answer at the public URL.
func needsIngress(ctx context.Context, d *Deployment) string {
	if _, err := d.reach(ctx); err != nil {
		return "the ingress cannot be asked: see the check public-url"
	}
	return ""
}

// names are the names of integrations, in order.
func names[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }

// variable is a setting of one integration.
func variable(name, integration string) string {
	return strings.Replace(name, "<INTEGRATION>", contract.VariableFor(integration), 1)
}
