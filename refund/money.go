package refund

import (
	"cmp"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"waybill/words"

	"github.com/shopspring/decimal"
	"golang.org/x/text/currency"
)

// Money is an exact amount in one currency. The zero Money is an unknown amount.
type Money struct {
	Value decimal.Decimal `json:"value"`
	// Currency is an ISO 4217 code, such as EUR.
	Currency string `json:"currency,omitempty"`
}

// mostDigits is longer than any amount that can be meant.
const mostDigits = 32

// mostDecimals is how many decimals a currency can have.
const mostDecimals = 4

// maxMoney is the most that a refund can be. A larger number is a mistake.
var maxMoney = decimal.New(1, 9)

// ParseMoney reads an amount that a person wrote, such as 120.00, 6,95 or 1.249,50, in a
// currency such as EUR. The error says what to write instead.
func ParseMoney(amount, code string) (Money, error) {
	m, err := ParseLimit(amount, code)
	if err = cmp.Or(err, m.fault()); err != nil {
		return Money{}, err
	}
	return m, nil
}

// ParseLimit reads an amount as [ParseMoney] does, and also 0.
func ParseLimit(amount, code string) (Money, error) {
	decimals, err := decimalsOf(code)
	if err != nil {
		return Money{}, err
	}
	plain, unread := readAmount(amount, decimals)
	if unread != nil {
		return Money{}, unread
	}
	if _, fraction, _ := strings.Cut(plain, "."); len(fraction) > int(decimals) {
		return Money{}, tooPrecise(code, decimals, amount)
	}
	value, err := decimal.NewFromString(plain)
	switch m := (Money{Value: value, Currency: code}); {
	case err != nil:
		return Money{}, notAnAmount(amount)
	case value.IsZero():
		return Money{Currency: code}, nil
	default:
		return m, m.fault()
	}
}

// ParseDecimal reads a number as programs write it: digits, with a point before the
// decimals, of which there can be more than the currency has. It takes no other form, such
// as 1e999999999, which would take for ever to compare.
func ParseDecimal(number, code string) (Money, error) {
	if len(number) > mostDigits || !plainDecimal.MatchString(number) {
		return Money{}, notAnAmount(number)
	}
	value, err := decimal.NewFromString(number)
	m := Money{Value: value, Currency: code}
	if err = cmp.Or(err, m.fault()); err != nil {
		return Money{}, err
	}
	return m, nil
}

var (
	plainDecimal = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	// writtenAmount has groups of three digits or none, and decimals or none. Groups are
	// separated by points, by commas, by spaces as in French, or by apostrophes as in
	// Switzerland.
	writtenAmount = regexp.MustCompile(`^([0-9]+([.,][0-9]+)?` +
		`|[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]+)?` +
		`|[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?` +
		`|[1-9][0-9]{0,2}(['’ \x{a0}\x{202f}][0-9]{3})+([.,][0-9]+)?)$`)
	twoAmounts = regexp.MustCompile(`^[1-9][0-9]{0,2}[.,][0-9]{3}$`)
	noDigit    = regexp.MustCompile(`[^0-9]`)
)

// readAmount turns an amount as people write it into digits with a point before the
// decimals. A point or comma before exactly three digits may begin the decimals or the
// thousands: that is refused, because either guess pays a thousand times too much or too
// little.
func readAmount(written string, decimals int32) (string, error) {
	switch {
	case utf8.RuneCountInString(written) > mostDigits:
		return "", words.Fault("refund.fault.amount_long", "Example", words.Number("120.00"))
	case !writtenAmount.MatchString(written):
		return "", notAnAmount(written)
	case twoAmounts.MatchString(written):
		return "", words.Fault("refund.fault.two_amounts", "Written", written, "One", noDigit.ReplaceAllString(written, ""), "Other", unmistakable(written, decimals))
	}
	whole, fraction := written, ""
	// A sign that is there twice separates groups.
	if at := strings.LastIndexAny(written, ".,"); at >= 0 && strings.Count(written, written[at:at+1]) == 1 {
		whole, fraction = written[:at], "."+written[at+1:]
	}
	return noDigit.ReplaceAllString(whole, "") + fraction, nil
}

// unmistakable says how to write such a number if its last three digits are decimals.
func unmistakable(number string, decimals int32) any {
	short := strings.TrimRight(number, "0")
	switch got := len(short) - (len(number) - 3); {
	case got == 0:
		return short[:len(short)-1]
	case decimals == 0:
		return words.Say("refund.fault.no_decimals")
	case got > int(decimals):
		return words.Say("refund.fault.most_decimals", "N", int(decimals))
	case got == 3:
		return "0" + short // no group of thousands begins with 0
	default:
		return number[:len(number)-1]
	}
}

func notAnAmount(written string) error {
	return words.Fault("refund.fault.not_an_amount", "Written", short(written), "Example", words.Number("120.00"))
}

func tooPrecise(code string, decimals int32, written string) error {
	return words.Fault("refund.fault.too_precise", "Currency", code, "Decimals", decimals, "Written", short(written))
}

