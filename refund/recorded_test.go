package refund_test

import (
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
	"waybill/words"
)

// leftEnglish are the parts of a text that are not put into words.
func leftEnglish(text *words.Text) (left []string) {
	text.Verbatims(func(verbatim string) string {
		left = append(left, verbatim)
		return verbatim
	})
	return left
}

// recalled is a recorded reason as a text.
func recalled(recorded string) *words.Text {
	return refund.Terms{Why: []string{recorded}}.Reasons()[0]
}

func TestEachGroundIsRecalledFromItsRecord(t *testing.T) {
	p := live()
	p.Limits = maps.Clone(p.Limits)
	for _, currency := range []string{"JPY", "KWD"} {
		p.Limits[currency] = refund.Limits{Auto: refund.Money{Value: money(t, "EUR 5").Value, Currency: currency}}
	}
	one, three, many := 1, 3, 100000
	seen := map[string]bool{}
	for name, change := range map[string]func(*refund.Facts, *refund.Policy){
		"nothing is known":      func(f *refund.Facts, _ *refund.Policy) { *f = refund.Facts{} },
		"nothing speaks for it": func(*refund.Facts, *refund.Policy) {},
		"a small one":           func(f *refund.Facts, _ *refund.Policy) { f.Amount = money(t, "EUR 20") },
		"a large one": func(f *refund.Facts, _ *refund.Policy) {
			f.Amount, f.OrderValue = money(t, "EUR 1234.50"), money(t, "EUR 20000.00")
		},
		"yen": func(f *refund.Facts, _ *refund.Policy) {
			f.Amount, f.OrderValue = money(t, "JPY 1200"), money(t, "JPY 90000")
		},
		"three decimals":          func(f *refund.Facts, _ *refund.Policy) { f.Amount = money(t, "KWD 81.25") },
		"no limits":               func(f *refund.Facts, _ *refund.Policy) { f.Amount = money(t, "USD 1.00") },
		"more than is left":       func(f *refund.Facts, _ *refund.Policy) { f.Refunded = money(t, "EUR 70") },
		"no order value":          func(f *refund.Facts, _ *refund.Policy) { f.OrderValue = refund.Money{} },
		"other refunds' currency": func(f *refund.Facts, _ *refund.Policy) { f.Refunded = money(t, "USD 70.00") },
		"an old order":            func(f *refund.Facts, _ *refund.Policy) { f.OrderedAt = monday.Add(-31 * day) },
		"older than a day":        func(f *refund.Facts, p *refund.Policy) { f.OrderedAt, p.OrderAge = monday.Add(-31*day), day },
		"an order of an hour":     func(f *refund.Facts, _ *refund.Policy) { f.OrderedAt = monday.Add(-time.Hour) },
		"a reason for people":     func(f *refund.Facts, _ *refund.Policy) { f.Reason = refund.Damaged },
		"a reason of their own":   func(f *refund.Facts, _ *refund.Policy) { f.Reason = "too_blue" },
		"the second":              func(f *refund.Facts, _ *refund.Policy) { f.CustomerRefunds = &one },
		"the fourth":              func(f *refund.Facts, _ *refund.Policy) { f.CustomerRefunds = &three },
		"a thousand":              func(f *refund.Facts, p *refund.Policy) { f.CustomerRefunds, p.CustomerRefunds = &many, 1000 },
		"many today":              func(f *refund.Facts, p *refund.Policy) { f.ShopToday, p.ShopDaily = &many, 1000 },
		"an exchange":             func(f *refund.Facts, _ *refund.Policy) { f.Kind = "exchange" },
		"credit":                  func(f *refund.Facts, _ *refund.Policy) { f.Kind = "credit" },
		"a kind of their own":     func(f *refund.Facts, _ *refund.Policy) { f.Kind = strings.Repeat("a voucher ", 10) },
		"asked for by the shop":   func(f *refund.Facts, _ *refund.Policy) { f.RequestedBy = "carla" },
	} {
		t.Run(name, func(t *testing.T) {
			p, f := p, known(t, "EUR 80")
			f.Reason = refund.Damaged // so that people decide
			change(&f, &p)
			r := gathered(t, p, f)
			r.State = refund.AwaitingApproval
			g := r.Grounds(p, monday)
			for _, text := range append(g.For, g.Against...) {
				key := strings.TrimPrefix(text.Key, "ground.")
				if seen[key] = true; strings.HasPrefix(key, "goods_") {
					continue // these are never recorded
				}
				again := recalled(text.String())
				require.Equal(t, text.String(), again.String())
				require.Empty(t, leftEnglish(again), text)
				for _, language := range append(words.Languages(), words.Marked) {
					reader := words.Reader{Language: language}
					require.Equal(t, strings.NewReplacer("⟦", "", "⟧", "").Replace(reader.Tell(text)), strings.NewReplacer("⟦", "", "⟧", "").Replace(reader.Tell(again)), language)
				}
			}
		})
	}
	source, err := os.ReadFile("grounds.go")
	require.NoError(t, err)
	for _, rule := range regexp.MustCompile(`\t(?:yes|no)\([^"\n]*(?:"money", )?"(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		require.True(t, seen[rule[1]], "no case has the ground %q", rule[1])
	}
}

func TestWhatAnEarlierRunMayHavePaidIsRecalled(t *testing.T) {
	require.Empty(t, leftEnglish(recalled("an earlier run of the refund may have been paid")))
}

func TestAnUnknownReasonStaysAsItIsRecorded(t *testing.T) {
	require.Equal(t, words.Verbatim("the moon is full"), recalled("the moon is full"))
	machine := refund.Author{Machine: "the rules"}
	require.Equal(t, words.Verbatim("the moon is full"), refund.Entry{What: "escalated", By: machine, Why: "the moon is full"}.Remark())
	require.Nil(t, refund.Entry{What: "escalated", By: machine}.Remark())
	again := refund.Entry{What: "mailed again", By: refund.Author{Person: "anna"}, Why: "tell paid"}
	require.Equal(t, "Erstattung ausgezahlt", words.Reader{Language: words.German}.Tell(again.Remark()), "the rules wrote this")
	person := refund.Entry{What: "note", By: refund.Author{Person: "anna"}, Why: "the reason is not known"}
	require.Equal(t, words.Verbatim("the reason is not known"), person.Remark(), "a person's words are theirs")
}

func TestRemarksAreInTheWordsOfTheReader(t *testing.T) {
	by := func(machine string) refund.Author { return refund.Author{Machine: machine} }
	for _, c := range []struct {
		entry refund.Entry
		says  string
	}{
		{refund.Entry{What: "asked for approval", By: by("the rules"), Why: "EUR 80.00 is more than EUR 50.00; the reason is damaged"}, "der Betrag (80,00\u00a0€) liegt über der Grenze für automatische Genehmigungen (50,00\u00a0€); nach den Einstellungen entscheidet bei diesem Grund eine Person: beschädigt"},
		{refund.Entry{What: "gathered", By: by("Sendcloud"), Why: "amount, order value, Sendcloud tells another customer than the request, Sendcloud does not know the return"}, "Betrag, Bestellwert, laut Sendcloud anders als in der Anfrage: Kunde, Sendcloud kennt die Rücksendung nicht"},
		{refund.Entry{What: "asked to pay", By: by("Waybill"), Why: "shop.example/refunds"}, "shop.example/refunds"},
		{refund.Entry{What: "paid", By: by("the shop's endpoint"), Why: "re_1"}, "re_1"},
		{refund.Entry{What: "customer not notified", By: by("the rules"), Why: "tell paid: the mail address is not known"}, "Erstattung ausgezahlt: die E-Mail-Adresse ist nicht bekannt"},
		{refund.Entry{What: "customer not reached", By: by("the mail provider"), Why: "bounced"}, "nicht zustellbar"},
		{refund.Entry{What: "handled before", By: by("Waybill"), Why: refund.Ended{As: refund.PaidElsewhere, At: monday}.String()}, "am 2. November 2026 bearbeitet, mit dem Status: anderweitig ausgezahlt"},
	} {
		require.Equal(t, c.says, words.Reader{Language: words.German}.Tell(c.entry.Remark()))
		require.Empty(t, leftEnglish(c.entry.Remark()), c.entry.Why)
	}
	for _, why := range []string{"Sendcloud cannot be asked: time-out", "Sendcloud does not know the return, and other refunds could not be counted: time-out"} {
		require.Equal(t, []string{"time-out"}, leftEnglish(refund.Entry{What: "gathered", By: by("Sendcloud"), Why: "amount, " + why}.Remark()))
	}
	refused := refund.Entry{What: "customer not notified", By: by("the mail provider"), Why: "tell paid: status 400"}
	require.Equal(t, []string{"status 400"}, leftEnglish(refused.Remark()), "what the provider says stays English")
}

// filled are values of what stands in a remark and is only known when it is written. What is empty is
// checked elsewhere: where the argument comes from, by the stories, or not at all if others say it.
var filled = map[string]string{
	"what": "would be approved", "d.Person": "anna", "why": "", "a.Why": "", "o.Why": "", "m.Why": "not sent", "other": "",
	"strings.Join(learned, \", \")": "amount, customer", "e.String()": "handled on 3 November 2026, as paid", "string(look)": "12 of 14 legal days are over",
	"string(what)": "tell received", "string(d.What)": "tell paid", "a.HeldBy": "demo", "r.doubtful()": "shop.example/a", "look.Endpoint": "shop.example/b", "o.Reference": "re_1",
	"strings.TrimSuffix(strings.Join(slices.Concat(learned, differs, []string{why}), \", \"), \", \")": "amount, Sendcloud does not know the return",
	"strings.TrimPrefix(why+\"; shadow mode: nothing is sent or paid\", \"; \")":                       "shadow mode: nothing is sent or paid",
	"string(o.Outcome)": "paid", "\"payment \" + string(o.Outcome)": "payment refused",
}

// writers are the methods that write a line of the decision log: which argument says what happened, by
// whom, and why; -1 is that it is always the same.
var writers = map[string]struct{ what, by, why int }{
	"write": {2, 3, 4}, "await": {3, 4, 5}, "approve": {-1, 2, 3}, "endNotOurs": {-1, 0, 1}, "payFailed": {0, 1, 2}, "notAsked": {-1, -1, 0},
}

func TestEachRemarkOfTheRulesHasWords(t *testing.T) {
	files, constants := sources(t)
	found := 0
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			call, is := n.(*ast.CallExpr)
			if !is {
				return true
			}
			method, is := call.Fun.(*ast.SelectorExpr)
			if !is {
				return true
			}
			at, writes := writers[method.Sel.Name]
			if !writes || at.by >= 0 && strings.HasSuffix(shown(call.Args[at.by]), ".author()") {
				return true
			}
			e := refund.Entry{By: refund.Author{Machine: "the rules"}, What: method.Sel.Name, Why: valueOf(t, call.Args[at.why], constants)}
			if e.Why == "" {
				return true
			}
			if at.what >= 0 {
				e.What = valueOf(t, call.Args[at.what], constants)
			}
			if by := at.by; by >= 0 && shown(call.Args[by]) == "theEndpoint" {
				e.By.Machine = "the shop's endpoint"
			}
			found++
			require.Empty(t, leftEnglish(e.Remark()), e.What)
			return true
		})
	}
	require.Greater(t, found, 15)
}

func TestEachFactThatIsLearnedHasWords(t *testing.T) {
	files, constants := sources(t)
	found := 0
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if call, is := n.(*ast.CallExpr); is && shown(call.Fun) == "fill" {
				found++
				require.Empty(t, leftEnglish(refund.Entry{What: "learned", By: refund.Author{Machine: "Sendcloud"}, Why: valueOf(t, call.Args[0], constants)}.Remark()))
			}
			return true
		})
	}
	require.Greater(t, found, 15)
}

// sources are the files of the rules, and the strings that they name.
func sources(t *testing.T) (files []*ast.File, constants map[string]string) {
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	constants = map[string]string{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		files = append(files, file)
		ast.Inspect(file, func(n ast.Node) bool {
			if named, is := n.(*ast.ValueSpec); is && len(named.Names) == len(named.Values) {
				for i := range named.Names {
					if literal, is := named.Values[i].(*ast.BasicLit); is && literal.Kind == token.STRING {
						constants[named.Names[i].Name], err = strconv.Unquote(literal.Value)
						require.NoError(t, err)
					}
				}
			}
			return true
		})
	}
	return files, constants
}

// valueOf is what an argument says, with the values of [filled].
func valueOf(t *testing.T, x ast.Expr, constants map[string]string) string {
	written := shown(x)
	if value, is := filled[written]; is {
		return value
	}
	switch x := x.(type) {
	case *ast.BasicLit:
		value, err := strconv.Unquote(x.Value)
		require.NoError(t, err)
		return value
	case *ast.Ident:
		if value, is := constants[x.Name]; is {
			return value
		}
	case *ast.BinaryExpr:
		if left, right := valueOf(t, x.X, constants), valueOf(t, x.Y, constants); left != "" && right != "" {
			return left + right
		}
		return ""
	}
	require.Fail(t, "say in filled what this is", written)
	return ""
}

func shown(x ast.Expr) string {
	var out strings.Builder
	_ = printer.Fprint(&out, token.NewFileSet(), x)
	return out.String()
}
