package desk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/ingress"
	"waybill/recorder"
	"waybill/refund"
	"waybill/search"
	"waybill/words"
)

// inboxView is the list of refunds: groups, or rows of which the search chose each.
type inboxView struct {
	Search refundSearch
	Groups []inboxGroup
	Rows   []inboxRow
	// Totals are of all refunds that the search chooses; nil if it is a search for one, or if they
	// could not be asked.
	Totals *inboxTotals
	Chips  []chip
	// States, Roles and Integrations can be chosen.
	States       []refund.State
	Roles        []refund.Role
	Integrations []string
	// Orders can be given to several refunds.
	Orders []refund.Order
	Paging
	// Cut says that only some were sorted, More that a search found others.
	Cut, More bool
}

// Paging are the pages around one.
type Paging struct {
	// Before and After are the previous and the next page; empty if there is none. ChooseAll is this
	// page with every row chosen; empty if it has more than an order to several may have.
	Before, After, ChooseAll string
}

// inboxGroup is the refunds that wait for somebody.
type inboxGroup struct {
	Name  group
	Rows  []inboxRow
	Count int
	// All is the page of the group; empty if this is it.
	All string
}

// inboxRow is a refund of the list, with its page. Turn says for its reader who has to act next, Age and
// Law are its times in words.
type inboxRow struct {
	recorder.ListedRefund
	Path           string
	Turn, Age, Law *words.Text
}

// chip is a choice as a link.
type chip struct {
	Name *words.Text
	Path string
	Here bool
}

// inboxTotals is how much the search chooses.
type inboxTotals struct {
	Count int64
	// Amounts are the sums by currency, unless there are TooMany to read. Unanswered is how many are
	// not in them.
	Amounts    []refund.Money
	TooMany    bool
	Unanswered int
	// Overdue is how many legal deadlines are over, Soon how many are over or end within 3 days.
	Overdue, Soon         int64
	OverduePath, SoonPath string
}

// soonDays is within how many days a legal deadline is near.
const soonDays = 3

// inbox lists the refunds that a person may see.
func (d *Desk) inbox(c *gin.Context) { d.open(c, d.showInbox) }

// searchRefunds takes a search in the inbox.
func (d *Desk) searchRefunds(c *gin.Context) { d.searched(c, "/refunds", d.showInbox) }

func (d *Desk) showInbox(c *gin.Context, q url.Values) {
	mine := d.mine(c)
	if len(mine) == 0 {
		d.say(c, http.StatusForbidden, "no refunds", message{Name: "no_refunds_for_you"})
		return
	}
	s, faults := readSearch(q, mine)
	view := inboxView{
		Search: s, States: refund.States(), Roles: []refund.Role{refund.Approver, refund.Manager}, Integrations: mine, Orders: severalOrders(),
	}
	if s.Typed == "" {
		view.Chips = s.chips()
	}
	err := d.fill(c, &view, mine)
	switch {
	case errors.Is(err, search.ErrNoKey):
		faults = append(faults, refund.Fault{Field: "q", Why: words.Say("parcels.no_key")})
	case err != nil:
		ingress.Note(c, "fault", err.Error())
		d.say(c, http.StatusServiceUnavailable, "no answer", message{Name: "no_list", Next: words.Say("next.again"), Path: "/refunds"})
		return
	case s.Typed != "" && len(view.Rows) == 1 && len(faults) == 0:
		goTo(c, "found", view.Rows[0].Path)
		return
	}
	code, outcome := http.StatusOK, "listed"
	if len(faults) > 0 {
		code, outcome = http.StatusUnprocessableEntity, "unreadable"
	}
	for i := range faults {
		if !slices.Contains([]string{"q", "state", "role", "integration", "order", "attention", "due_within", "show"}, faults[i].Field) {
			faults[i].Field = "" // it has no field to mend it in
		}
	}
	d.show(c, code, outcome, "inbox", page{Title: words.Say("refunds.title"), Faults: faults, Form: "filter", Content: view})
}

// fill looks up what the search chooses.
func (d *Desk) fill(c *gin.Context, view *inboxView, mine []string) error {
	ctx, s, v := c.Request.Context(), view.Search, d.viewerOf(c.GetString(personKey), mine)
	switch {
	case s.Typed != "":
		found, more, err := d.findRefunds(ctx, s.Typed, mine)
		view.Rows, view.More = v.rows(found), more
		return err
	case s.For != "" || s.grouped():
		return d.fillGroups(c, view, v, mine)
	}
	all, err := d.list(ctx, s, mine)
	if err != nil {
		return err
	}
	view.Rows, view.Cut, view.Paging = v.rows(all.rows), all.cut, s.paging(all.more)
	view.Totals = d.totals(c, s, all.read, all.whole, mine)
	return nil
}