// decimalsOf is how many decimals a currency has by ISO 4217.
func decimalsOf(code string) (int32, error) {
	unit, err := currency.ParseISO(code)
	if err != nil || unit.String() != code {
		return 2, words.Fault("refund.fault.currency", "Code", short(code))
	}
	for _, other := range otherDecimals {
		if strings.Contains(other.currencies, code) {
			return other.decimals, nil
		}
	}
	return 2, nil
}

// otherDecimals are the currencies that do not have 2 decimals. The library has a table
// too, but of the decimals that are in daily use: none for RSD, COP or IDR.
// https://www.six-group.com/en/products-services/financial-information/data-standards.html
var otherDecimals = []struct {
	decimals   int32
	currencies string
}{
	{0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"},
	{3, "BHD IQD JOD KWD LYD OMR TND"},
	{4, "CLF UYW"},
}

// fault says why m cannot be paid, and what to write instead.
func (m Money) fault() error {
	decimals, err := decimalsOf(m.Currency)
	if err != nil {
		return err
	}
	switch {
	case !m.Value.IsPositive():
		return words.Fault("refund.fault.not_more_than_0", "Amount", m.Value)
	case m.Value.GreaterThan(maxMoney):
		return words.Fault("refund.fault.too_much", "Currency", m.Currency, "Amount", short(m.Value.String()), "Most", maxMoney)
	case !m.Value.Equal(m.Value.Truncate(decimals)):
		return tooPrecise(m.Currency, decimals, m.Value.String())
	}
	return nil
}

// UnmarshalJSON refuses numbers that would take for ever to compare.
func (m *Money) UnmarshalJSON(raw []byte) error {
	type plain Money
	var read plain
	if err := json.Unmarshal(raw, &read); err != nil {
		return err
	}
	if e := read.Value.Exponent(); e < -32 || e > 32 {
		return errors.New("read an amount: write it as in 120.00")
	}
	*m = Money(read)
	return nil
}

// Known reports whether it is an amount at all.
func (m Money) Known() bool { return m.Currency != "" }

// String is such as EUR 120.00, with the decimals that the currency has.
func (m Money) String() string {
	if !m.Known() {
		return "an unknown amount"
	}
	return m.Currency + " " + m.Digits()
}

// Smallest is the smallest amount in a currency, such as EUR 0.01.
func Smallest(currency string) (Money, error) {
	m, err := ParseMoney("1", currency)
	if err != nil {
		return m, err
	}
	decimals, _ := decimalsOf(m.Currency)
	m.Value = decimal.New(1, -decimals)
	return m, nil
}

// Sums is money in several currencies.
type Sums []Money

// Add adds an amount, if it is known.
func (s *Sums) Add(m Money) {
	if !m.Known() {
		return
	}
	for i := range *s {
		if sum := &(*s)[i]; sum.Currency == m.Currency {
			sum.Value = sum.Value.Add(m.Value)
			return
		}
	}
	*s = append(*s, m)
}

// In writes the amount as a reader does.
func (m Money) In(r words.Reader) string {
	if !m.Known() {
		return r.Say("refund.unknown_amount")
	}
	return r.Amount(m.Digits(), m.Currency)
}

// Digits is the amount alone, such as 120.00. It is empty if the amount is not known.
func (m Money) Digits() string {
	if !m.Known() {
		return ""
	}
	decimals, _ := decimalsOf(m.Currency)
	return m.Value.StringFixed(decimals)
}

// Written is the amount alone as [ParseMoney] reads it: 01.234 for 1.234 in a currency of
// three decimals, which can be two amounts.
func (m Money) Written() string {
	digits := m.Digits()
	if twoAmounts.MatchString(digits) {
		return "0" + digits
	}
	return digits
}

// within reports whether m is at most limit, in the same currency.
func (m Money) within(limit Money) bool {
	return m.Currency == limit.Currency && m.Value.LessThanOrEqual(limit.Value)
}

// equal reports whether two amounts are the same, or both unknown.
func (m Money) equal(other Money) bool {
	return m.Currency == other.Currency && m.Value.Equal(other.Value)
}

// payable says why an amount cannot be paid out of what is left of the order.
func (f Facts) payable() error {
	left := Money{Value: decimal.Max(f.OrderValue.Value.Sub(f.Refunded.Value), decimal.Zero), Currency: f.OrderValue.Currency}
	switch {
	case !f.Amount.Known():
		return words.Fault("refund.pay.no_amount")
	case f.Amount.fault() != nil:
		return f.Amount.fault()
	case !f.OrderValue.Known():
		return words.Fault("refund.pay.no_order_value")
	case f.Amount.Currency != left.Currency:
		return words.Fault("refund.pay.currencies", "Order", left.Currency, "Refund", f.Amount.Currency)
	case f.Refunded.Known() && f.Refunded.Currency != left.Currency:
		return words.Fault("refund.pay.other_currencies", "Order", left.Currency, "Refunds", f.Refunded.Currency)
	case !f.Amount.within(left):
		return words.Fault("refund.pay.more_than_left", "Amount", f.Amount, "Left", left)
	}
	return nil
}

// short cuts off a text that a person typed.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
