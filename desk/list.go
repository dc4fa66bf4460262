package desk

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
	"waybill/words"
)

const (
	// rowsAtOnce is how many refunds a page lists.
	rowsAtOnce = 25
	// rowsRead is how many refunds are read to sort and to sum them: Temporal lists them newest
	// first, and in no other order.
	rowsRead = 5000
	// mostTyped is how many characters a person can look for: no mail address has more.
	mostTyped = 254
	// rowsTimeout is how long the refunds of a page may take to answer.
	rowsTimeout = 2500 * time.Millisecond
)

// refundSearch selects refunds for a list.
type refundSearch struct {
	recorder.RefundFilter
	// Typed is what a person looks for: nothing else counts then.
	Typed string
	// For is whom the refunds wait for; empty is anybody.
	For group
	// Due is within how many days the legal deadline ends; 0 is any.
	Due int
	// Overdue chooses those whose legal deadline is over.
	Overdue bool
	// All has every row of the page chosen, for an order to several.
	All bool
	// Newest, Oldest and Urgent are the order: Urgent are those whose legal deadline comes first.
	Newest, Oldest, Urgent bool
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
	s := refundSearch{query: q, Typed: strings.TrimSpace(q.Get("q"))}
	if utf8.RuneCountInString(s.Typed) > mostTyped {
		wrong("q", "too_long", "Most", mostTyped)
		s.Typed = ""
	}
	s.State, s.Role = refund.State(choice("state", states...)), refund.Role(choice("role", string(refund.Approver), string(refund.Manager)))
	s.Integration, s.NeedsAttention = choice("integration", mine...), choice("attention", "yes") != ""
	s.Due, s.Overdue, s.All = number("due_within", 0, mostDue), choice("overdue", "yes") != "", choice("chosen", "all") != ""
	s.For = group(choice("for", string(forMe), string(forOthers), string(inTrouble)))
	s.Open = s.For != "" || choice("show", "open", "all") != "all" && !s.State.Terminal()
	order := choice("order", "newest", "oldest", "deadline")
	s.Newest, s.Oldest, s.Urgent, s.Page = order == "newest", order == "oldest", order == "deadline", number("page", 1, rowsRead/rowsAtOnce)
	return s, faults
}

// grouped reports whether the search leaves it to the page what comes first: at most one
// integration is chosen.
func (s refundSearch) grouped() bool {
	return s.State == "" && s.Role == "" && !s.NeedsAttention && s.Due == 0 && !s.Overdue && s.Open &&
		s.query.Get("order") == "" && s.query.Get("page") == ""
}

// Chosen reports whether the form says anything.
func (s refundSearch) Chosen() bool { return !s.grouped() || s.Integration != "" || s.For != "" }

// filter is what Temporal is asked; mine are the integrations of the person.
func (s refundSearch) filter(mine []string, now time.Time) recorder.RefundFilter {
	f := s.RefundFilter
	if s.Integration == "" {
		f.Among = mine
	}
	if s.Due > 0 {
		f.DueBefore = now.Add(time.Duration(s.Due) * day)
	}
	if s.Overdue {
		f.DueBefore = now
	}
	return f
}

// address is another page of the list, relative to the list.
func (s refundSearch) address(page int) string { return s.with("page", strconv.Itoa(page)) }

// with is the same search with another value of a parameter.
func (s refundSearch) with(name, value string) string {
	q := maps.Clone(s.query)
	q.Del("chosen")
	q.Set(name, value)
	return "?" + q.Encode()
}

// paging are the pages around this one.
func (s refundSearch) paging(follows bool) (p Paging) {
	if s.Page > 1 {
		p.Before = s.address(s.Page - 1)
	}
	if follows {
		p.After = s.address(s.Page + 1)
	}
	p.ChooseAll = s.with("chosen", "all")
	return p
}

// chips are the usual choices, in the same integration.
func (s refundSearch) chips() (all []chip) {
	for _, of := range []struct{ name, parameter, value string }{
		{"group.me", "for", string(forMe)},
		{"group.others", "for", string(forOthers)},
		{"group.trouble", "for", string(inTrouble)},
		{"inbox.overdue", "overdue", "yes"},
		{"inbox.due_within", "due_within", strconv.Itoa(soonDays)},
		{"inbox.needs_attention", "attention", "yes"},
		{"refund_state.pay_failed", "state", string(refund.PayFailed)},
		{"inbox.urgent", "order", "deadline"},
		{"inbox.newest", "order", "newest"},
	} {
		q := s.scope()
		q.Set(of.parameter, of.value)
		here := s.query.Get(of.parameter) == of.value
		all = append(all, chip{words.Say(of.name, "N", soonDays), "?" + q.Encode(), here})
	}
	return all
}

