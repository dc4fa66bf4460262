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

func TestAnAmountIsReadAsPeopleWriteIt(t *testing.T) {
	for written, want := range map[string]string{
		"EUR 120.00": "EUR 120.00", "EUR 120": "EUR 120.00", "EUR 120.5": "EUR 120.50", "EUR 0.01": "EUR 0.01",
		"EUR 00012.50": "EUR 12.50", "EUR 6,95": "EUR 6.95", "EUR 6,9": "EUR 6.90", "EUR 0,95": "EUR 0.95",
		"EUR 1.249,50": "EUR 1249.50", "EUR 1,249.50": "EUR 1249.50", "EUR 1249,50": "EUR 1249.50", "EUR 1.249.500": "EUR 1249500.00",
		"EUR 1 249,50": "EUR 1249.50", "EUR 1\u00a0249,50": "EUR 1249.50", "EUR 1\u202f249,50": "EUR 1249.50", "EUR 1 000": "EUR 1000.00",
		"CHF 1'249.50": "CHF 1249.50", "CHF 1’249.50": "CHF 1249.50", "EUR 12.345.678,90": "EUR 12345678.90",
		"JPY 12000": "JPY 12000", "JPY 1,200,000": "JPY 1200000", "KWD 01.234": "KWD 1.234", "KWD 1": "KWD 1.000", "KWD 1.25": "KWD 1.250",
		"KWD 1234,500": "KWD 1234.500", "KWD 1.234,500": "KWD 1234.500", "KWD 0.500": "KWD 0.500",
		"EUR 1000000000": "EUR 1000000000.00", "EUR 1.000.000.000,00": "EUR 1000000000.00",
	} {
		require.Equal(t, want, money(t, written).String(), written)
	}
}

// The library has a table of its own, with 0 for what nobody pays in coins any more.
func TestACurrencyHasTheDecimalsOfISO4217(t *testing.T) {
	for code, want := range map[string]string{
		"RSD": "5.00", "ALL": "5.00", "COP": "5.00", "IDR": "5.00", "PKR": "5.00", "HUF": "5.00", "CRC": "5.00", "LBP": "5.00", "IRR": "5.00",
		"EUR": "5.00", "USD": "5.00", "SEK": "5.00", "TWD": "5.00", "UYU": "5.00",
		"JPY": "5", "KRW": "5", "ISK": "5", "CLP": "5", "VND": "5", "UGX": "5", "XOF": "5",
		"KWD": "5.000", "TND": "5.000", "IQD": "5.000", "CLF": "5.0000",
	} {
		require.Equal(t, want, money(t, code+" 5").Digits(), code)
	}
	require.Equal(t, "IDR 12500.50", money(t, "IDR 12.500,50").String())
}

// A guess would pay a thousand times too much or too little.
func TestWhatCanBeTwoAmountsIsRefusedAndSaysHowToWriteEach(t *testing.T) {
	for written, want := range map[string]string{
		"EUR 1.000": `"1.000" can be two amounts: write 1000, or 1`,
		"EUR 1,000": `"1,000" can be two amounts: write 1000, or 1`,
		"EUR 2.500": `"2.500" can be two amounts: write 2500, or 2.50`,
		"EUR 2,250": `"2,250" can be two amounts: write 2250, or 2,25`,
		"EUR 1.249": `"1.249" can be two amounts: write 1249, or at most 2 decimals`,
		"KWD 1.234": `"1.234" can be two amounts: write 1234, or 01.234`,
		"JPY 1.500": `"1.500" can be two amounts: write 1500, or leave the decimals out`,
		"JPY 5.000": `"5.000" can be two amounts: write 5000, or 5`,
	} {
		code, amount, _ := strings.Cut(written, " ")
		_, err := refund.ParseMoney(amount, code)
		require.EqualError(t, err, want)
		_, each, _ := strings.Cut(want, "write ")
		for one := range strings.SplitSeq(each, ", or ") {
			if !strings.Contains(one, "decimals") {
				_, err = refund.ParseMoney(one, code)
				require.NoError(t, err, "what it says to write can be read")
			}
		}
	}
}

