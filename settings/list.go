package settings

import (
	"fmt"
	"slices"
	"strings"

	"waybill/mail/sendgrid"
	"waybill/sendcloud"
)

// Variable is one setting: a variable of the environment.
type Variable struct {
	// Name is the variable. A name that ends in <INTEGRATION> stands for one variable
	// for each integration: SENDCLOUD_KEYS_MY_SHOP is about my-shop.
	Name string
	// About says what it is, in words that continue after its name.
	About string
	// Default is the value if it is unset; empty is none.
	Default string
	// Secret values are never printed, and may stand in the file that <NAME>_FILE
	// names.
	Secret bool
	// For are the commands that read it. Temporal stands for all that ask Temporal,
	// and Compose for docker-compose.yml, which takes it from .env.
	For []string
	// Example is the value in .env.example.
	Example string
	// InCompose says in place of About, in .env.example, what it is for docker-compose.yml; empty is the same.
	InCompose string
}

// Readers of settings that are no commands.
const (
	Temporal = "Temporal"
	Compose  = "docker-compose.yml"
)

// perIntegration ends the name of a variable that each integration has.
const perIntegration = "<INTEGRATION>"

// Names of settings that other rooms read.
const (
	Policy        = "WAYBILL_POLICY"
	MailFrom      = "WAYBILL_MAIL_FROM"
	MailTemplates = "WAYBILL_MAIL_TEMPLATES"
	Listen        = "WAYBILL_LISTEN"
	MetricsListen = "WAYBILL_METRICS_LISTEN"
	Person        = "WAYBILL_PERSON"
	Token         = "WAYBILL_TOKEN"
	PublicURL     = "WAYBILL_PUBLIC_URL"
	Retention     = "WAYBILL_RETENTION"
	ExportFolder  = "WAYBILL_EXPORT_FOLDER"
	Deployment    = "WAYBILL_DEPLOYMENT"
	Gates         = "WAYBILL_GATES"
	RestoredFrom  = "WAYBILL_RESTORED_FROM"
	SendGridKey   = "SENDGRID_API_KEY"
	SendGridURL   = "SENDGRID_BASE_URL"
	EventKeys     = "SENDGRID_WEBHOOK_KEYS"
	SendcloudURL  = "SENDCLOUD_BASE_URL"
	WebhookKeys   = "SENDCLOUD_KEYS_<INTEGRATION>"
	APIKeys       = "SENDCLOUD_API_KEYS_<INTEGRATION>" //nolint:gosec // a name, not a key
	PayURLs       = "WAYBILL_PAY_URL_<INTEGRATION>"
	CodecKeys     = "WAYBILL_CODEC_KEYS"
	TemporalKey   = "TEMPORAL_API_KEY"
	CodecPlain    = "WAYBILL_CODEC_PLAIN"
	CodecListen   = "WAYBILL_CODEC_LISTEN"
	CodecOrigins  = "WAYBILL_CODEC_ORIGINS"
	CodecIssuer   = "WAYBILL_CODEC_OIDC_ISSUER"
	CodecAudience = "WAYBILL_CODEC_OIDC_AUDIENCE"
)

// Variables are all settings, in the order in which they are explained.
func Variables() []Variable { return slices.Clone(variables) }

// Is reports whether a variable of the environment is this setting, for one of the integrations if it has
// one for each.
func (v Variable) Is(name string) bool {
	prefix, many := strings.CutSuffix(v.Name, perIntegration)
	return v.Name == name || many && strings.HasPrefix(name, prefix)
}

