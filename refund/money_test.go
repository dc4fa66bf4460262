package refund_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// money is such as EUR 120.00.
func money(t testing.TB, text string) refund.Money {
	t.Helper()
	code, amount, _ := strings.Cut(text, " ")
	m, err := refund.ParseMoney(amount, code)
	require.NoError(t, err)
	return m
}

func TestAnAmountIsDigitsWithTheDecimalsOfItsCurrency(t *testing.T) {
	for written, want := range map[string]string{
		"EUR 120.00": "EUR 120.00", "EUR 120": "EUR 120.00", "EUR 120.5": "EUR 120.50", "EUR 0.01": "EUR 0.01",
		"EUR 00012.50": "EUR 12.50", "EUR 12.5000": "EUR 12.50",
		"JPY 12000": "JPY 12000", "JPY 12000.00": "JPY 12000", "KWD 1.234": "KWD 1.234", "KWD 1": "KWD 1.000",
		"EUR 1000000000": "EUR 1000000000.00",
	} {
		require.Equal(t, want, money(t, written).String(), written)
	}
}

func TestWhatIsNoAmountIsRefusedInWords(t *testing.T) {
	for written, want := range map[string]string{
		"EUR ": "is not an amount", "EUR ten": "is not an amount", "EUR 1e3": "is not an amount", "EUR 1E-3": "is not an amount",
		"EUR 1e999999999": "is not an amount", "EUR NaN": "is not an amount", "EUR Inf": "is not an amount", "EUR 0x10": "is not an amount",
		"EUR -5": "is not an amount", "EUR +5": "is not an amount", "EUR  5": "is not an amount", "EUR 5 ": "is not an amount",
		"EUR 5\n": "is not an amount", "EUR 1 000": "is not an amount", "EUR 1_000": "is not an amount", "EUR 1,50": "is not an amount",
		"EUR 1.000,50": "is not an amount", "EUR 1.2.3": "is not an amount", "EUR 5.": "is not an amount", "EUR .5": "is not an amount",
		"EUR .": "is not an amount", "EUR １２": "is not an amount", "EUR ١٢": "is not an amount", "EUR 5€": "is not an amount",
		"EUR 0": "an amount is more than 0", "EUR 0.00": "an amount is more than 0",
		"EUR 1.005":                             "EUR has 2 decimals, and 1.005 has more",
		"JPY 1.5":                               "JPY has 0 decimals",
		"KWD 1.2345":                            "KWD has 3 decimals",
		"EUR 1000000000.01":                     "is more than any refund: at most 1000000000",
		"EUR " + strings.Repeat("9", 32):        "is more than any refund",
		"EUR " + strings.Repeat("9", 33):        "is longer than any",
		"EUR 1." + strings.Repeat("0", 1000000): "is longer than any",
		" 5":                                    "is not a currency",
		"eur 5":                                 "is not a currency",
		"€ 5":                                   "is not a currency", "EURO 5": "is not a currency", "ZZZ 5": "is not a currency",
	} {
		code, amount, _ := strings.Cut(written, " ")
		_, err := refund.ParseMoney(amount, code)
		require.ErrorContains(t, err, want, "%.60q", written)
		require.Less(t, len(err.Error()), 200, "an error is read by people")
	}
}

func TestMoneySurvivesItsJSON(t *testing.T) {
	for _, written := range []string{"EUR 120.00", "EUR 0.01", "JPY 12000", "KWD 1.234", "EUR 1000000000"} {
		raw, err := json.Marshal(money(t, written))
		require.NoError(t, err)
		var back refund.Money
		require.NoError(t, json.Unmarshal(raw, &back))
		require.Equal(t, money(t, written).String(), back.String())
		require.True(t, money(t, written).Value.Equal(back.Value))
	}
}

// A decision comes as JSON, and with it any number that somebody can type.
func TestANumberThatTakesForEverIsNotRead(t *testing.T) {
	for _, value := range []string{`"1e999999999"`, `1e999999999`, `"1e-999999999"`, `"-1e33"`} {
		var m refund.Money
		require.ErrorContains(t, json.Unmarshal([]byte(`{"value":`+value+`,"currency":"EUR"}`), &m), "write it as in 120.00", value)
	}
}

