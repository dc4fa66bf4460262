package monitoring_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/generated"
	"waybill/monitoring"
)

var update = flag.Bool("update", false, "write the list of metrics in docs/operating.md anew")

func TestTheOperatorsPageExplainsEveryMetric(t *testing.T) {
	list := "| metric | labels | what it shows |\n|---|---|---|\n"
	for _, m := range monitoring.Metrics() {
		list += fmt.Sprintf("| `%s` | %s | %s |\n", m.Name, labels(m), m.Holds)
	}
	generated.Section(t, "../docs/operating.md", "metrics", list, *update)
}

func labels(m monitoring.Metric) string {
	var quoted []string
	for _, label := range m.Labels {
		quoted = append(quoted, "`"+label+"`")
	}
	return strings.Join(quoted, ", ")
}

func TestNamesSayTheKind(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range monitoring.Metrics() {
		require.False(t, seen[m.Name], m.Name)
		seen[m.Name] = true
		require.Equal(t, m.Kind == monitoring.Counter, strings.HasSuffix(m.Name, "_total"), m.Name)
		if m.Kind == monitoring.Histogram {
			require.True(t, strings.HasSuffix(m.Name, "_seconds"), m.Name)
		}
		require.NotEmpty(t, m.Holds)
	}
}

// Frozen code names its metric itself.
func TestEveryMetricInTheCodeIsOnTheList(t *testing.T) {
	known := map[string]bool{}
	for _, m := range monitoring.Metrics() {
		known[m.Name] = true
	}
	counter, found := regexp.MustCompile(`"(waybill_[a-z_]+_(?:total|seconds))"`), 0
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, name := range counter.FindAllStringSubmatch(string(code), -1) {
			found++
			require.True(t, known[name[1]], "%s counts %s", path, name[1])
		}
		return err
	}))
	require.Greater(t, found, len(known)/2)
}

func TestAMetricIsCountedWithItsLabelsOrNotAtAll(t *testing.T) {
	for name, fault := range map[string]func(monitoring.Meter){
		"a label is missing":    func(m monitoring.Meter) { m.Count(monitoring.MailsSentTwice, 1) },
		"a label too many":      func(m monitoring.Meter) { m.Set(monitoring.MailsParked, 1, "demo") },
		"a counter that is set": func(m monitoring.Meter) { m.Set(monitoring.MailsSentTwice, 1, "demo") },
		"a gauge with a time":   func(m monitoring.Meter) { m.Time(monitoring.MailsParked, time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			require.Panics(t, func() { fault(monitoring.With(client.MetricsNopHandler)) })
		})
	}
	require.NotPanics(t, func() { monitoring.Meter{}.Count(monitoring.MailsSentTwice, 1, "demo") }, "the zero Meter counts nothing")
}
