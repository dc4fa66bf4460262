package refund_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/generated"
	"waybill/refund"
	"waybill/refund/story"
)

var update = flag.Bool("update", false, "renew the reference of the orders in docs/refunds-api.md")

func TestTheReferenceOfTheOrdersIsTheTable(t *testing.T) {
	generated.Section(t, "../docs/refunds-api.md", "orders", reference(), *update)
}

// reference are two tables: of all orders, and of their fields.
func reference() string {
	var b strings.Builder
	b.WriteString("| order | Update | fields | what it does |\n|---|---|---|---|\n")
	fields := "| field | holds | meaning |\n|---|---|---|\n"
	var unproven []string
	for _, o := range refund.Orders() {
		if o.Unproven {
			unproven = append(unproven, "`"+o.Name+"`")
		}
		var names []string
		for _, f := range o.Fields {
			name := "`" + f.Name + "`"
			if f.Required {
				name = "**" + name + "**"
			}
			names = append(names, name)
			help := f.Help().String()
			if f.CustomerReads {
				help = strings.TrimSpace("The customer reads it. " + help)
			}
			row := fmt.Sprintf("| `%s` of `%s` | %s, such as `%s` | %s |\n", f.Name, o.Name, f.Kind, f.Example, help)
			fields += row
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", o.Name, o.UpdateName(), strings.Join(names, ", "), o.Does())
	}
	return b.String() + "\nFields in bold are required. `approve` also requires each fact that is not known yet.\n\n" +
		"An order through Temporal does not prove who gives it. Unless the policy has `refunds.unproven_orders: on`, it can only be\n" +
		strings.Join(unproven[:len(unproven)-1], ", ") + " or " + unproven[len(unproven)-1] + ".\n\n" + fields
}

func TestEachOrderHasAllItsWords(t *testing.T) {
	names := map[string]bool{}
	for _, o := range refund.Orders() {
		require.Regexp(t, `^[a-z]+(-[a-z]+)*$`, o.Name)
		require.False(t, names[o.Name], "%s is there twice", o.Name)
		names[o.Name] = true
		for _, words := range []string{o.Label().String(), o.Does().String(), o.Done().String(), o.Logged} {
			require.NotEmpty(t, words, o.Name)
		}
		require.True(t, json.Valid([]byte(o.Example())), o.Example())
		for _, f := range o.Fields {
			require.Regexp(t, `^[a-z]+([A-Z][a-z]+)*$`, f.Name)
			require.NotEmpty(t, f.Label().String(), f.Name)
			require.LessOrEqual(t, len(f.Example), f.Kind.Most(), f.Name)
		}
		require.Empty(t, o.Faults(example(o, "anna").Fields, nil))
	}
}

func TestNamesFollowFromOneName(t *testing.T) {
	o, ok := refund.OrderNamed("retry-mail")
	require.True(t, ok)
	require.Equal(t, "RetryMail", o.UpdateName())
	approve, _ := refund.OrderNamed("approve")
	value, _ := approve.Field("orderValue")
	require.Equal(t, "order-value", value.Flag())
	_, ok = refund.OrderNamed("RetryMail")
	require.False(t, ok)
	r := in(t, refund.AwaitingApproval, live(), known(t, "EUR 60.00"))
	require.EqualError(t, r.Follow("burn", input("anna"), live(), monday), `there is no order "burn"`)
}

func TestAnInputIsOneFlatObject(t *testing.T) {
	in := linked(input("anna", "why", "Worn."), "a1")
	require.JSONEq(t, `{"by": "anna", "via": "mailed link", "link": "a1", "why": "Worn."}`, js(t, in))
	require.Equal(t, in, unjs[refund.Input](t, js(t, in)))
	typed := unjs[refund.Input](t, `{"by": "anna", "amount": 79.90}`)
	require.Equal(t, "79.90", typed.Fields["amount"], "whoever forgets the quotes means the same")
	for _, raw := range []string{`[]`, `null`, `"approve"`} {
		require.Error(t, json.Unmarshal([]byte(raw), &refund.Input{}), raw)
	}
}

// Each order stands in a story, and what a summary waits for is an order.
func TestEachOrderHasAStory(t *testing.T) {
	stories, err := story.ReadAll(os.DirFS("testdata/stories"))
	require.NoError(t, err)
	told := map[string]bool{}
	for _, s := range stories {
		for _, line := range s.Of(story.Ordered) {
			told[line.Happens.Order] = told[line.Happens.Order] || line.Want.Refused == ""
		}
	}
	for _, o := range refund.Orders() {
		require.True(t, told[o.Name] || o.Name == "retry-mail", "no story tells of %s", o.Name)
	}
}

func TestASummarySaysWhatTheRefundWaitsFor(t *testing.T) {
	for _, state := range refund.States() {
		r := in(t, state, live(), known(t, "EUR 300.00"))
		s := r.Summary("anna", "ben", "mia")
		require.NotEmpty(t, s.Turn)
		require.Regexp(t, `\.$`, s.Turn)
		for _, name := range s.Orders {
			o, ok := refund.OrderNamed(name)
			require.True(t, ok, name)
			require.True(t, r.Offers(o), "%s: %s", state, name)
		}
		require.Equal(t, state.Terminal(), s.Law == nil, state)
		require.Equal(t, state.Terminal() || slices.Contains([]refund.State{refund.Requested, refund.Approved, refund.Paying}, state), len(s.Orders) == 0, state)
	}
	r := waiting(t, live(), known(t, "EUR 60.00"))
	require.Equal(t, "Waiting since Mon 2 Nov 2026, 09:00 UTC for anna, ben or mia to decide; 0 of 1 have approved.", r.Summary("anna", "ben", "mia").Turn.String())
	require.Contains(t, r.Summary().Turn.String(), "the approvers")
	require.NoError(t, r.Follow("reassign", input("mia", "to", "ben"), live(), monday))
	require.Contains(t, r.Summary("anna", "ben").Turn.String(), "for ben to decide (others may decide too)")
}

func TestAnOrderSaysWhatItDoesToTheRefundAtHand(t *testing.T) {
	p := live()
	undoable, goodsFirst := p, p
	undoable.Undo, goodsFirst.GoodsFirst = 90*time.Second, true
	back := gathered(t, p, known(t, "EUR 80"))
	back.GoodsBack(monday, p, monday)
	first := gathered(t, p, known(t, "EUR 300"))
	require.NoError(t, first.Follow("approve", input("mia"), p, monday))
	unpriced := known(t, "EUR 80")
	unpriced.OrderValue = refund.Money{}
	for _, c := range []struct {
		about  string
		of     refund.Refund
		policy refund.Policy
		want   string
	}{
		{"paid at once", gathered(t, p, known(t, "EUR 80")), p, "It is paid at once. A smaller amount refunds only that much."},
		{"undoable", gathered(t, p, known(t, "EUR 80")), undoable, "You can undo the approval for 90 seconds. It is paid after that. A smaller amount refunds only that much."},
		{"the goods first", gathered(t, p, known(t, "EUR 80")), goodsFirst, "It is paid once the goods are back. A smaller amount refunds only that much."},
		{"the goods are back", back, goodsFirst, "It is paid at once. A smaller amount refunds only that much."},
		{"the first of two", gathered(t, p, known(t, "EUR 300")), p, "Another person has to approve it after you. A smaller amount refunds only that much."},
		{"the second of two", first, p, "It is paid at once."},
		{"a fact is missing", gathered(t, p, unpriced), p, "It is paid at once. Enter the facts that are missing. A smaller amount refunds only that much."},
		{"nothing is known", gathered(t, p, refund.Facts{}), p, "A large amount needs two people. Enter the facts that are missing."},
	} {
		o, _ := refund.OrderNamed("approve")
		require.Equal(t, "Approves the refund. "+c.want, o.DoesTo(&c.of, c.policy).String(), c.about)
	}
	undo, _ := refund.OrderNamed("undo-approval")
	require.Contains(t, undo.DoesTo(&first, undoable).String(), "Possible for 90 seconds: until then")
}