func TestAPersonTellsAnAmountThatCanBePaid(t *testing.T) {
	p := live()
	for _, c := range []struct {
		known  refund.Facts
		fields []string
		want   string
	}{
		{refund.Facts{OrderValue: money(t, "EUR 500.00")}, []string{"amount", "-5"}, `"-5" is not an amount`},
		{refund.Facts{OrderValue: money(t, "EUR 500.00")}, []string{"amount", "0"}, "an amount is more than 0, and 0 is not"},
		{refund.Facts{OrderValue: money(t, "EUR 500.00")}, []string{"amount", "1.005"}, "EUR has 2 decimals, and 1.005 has more"},
		{refund.Facts{OrderValue: money(t, "EUR 500.00")}, []string{"amount", "60", "currency", "EURO"}, "currency: this is longer than 3 characters"},
		{refund.Facts{OrderValue: money(t, "EUR 500.00")}, []string{"amount", "1000000000000"}, "is more than any refund"},
		{refund.Facts{OrderValue: money(t, "EUR 500.00")}, []string{"amount", "500.01"}, "is more than the EUR 500.00"},
		{refund.Facts{OrderValue: money(t, "EUR 500.00")}, []string{"amount", "5", "currency", "usd"}, "the order was paid in EUR"},
		{refund.Facts{OrderValue: money(t, "EUR 500.00")}, nil, "amount: write the amount: it is not known"},
		{refund.Facts{Amount: money(t, "EUR 60.00")}, nil, "orderValue: write the order value: it is not known"},
		{refund.Facts{Amount: money(t, "EUR 60.00")}, []string{"orderValue", "59.99"}, "EUR 60.00 is more than the EUR 59.99"},
		{refund.Facts{}, []string{"amount", "60", "orderValue", "60"}, "currency: write the currency"},
		{refund.Facts{}, []string{"amount", "60", "orderValue", "60", "tip", "1"}, "approve takes no other fields than amount, orderValue, currency"},
	} {
		r := waiting(t, p, c.known)
		require.ErrorContains(t, r.Follow("approve", input("mia", c.fields...), p, monday), c.want)
	}
	r := waiting(t, p, refund.Facts{OrderValue: money(t, "EUR 500.00")})
	require.NoError(t, r.Follow("approve", input("mia", "amount", "500.00"), p, monday))
}

// What a source tells that cannot be, it has not told.
func TestAnAmountOfNothingIsNoAmount(t *testing.T) {
	p := live()
	for _, told := range []refund.Money{{Currency: "EUR"}, {Value: decimal.New(-5, 0), Currency: "EUR"}, {Value: decimal.New(5, 0)}, {Value: decimal.New(1005, -3), Currency: "EUR"}} {
		r := waiting(t, p, refund.Facts{Amount: told, OrderValue: told})
		require.False(t, r.Facts.Amount.Known())
		require.False(t, r.Facts.OrderValue.Known())
		require.Contains(t, r.Terms.Why, "the amount is not known")
		r.Request(refund.Facts{Amount: told, OrderValue: told}, p, monday)
		require.False(t, r.Facts.Amount.Known())
		require.False(t, r.Facts.OrderValue.Known())
		r.Request(refund.Facts{Amount: money(t, "EUR 60.00"), OrderValue: money(t, "EUR 60.00")}, p, monday)
		require.Equal(t, "EUR 60.00", r.Facts.Amount.String(), "a source that knows it fills it in")
	}
}

func TestMoreCannotBeLeftOfAnOrderThanNothing(t *testing.T) {
	p := live()
	r := waiting(t, p, refund.Facts{Amount: money(t, "EUR 60.00"), OrderValue: money(t, "EUR 100.00"), Refunded: money(t, "EUR 120.00")})
	require.EqualError(t, r.Follow("approve", input("mia"), p, monday), "EUR 60.00 is more than the EUR 0.00 that is left of the order")
	r.Facts.Refunded = money(t, "USD 1.00")
	require.EqualError(t, r.Follow("approve", input("mia"), p, monday), "the order was paid in EUR and its other refunds are in USD")
}

func FuzzParseMoney(f *testing.F) {
	for _, amount := range []string{"120.00", "0", "-1", "1e3", "1e999999999", "NaN", " 5", "１２", "5.", ".5", "1,5", strings.Repeat("9", 40)} {
		f.Add(amount, "EUR")
	}
	f.Add("12000", "JPY")
	f.Add("1.234", "KWD")
	f.Add("5", "eur")
	f.Fuzz(func(t *testing.T, amount, code string) {
		m, err := refund.ParseMoney(amount, code)
		if err != nil {
			require.False(t, m.Known())
			return
		}
		require.True(t, m.Value.IsPositive())
		require.Equal(t, code, m.Currency)
		again, err := refund.ParseMoney(strings.TrimPrefix(m.String(), code+" "), code)
		require.NoError(t, err)
		require.Equal(t, m.String(), again.String(), "what it says of itself can be read")
	})
}
