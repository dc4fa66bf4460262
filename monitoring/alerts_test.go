package monitoring_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"waybill/monitoring"
)

// alert is one rule of alerts.yaml.
type alert struct {
	Alert       string
	Expr        string
	Labels      map[string]string
	Annotations map[string]string
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(raw, into))
}

func alerts(t *testing.T) (all []alert) {
	t.Helper()
	var file struct {
		Groups []struct{ Rules []alert }
	}
	readYAML(t, "alerts.yaml", &file)
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}

func TestEachAlertIsUrgentOrNotAndHasItsRunbookEntry(t *testing.T) {
	runbook, err := os.ReadFile("../docs/runbook.md")
	require.NoError(t, err)
	entries := map[string]string{}
	for _, entry := range strings.Split(string(runbook), "\n## ")[1:] {
		heading, text, _ := strings.Cut(entry, "\n")
		entries[strings.ReplaceAll(strings.ToLower(heading), " ", "-")] = text
	}
	used := map[string]bool{}
	for _, a := range alerts(t) {
		require.Contains(t, []string{"look", "page"}, a.Labels["severity"], a.Alert)
		require.NotEmpty(t, a.Annotations["summary"], a.Alert)
		file, anchor, _ := strings.Cut(a.Annotations["runbook_url"], "#")
		require.Equal(t, "docs/runbook.md", file, a.Alert)
		require.Contains(t, entries[anchor], "`"+a.Alert+"`", "the entry %q names the alert", anchor)
		used[anchor] = true
	}
	for anchor := range entries {
		require.True(t, used[anchor], "no alert leads to the entry %q", anchor)
	}
}

func TestEachAlertFiresInATest(t *testing.T) {
	var file struct {
		Tests []struct {
			Rules []struct {
				Alertname string
				Expected  []any `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	readYAML(t, "alerts_test.yaml", &file)
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, r := range test.Rules {
			if len(r.Expected) > 0 {
				fires[r.Alertname] = true
			} else {
				silent[r.Alertname] = true
			}
		}
	}
	for _, a := range alerts(t) {
		require.True(t, fires[a.Alert], "%s never fires in alerts_test.yaml", a.Alert)
		require.True(t, silent[a.Alert], "%s is never silent in alerts_test.yaml", a.Alert)
	}
}

// ofSDK are the metrics of Temporal's SDK that alerts and docs name.
var ofSDK = []string{"temporal_workflow_task_execution_failed_total", "temporal_workflow_failed_total", "temporal_request_latency_seconds"}

func TestOnlyMetricsThatExistAreWatched(t *testing.T) {
	known := slices.Clone(ofSDK)
	for _, m := range monitoring.Metrics() {
		known = append(known, m.Name)
		if m.Kind == monitoring.Histogram {
			known = append(known, m.Name+"_bucket", m.Name+"_count", m.Name+"_sum")
		}
	}
	for _, path := range []string{"alerts.yaml", "alerts_test.yaml", "dashboard.json", "../docs/runbook.md"} {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		named := regexp.MustCompile(`\b(?:waybill|temporal)_[a-z_]+`).FindAllString(string(raw), -1)
		require.NotEmpty(t, named)
		for _, name := range named {
			require.Contains(t, known, name, path)
		}
	}
}

// dashboard is what is checked of dashboard.json.
type dashboard struct {
	Editable   bool
	Templating struct {
		List []struct {
			Name, Label, Type, AllValue string
			Multi                       bool
			Query                       any
			Datasource                  source
		}
	}
	Panels []panel
}

type panel struct {
	Title, Description string
	Datasource         source
	FieldConfig        struct{ Defaults struct{ Unit string } }
	Targets            []struct {
		Expr, LegendFormat string
		Datasource         source
	}
}

type source struct{ UID string }

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	raw, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &d))
	return d
}

// These are the rules of Grafana's dashboard-linter: its module cannot be had by everybody who
// builds Waybill. That each query can be parsed is promtool's word (make alerts).
func TestTheDashboardIsClean(t *testing.T) {
	d := readDashboard(t)
	require.False(t, d.Editable, "it is changed here")
	require.True(t, len(d.Panels) >= 6 && len(d.Panels) <= 10, "six to ten panels")
	for i, want := range []struct{ name, label string }{{"datasource", "Data source"}, {"job", "Job"}, {"instance", "Instance"}} {
		v := d.Templating.List[i]
		require.Equal(t, want.name, v.Name)
		require.Equal(t, want.label, v.Label)
		if i > 0 {
			require.Equal(t, "query", v.Type)
			require.Equal(t, "${datasource}", v.Datasource.UID)
			require.Equal(t, ".+", v.AllValue)
			require.True(t, v.Multi)
		}
	}
	for _, p := range d.Panels {
		require.True(t, strings.HasSuffix(p.Title, "?"), "%q: a panel answers a question", p.Title)
		require.NotEmpty(t, p.Description, p.Title)
		require.NotEmpty(t, p.FieldConfig.Defaults.Unit, p.Title)
		require.Equal(t, "${datasource}", p.Datasource.UID, p.Title)
		require.NotEmpty(t, p.Targets, p.Title)
		for _, query := range p.Targets {
			require.Equal(t, "${datasource}", query.Datasource.UID, p.Title)
			require.NotEmpty(t, query.LegendFormat, p.Title)
			requireClean(t, query.Expr)
		}
	}
}

// requireClean checks one query.
func requireClean(t *testing.T, query string) {
	t.Helper()
	selectors := regexp.MustCompile(`(\b(?:waybill|temporal)_[a-z_]+)\{([^}]*)\}`).FindAllStringSubmatchIndex(query, -1)
	require.NotEmpty(t, selectors, query)
	for _, at := range selectors {
		name, matchers, before := query[at[2]:at[3]], query[at[4]:at[5]], query[:at[0]]
		require.Contains(t, matchers, `job=~"$job"`, query)
		require.Contains(t, matchers, `instance=~"$instance"`, query)
		if strings.HasSuffix(name, "_total") || strings.HasSuffix(name, "_bucket") {
			require.Regexp(t, `(rate|increase)\($`, before, query)
		}
	}
	require.NotRegexp(t, `\brate\([^)]*\[(?:[^$]|\$[^_])`, query, "rates are over $__rate_interval")
}