func TestWhatIsNoAmountIsRefusedInWords(t *testing.T) {
	for written, want := range map[string]string{
		"EUR ": "is not an amount", "EUR ten": "is not an amount", "EUR 1e3": "is not an amount", "EUR 1E-3": "is not an amount",
		"EUR 1e999999999": "is not an amount", "EUR NaN": "is not an amount", "EUR Inf": "is not an amount", "EUR 0x10": "is not an amount",
		"EUR -5": "is not an amount", "EUR +5": "is not an amount", "EUR  5": "is not an amount", "EUR 5 ": "is not an amount",
		"EUR 5\n": "is not an amount", "EUR 1_000": "is not an amount", "EUR 1 00": "is not an amount", "EUR 12 34,50": "is not an amount",
		"EUR 1.249.50": "is not an amount", "EUR 1,249,50": "is not an amount", "EUR 1.249 500,00": "is not an amount", "EUR 0.249.500": "is not an amount",
		"EUR 1.2.3": "is not an amount", "EUR 5.": "is not an amount", "EUR .5": "is not an amount", "EUR 6,": "is not an amount",
		"EUR .": "is not an amount", "EUR １２": "is not an amount", "EUR ١٢": "is not an amount", "EUR 5€": "is not an amount",
		"EUR 0": "an amount is more than 0", "EUR 0.00": "an amount is more than 0",
		"EUR 1.0051":    "EUR has 2 decimals, and 1.0051 has more",
		"EUR 0.500":     "EUR has 2 decimals, and 0.500 has more",
		"EUR 12.5000":   "EUR has 2 decimals, and 12.5000 has more",
		"EUR 1234.000":  "EUR has 2 decimals, and 1234.000 has more",
		"EUR 1.249,500": "EUR has 2 decimals, and 1.249,500 has more",
		"JPY 1.5":       "JPY has 0 decimals",
		"JPY 5800.00":   "JPY has 0 decimals", "JPY 12000.00": "JPY has 0 decimals",
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

// Sendcloud writes numbers for programs, with decimals that the currency does not have.
func TestANumberOfAProgramIsReadAsItIs(t *testing.T) {
	for written, want := range map[string]string{"EUR 1.000": "EUR 1.00", "EUR 120.0000": "EUR 120.00", "JPY 12000.00": "JPY 12000", "KWD 1.234": "KWD 1.234"} {
		code, number, _ := strings.Cut(written, " ")
		m, err := refund.ParseDecimal(number, code)
		require.NoError(t, err, written)
		require.Equal(t, want, m.String())
	}
	for _, written := range []string{"EUR 1,50", "EUR 1 000", "EUR 1.005", "EUR 1e3", "EUR 0", "EUR -1", "EUR ", "XQQ 1", "EUR 1000000001"} {
		code, number, _ := strings.Cut(written, " ")
		m, err := refund.ParseDecimal(number, code)
		require.Error(t, err, written)
		require.False(t, m.Known(), written)
	}
}

func TestMoneySurvivesItsJSON(t *testing.T) {
	for _, written := range []string{"EUR 120.00", "EUR 0.01", "JPY 12000", "KWD 1234.500", "EUR 1000000000"} {
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
		{refund.Facts{OrderValue: money(t, "EUR 500.00")}, []string{"amount", "1.0051"}, "EUR has 2 decimals, and 1.0051 has more"},
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
	f.Add("1.249,50", "EUR")
	f.Add("1 249.500", "EUR")
	f.Add("5", "eur")
	f.Fuzz(func(t *testing.T, amount, code string) {
		m, err := refund.ParseMoney(amount, code)
		if err != nil {
			require.False(t, m.Known())
			return
		}
		require.True(t, m.Value.IsPositive())
		require.Equal(t, code, m.Currency)
		again, err := refund.ParseMoney(m.Written(), code)
		require.NoError(t, err)
		require.Equal(t, m.String(), again.String(), "what it says of itself can be read")
	})
}
