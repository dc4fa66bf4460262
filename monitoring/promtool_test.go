//go:build promtool

package monitoring_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func promtool(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput()
	require.NoError(t, err, "promtool %s\n%s", strings.Join(args, " "), out)
	t.Logf("promtool %s\n%s", strings.Join(args, " "), out)
}

func TestTheRulesAreValid(t *testing.T) { promtool(t, "check", "config", "prometheus.yml") }

func TestEachAlertFires(t *testing.T) { promtool(t, "test", "rules", "alerts_test.yaml") }

// promtool reads queries in rules only.
func TestEveryQueryOfTheDashboardCanBeRead(t *testing.T) {
	type rule struct{ Record, Expr string }
	var rules []rule
	for i, p := range readDashboard(t).Panels {
		for j, query := range p.Targets {
			expr := strings.NewReplacer("$__rate_interval", "5m", "$job", ".+", "$instance", ".+").Replace(query.Expr)
			rules = append(rules, rule{fmt.Sprintf("panel:%d:%d", i, j), expr})
		}
	}
	raw, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "dashboard.yaml")
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	promtool(t, "check", "rules", path)
}
