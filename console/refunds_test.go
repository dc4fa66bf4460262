package console

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
	"waybill/settings"
)

var nine = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func euros(t *testing.T, amount string) refund.Money {
	t.Helper()
	m, err := refund.ParseMoney(amount, "EUR")
	require.NoError(t, err)
	return m
}

func refundPolicy() refund.Policy {
	p := refund.DefaultPolicy()
	p.Shadow, p.Version, p.Undo = false, "v1 9f86d081", 0
	p.People = []refund.Person{
		{Name: "anna", Email: "anna@shop.example", Role: refund.Approver},
		{Name: "ben", Email: "ben@shop.example", Role: refund.Approver},
		{Name: "cleo", Email: "cleo@shop.example", Role: refund.Manager},
	}
	return p
}

// happen has something happen to a refund under the real rules.
func happen(t *testing.T, r refund.Refund, at time.Time, what func(*refund.Refund, refund.Policy) error) refund.Refund {
	t.Helper()
	p := refundPolicy()
	after, err := r.Step(p, at, func(r *refund.Refund) error { return what(r, p) })
	require.NoError(t, err)
	after.TakeTodo()
	return after
}

// requested is a refund of EUR 300.00 that two people have to approve.
func requested(t *testing.T) refund.Refund {
	t.Helper()
	one, none := 1, 0
	r := happen(t, refund.Refund{Integration: "my-shop", ReturnID: 7001}, nine, func(r *refund.Refund, p refund.Policy) error {
		r.Request(refund.Facts{
			Source: refund.FromReturnCreated, Kind: "money", Reason: refund.Damaged, OrderNumber: "1042", OrderedAt: nine.AddDate(0, 0, -10), NoticeAt: nine,
			OutgoingParcel: 364000001, IncomingParcel: 364000002, ReasonText: "too\tsmall", Message: "I live at Main Street 1",
		}, p, nine)
		return nil
	})
	return happen(t, r, nine.Add(time.Minute), func(r *refund.Refund, p refund.Policy) error {
		r.Gathered(refund.Facts{
			Confirmed: true, OutgoingParcel: 364000001, PanelRead: true, CustomerRefunds: &one, ShopToday: &none,
			Amount: euros(t, "300"), OrderValue: euros(t, "320"), Customer: refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"},
		}, "", p, nine.Add(time.Minute))
		return nil
	})
}

// approved has somebody approve with a token.
func approved(t *testing.T, r refund.Refund, name string, at time.Time) refund.Refund {
	t.Helper()
	return happen(t, r, at, func(r *refund.Refund, p refund.Policy) error {
		return r.Follow("approve", withFlags(name), p, at)
	})
}

// paid is the refund at its end.
func paid(t *testing.T) refund.Refund {
	t.Helper()
	r := approved(t, approved(t, requested(t), "anna", nine.Add(time.Hour)), "ben", nine.Add(2*time.Hour))
	return happen(t, r, nine.Add(3*time.Hour), func(r *refund.Refund, p refund.Policy) error {
		r.ClaimAnswered(refund.ClaimAnswer{Granted: true}, p, nine.Add(3*time.Hour))
		r.AskToPay(refund.LastLook{Endpoint: "shop.example/refunds", PanelRead: true}, p, nine.Add(3*time.Hour))
		return r.Settle(refund.Payment{Outcome: refund.PaidNow, Reference: "pay-1"}, p, nine.Add(3*time.Hour))
	})
}

func TestRefundsAreNamedByIntegrationAndReturn(t *testing.T) {
	commands := []string{"show"}
	for _, o := range refund.Orders() {
		commands = append(commands, o.Name)
	}
	for _, command := range commands {
		require.Contains(t, start(t, []string{"refunds", command}), "name the integration and the return, as in: waybill refunds "+command+" my-shop 7001")
		require.Contains(t, start(t, []string{"refunds", command, "my-shop", "7001", "x"}), "name the integration and the return")
		for _, args := range [][]string{{"My Shop", "R7"}, {"My Shop/R7"}} {
			said := start(t, append([]string{"refunds", command}, args...))
			require.Contains(t, said, `"My Shop" cannot be an integration's name: it has lower-case letters`)
			require.Contains(t, said, `"R7" is no return: write Sendcloud's number of it, such as 7001`)
		}
		require.Contains(t, start(t, []string{"refunds", command, "my-shop", "0"}), `"0" is no return`)
	}
	named, err := refundNamed(refundsCommand(settings.New(nil), nil), []string{"my-shop/7001"})
	require.NoError(t, err)
	require.Equal(t, contract.RefundRef{Integration: "my-shop", ReturnID: 7001}, named)
}

