package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/durationpb"

	"waybill/contract"
	"waybill/devstack/merchant"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
)

// patient is a deployment that is well until a fault is planted in it.
type patient struct {
	*stack
	mails *sendgrid.Server
	shop  *sendcloud.Account
	till  *merchant.Server
	// settings are those of the ingress and the worker.
	settings []string
}

const (
	doctorKey    = "SG.0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01"
	doctorPolicy = "mode: live\noperations: {mail: ops@shop.example}\n" + atOnce
)

func newPatient(t *testing.T) *patient {
	t.Helper()
	p := &patient{stack: newStack(t, shared.get(t))}
	p.setPolicy(doctorPolicy)
	var err error
	p.mails, err = sendgrid.New(sendgrid.Config{Key: doctorKey, Webhook: sendgrid.Webhook{URL: p.url("/webhooks/sendgrid"), Key: p.webhook.Key}})
	require.NoError(t, err)
	p.till, err = merchant.New(merchant.Config{Key: payKey})
	require.NoError(t, err)
	// Its signature key is another one than the ingress has: that shows once it sends a webhook,
	// which it gives up at once.
	p.shop = sendcloud.NewAccount(sendcloud.AccountConfig{
		PublicKey: "public", SecretKey: "secret", Integration: 7, ShopName: "Example Shop",
		WebhookURL: p.url("/webhooks/sendcloud/demo"), SignatureKey: "a-key-that-was-forgotten", Scale: 1e9,
	})
	t.Cleanup(p.shop.Close)
	mails, shop, till := httptest.NewServer(p.mails), httptest.NewServer(p.shop), httptest.NewServer(p.till)
	for _, server := range []*httptest.Server{mails, shop, till} {
		t.Cleanup(server.Close)
	}
	p.settings = append(p.temporalEnv(),
		"WAYBILL_POLICY="+p.policy, "WAYBILL_PUBLIC_URL="+p.url(""), "WAYBILL_LINK_KEYS="+strings.Repeat("l", 32), "WAYBILL_DIGEST_KEYS="+strings.Repeat("d", 32),
		"SENDCLOUD_KEYS_DEMO="+signatureKey, "SENDGRID_WEBHOOK_KEYS="+p.webhook.PublicKey(),
		"SENDGRID_API_KEY="+doctorKey, "SENDGRID_BASE_URL="+mails.URL, "WAYBILL_MAIL_FROM=Example Shop <tracking@shop.example>",
		"SENDCLOUD_BASE_URL="+shop.URL, "SENDCLOUD_API_KEYS_DEMO=public:secret", "SENDCLOUD_INTEGRATION_ID_DEMO=7",
		"WAYBILL_PAY_URL_DEMO="+till.URL+merchant.Path, "WAYBILL_PAY_KEYS_DEMO="+payKey)
	return p
}

// finding is what doctor says of one thing.
type finding struct{ Check, Level, What, Why, Mend string }

// doctor runs the command with some settings changed, and returns its exit code too.
func (p *patient) doctor(args []string, changed ...string) (all []finding, code int) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, waybillProgram, append([]string{"doctor", "--output", "json"}, args...)...)
	cmd.Env = append(append(os.Environ(), p.settings...), changed...)
	out, err := cmd.Output()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		code, err = ended.ExitCode(), nil
	}
	require.NoError(p, err)
	var report struct{ Findings []finding }
	require.NoError(p, json.Unmarshal(out, &report), "%s", out)
	return report.Findings, code
}

// nowhere is an address where nobody listens.
func (p *patient) nowhere() string {
	return "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(freePort(p.T)))
}

// planted is a fault, and what doctor has to say of it and of nothing else.
type planted struct {
	name string
	// plant plants it, and returns the settings that belong to it and how to mend it.
	plant func(*patient) (changed []string, mend func())
	// found are checks with the level of what they find, such as "clock warning".
	found []string
	mends string
}

func setting(pairs ...string) func(*patient) ([]string, func()) {
	return func(*patient) ([]string, func()) { return pairs, func() {} }
}

