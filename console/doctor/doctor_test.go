package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/monitoring"
	"waybill/settings"
)

// answers are what a server answers, by method and path: a status and a body. Anything else
// is 404.
type answers map[string]string

func (a answers) serve(t *testing.T) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said, ok := a[r.Method+" "+r.URL.Path]
		status, body, _ := strings.Cut(said, " ")
		switch {
		case !ok:
			w.WriteHeader(http.StatusNotFound)
		case strings.HasPrefix(status, "4"):
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasPrefix(status, "3"):
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusMovedPermanently)
		case strings.HasPrefix(status, "5"):
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// nowhere is an address where nobody listens.
func nowhere(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return server.URL
}

func deployment(t *testing.T, environ ...string) *Deployment {
	t.Helper()
	d := Open(settings.New(environ))
	t.Cleanup(d.Close)
	return d
}

// one does one check, which must find exactly one thing of this level that says and mends
// something.
func one(t *testing.T, d *Deployment, check Check, level Level, says, mends string) {
	t.Helper()
	found := Run(t.Context(), d, []Check{check}, func(string) {})
	require.Len(t, found, 1, "%v", found)
	require.Equal(t, level, found[0].Level, "%v", found)
	require.Contains(t, found[0].What, says)
	require.Contains(t, found[0].Mend, mends)
	require.Equal(t, check.Name, found[0].Check)
}

var wellFormedKey = "SG." + strings.Repeat("x", sendGridKeyLength-3)

func TestACheckWithoutItsSettingsIsSkipped(t *testing.T) {
	d := deployment(t, "TEMPORAL_ADDRESS="+strings.TrimPrefix(nowhere(t), "http://"), "SENDCLOUD_BASE_URL="+nowhere(t))
	for _, f := range Run(t.Context(), d, Checks(), func(string) {}) {
		switch f.Check {
		case "temporal":
			require.Equal(t, Fault, f.Level)
			require.Contains(t, f.Mend, "TEMPORAL_ADDRESS")
		case "policy":
			require.Equal(t, Warning, f.Level)
		case "keys":
			require.Equal(t, OK, f.Level)
		default:
			require.Equal(t, Skipped, f.Level, "%v", f)
			require.NotEmpty(t, f.What)
		}
	}
}

func TestEveryCheckHasANameAndSaysWhatItLooksAt(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Checks() {
		require.False(t, seen[c.Name], c.Name)
		seen[c.Name] = true
		require.NotEmpty(t, c.About)
	}
	some, err := Only("pollers,temporal")
	require.NoError(t, err)
	require.Len(t, some, 2)
	require.Equal(t, "temporal", some[0].Name)
	_, err = Only("temporal,polers")
	require.ErrorContains(t, err, `there is no check "polers"`)
}

func TestACheckThatHangsIsEndedAndNamedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		defer close(over) // without it, the bubble would not end
		deaf := Check{Name: "deaf", Look: func(context.Context, *Deployment) []Finding {
			<-over
			return nil
		}}
		var said []string
		began := time.Now()
		found := Run(t.Context(), &Deployment{}, []Check{deaf}, func(line string) { said = append(said, line) })
		require.Equal(t, Timeout+grace, time.Since(began))
		require.Len(t, found, 1)
		require.Equal(t, Fault, found[0].Level)
		require.Equal(t, "still checking: deaf", said[0])
	})
}

func TestSettingsAreReadAsTheProcessesReadThem(t *testing.T) {
	one(t, deployment(t, "SENDGRID_API_KEY=x", "WAYBILL_MAIL_FROM=nobody"), Check{Name: settingsCheck.Name, Look: func(ctx context.Context, d *Deployment) []Finding {
		return lookAtSettings(ctx, d)[1:] // those of the ingress are not here
	}}, Fault, "WAYBILL_MAIL_FROM: it is not of the form", "docs/settings.md")

	found := lookAtSettings(t.Context(), deployment(t, "SENDCLOUD_KEYS_DEMO=short", "WAYBILL_PUBLIC_URL=http://hooks.shop.example", "SENDGRID_API_KEY=x", "WAYBILL_MAIL_FROM=a@shop.example"))
	require.Len(t, found, 2, "the fault of the public URL is reported once, although both processes read it: %v", found)
}

func TestKeysThatLookWrong(t *testing.T) {
	one(t, deployment(t, "SENDGRID_API_KEY=SG.short"), keysCheck, Warning, "SENDGRID_API_KEY has 8 characters", "API Keys")
	one(t, deployment(t, "SENDGRID_API_KEY="+wellFormedKey), keysCheck, OK, "", "")
	one(t, deployment(t, "SENDCLOUD_KEYS_DEMO=a-key-of-16-chars-1\na-key-of-16-chars-2"), keysCheck, OK, "SENDCLOUD_KEYS_DEMO has 2 keys", "")
}