// scope is the integration that is chosen, as a query.
func (s refundSearch) scope() url.Values {
	q := url.Values{}
	if s.Integration != "" {
		q.Set("integration", s.Integration)
	}
	return q
}

// noTotals are totals with nothing in them yet.
func (s refundSearch) noTotals() *inboxTotals {
	overdue, soon := s.scope(), s.scope()
	overdue.Set("overdue", "yes")
	soon.Set("due_within", strconv.Itoa(soonDays))
	return &inboxTotals{OverduePath: "?" + overdue.Encode(), SoonPath: "?" + soon.Encode()}
}

// found is one page of a list.
type found struct {
	rows []recorder.ListedRefund
	// more says that another page follows, cut that only some were sorted.
	more, cut bool
	// read are the refunds that were read, and whole says that they are all.
	read  []recorder.ListedRefund
	whole bool
}

// list lists one page of the refunds of some integrations.
func (d *Desk) list(ctx context.Context, s refundSearch, mine []string) (found, error) {
	filter := s.filter(mine, d.now())
	listing, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	var all []recorder.ListedRefund
	var more bool
	var err error
	sorted := s.Oldest || s.Urgent
	if s.Urgent {
		all, more, err = d.mostUrgent(listing, filter)
	} else {
		all, more, err = recorder.ListRefunds(listing, d.refunds, filter, rowsRead)
	}
	if s.Oldest {
		slices.Reverse(all)
	}
	if err != nil {
		return found{}, err
	}
	rows, follows := pageAt(all, s.Page)
	d.ask(ctx, rows)
	follows = follows || more && !sorted
	return found{rows: rows, more: follows && s.Page < rowsRead/rowsAtOnce, cut: more && sorted, read: all, whole: !more}, nil
}

// ask asks the refunds of a page, as long as a page can wait for them.
func (d *Desk) ask(ctx context.Context, rows []recorder.ListedRefund) {
	ctx, stop := context.WithTimeout(ctx, rowsTimeout)
	defer stop()
	recorder.AskRefunds(ctx, d.refunds, rows)
}

// pageAt is one page of rows, and whether another one follows.
func pageAt[Row any](all []Row, page int) ([]Row, bool) {
	from := min((page-1)*rowsAtOnce, len(all))
	to := min(from+rowsAtOnce, len(all))
	return all[from:to], to < len(all)
}

// spans are the days within which legal deadlines are looked for when there are too many refunds.
var spans = []int{14, 7, 3, 1, 0}

// mostUrgent lists refunds whose legal deadline comes first, and reports whether there are others.
// Temporal lists the newest first and in no other order. If there are too many, the most urgent
// are therefore looked for by their deadlines too.
func (d *Desk) mostUrgent(ctx context.Context, f recorder.RefundFilter) ([]recorder.ListedRefund, bool, error) {
	all, more, err := recorder.ListRefunds(ctx, d.refunds, f, rowsRead)
	if more && f.DueBefore.IsZero() {
		for _, days := range spans {
			f.DueBefore = d.now().Add(time.Duration(days) * day)
			count, err := d.refunds.CountRefunds(ctx, f)
			if err != nil {
				return nil, false, err
			}
			if count > rowsRead && days > 0 {
				continue
			}
			due, _, err := recorder.ListRefunds(ctx, d.refunds, f, rowsRead)
			if err != nil {
				return nil, false, err
			}
			all = together(due, all)
			break
		}
	}
	slices.SortStableFunc(all, recorder.Soonest)
	return all, more, err
}

// together are the refunds of two lists, each once.
func together(a, b []recorder.ListedRefund) []recorder.ListedRefund {
	seen := map[contract.RefundRef]bool{}
	return slices.DeleteFunc(slices.Concat(a, b), func(one recorder.ListedRefund) bool {
		was := seen[one.RefundRef]
		seen[one.RefundRef] = true
		return was
	})
}
