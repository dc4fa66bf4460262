// Package monitoring is what the people who run Waybill watch: its metrics by name, the gauges
// that are counted in Temporal, and whether a process is healthy. Beside the code lie the
// Grafana dashboard and the Prometheus alerts, which are tested against it.
package monitoring

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
)

// Kind is Prometheus' name for the type of a metric.
type Kind string

// The kinds.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Metric is one metric of Waybill's own.
type Metric struct {
	// Name is the name at /metrics. Counters end in _total, histograms in _seconds.
	Name string
	Kind Kind
	// Labels each have a bounded number of values: never a text from outside, and never
	// personal data.
	Labels []string
	// Holds says what the metric shows.
	Holds string
}

// BuildInfo is 1 in every process: what it says is in its labels. One process has one value of each.
var BuildInfo = Metric{"waybill_build_info", Gauge, []string{"version", "commit", "go", "histories"}, "always 1: the build of each process that serves metrics, as `waybill version` prints it. `histories` is the newest schema that it replays"}

// What the ingress counts.
var (
	DoorLatency       = Metric{"waybill_door_latency_seconds", Histogram, []string{"door", "code"}, "how long the ingress took to answer, by door and status code. Health checks are left out"}
	Webhooks          = Metric{"waybill_webhooks_total", Counter, []string{"integration", "action", "outcome"}, "webhooks by integration, action and outcome. An action that Waybill does not know has the outcome `unknown action`"}
	WebhookToRecorded = Metric{"waybill_webhook_to_recorded_seconds", Histogram, []string{"integration"}, "the time from Sendcloud's timestamp of a status change until Temporal had recorded it. It grows if Sendcloud is late, or has to repeat a webhook"}
	RefundRequests    = Metric{"waybill_refund_requests_total", Counter, []string{"integration", "action", "outcome"}, "requests that people sent about refunds, by integration, action and outcome"}
	ParcelRequests    = Metric{"waybill_parcel_requests_total", Counter, []string{"integration", "action", "outcome"}, "requests that people sent about parcels, by integration, action and outcome"}
	CodecRequests     = Metric{"waybill_codec_requests_total", Counter, []string{"action", "outcome"}, "calls of the [codec endpoint](encryption.md#temporals-ui-and-command-line) by action (`decode` or `encode`) and outcome"}
	OlderKeyUses      = Metric{"waybill_older_key_uses_total", Counter, []string{"setting"}, "requests that came in by a key that is not the first of its setting. It says when an old key [can go](rotation.md)"}
	ConnectionsClosed = Metric{"waybill_connections_closed_total", Counter, nil, "connections that the ingress closed to make room for others"}
	BodiesRefused     = Metric{"waybill_bodies_refused_total", Counter, nil, "unverified bodies that the ingress stopped reading to make room for others"}
	MailEvents        = Metric{"waybill_mail_events_total", Counter, []string{"event", "outcome"}, "events that SendGrid reported, by event and outcome"}
)

// What workers count.
var (
	Mails              = Metric{"waybill_mails_total", Counter, []string{"integration", "kind", "outcome", "reason"}, "tries to send a mail, by integration, kind, outcome and reason. See [mails.md](mails.md#what-becomes-of-a-mail)"}
	ScanToMail         = Metric{"waybill_scan_to_mail_seconds", Histogram, []string{"integration", "kind"}, "the time from the carrier's scan until SendGrid accepted the mail about it. It includes the hold and quiet hours of the policy"}
	MailBreakerOpen    = Metric{"waybill_mail_breaker_open", Gauge, nil, "1 while a worker holds mails back because SendGrid refuses its key or sender; 0 again when a mail is accepted"}
	MailsSentTwice     = Metric{"waybill_mails_sent_twice_total", Counter, []string{"integration"}, "mails that were sent twice because the first post could not be proven"}
	BouncesUntraced    = Metric{"waybill_bounces_untraced_total", Counter, nil, "bounces whose mail is unknown, because neither the event nor SendGrid's log names it"}
	WebhooksMissed     = Metric{"waybill_webhooks_missed_total", Counter, []string{"integration"}, "changes that no webhook reported, by integration"}
	WebhooksMissedLate = Metric{"waybill_webhooks_missed_lateness_seconds", Histogram, []string{"integration"}, "how late reconciliation found the changes that no webhook reported"}
)