func TestDoctorNamesEachFaultThatIsPlanted(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	healthy, code := p.doctor([]string{"--strict"})
	require.Zero(t, code, "%v", healthy)
	for _, f := range healthy {
		require.Equal(t, "ok", f.Level, "%v", f)
	}
	require.Greater(t, len(healthy), 20)
	for _, fault := range append(append(temporalFaults(p), providerFaults(p)...), ownFaults(p)...) {
		t.Run(fault.name, func(t *testing.T) {
			changed, mend := fault.plant(p)
			defer mend()
			all, code := p.doctor(nil, changed...)
			var found []string
			for _, f := range all {
				if f.Level != "warning" && f.Level != "fault" {
					continue
				}
				if name := f.Check + " " + f.Level; len(found) == 0 || found[len(found)-1] != name {
					found = append(found, name)
				}
				require.NotEmpty(t, f.Why)
				require.NotEmpty(t, f.Mend)
			}
			require.Equal(t, fault.found, found, "%v", all)
			require.Contains(t, fmt.Sprint(all), fault.mends)
			require.Equal(t, strings.Contains(strings.Join(found, " "), "fault"), code == 1, "warnings do not fail")
		})
	}
	again, code := p.doctor([]string{"--strict"})
	require.Zero(t, code, "%v", again)
	require.Empty(t, p.mails.Mails(), "no mail was sent")
	require.Empty(t, p.till.Posts(), "no endpoint was asked to pay")
}

func temporalFaults(p *patient) []planted {
	p.Helper()
	// One namespace without workers, with work; one with two versions of them.
	idle, mixed := p.namespace+"-idle", p.namespace+"-mixed"
	for _, name := range []string{idle, mixed} {
		p.setUpNamespace(name)
	}
	_, err := p.in(idle).ExecuteWorkflow(p.Context(), client.StartWorkflowOptions{TaskQueue: contract.ParcelsQueue}, "Waits")
	require.NoError(p, err)
	p.startVersion(mixed, "1.0.0")
	p.startVersion(mixed, "1.1.0")
	attributes := func(remove string, add enums.IndexedValueType) func(*patient) ([]string, func()) {
		return func(p *patient) ([]string, func()) {
			p.removeAttribute(remove)
			if add != enums.INDEXED_VALUE_TYPE_UNSPECIFIED {
				_, err := p.client.OperatorService().AddSearchAttributes(p.Context(), &operatorservice.AddSearchAttributesRequest{
					Namespace: p.namespace, SearchAttributes: map[string]enums.IndexedValueType{remove: add},
				})
				require.NoError(p, err)
			}
			return nil, func() {
				if add != enums.INDEXED_VALUE_TYPE_UNSPECIFIED {
					p.removeAttribute(remove)
				}
				p.setUp()
			}
		}
	}
	return []planted{
		{"Temporal is away", setting("TEMPORAL_ADDRESS=" + strings.TrimPrefix(p.nowhere(), "http://")), []string{"temporal fault"}, "temporal operator cluster health"},
		{"there is no namespace", setting("TEMPORAL_NAMESPACE=misspelt"), []string{"namespace fault"}, "waybill setup"},
		{"the namespace forgets too soon", func(p *patient) ([]string, func()) {
			p.keepFor(24 * time.Hour)
			return nil, func() { p.keepFor(30 * 24 * time.Hour) }
		}, []string{"retention fault"}, "waybill setup"},
		{"the namespace keeps more than is wanted", setting("WAYBILL_RETENTION=168h"), []string{"retention warning"}, "waybill setup"},
		{"a search attribute is missing", attributes("LegalDeadline", enums.INDEXED_VALUE_TYPE_UNSPECIFIED), []string{"search-attributes fault"}, "waybill setup"},
		{"a search attribute has another type", attributes("LegalDeadline", enums.INDEXED_VALUE_TYPE_KEYWORD), []string{"search-attributes fault"}, "temporal operator search-attribute remove --namespace " + p.namespace + " --name LegalDeadline"},
		{"no worker runs, and work waits", func(p *patient) ([]string, func()) {
			changed := []string{"TEMPORAL_NAMESPACE=" + idle}
			p.eventually("the work to wait for long", func() error {
				if all, _ := p.doctor([]string{"--only", "backlog"}, changed...); all[0].Level == "ok" {
					return errors.New(all[0].What)
				}
				return nil
			})
			return changed, func() {}
		}, []string{"pollers fault", "backlog warning"}, "waybill worker"},
		{"an old worker was left running", setting("TEMPORAL_NAMESPACE=" + mixed), []string{"pollers warning"}, "Stop the workers of the old version"},
	}
}

