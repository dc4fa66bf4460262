package desk

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"waybill/recorder"
	"waybill/refund"
	"waybill/words"
)

const (
	// rowsAtOnce is how many refunds a page lists.
	rowsAtOnce = 25
	// rowsRead is how many refunds are read to sort them: Temporal lists them newest
	// first, and in no other order.
	rowsRead = 1000
	// rowsTimeout is how long the refunds of a page may take to answer.
	rowsTimeout = 2500 * time.Millisecond
)

// refundSearch selects refunds for a list.
type refundSearch struct {
	recorder.RefundFilter
	// Due is within how many days the legal deadline ends; 0 is any.
	Due int
	// Oldest shows the oldest first, Urgent those whose legal deadline comes first.
	Oldest, Urgent bool
	// Page counts from 1.
	Page int
	// query is the search as an address has it.
	query url.Values
}

// readSearch reads a search from a query. It leaves out what is wrong, and says why.
func readSearch(q url.Values, mine []string) (refundSearch, []refund.Fault) {
	var faults []refund.Fault
	wrong := func(name, key string, pairs ...any) {
		faults = append(faults, refund.Fault{Field: name, Why: words.Say("search."+key, pairs...)})
		q.Del(name)
	}
	choice := func(name string, allowed ...string) string {
		value := q.Get(name)
		if value != "" && !slices.Contains(allowed, value) {
			wrong(name, "choose", "Choices", strings.Join(allowed, ", "))
			return ""
		}
		return value
	}
	number := func(name string, fallback, most int) int {
		value := q.Get(name)
		if value == "" {
			return fallback
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > most {
			wrong(name, "number", "Most", most)
			return fallback
		}
		return n
	}
	var states []string
	for _, s := range refund.States() {
		states = append(states, string(s))
	}
	s := refundSearch{query: q}
	s.State, s.Role = refund.State(choice("state", states...)), refund.Role(choice("role", string(refund.Approver), string(refund.Manager)))
	s.Integration, s.NeedsAttention = choice("integration", mine...), choice("attention", "yes") != ""
	s.Due = number("due_within", 0, 14)
	s.Open = choice("show", "open", "all") != "all" && !s.State.Terminal()
	order := choice("order", "newest", "oldest", "deadline")
	s.Oldest, s.Urgent, s.Page = order == "oldest", order == "deadline", number("page", 1, rowsRead/rowsAtOnce)
	return s, faults
}

// address is another page of the list, relative to the list.
func (s refundSearch) address(page int) string {
	s.query.Set("page", strconv.Itoa(page))
	return "?" + s.query.Encode()
}

// found is one page of a list.
type found struct {
	rows []recorder.ListedRefund
	// more says that another page follows, cut that only the newest were sorted.
	more, cut bool
}

// list lists refunds of some integrations.
func (d *Desk) list(ctx context.Context, s refundSearch, mine []string) (found, error) {
	if len(mine) == 0 {
		return found{rows: []recorder.ListedRefund{}}, nil // no integration would mean all of them
	}
	filter := s.RefundFilter
	if s.Integration == "" {
		filter.Among = mine
	}
	if s.Due > 0 {
		filter.DueBefore = d.now().Add(time.Duration(s.Due) * day)
	}
	most := s.Page * rowsAtOnce
	sorted := s.Oldest || s.Urgent
	if sorted {
		most = rowsRead
	}
	listing, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	all, more, err := recorder.ListRefunds(listing, d.refunds, filter, most)
	if err != nil {
		return found{}, err
	}
	switch {
	case s.Oldest:
		slices.Reverse(all)
	case s.Urgent:
		slices.SortStableFunc(all, soonest)
	}
	from := min((s.Page-1)*rowsAtOnce, len(all))
	to := min(from+rowsAtOnce, len(all))
	asking, stop := context.WithTimeout(ctx, rowsTimeout)
	defer stop()
	recorder.AskRefunds(asking, d.refunds, all[from:to])
	follows := to < len(all) || more && !sorted
	return found{rows: all[from:to], more: follows && s.Page < rowsRead/rowsAtOnce, cut: more && sorted}, nil
}

// soonest puts the refund first whose legal deadline comes first. One without a deadline is last.
func soonest(a, b recorder.ListedRefund) int {
	if a.Deadline.IsZero() != b.Deadline.IsZero() {
		return map[bool]int{true: 1, false: -1}[a.Deadline.IsZero()]
	}
	return a.Deadline.Compare(b.Deadline)
}