// What ingress and workers read from Temporal every minute; see [Gauges].
var (
	MailsParked           = Metric{"waybill_mails_parked", Gauge, nil, "mails about parcels that failed for good and wait for a person"}
	ParcelsAttention      = Metric{"waybill_parcels_attention", Gauge, []string{"reason"}, "parcels that need attention, by reason"}
	IntegrationsAttention = Metric{"waybill_integrations_attention", Gauge, []string{"integration", "reason"}, "1 if an integration needs attention for this reason"}
	ConfigurationFault    = Metric{"waybill_mail_configuration_fault", Gauge, []string{"integration"}, "1 while SendGrid refuses the key or the sender for the mails of an integration"}
	Refunds               = Metric{"waybill_refunds", Gauge, []string{"state", "age"}, "open refunds by state, and by how long ago they began"}
	RefundsAttention      = Metric{"waybill_refunds_attention", Gauge, []string{"reason"}, "refunds that need attention, by reason"}
	RefundsDue            = Metric{"waybill_refunds_due", Gauge, []string{"within"}, "open refunds whose legal deadline is `over`, or ends within `2 days` or `4 days`"}
	Backlog               = Metric{"waybill_task_queue_backlog", Gauge, []string{"queue", "type"}, "tasks that wait for a worker, by task queue and type"}
	BacklogAge            = Metric{"waybill_task_queue_backlog_age_seconds", Gauge, []string{"queue", "type"}, "how long the oldest task of a queue has waited"}
	Pollers               = Metric{"waybill_task_queue_pollers", Gauge, []string{"queue", "type"}, "processes that have asked Temporal for tasks within the last two minutes"}
	Reconciled            = Metric{"waybill_reconciled_timestamp_seconds", Gauge, []string{"integration"}, "when the last reconciliation that succeeded ended, in Unix time; 0 if none has, NaN while its schedule is paused"}
	GaugesRefreshed       = Metric{"waybill_gauges_refreshed_timestamp_seconds", Gauge, nil, "when a process last read all of these gauges from Temporal, in Unix time"}
)

// Metrics are all metrics, in the order of docs/operating.md.
func Metrics() []Metric {
	return []Metric{
		BuildInfo,
		DoorLatency, Webhooks, WebhookToRecorded, RefundRequests, ParcelRequests, CodecRequests, OlderKeyUses, ConnectionsClosed, BodiesRefused, MailEvents,
		Mails, ScanToMail, MailBreakerOpen, MailsSentTwice, BouncesUntraced, WebhooksMissed, WebhooksMissedLate,
		MailsParked, ParcelsAttention, IntegrationsAttention, ConfigurationFault, Refunds, RefundsAttention, RefundsDue,
		Backlog, BacklogAge, Pollers, Reconciled, GaugesRefreshed,
	}
}

// Meter counts with the handler of Temporal's SDK. The zero Meter counts nothing.
type Meter struct{ handler client.MetricsHandler }

// With counts with a handler.
func With(h client.MetricsHandler) Meter { return Meter{h} }

// Count adds to a counter. The labels are the values of the metric's labels, in their order.
func (m Meter) Count(what Metric, n int64, labels ...string) {
	m.tagged(what, Counter, labels).Counter(what.Name).Inc(n)
}

// Set sets a gauge.
func (m Meter) Set(what Metric, value float64, labels ...string) {
	m.tagged(what, Gauge, labels).Gauge(what.Name).Update(value)
}

// Time adds a length of time to a histogram.
func (m Meter) Time(what Metric, d time.Duration, labels ...string) {
	// The exporter adds the unit.
	m.tagged(what, Histogram, labels).Timer(strings.TrimSuffix(what.Name, "_seconds")).Record(max(d, 0))
}

// tagged panics if the metric has another kind or other labels: that is a fault of the program.
func (m Meter) tagged(what Metric, kind Kind, labels []string) client.MetricsHandler {
	if what.Kind != kind || len(labels) != len(what.Labels) {
		panic(fmt.Sprintf("%s is a %s with the labels %q", what.Name, what.Kind, what.Labels))
	}
	if m.handler == nil {
		return client.MetricsNopHandler
	}
	if len(labels) == 0 {
		return m.handler
	}
	tags := map[string]string{}
	for i, label := range what.Labels {
		tags[label] = labels[i]
	}
	return m.handler.WithTags(tags)
}
