package waybill_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/generated"
	"waybill/link"
	"waybill/parcel"
	"waybill/policy"
	"waybill/refund"
	"waybill/settings"
	"waybill/worker"
)

// keptRow is one line of the table of docs/personal-data.md: what is kept, where, until when, and by
// which setting that changes.
type keptRow struct{ what, where, until, limits, setting string }

const (
	fixed = "fixed"
	// closes begins what ends with a workflow, which Temporal keeps for a while then.
	closes = "closes "
)

// TestTheTableSaysHowLongEverythingIsKept makes the table of what the code says.
func TestTheTableSaysHowLongEverythingIsKept(t *testing.T) {
	kept, err := settings.New(nil).Retention()
	require.NoError(t, err)
	parcels, refunds := parcel.DefaultPolicy(), refund.DefaultPolicy()
	parked, longest := span(delivery.KeptParked), span(link.Longest())
	id := func(workflowID string) string { return "`" + workflowID + "`" }
	page := "| what | where it stands | how long, by default | least and most | what changes it |\n|---|---|---|---|---|\n"
	for _, r := range []keptRow{
		{
			"**everything in a workflow that has closed**: history, decision log, texts", "Temporal", span(kept.Keep) + " after it closed",
			span(worker.LeastRetention) + " to " + span(worker.MostRetention), "`" + settings.Retention + "`",
		},
		{
			"recipient, order, scans and mails of a parcel", id("parcel:<integration>:<parcel>"), closes + span(parcels.Grace) + " after it was delivered, returned or cancelled",
			spanLimits(t, "end", "grace", 0), "`end.grace` of the policy",
		},
		{"the same of a parcel that nobody scans any more", "as above", closes + span(parcels.SilenceLimit) + " after its last scan", spanLimits(t, "end", "silence", 24*time.Hour), "`end.silence` of the policy"},
		{
			"customer, decisions and mails of a refund", id("refund:<integration>:<return>"),
			closes + span(constant(t, "refund", "reportsAwaited")) + " after the last mail of a refund that is over, in case it bounces", fixed, "",
		},
		{
			"what the customer wrote about the refund, and what they answered", "as above",
			"erased " + span(constant(t, "refund", "reportsAwaited")) + " after the end and the last mail, with the runs before", fixed, "",
		},
		{"a parcel or a refund with a mail that failed", "as above", "kept open up to " + parked + ", until a person retries or drops the mail", fixed, ""},
		{
			"a request for a refund that names no return; a bounce that names no mail, and its address", id("return-report:...") + ", " + id("bounce:..."),
			closes + "as soon as Waybill has looked for the return or the mail; a request whose return was found is deleted with what the customer wrote", fixed, "",
		},
		{"parcels that go together, by their numbers", id("colli:<integration>:<..>"), closes + span(constant(t, "workflows", "colliKept")) + " after the last of their mails", fixed, ""},
		{
			"what was refunded of an order, and that a return was refunded: order number or its hash, amounts", id("tally:<name>:<..>"),
			closes + span(constant(t, "refund", "kept")) + " after the newest refund; " + span(refund.EmptyTally) + " if none counts", fixed, "",
		},
		{
			"how many refunds a customer had, under a pseudonym", id("tally:<name>:customers-<..>"),
			"forgotten after " + span(refunds.CustomerSpan) + ", when the next refund is counted; " + closes + span(refunds.CustomerSpan) + " after the newest refund",
			spanLimits(t, "refunds", "customer_span", 24*time.Hour), "`refunds.customer_span` of the policy",
		},
		{
			"a sign-in of one of your people", id("sign-in:<pseudonym>"),
			closes + span(constant(t, "contract", "signInReports")) + " after the link has expired", fixed, "",
		},
		{"the daily list of what waits for one of your people", id("digest:<pseudonym>:<day>"), closes + span(constant(t, "contract", "digestReports")) + " after the mail", fixed, ""},
		{"which parcels and returns are erased, by number", id("erased"), "forgotten after " + span(contract.ErasedFor) + ", when the next person is erased; " + closes + span(contract.ErasedFor) + " after the last", fixed, ""},
		{"an erasure: numbers, and who ordered it", id("erasure:<id>"), closes + "when all is erased, or after " + span(constant(t, "workflows", "erasedWithin")) + " of trying", fixed, ""},
		{"a sign-out before the session's end", id("sign-outs:<pseudonym>"), closes + "when what it ended would have expired, after " + longest + " at most", fixed, ""},
		{
			"mailed links and sessions: they are signed, and stored nowhere", "mails, browsers",
			"to decide: " + span(link.Decide.Lasts()) + ". To sign in: " + span(link.SignIn.Lasts()) + ". Sessions: " + span(link.Session.Lasts()), fixed, "",
		},
		{"decision logs of refunds that have ended, without the customer's name, address and message", "the folder of `" + settings.ExportFolder + "`", "until you delete them", "", "you"},
		{"what `waybill export` and `waybill refunds export` print", "where you keep it", "until you delete it", "", "you"},
		{"logs, metrics, traces: nothing about customers", "where you keep them", "until you delete them", "", "you"},
		{"backups of Temporal's database", "where you keep them", "until you delete them", "", "you"},
		{"the mails that were sent, and their addresses", "SendGrid", "30 days, says SendGrid of its log of mails; longer in its lists of bounces", "", "SendGrid"},
		{"parcels and returns", "Sendcloud", "see Sendcloud", "", "Sendcloud"},
	} {
		page += fmt.Sprintf("| %s | %s | %s | %s | %s |\n", r.what, r.where, r.until, r.limits, r.setting)
	}
	generated.Section(t, "docs/personal-data.md", "kept", page, *update)
}