func TestAnUnknownCommandFails(t *testing.T) {
	require.Contains(t, start(t, []string{"refunds", "aprove", "my-shop", "7001"}, "WAYBILL_PERSON=anna"), `unknown command "aprove"`)
	require.Contains(t, say(t, []string{"refunds"}), "Available Commands")
}

func TestRefundsHelpTeaches(t *testing.T) {
	commands := []string{"list", "show", "verify"}
	for _, o := range refund.Orders() {
		commands = append(commands, o.Name)
	}
	for _, command := range commands {
		said := say(t, []string{"refunds", command, "--help"})
		_, examples, _ := strings.Cut(said, "Examples:")
		require.Contains(t, examples, "waybill refunds "+command, command)
		require.Greater(t, strings.Count(said, "\n"), 14, command)
	}
	for _, command := range []string{"approve", "withdraw"} {
		said := strings.Join(strings.Fields(say(t, []string{"refunds", command, "--help"})), " ")
		require.Contains(t, said, "anyone can give any name")
		require.Contains(t, said, `notes "through Temporal, unproven" beside it`)
		require.Contains(t, said, "It decides nothing, unless the policy says")
	}
	require.Contains(t, strings.Join(strings.Fields(say(t, []string{"refunds", "show", "--help"})), " "), "are left out unless --personal is given")
}

func TestWhyNothingIsKnownOfARefund(t *testing.T) {
	name := contract.RefundRef{Integration: "my-shop", ReturnID: 7001}
	require.EqualError(t, notKnown(name, false, serviceerror.NewFailedPrecondition("no poller seen for task queue recently")), errNoWorker.Error())
	require.ErrorContains(t, notKnown(name, false, nil), "nothing is known of my-shop/7001")
	other := errors.New("permission denied")
	require.ErrorIs(t, notKnown(name, false, other), other)
	require.NoError(t, notKnown(name, true, nil))
}

func TestAnOrderSaysWhereTheRefundStands(t *testing.T) {
	name := contract.RefundRef{Integration: "my-shop", ReturnID: 7001}
	tell := func(answer contract.RefundAnswer, err error, r refund.Refund, unknown error) (string, error) {
		var said strings.Builder
		err = showAnswer(&said, name, answer, err, func() (refund.Refund, error) { return r, unknown })
		return said.String(), err
	}
	said, err := tell(contract.RefundAnswer{State: refund.AwaitingSecond}, nil, refund.Refund{}, nil)
	require.NoError(t, err)
	require.Equal(t, "Refund 7001 of my-shop: awaiting second.\n", said)

	_, err = tell(contract.RefundAnswer{}, &recorder.RefusedError{Why: "you cannot decide your own refund"}, refund.Refund{}, nil)
	require.EqualError(t, err, "you cannot decide your own refund", "in the workflow's own words")

	_, err = tell(contract.RefundAnswer{}, recorder.ErrOver, paid(t), nil)
	require.EqualError(t, err, "refund my-shop/7001 has come to its end: paid, EUR 300.00 (paid by the shop's endpoint at 2026-11-02 12:00:00 UTC)")

	_, err = tell(contract.RefundAnswer{}, recorder.ErrOver, requested(t), nil)
	require.EqualError(t, err, "the workflow of refund my-shop/7001 has ended, and the refund is awaiting approval: look in Temporal's UI for who ended refund:my-shop:7001, and why")

	_, err = tell(contract.RefundAnswer{}, recorder.ErrOver, refund.Refund{}, errNoWorker)
	require.ErrorIs(t, err, errNoWorker)

	_, err = tell(contract.RefundAnswer{}, fmt.Errorf("give it: %w", serviceerror.NewDeadlineExceeded("late")), refund.Refund{}, nil)
	require.ErrorIs(t, err, errNoWorker)
	require.ErrorContains(t, err, "the order may have reached Temporal, so look first: waybill refunds show my-shop 7001")

	paused := serviceerror.NewFailedPrecondition("Workflow is paused. Cannot update the workflow.")
	_, err = tell(contract.RefundAnswer{}, paused, refund.Refund{}, nil)
	require.ErrorIs(t, err, paused)
}