func TestThePolicy(t *testing.T) {
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "policy.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return "WAYBILL_POLICY=" + path
	}
	const told = "operations: {mail: ops@shop.example}\n"
	keys := "SENDCLOUD_API_KEYS_DEMO=public:secret"
	one(t, deployment(t, file("mode: loud\n")), policyCheck, Fault, "policy.yaml:1: mode", "waybill policy check")
	for text, want := range map[string]struct{ says, mends string }{
		"mode: live\n": {"operations.mail is empty", "operations: {mail:"},
		told + "integrations: {dmeo: {mode: live}}\n": {"a section for dmeo", "SENDCLOUD_KEYS_DMEO"},
		told + "refunds: {mode: live}\n":              {"WAYBILL_PAY_URL_DEMO is not set here", "docs/paying.md"},
		told + "people: {anna: {email: a@shop.example, role: manager, token_sha256: " + strings.Repeat("ab", 32) + ", token_expires: 2026-01-31}}\n": {"expired on 2026-01-31", "waybill token anna"},
	} {
		d := deployment(t, file(text), keys)
		found := lookAtPolicy(t.Context(), d)
		require.Len(t, found, 2, "%s: %v", text, found)
		require.Equal(t, OK, found[0].Level)
		require.Equal(t, Warning, found[1].Level)
		require.Contains(t, found[1].What, want.says)
		require.Contains(t, found[1].Mend, want.mends)
	}
}

func TestPollersAndBacklog(t *testing.T) {
	look := func(look func(context.Context, *Deployment) []Finding, q monitoring.Queue) Finding {
		d := &Deployment{}
		_, err := d.queues.ask(func() ([]monitoring.Queue, error) { return []monitoring.Queue{q}, nil })
		require.NoError(t, err)
		found := look(t.Context(), d)
		require.Len(t, found, 1)
		return found[0]
	}
	two := []monitoring.Poller{{Identity: "1@a", Version: "v1"}, {Identity: "2@b", Version: "v1"}}
	require.Equal(t, OK, look(lookAtPollers, monitoring.Queue{Name: "parcels", Pollers: two}).Level)
	mixed := look(lookAtPollers, monitoring.Queue{Name: "parcels", Tasks: "activities", Pollers: append(two, monitoring.Poller{Identity: "3@c", Version: "v2"})})
	require.Equal(t, Warning, mixed.Level)
	require.Contains(t, mixed.What, "workers of 2 versions poll the task queue parcels for activities: v1 (1@a, 2@b); v2 (3@c)")
	gone := look(lookAtPollers, monitoring.Queue{Name: "refunds", Tasks: "activities"})
	require.Equal(t, Fault, gone.Level)
	require.Contains(t, gone.Mend, "waybill worker")

	require.Equal(t, OK, look(lookAtBacklog, monitoring.Queue{Backlog: 900, Oldest: time.Second}).Level)
	require.Equal(t, OK, look(lookAtBacklog, monitoring.Queue{Oldest: time.Hour}).Level, "nothing waits")
	require.Equal(t, Warning, look(lookAtBacklog, monitoring.Queue{Backlog: 1, Oldest: time.Hour}).Level)
}

func TestReports(t *testing.T) {
	found := []Finding{{Check: "a", Level: OK, What: "fine"}, {Check: "b", Level: Fault, What: "broken", Why: "it matters", Mend: "run\n  mend"}, {Check: "b", Level: Skipped, What: "and more"}}
	var text strings.Builder
	require.NoError(t, ReportOf(found).Print(&text))
	require.Equal(t, `ok       a                  fine
FAULT    b                  broken
                            Why: it matters
                            Mend: run
                              mend
skipped                     and more

ok: 1, skipped: 1, warnings: 0, faults: 1
`, text.String())

	raw, err := json.Marshal(ReportOf(found))
	require.NoError(t, err)
	var report struct {
		Counts   map[string]int
		Findings []Finding
	}
	require.NoError(t, json.Unmarshal(raw, &report))
	require.Equal(t, 1, report.Counts["fault"])
	require.Equal(t, found, report.Findings)
}

func TestJoinedErrorsAreFindingsOfTheirOwn(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	require.Equal(t, []error{a, b, c}, parts(errors.Join(errors.Join(a, b), c)))
	require.Empty(t, parts(nil))
}
