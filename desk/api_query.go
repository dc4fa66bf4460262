package desk

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/ingress"
	"waybill/search"
)

// query reads the parameters of a request and notes what is wrong with them. A parameter that
// nobody has asked for in the end is wrong too: none is ignored.
type query struct {
	values url.Values
	known  []string
	faults []ingress.Fault
}

func queryOf(c *gin.Context) *query {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	q := &query{values: values}
	if err != nil {
		q.wrong("", "The parameters cannot be read: write them as in ?state=paid&limit=10, and encode other characters.")
	}
	return q
}

func (q *query) wrong(name, detail string) {
	q.faults = append(q.faults, ingress.Fault{Field: name, Detail: detail})
}

// text is a parameter; empty if it is not there.
func (q *query) text(name string) string {
	q.known = append(q.known, name)
	switch all := q.values[name]; {
	case len(all) == 0:
		return ""
	case len(all) > 1:
		q.wrong(name, "It is there more than once: write it once.")
	case strings.TrimSpace(all[0]) == "":
		q.wrong(name, "It is empty: write a value, or leave it out.")
	default:
		return strings.TrimSpace(all[0])
	}
	return ""
}

// choice is one of some words.
func choice[Word ~string](q *query, name string, words ...Word) Word {
	value := Word(q.text(name))
	if value != "" && !slices.Contains(words, value) {
		var all []string
		for _, word := range words {
			all = append(all, string(word))
		}
		q.wrong(name, "Choose one of "+strings.Join(all, ", ")+".")
		return ""
	}
	return value
}

// flag is a parameter that is true or left out.
func (q *query) flag(name string) bool { return choice(q, name, "true") != "" }

func (q *query) number(name string, fallback, most int) int {
	value := q.text(name)
	if value == "" {
		return fallback
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > most {
		q.wrong(name, fmt.Sprintf("Write a number from 1 to %d.", most))
		return fallback
	}
	return n
}

// moment is a time, or the beginning of a day in UTC.
func (q *query) moment(name string) (at time.Time) {
	value := q.text(name)
	if value == "" {
		return at
	}
	at, err := time.Parse(time.RFC3339, value)
	if err != nil {
		at, err = time.Parse(time.DateOnly, value)
	}
	if err != nil {
		q.wrong(name, "Write a day or a time, as in 2026-11-02 or 2026-11-02T08:00:00Z.")
	}
	return at
}

// words are the numbers and the mail address that something is listed under. The error is
// [search.ErrNoKey] if there is no key to look the address up with.
func (q *query) words(tracking bool, keys func() (search.Keys, error)) (words search.Listed, err error) {
	order, customer, number := q.text("order"), q.text("customer"), ""
	if tracking {
		number = q.text("tracking")
	}
	if cmp.Or(order, customer, number) == "" {
		return words, nil
	}
	all, err := keys()
	if err != nil {
		return words, err
	}
	find := func(name, typed, sample string, pick func(search.Listed) []string) []string {
		if typed == "" {
			return nil
		}
		found := pick(all.Find(typed))
		if len(found) == 0 {
			q.wrong(name, "Write it as in "+sample+".")
		}
		return found
	}
	words.Order = find("order", order, "1042", func(l search.Listed) []string { return l.Order })
	words.Tracking = find("tracking", number, "JJD000390007827", func(l search.Listed) []string { return l.Tracking })
	if strings.Contains(customer, "@") && len(all) == 0 {
		return words, search.ErrNoKey
	}
	words.Recipient = find("customer", customer, "jane@example.com", func(l search.Listed) []string { return l.Recipient })
	return words, nil
}

// end refuses what nobody has asked for, and is all that is wrong.
func (q *query) end() []ingress.Fault {
	for name := range q.values {
		if !slices.Contains(q.known, name) {
			takes := "There are no parameters here"
			if len(q.known) > 0 {
				takes = "The parameters are " + strings.Join(q.known, ", ")
			}
			q.wrong(name, "There is no such parameter. "+takes+".")
		}
	}
	slices.SortStableFunc(q.faults, func(a, b ingress.Fault) int { return cmp.Compare(a.Field, b.Field) })
	return q.faults
}