// variables are all settings, in the order in which they are explained.
var variables = []Variable{
	{
		Name: "SENDCLOUD_KEYS_<INTEGRATION>", Secret: true, For: []string{"ingress", "setup"},
		About: "the webhook signature key of an integration, from its settings in Sendcloud's panel: at least 16 characters without spaces, and another one for each integration. To rotate it, set the new and the old key, one per line",
	},
	{
		Name: "SENDCLOUD_BASIC_AUTH_<INTEGRATION>", Secret: true, For: []string{"ingress", "setup"},
		About: "user and password as user:password, if the webhook's address has them: a second factor beside the signature. To rotate them, set the new and the old ones, one per line",
	},
	{
		Name: "SENDCLOUD_API_KEYS_<INTEGRATION>", Secret: true, For: []string{"worker"},
		About: "the keys of the integration at Sendcloud's API, as public-key:secret-key. To rotate them, set the new and the old pair, one per line. Without them, Waybill does not ask Sendcloud about the parcels of the integration",
	},
	{
		Name: "SENDCLOUD_INTEGRATION_ID_<INTEGRATION>", For: []string{"worker", Compose},
		About: "the number of the integration, from the address of its settings in Sendcloud's panel. It goes with the API keys",
	},
	{
		Name: "SENDCLOUD_API_VERSION_<INTEGRATION>", Default: sendcloud.V3, For: []string{"worker"},
		About: "the version of Sendcloud's API. v2 lists the parcels of the whole account: use it only if the account has no other integration. If it has one, the worker does not start",
	},
	{
		Name: "SENDCLOUD_ACCOUNT_<INTEGRATION>", For: []string{"worker"},
		About: "the name of the integration's Sendcloud account, if several of your integrations belong to one account: give all of them the name of the first. If it is empty, the account has the integration's name. A return of an account is refunded once, whichever integration reports it. Do not change the name later: it is part of the keys under which refunds are paid",
	},
	{Name: "SENDCLOUD_BASE_URL", Default: sendcloud.DefaultBaseURL, For: []string{"worker"}, About: "the address of Sendcloud's API"},
	{
		Name: "WAYBILL_RECONCILE_EVERY", Default: "15m", For: []string{"worker"},
		About: "how often Waybill asks Sendcloud what changed",
	},
	{
		Name: "WAYBILL_ATTENTION_EVERY", Default: "1m", For: []string{"worker"},
		About: "how often workers count the parcels that need attention. Operations are mailed once for each reason",
	},
	{
		Name: "SENDGRID_API_KEY", Secret: true, For: []string{"worker", "ingress", "templates"},
		About: "a SendGrid API key with the scope mail.send. The ingress can have a key of its own, without that scope: it only reads SendGrid's email log, when a person looks at a parcel",
	},
	{
		Name: "SENDGRID_BASE_URL", Default: sendgrid.DefaultURL, For: []string{"worker", "ingress", "templates", Compose},
		About:     "the address of SendGrid's API: https://api.eu.sendgrid.com for EU subusers",
		InCompose: "the address of SendGrid's API: https://api.sendgrid.com, or https://api.eu.sendgrid.com for EU subusers. If it is empty, no mail leaves this machine: a stand-in takes the mails and shows them at http://127.0.0.1:8025",
	},
	{
		Name: "SENDGRID_WEBHOOK_KEYS", Secret: true, For: []string{"ingress"},
		About: "the verification key of SendGrid's Event Webhook. To rotate it, set the new and the old key, one per line. Without it, POST /webhooks/sendgrid is closed",
	},
	{
		Name: MailFrom, For: []string{"worker", "ingress", "templates", "parcels", Compose}, Example: "Example Shop <tracking@shop.example>",
		About: "the sender of the mails, such as Example Shop <tracking@shop.example>. With an address alone, mails are signed with the name that the shop of each integration has at Sendcloud",
	},
	{
		Name: "WAYBILL_MAIL_RATE", For: []string{"worker", Compose},
		About: "how many mails a second each worker posts at most. If more are waiting, each gets a turn. Without it there is no limit",
	},
	{
		Name: "WAYBILL_MAIL_SETUP_PAUSE", Default: "1m", For: []string{"worker"},
		About: "how long a worker posts nothing after SendGrid has refused its key or sender. Then it tries one mail again. Each further refusal doubles the pause, up to ten times as long",
	},
	{
		Name: MailTemplates, For: []string{"worker", "ingress", "templates", "parcels", Compose},
		About: "a folder with your own words and layout for mails: see waybill templates --help",
	},
	{
		Name: Policy, For: []string{"worker", "ingress", "templates", "policy"},
		About: `the policy file: what is sent and when, and who works on parcels and decides about refunds. Until it says "mode: live", everything is decided and recorded and nothing is sent: see waybill policy --help`,
	},
	{
		Name: "WAYBILL_POLICY_FOLDER", For: []string{Compose}, Example: "./policy.d",
		About: "the folder of policy.yaml",
	},
	{
		Name: "WAYBILL_LINK_KEYS", Secret: true, For: []string{"ingress", "worker", "erase verify"},
		About: "the key that signs sessions, the links in mails, and orders about parcels and refunds: at least 32 characters, as openssl rand -hex 32 makes them, and the same for ingress and workers. To rotate it, set the new and the old key, one per line. Without it, the pages at /parcels and /refunds and their APIs are closed",
	},
	{
		Name: PublicURL, For: []string{"ingress", "worker", "setup", "refunds", "parcels", "mails", Compose},
		About:     "the public address of the ingress, such as https://hooks.shop.example. Plain http is for this machine only",
		InCompose: "the public address of the ingress, such as https://hooks.shop.example, with nothing after the host. Caddy serves this name, with a certificate that it gets by itself. If it is empty: http://127.0.0.1:8080, for this machine only",
	},
	{
		Name: "WAYBILL_PAY_URL_<INTEGRATION>", For: []string{"worker", "refunds simulate-payment", Compose},
		About: "your endpoint that pays the refunds of an integration (docs/paying.md)",
	},
	{
		Name: "WAYBILL_PAY_KEYS_<INTEGRATION>", Secret: true, For: []string{"worker", "refunds simulate-payment"},
		About: "the secret that Waybill shares with that endpoint, at least 16 characters. To rotate it, set the new and the old secret, one per line",
	},
	{
		Name: "WAYBILL_DIGEST_KEYS", Secret: true, For: []string{"worker"},
		About: "the key that makes pseudonyms of customers, to count each one's refunds: at least 32 characters, as openssl rand -hex 32 makes them, and the same for all workers. To change it, set the new and the old key, one per line, and keep the old one for as long as refunds count: 90 days by default. Refunds are not paid without a key",
	},
	{
		Name: searchKeysVariable, Secret: true, For: []string{"worker", "ingress", "parcels", "export", "erase"},
		About: "the key under which parcels and refunds are found by mail address: at least 32 characters, as openssl rand -hex 32 makes them, and the same everywhere. To rotate it, set the new and the old key, one per line. Without it, nothing is found by mail address",
	},
	{
		Name: CodecKeys, Secret: true, For: []string{Temporal, "keys"},
		About: "the keys that encrypt everything that Temporal stores for Waybill, one per line, as waybill keys new prints them: the first encrypts, all decrypt. They are the same for all processes. Keep a copy elsewhere: without a key, nothing can be read that was encrypted with it. Nothing starts without a key, unless WAYBILL_CODEC_PLAIN is write (docs/encryption.md)",
	},
	{
		Name: CodecPlain, For: []string{Temporal, "keys", Compose},
		About: "what becomes of payloads that are not encrypted. If it is empty, they are refused. read: those that Temporal has from before the keys are read, and new ones are encrypted. write: nothing is encrypted, and Temporal stores names, addresses and mails as plain text",
	},
	{
		Name: CodecListen, For: []string{"ingress"},
		About: "the address of the codec endpoint, by which inspectors of the policy read what is encrypted in Temporal's UI and with the command temporal (docs/encryption.md). It is a listener of its own: keep it in a network that the internet does not reach. Without it, the endpoint is closed",
	},
	{
		Name: CodecOrigins, For: []string{"ingress"},
		About: "where Temporal's UI is for browsers, such as https://temporal.shop.example: only its pages may call the codec endpoint. Several stand beside each other with a comma",
	},
	{
		Name: CodecIssuer, For: []string{"ingress", Compose},
		About:     "the OIDC issuer with which people sign in to Temporal's UI, such as https://login.shop.example: an inspector is then known by the mail address of the token that the UI passes on. Without it, only API tokens of the policy open the codec endpoint",
		InCompose: "the OIDC issuer with which people sign in to Temporal's UI, such as https://login.shop.example. Without it, they sign in with the passwords of secrets/ui_users",
	},
	{
		Name: CodecAudience, For: []string{"ingress", Compose},
		About:     "for whom the issuer makes these tokens: the client id of Temporal's UI, or the audience of its access tokens",
		InCompose: "the client id of Temporal's UI at this issuer",
	},
	{
		Name: "WAYBILL_TEMPORAL_UI", For: []string{"ingress", Compose},
		About:     "the address of Temporal's UI, such as https://temporal.shop.example, for links to it from the parcel pages. Without it, there are no such links",
		InCompose: "the public address of Temporal's UI, such as https://temporal.shop.example, with nothing after the host. Caddy serves this name too. If it is empty: http://127.0.0.1:8233, for this machine only",
	},
	{
		Name: "WAYBILL_TRUSTED_PROXIES", For: []string{"ingress"},
		About: "addresses or networks of the proxies in front of the ingress, such as 10.0.0.0/8: their X-Forwarded-For is trusted",
	},
	{Name: Listen, Default: "127.0.0.1:8080", For: []string{"ingress", "health"}, About: "the address to listen on"},
	{
		Name: "WAYBILL_STOP_DELAY", Default: "0s", For: []string{"ingress", Compose},
		About: "for how long an ingress that is told to stop still takes requests, while /readyz already answers 503: longer than a load balancer in front of several ingresses needs to notice. Without a load balancer, leave it out",
	},
	{
		Name: MetricsListen, For: []string{"ingress", "worker", "health"},
		About: "the address that shows /metrics to Prometheus, and /healthz and /readyz to containers. Without it, nothing is counted",
	},
	{
		Name: "OTEL_EXPORTER_OTLP_ENDPOINT", For: []string{"ingress", "worker", Compose},
		About: "where traces are sent, such as http://collector:4318. The other standard variables of OpenTelemetry work too, such as OTEL_EXPORTER_OTLP_PROTOCOL (http/protobuf or grpc), OTEL_TRACES_SAMPLER and OTEL_SERVICE_NAME. Without it, nothing is traced",
	},
	{Name: logLevel, Default: "info", For: []string{"ingress", "worker"}, About: "how much is logged: debug, info, warn or error"},
	{
		Name: logFormat, For: []string{"ingress", "worker"},
		About: "how lines are logged: text, for people, or json, for programs. Without it: text on a terminal, json elsewhere",
	},
	{
		Name: Token, Secret: true, For: []string{"refunds", "parcels", "mails"},
		About: "the API token of the person who gives orders on the command line, which proves who they are",
	},
	{
		Name: Person, For: []string{"refunds", "parcels", "mails", "erase"},
		About: "the person who gives orders on the command line without a token, unless --as names another: a name from the policy. It proves nothing",
	},
	{Name: "TEMPORAL_ADDRESS", Default: "127.0.0.1:7233", For: []string{Temporal}, About: "host:port of Temporal"},
	{Name: "TEMPORAL_NAMESPACE", Default: "default", For: []string{Temporal}, About: "the namespace in Temporal"},
	{
		Name: Retention, Default: "720h", For: []string{"setup", "worker", Compose},
		About: "how long Temporal keeps closed workflows, from 24h to 8760h: setup has the namespace do so, and workers refuse one that keeps them for less. Within this time, Temporal itself knows that a parcel or a refund has ended (docs/personal-data.md)",
	},
	{
		Name: ExportFolder, For: []string{"worker", Compose},
		About: "the folder to which a worker writes the decision logs of refunds that have ended, once a day, before Temporal forgets them. If several workers have one, it has to be the same folder. Without it, nothing is exported by itself: see waybill refunds export --help. With docker-compose.yml, write /exports",
	},
	{
		Name: Deployment, For: []string{"worker", "deployments", Compose},
		About: "the name of the Worker Deployment in Temporal that workers belong to, such as waybill: a new build then gets work only when waybill deployments says so (docs/upgrading.md). Without it, workers of all builds get work",
	},
	{
		Name: Gates, Default: "open", For: []string{"worker", Compose},
		About: "closed: workflows go on by the old code, where a build changes how they run, so that the build before can take them over again (docs/upgrading.md)",
	},
	{
		Name: RestoredFrom, For: []string{"worker", Compose},
		About: "when the backup was taken from which Temporal's database was restored, such as 2026-11-02T09:00:00Z. Mails that were sent after it are unknown to Temporal: a worker looks for each mail in SendGrid's email log before it sends it, and sends none while it cannot read the log. Remove it 30 days after the restore (docs/backup.md)",
	},
	{Name: TemporalKey, Secret: true, For: []string{Temporal}, About: "the API key for Temporal Cloud"},
}