func TestOrdersReportEverythingThatIsMissing(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"approve", "my-shop", "x"}, []string{`"x" is no return`, "say who you are: set WAYBILL_TOKEN to your API token, or, for an order that needs no proof, give your name in the policy with --as anna or WAYBILL_PERSON"}},
		{[]string{"approve", "my-shop", "7001", "--amount", "80.0010", "--order-value", "-1", "--currency", "EUR"}, []string{"say who you are", "--amount: EUR has 2 decimals", "--order-value: \"-1\" is not an amount"}},
		{[]string{"approve", "my-shop", "7001", "--amount", "1.000", "--order-value", "1.249,5000", "--currency", "EUR"}, []string{"--amount: \"1.000\" can be two amounts: write 1000, or 1", "--order-value: EUR has 2 decimals"}},
		{[]string{"approve", "my-shop", "7001", "--amount", "8O"}, []string{"--amount: \"8O\" is not an amount"}},
		{[]string{"approve", "my-shop", "7001", "--amount", "80", "--currency", "xyz"}, []string{`--currency: "XYZ" is not a currency: write its ISO 4217 code`}},
		{[]string{"reject", "my-shop", "7001", "--why", " "}, []string{"say who you are", "--why: write the reason, which the customer reads"}},
		{[]string{"ask-customer", "my-shop", "7001"}, []string{"say who you are", "--question: write the question, which the customer reads"}},
		{[]string{"reassign", "my-shop", "7001"}, []string{"say who you are", "--to: choose a person of the policy"}},
		{[]string{"withdraw", "my-shop", "7001", "--as", " "}, []string{"say who you are"}},
	} {
		said := start(t, append([]string{"refunds"}, c.args...))
		for _, want := range c.want {
			require.Contains(t, said, want, c.args)
		}
	}
	said := start(t, []string{"refunds", "reject", "my-shop", "7001"}, "WAYBILL_PERSON=anna")
	require.NotContains(t, said, "who you are", "WAYBILL_PERSON says it")
	require.Contains(t, said, "--why: write the reason")
}

func TestATokenSaysWhoGivesAnOrder(t *testing.T) {
	const token, url = "WAYBILL_TOKEN=wbt_x", "WAYBILL_PUBLIC_URL=https://hooks.shop.example/"
	by, door, err := speaker(settings.New([]string{token, url}), "")
	require.NoError(t, err)
	require.Equal(t, api{address: "https://hooks.shop.example", token: "wbt_x"}, door)
	require.Empty(t, by)
	for want, c := range map[string]struct {
		as      string
		environ []string
	}{
		"WAYBILL_TOKEN says who you are: leave out --as and WAYBILL_PERSON": {"anna", []string{token, url}},
		"WAYBILL_TOKEN says who you are":                                    {"", []string{token, url, "WAYBILL_PERSON=anna"}},
		"WAYBILL_TOKEN needs WAYBILL_PUBLIC_URL, the address of the ingress, such as https://hooks.shop.example: the order goes through its API": {"", []string{token}},
		"WAYBILL_PUBLIC_URL: it is not of the form https://hooks.shop.example":                                                                   {"", []string{token, "WAYBILL_PUBLIC_URL=hooks.shop.example"}},
		"WAYBILL_PUBLIC_URL: what is sent there would not be encrypted: use https":                                                               {"", []string{token, "WAYBILL_PUBLIC_URL=http://hooks.shop.example"}},
		"WAYBILL_TOKEN and WAYBILL_TOKEN_FILE are both set":                                                                                      {"", []string{token, url, "WAYBILL_TOKEN_FILE=/run/secrets/token"}},
		"WAYBILL_TOKEN_FILE: stat /nowhere/token: no such file or directory":                                                                     {"", []string{url, "WAYBILL_TOKEN_FILE=/nowhere/token"}},
	} {
		_, _, err := speaker(settings.New(c.environ), c.as)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "wbt_x")
	}
}