func providerFaults(*patient) []planted {
	account := func(change func(*sendgrid.Account)) func(*patient) ([]string, func()) {
		return func(p *patient) ([]string, func()) {
			before := p.mails.SetUpNow()
			changed := before
			changed.Webhooks = append([]sendgrid.EventSettings{}, before.Webhooks...)
			change(&changed)
			p.mails.SetUp(changed)
			return nil, func() { p.mails.SetUp(before) }
		}
	}
	panel := func(change func(*sendcloud.IntegrationSettings)) func(*patient) ([]string, func()) {
		return func(p *patient) ([]string, func()) {
			var before sendcloud.IntegrationSettings
			p.shop.SetPanel(func(s *sendcloud.IntegrationSettings) {
				before = *s
				change(s)
			})
			return nil, func() { p.shop.SetPanel(func(s *sendcloud.IntegrationSettings) { *s = before }) }
		}
	}
	clock := func(ahead time.Duration) func(*patient) ([]string, func()) {
		return func(p *patient) ([]string, func()) {
			p.shop.SetClock(ahead)
			return nil, func() { p.shop.SetClock(0) }
		}
	}
	return []planted{
		{"the SendGrid key is another account's", setting("SENDGRID_API_KEY=SG." + strings.Repeat("x", 66)), []string{"sendgrid-key fault"}, "Create API Key"},
		{"the SendGrid key may not send", account(func(a *sendgrid.Account) { a.Scopes = a.Scopes[1:] }), []string{"sendgrid-key fault"}, "full access to Mail Send"},
		{"the sender is not verified", account(func(a *sendgrid.Account) { a.Domains = nil }), []string{"sendgrid-sender fault"}, "Authenticate Your Domain"},
		{"only the sender's address is verified", account(func(a *sendgrid.Account) { a.Domains, a.Senders = nil, []string{"tracking@shop.example"} }), []string{"sendgrid-sender warning"}, "Authenticate Your Domain"},
		{"the credits are used up", func(p *patient) ([]string, func()) {
			require.NoError(p, p.mails.Fail(sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 401, Message: "Maximum credits exceeded"}))
			return nil, p.mails.Mend
		}, []string{"sendgrid-mail fault"}, "larger plan"},
		{"there is no Event Webhook", account(func(a *sendgrid.Account) { a.Webhooks = nil }), []string{"sendgrid-events warning"}, "Create new webhook"},
		{"the Event Webhook is off", account(func(a *sendgrid.Account) { a.Webhooks[0].Off = true }), []string{"sendgrid-events fault"}, "switch it on"},
		{"bounces are not reported", account(func(a *sendgrid.Account) { a.Webhooks[0].Silent = []string{"bounce"} }), []string{"sendgrid-events warning"}, "choose these events"},
		{"events are not signed", account(func(a *sendgrid.Account) { a.Webhooks[0].PublicKey = "" }), []string{"sendgrid-events fault"}, "Signature Verification"},
		{"events are signed with another key", account(func(a *sendgrid.Account) {
			a.Webhooks[0].PublicKey = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
		}), []string{"sendgrid-events fault"}, "copy the verification key"},
		{"the Sendcloud keys are wrong", setting("SENDCLOUD_API_KEYS_DEMO=public:secrte"), []string{"sendcloud-api fault"}, "SENDCLOUD_API_KEYS_DEMO"},
		{"the integration has another number", setting("SENDCLOUD_INTEGRATION_ID_DEMO=8"), []string{"sendcloud-api fault"}, "SENDCLOUD_INTEGRATION_ID_DEMO"},
		{"the webhook is switched off", panel(func(s *sendcloud.IntegrationSettings) { s.WebhookActive = false }), []string{"sendcloud-webhook fault"}, "switch the webhook on"},
		{"the webhook goes to the old host", panel(func(s *sendcloud.IntegrationSettings) { s.WebhookURL = "https://old.shop.example/webhooks" }), []string{"sendcloud-webhook fault"}, "enter the webhook URL"},
		{"the webhook fails", panel(func(s *sendcloud.IntegrationSettings) { s.FailingSince = time.Now() }), []string{"sendcloud-webhook fault"}, "Test API Webhook"},
		{"the clock is a little off", clock(2 * time.Minute), []string{"clock warning"}, "timedatectl"},
		{"the clock is far off", clock(-time.Hour), []string{"clock fault"}, "timedatectl"},
	}
}

