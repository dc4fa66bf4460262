package refund

import (
	"fmt"

	"github.com/shopspring/decimal"
	"golang.org/x/text/currency"
)

// Money is an exact amount in one currency. The zero Money is one that nobody
// has told.
type Money struct {
	Value decimal.Decimal `json:"value"`
	// Currency is an ISO 4217 code, such as EUR.
	Currency string `json:"currency,omitempty"`
}

// maxMoney is the most that a refund can be: beyond it a number is a mistake.
var maxMoney = decimal.New(1, 9)

// ParseMoney reads an amount such as 120.00 and a currency such as EUR. The
// error says what to write instead.
func ParseMoney(amount, code string) (Money, error) {
	unit, err := currency.ParseISO(code)
	if err != nil || unit.String() != code {
		return Money{}, fmt.Errorf("%q is no currency: write its ISO 4217 code, such as EUR", short(code))
	}
	if len(amount) > 32 {
		return Money{}, fmt.Errorf("the amount is longer than any: write it as in 120.00")
	}
	value, err := decimal.NewFromString(amount)
	// A number such as 1e99999999 takes minutes to compare.
	if err != nil || value.Exponent() > 0 || value.Exponent() < -int32(len(amount)) { //nolint:gosec // at most 32
		return Money{}, fmt.Errorf("%q is no amount: write it as in 120.00", short(amount))
	}
	digits, _ := currency.Standard.Rounding(unit)
	switch {
	case !value.IsPositive():
		return Money{}, fmt.Errorf("an amount is more than 0, and %s is not", short(amount))
	case value.GreaterThan(maxMoney):
		return Money{}, fmt.Errorf("%s %s is more than any refund: at most %s", code, short(amount), maxMoney)
	case !value.Equal(value.Truncate(int32(digits))): //nolint:gosec // 0 to 4
		return Money{}, fmt.Errorf("%s has %d decimals, and %s has more", code, digits, short(amount))
	}
	return Money{Value: value, Currency: code}, nil
}

// Known reports whether it is an amount at all.
func (m Money) Known() bool { return m.Currency != "" }

// String is such as EUR 120.00, with the decimals that the currency has.
func (m Money) String() string {
	if !m.Known() {
		return "an unknown amount"
	}
	digits := 2
	if unit, err := currency.ParseISO(m.Currency); err == nil {
		digits, _ = currency.Standard.Rounding(unit)
	}
	return m.Currency + " " + m.Value.StringFixed(int32(digits)) //nolint:gosec // 0 to 4
}

// within reports whether m is at most limit, which it is only in one currency.
func (m Money) within(limit Money) bool {
	return m.Currency == limit.Currency && m.Value.LessThanOrEqual(limit.Value)
}

// left is what is left of an order after its other refunds. ok is false where
// the order's value is not known, or the currencies differ.
func (f Facts) left() (left Money, ok bool) {
	if !f.OrderValue.Known() || f.Refunded.Known() && f.Refunded.Currency != f.OrderValue.Currency {
		return Money{}, false
	}
	return Money{Value: f.OrderValue.Value.Sub(f.Refunded.Value), Currency: f.OrderValue.Currency}, true
}

// payable says why an amount cannot be paid out of what is left of the order.
func (f Facts) payable() error {
	left, ok := f.left()
	switch {
	case !f.Amount.Known():
		return fmt.Errorf("nobody has told the amount: approve with one")
	case !ok:
		return fmt.Errorf("what the order cost is not known in the refund's currency: approve with the order's value")
	case f.Amount.Currency != left.Currency:
		return fmt.Errorf("the order was paid in %s and the refund is in %s", left.Currency, f.Amount.Currency)
	case !f.Amount.within(left):
		return fmt.Errorf("%s is more than the %s that is left of the order", f.Amount, left)
	}
	return nil
}

// short keeps what a person typed out of reach of a log's end.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