// AboutTemporal is the help about where Temporal is.
var AboutTemporal = "Temporal is found through the TEMPORAL_* settings of all Temporal tools, such as\n\n" +
	help(func(v Variable) bool {
		return slices.Contains(v.For, Temporal) && strings.HasPrefix(v.Name, "TEMPORAL_")
	}) +
	"\nor through a profile in temporal.toml. Everything that Temporal stores is encrypted:\nsee waybill keys --help."

// Help lists the settings of a command, for its --help.
func Help(command string) string {
	return help(func(v Variable) bool { return slices.Contains(v.For, command) })
}

func help(about func(Variable) bool) string {
	const width, indent = 88, "      "
	var help strings.Builder
	for _, v := range variables {
		if !about(v) {
			continue
		}
		fmt.Fprintf(&help, "  %s\n%s\n", v.Name, wrap(v.About+v.unset(), indent, width))
	}
	return help.String()
}

// unset says what the value is if the variable is unset.
func (v Variable) unset() string {
	if v.Default == "" {
		return ""
	}
	return ". If unset: " + v.Default
}

// wrap breaks a text into lines that begin with a prefix.
func wrap(text, prefix string, width int) string {
	var lines []string
	line := prefix
	for _, word := range strings.Fields(text) {
		if len(line) > len(prefix) && len(line)+1+len(word) > width {
			lines, line = append(lines, line), prefix
		}
		if len(line) > len(prefix) {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n")
}

// named finds the setting of a name. It panics if the name is not on the list, which is
// a fault of the program.
func named(name string) Variable {
	for _, v := range variables {
		if v.Is(name) {
			return v
		}
	}
	panic(name + " is not on the list of settings")
}