// span is a length of time in words.
func span(d time.Duration) string {
	switch {
	case d >= 24*time.Hour:
		return worker.Days(d)
	case d == time.Hour:
		return "1 hour"
	}
	return fmt.Sprintf("%d hours", d/time.Hour)
}

// spanLimits are the limits of a setting of the policy, which has to take them and nothing beyond.
func spanLimits(t *testing.T, group, name string, least time.Duration) string {
	t.Helper()
	const most = 365 * 24 * time.Hour
	for value, takes := range map[time.Duration]bool{least: true, most: true, least - time.Minute: false, most + time.Hour: false} {
		_, err := policy.Parse("policy.yaml", []byte(fmt.Sprintf("%s: {%s: %dm}\n", group, name, value/time.Minute)))
		require.Equal(t, takes, err == nil, "%s.%s: %s: %v", group, name, value, err)
	}
	return strings.Replace(span(least), "0 hours", "0 days", 1) + " to " + span(most)
}

// constant is a length of time that only its room knows.
func constant(t *testing.T, room, name string) time.Duration {
	t.Helper()
	//nolint:staticcheck // a folder has one package here, and its types do not matter
	packages, err := parser.ParseDir(token.NewFileSet(), room, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	values := map[string]ast.Expr{}
	for _, file := range packages[room].Files {
		for _, d := range file.Decls {
			if d, is := d.(*ast.GenDecl); is && d.Tok == token.CONST {
				for _, spec := range d.Specs {
					if v, is := spec.(*ast.ValueSpec); is && len(v.Values) == len(v.Names) {
						for i, n := range v.Names {
							values[n.Name] = v.Values[i]
						}
					}
				}
			}
		}
	}
	return time.Duration(evaluate(t, values, &ast.Ident{Name: name}))
}

func evaluate(t *testing.T, constants map[string]ast.Expr, e ast.Expr) int64 {
	t.Helper()
	units := map[string]time.Duration{"Hour": time.Hour, "Minute": time.Minute, "Second": time.Second}
	switch e := e.(type) {
	case *ast.BasicLit:
		n, err := strconv.ParseInt(e.Value, 10, 64)
		require.NoError(t, err)
		return n
	case *ast.BinaryExpr:
		require.Equal(t, token.MUL, e.Op)
		return evaluate(t, constants, e.X) * evaluate(t, constants, e.Y)
	case *ast.SelectorExpr:
		require.Contains(t, units, e.Sel.Name)
		return int64(units[e.Sel.Name])
	case *ast.Ident:
		require.Contains(t, constants, e.Name, "the constant has another name now: correct it here")
		return evaluate(t, constants, constants[e.Name])
	}
	require.Fail(t, "this is more than numbers and units of time")
	return 0
}