func ownFaults(p *patient) []planted {
	return []planted{
		{"a key is too short", setting("WAYBILL_DIGEST_KEYS=short"), []string{"settings fault"}, "docs/settings.md"},
		{"the policy has a typing error", func(p *patient) ([]string, func()) {
			p.setPolicy("mode: loud\n")
			return nil, func() { p.setPolicy(doctorPolicy) }
		}, []string{"policy fault"}, "waybill policy check"},
		{"nobody answers at the public URL", func(p *patient) ([]string, func()) {
			// The panels have the wrong address too.
			wrong, account := p.nowhere(), p.mails.SetUpNow()
			at := account
			at.Webhooks = []sendgrid.EventSettings{{URL: wrong + "/webhooks/sendgrid", PublicKey: p.webhook.PublicKey()}}
			p.mails.SetUp(at)
			show := func(url string) {
				p.shop.SetPanel(func(s *sendcloud.IntegrationSettings) { s.WebhookURL = url + "/webhooks/sendcloud/demo" })
			}
			show(wrong)
			return []string{"WAYBILL_PUBLIC_URL=" + wrong}, func() {
				p.mails.SetUp(account)
				show(p.url(""))
			}
		}, []string{"public-url fault"}, "/healthz"},
		{"the ingress has another key", setting("SENDCLOUD_KEYS_DEMO=a-key-that-is-new"), []string{"ingress fault"}, "the same SENDCLOUD_KEYS_DEMO"},
		{"the endpoint that pays is away", setting("WAYBILL_PAY_URL_DEMO=" + p.nowhere() + merchant.Path), []string{"pay-endpoints fault"}, "Check WAYBILL_PAY_URL_DEMO"},
		{"Sendcloud signs with another key", func(p *patient) ([]string, func()) {
			p.shop.Send(sendcloud.TestWebhook())
			require.NoError(p, p.shop.Rest(p.Context()))
			return nil, p.shop.ForgetFailedCalls
		}, []string{"sendcloud-key fault"}, "the first line of SENDCLOUD_KEYS_DEMO"},
	}
}

// in is a client of another namespace.
func (p *patient) in(namespace string) client.Client {
	p.Helper()
	c, err := client.NewClientFromExistingWithContext(p.Context(), p.client, client.Options{Namespace: namespace, Logger: temporallog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(p, err)
	p.Cleanup(c.Close)
	return c
}

func (p *patient) setUpNamespace(name string) {
	p.Helper()
	cmd := exec.CommandContext(p.Context(), waybillProgram, "setup")
	cmd.Env = append(os.Environ(), append(p.temporalEnv(), "TEMPORAL_NAMESPACE="+name)...)
	out, err := cmd.CombinedOutput()
	require.NoError(p, err, "%s", out)
}

// startVersion starts workers of a version on all task queues.
func (p *patient) startVersion(namespace, version string) {
	p.Helper()
	c := p.in(namespace)
	for _, queue := range []string{contract.ParcelsQueue, contract.RefundsQueue} {
		w := worker.New(c, queue, worker.Options{Identity: "worker@" + version, DeploymentOptions: worker.DeploymentOptions{Version: worker.WorkerDeploymentVersion{DeploymentName: "waybill", BuildID: version}}})
		w.RegisterWorkflowWithOptions(func(workflow.Context) error { return nil }, workflow.RegisterOptions{Name: "Waits"})
		w.RegisterActivity(func() error { return nil })
		require.NoError(p, w.Start())
		p.Cleanup(w.Stop)
	}
}

func (p *patient) keepFor(retention time.Duration) {
	p.Helper()
	_, err := p.client.WorkflowService().UpdateNamespace(p.Context(), &workflowservice.UpdateNamespaceRequest{
		Namespace: p.namespace, Config: &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)},
	})
	require.NoError(p, err)
}

func (p *patient) removeAttribute(name string) {
	p.Helper()
	_, err := p.client.OperatorService().RemoveSearchAttributes(p.Context(), &operatorservice.RemoveSearchAttributesRequest{Namespace: p.namespace, SearchAttributes: []string{name}})
	require.NoError(p, err)
}