// fillGroups fills all groups, or a page of one.
func (d *Desk) fillGroups(c *gin.Context, view *inboxView, v viewer, mine []string) error {
	ctx, s := c.Request.Context(), view.Search
	g, err := d.groups(ctx, s.filter(mine, v.now), v)
	if err != nil {
		return err
	}
	view.Cut = g.cut
	for _, name := range []group{forMe, forOthers, inTrouble} {
		shown := inboxGroup{Name: name, Count: len(g.of[name])}
		rows := g.of[name]
		switch {
		case s.For == "":
			most := groupRows
			if name == forMe {
				most = rowsAtOnce
			}
			rows = rows[:min(len(rows), most)]
			shown.All = s.with("for", string(name))
		case s.For != name:
			continue
		default:
			var follows bool
			rows, follows = pageAt(rows, s.Page)
			view.Paging = s.paging(follows)
		}
		d.ask(ctx, rows)
		// Lists are a moment behind what the refunds say.
		rows = slices.DeleteFunc(slices.Clone(rows), func(one recorder.ListedRefund) bool { return v.group(one) != name })
		shown.Rows = v.rows(rows)
		view.Groups = append(view.Groups, shown)
	}
	view.Totals = d.totals(c, s, g.all, !g.cut, mine)
	return nil
}

// totals are those of what was read, if that is the whole. Otherwise Temporal counts; nil if it
// does not answer.
func (d *Desk) totals(c *gin.Context, s refundSearch, read []recorder.ListedRefund, whole bool, mine []string) *inboxTotals {
	t, now := s.noTotals(), d.now()
	if !whole {
		t.TooMany = true
		if err := d.count(c.Request.Context(), t, s.filter(mine, now)); err != nil {
			ingress.Note(c, "fault", err.Error())
			return nil
		}
		return t
	}
	t.Count = int64(len(read))
	t.Amounts, t.Unanswered = sumOf(read)
	for _, one := range read {
		if due := one.Deadline; !due.IsZero() && !one.State.Terminal() && due.Before(now.Add(soonDays*day)) {
			t.Soon++
			if due.Before(now) {
				t.Overdue++
			}
		}
	}
	return t
}

// count has Temporal count the refunds, and those whose legal deadline is over or near.
func (d *Desk) count(ctx context.Context, t *inboxTotals, f recorder.RefundFilter) (err error) {
	ctx, cancel := context.WithTimeout(ctx, rowsTimeout)
	defer cancel()
	within, now := f.DueBefore, d.now()
	for before, count := range map[time.Time]*int64{{}: &t.Count, now: &t.Overdue, now.Add(soonDays * day): &t.Soon} {
		if f.DueBefore = within; within.IsZero() || !before.IsZero() && before.Before(within) {
			f.DueBefore = before
		}
		if *count, err = d.refunds.CountRefunds(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// findRefunds finds what a person typed: the number of an order or a return, or a customer's mail
// address.
func (d *Desk) findRefunds(ctx context.Context, typed string, mine []string) ([]recorder.ListedRefund, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	keys, err := d.config.Parcels.SearchKeys()
	if err != nil {
		return nil, false, err
	}
	found, err := d.parcels.Find(ctx, typed, keys, mine)
	rows := slices.DeleteFunc(found.Refunds, func(one recorder.ListedRefund) bool { return !slices.Contains(mine, one.Integration) })
	d.ask(ctx, rows)
	return rows, found.More, err
}

func (v viewer) rows(all []recorder.ListedRefund) (rows []inboxRow) {
	for _, one := range all {
		row := inboxRow{ListedRefund: one, Path: pathOf(one.RefundRef), Turn: v.turn(one), Age: age(one, v.now)}
		if !one.State.Terminal() {
			row.Law = law(one.Deadline, v.now)
		}
		rows = append(rows, row)
	}
	return rows
}

// MostRead is how many refunds are read at most, MostChosen how many an order to several can have.
func (v inboxView) MostRead() words.Number { return words.Number(strconv.Itoa(rowsRead)) }
func (v inboxView) MostChosen() int        { return severalAtOnce }

// SoonDays is within how many days a legal deadline is near.
func (v inboxView) SoonDays() int { return soonDays }

// Any reports whether the page shows a refund.
func (v inboxView) Any() bool {
	return len(v.Rows) > 0 || slices.ContainsFunc(v.Groups, func(g inboxGroup) bool { return len(g.Rows) > 0 })
}

// Can reports whether some order to several refunds makes sense, as far as the state tells.
func (r inboxRow) Can() bool {
	return slices.ContainsFunc(severalOrders(), func(o refund.Order) bool { return (&refund.Refund{State: r.State}).Offers(o) })
}
