package refund

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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

// maxMoney is the most that a refund can be. A larger number is a mistake.
var maxMoney = decimal.New(1, 9)

// ParseMoney reads an amount such as 120.00 and a currency such as EUR. The error says what
// to write instead.
func ParseMoney(amount, code string) (Money, error) {
	value, unread := parseValue(amount)
	m := Money{Value: value, Currency: code}
	if err := cmp.Or(unread, m.fault()); err != nil {
		return Money{}, err
	}
	return m, nil
}

// decimalsOf is how many decimals a currency has.
func decimalsOf(code string) (int32, error) {
	unit, err := currency.ParseISO(code)
	if err != nil || unit.String() != code {
		return 2, fmt.Errorf("%q is not a currency: write its ISO 4217 code, such as EUR", short(code))
	}
	decimals, _ := currency.Standard.Rounding(unit)
	return int32(decimals), nil //nolint:gosec // 0 to 4
}

// parseValue takes digits with a point between them, and no other form of a number: it takes
// for ever to compare 1e999999999.
func parseValue(amount string) (decimal.Decimal, error) {
	whole, fraction, pointed := strings.Cut(amount, ".")
	switch {
	case len(amount) > mostDigits:
		return decimal.Decimal{}, errors.New("the amount is longer than any: write it as in 120.00")
	case !digits(whole), pointed && !digits(fraction):
		return decimal.Decimal{}, fmt.Errorf("%q is not an amount: write it as in 120.00", short(amount))
	}
	return decimal.NewFromString(amount)
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// fault says why m cannot be paid, and what to write instead.
func (m Money) fault() error {
	decimals, err := decimalsOf(m.Currency)
	if err != nil {
		return err
	}
	switch {
	case !m.Value.IsPositive():
		return fmt.Errorf("an amount is more than 0, and %s is not", m.Value)
	case m.Value.GreaterThan(maxMoney):
		return fmt.Errorf("%s %s is more than any refund: at most %s", m.Currency, short(m.Value.String()), maxMoney)
	case !m.Value.Equal(m.Value.Truncate(decimals)):
		return fmt.Errorf("%s has %d decimals, and %s has more", m.Currency, decimals, short(m.Value.String()))
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

// Digits is the amount alone, such as 120.00. It is empty if the amount is not known.
func (m Money) Digits() string {
	if !m.Known() {
		return ""
	}
	decimals, _ := decimalsOf(m.Currency)
	return m.Value.StringFixed(decimals)
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
		return errors.New("the amount is not known: approve with one")
	case f.Amount.fault() != nil:
		return f.Amount.fault()
	case !f.OrderValue.Known():
		return errors.New("what the order cost is not known: approve with the order's value")
	case f.Amount.Currency != left.Currency:
		return fmt.Errorf("the order was paid in %s and the refund is in %s", left.Currency, f.Amount.Currency)
	case f.Refunded.Known() && f.Refunded.Currency != left.Currency:
		return fmt.Errorf("the order was paid in %s and its other refunds are in %s", left.Currency, f.Refunded.Currency)
	case !f.Amount.within(left):
		return fmt.Errorf("%s is more than the %s that is left of the order", f.Amount, left)
	}
	return nil
}

// sound drops amounts that cannot be paid, such as EUR 0.00: a person enters what is missing.
func (f Facts) sound() Facts {
	if f.Amount.fault() != nil {
		f.Amount = Money{}
	}
	if f.OrderValue.fault() != nil {
		f.OrderValue = Money{}
	}
	return f
}

// short cuts off a text that a person typed.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