// The API's words reach the person; of an order without a clear answer they have to look first.
func TestAnOrderByAPISaysWhatCameOfIt(t *testing.T) {
	code, answer, asked := 0, "", ""
	ingress := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization") + " " + string(body)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, answer)
	}))
	defer ingress.Close()
	reject := func() (string, error) {
		return run(t, []string{"refunds", "reject", "my-shop", "7001", "--why", "Worn."}, []string{"WAYBILL_TOKEN=wbt_x", "WAYBILL_PUBLIC_URL=" + ingress.URL})
	}
	code, answer = http.StatusOK, `{"outcome":"done","state":"rejected"}`
	said, err := reject()
	require.NoError(t, err)
	require.Equal(t, "Refund 7001 of my-shop: rejected.\n", said)
	require.Equal(t, `POST /api/refunds/my-shop/7001/reject Bearer wbt_x {"why":"Worn."}`, asked)

	const look = "the order may have been followed, so look first: waybill refunds show my-shop 7001"
	for _, c := range []struct {
		code         int
		answer, want string
	}{
		{http.StatusForbidden, `{"outcome":"not this person","detail":"You cannot decide your own refund."}`, "You cannot decide your own refund."},
		{http.StatusUnprocessableEntity, `{"outcome":"unreadable","detail":"x","fields":[{"field":"why","detail":"Write it."},{"field":"amount","detail":"Too much."}]}`, "why: Write it.\namount: Too much."},
		{http.StatusUnauthorized, `{"outcome":"unknown token","detail":"no person in the policy has this token"}`, "no person in the policy has this token"},
		{http.StatusServiceUnavailable, `{"outcome":"no answer","detail":"Check where the refund stands."}`, "Check where the refund stands."},
		{http.StatusOK, "<html>", "the address in WAYBILL_PUBLIC_URL did not answer like the API of an ingress, but with 200 OK; " + look},
		{http.StatusOK, "{}", "but with 200 OK; " + look},
		{http.StatusBadGateway, "", "but with 502 Bad Gateway; " + look},
		{http.StatusFound, "", "but with 302 Found; " + look},
	} {
		code, answer = c.code, c.answer
		_, err := reject()
		require.ErrorContains(t, err, c.want)
	}
	ingress.Close()
	_, err = reject()
	require.EqualError(t, err, "the ingress at WAYBILL_PUBLIC_URL cannot be reached (connection refused): the order was not sent")
}

// An amount of the API has its currency, which the person need not know.
func TestAnAmountTakesTheCurrencyOfTheRefund(t *testing.T) {
	var asked []string
	ingress := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.Path+" "+string(body))
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{"facts":{"orderValue":{"value":"120.00","currency":"EUR"}}}`)
			return
		}
		_, _ = io.WriteString(w, `{"outcome":"done","state":"approved"}`)
	}))
	defer ingress.Close()
	approve := func(flags ...string) {
		_, err := run(t, append([]string{"refunds", "approve", "my-shop", "7001"}, flags...), []string{"WAYBILL_TOKEN=wbt_x", "WAYBILL_PUBLIC_URL=" + ingress.URL})
		require.NoError(t, err)
	}
	approve("--amount", "1.249,5")
	approve("--amount", "80", "--currency", "JPY")
	require.Equal(t, []string{
		"GET /api/refunds/my-shop/7001 ", `POST /api/refunds/my-shop/7001/approve {"amount":{"currency":"EUR","value":"1249.50"}}`,
		`POST /api/refunds/my-shop/7001/approve {"amount":{"currency":"JPY","value":"80"}}`,
	}, asked)
}

// told reads flags as the command does, and returns what cleo sends.
func told(t *testing.T, order string, args ...string) refund.Input {
	t.Helper()
	o, ok := refund.OrderNamed(order)
	require.True(t, ok, order)
	cmd := refundOrderCommand(o, settings.New(nil), nil)
	require.NoError(t, cmd.ParseFlags(args))
	fields, faults := orderFields(cmd, o)
	require.NoError(t, faults)
	in := withFlags("cleo")
	in.Fields = fields
	return in
}

// withFlags is the input of an order that somebody gives with a token.
func withFlags(name string, fields ...string) refund.Input {
	in := refund.Input{Said: refund.Said{By: name, Via: refund.ViaAPI}, Fields: map[string]string{}}
	for pair := range slices.Chunk(fields, 2) {
		in.Fields[pair[0]] = pair[1]
	}
	return in
}

func TestOrdersReachTheRulesAsTheyWereGiven(t *testing.T) {
	require.Equal(t, withFlags("cleo", "amount", "80.00", "orderValue", "120.00", "currency", "EUR", "why", "less the gift"),
		told(t, "approve", "--amount", "80.00", "--order-value", "120.00", "--currency", "EUR", "--why", "less the gift"))
	for _, o := range refund.Orders() {
		in := withFlags("cleo")
		var flags []string
		for _, f := range o.Fields {
			in.Fields[f.Name] = f.Example
			flags = append(flags, "--"+f.Flag(), f.Example)
		}
		require.Equal(t, in, told(t, o.Name, flags...))
	}
	r := happen(t, requested(t), nine, func(r *refund.Refund, p refund.Policy) error {
		return r.Follow("reject", told(t, "reject", "--why", "worn outside"), p, nine)
	})
	last := r.Receipt[len(r.Receipt)-1]
	require.Equal(t, "cleo (API)", last.By.String())
	require.Equal(t, "worn outside", last.Why)
}
