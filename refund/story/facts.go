package story

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"waybill/refund"
)

// The parcels of a story.
const (
	OutgoingParcel int64 = 364000001
	IncomingParcel int64 = 364000002
)

const day = 24 * time.Hour

// usually is what is gathered of a refund where a story does not say otherwise:
// all but the amount and what the order cost.
func usually(now time.Time) refund.Facts {
	customer, shop := 0, 0
	return refund.Facts{
		Kind: "money", Reason: refund.ChangedMind, OrderNumber: "1001", OrderedAt: now.Add(-5 * day), Customer: Customer(),
		OutgoingParcel: OutgoingParcel, IncomingParcel: IncomingParcel, CustomerRefunds: &customer, ShopToday: &shop,
	}
}

// fact is one way in which a story says a fact.
type fact struct {
	words *regexp.Regexp
	set   func(f *refund.Facts, part []string, now time.Time) error
}

const amount = `([A-Z]{3} [0-9.]+)`

var facts = []fact{
	{like(amount + `(?: of ` + amount + `)?`), func(f *refund.Facts, part []string, _ time.Time) (err error) {
		if f.Amount, err = money(part[0]); err != nil || part[1] == "" {
			return err
		}
		f.OrderValue, err = money(part[1])
		return err
	}},
	{like(`no amount`), set(func(f *refund.Facts) { f.Amount = refund.Money{} })},
	{like(`of ` + amount), func(f *refund.Facts, part []string, _ time.Time) (err error) {
		f.OrderValue, err = money(part[0])
		return err
	}},
	{like(amount + ` refunded before`), func(f *refund.Facts, part []string, _ time.Time) (err error) {
		f.Refunded, err = money(part[0])
		return err
	}},
	{like(`(money|credit|exchange)`), func(f *refund.Facts, part []string, _ time.Time) error {
		f.Kind = part[0]
		return nil
	}},
	{like(`(changed_mind|wrong_size|damaged|wrong_item|faulty|other)`), func(f *refund.Facts, part []string, _ time.Time) error {
		f.Reason = refund.Reason(part[0])
		return nil
	}},
	{like(`no reason`), set(func(f *refund.Facts) { f.Reason = "" })},
	{like(`ordered (\d{1,4}) days ago`), func(f *refund.Facts, part []string, now time.Time) error {
		f.OrderedAt = ago(part[0], now)
		return nil
	}},
	{like(`withdrawn (\d{1,4}) days ago`), func(f *refund.Facts, part []string, now time.Time) error {
		f.NoticeAt = ago(part[0], now)
		return nil
	}},
	{like(`customer had (\d{1,4}) refunds`), func(f *refund.Facts, part []string, _ time.Time) error {
		n := number(part[0])
		f.CustomerRefunds = &n
		return nil
	}},
	{like(`shop had (\d{1,4}) refunds`), func(f *refund.Facts, part []string, _ time.Time) error {
		n := number(part[0])
		f.ShopToday = &n
		return nil
	}},
	{like(`customer (\S+@\S+)`), func(f *refund.Facts, part []string, _ time.Time) error {
		f.Customer = refund.Customer{Email: part[0]}
		return nil
	}},
	{like(`no customer`), set(func(f *refund.Facts) { f.Customer, f.CustomerRefunds = refund.Customer{}, nil })},
	{like(`return parcel`), set(func(f *refund.Facts) { f.IncomingParcel = IncomingParcel })},
	{like(`no return parcel`), set(func(f *refund.Facts) { f.IncomingParcel = 0 })},
}

func set(do func(f *refund.Facts)) func(*refund.Facts, []string, time.Time) error {
	return func(f *refund.Facts, _ []string, _ time.Time) error {
		do(f)
		return nil
	}
}

// readFacts reads "EUR 120.00 of EUR 180.00, damaged, ordered 31 days ago".
func readFacts(f refund.Facts, text string, now time.Time) (refund.Facts, error) {
	if text == "" {
		return f, nil
	}
	for _, told := range strings.Split(text, ", ") {
		if err := readFact(&f, told, now); err != nil {
			return f, err
		}
	}
	return f, nil
}

func readFact(f *refund.Facts, told string, now time.Time) error {
	for _, known := range facts {
		if part := known.words.FindStringSubmatch(told); part != nil {
			return known.set(f, part[1:], now)
		}
	}
	return fmt.Errorf("%q is no fact", told)
}

// ago is so many days before now, and now if it is not said how many.
func ago(days string, now time.Time) time.Time {
	return now.Add(-time.Duration(number(days)) * day)
}

// number is what a few digits say, 0 if there are none.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}
