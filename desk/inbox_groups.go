package desk

import (
	"context"
	"slices"
	"time"

	"waybill/recorder"
	"waybill/refund"
	"waybill/words"
)

// group is whom an open refund waits for.
type group string

// The groups. A refund that waits for the person is in no other, whatever is wrong with it.
const (
	forMe     group = "me"
	forOthers group = "others"
	inTrouble group = "trouble"
)

const (
	// mostJudged is how many refunds are asked at most whether they wait for the person, if there are
	// too many to ask all.
	mostJudged = 4 * rowsAtOnce
	// groupRows is how many refunds the page of all groups shows of one that waits for others.
	groupRows = 10
)

// viewer is a person who reads the list, and what each integration lets them do.
type viewer struct {
	name     string
	policies map[string]refund.Policy
	now      time.Time
}

// viewerOf is a person in the integrations whose refunds they decide.
func (d *Desk) viewerOf(name string, mine []string) viewer {
	v := viewer{name: name, policies: map[string]refund.Policy{}, now: d.now()}
	for _, integration := range mine {
		v.policies[integration], _ = d.people(integration)
	}
	return v
}

// candidate reports whether a refund can wait for the person, as far as lists tell.
func (v viewer) candidate(one recorder.ListedRefund) bool {
	person, known := v.policies[one.Integration].Person(v.name)
	return known && person.MayWait(one.State, one.Role)
}

// group is where a refund belongs. One that was not asked, or did not answer, belongs where lists
// tell.
func (v viewer) group(one recorder.ListedRefund) group {
	mine := v.candidate(one)
	if one.Known != nil {
		mine = one.Known.WaitsFor(v.name, v.policies[one.Integration])
	}
	switch {
	case mine:
		return forMe
	case one.Attention != "", one.State == refund.PayFailed, !one.Deadline.IsZero() && one.Deadline.Before(v.now):
		return inTrouble
	}
	return forOthers
}

// turn says who has to act next; nil if nobody has.
func (v viewer) turn(one recorder.ListedRefund) *words.Text {
	switch waiting := one.State.Waiting(); {
	case waiting && one.Holder != "":
		return one.Turn()
	case one.Known != nil && one.Known.TooMuchFor(v.name, v.policies[one.Integration]):
		return words.Say("inbox.turn.too_much")
	case waiting:
		return words.Word("inbox.turn", one.Role)
	case one.State == refund.NeedsInfo:
		return words.Say("inbox.turn.customer")
	case one.State == refund.PayFailed:
		return words.Say("inbox.turn.operations")
	}
	return nil
}

// grouping is what the groups hold.
type grouping struct {
	of map[group][]recorder.ListedRefund
	// unjudged is how many can wait for the person and were not asked; they are in no group.
	unjudged int
	// all are all refunds that were read, and cut says that there are others.
	all []recorder.ListedRefund
	cut bool
}

// groups reads refunds and sorts them by whom they wait for, the legal deadlines that come first
// first. If there are too many to ask all, those are asked that can wait for the person, until as many
// do as are wanted, and lists tell where the others belong.
func (d *Desk) groups(ctx context.Context, f recorder.RefundFilter, v viewer, wanted int) (grouping, error) {
	listing, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	all, cut, err := d.mostUrgent(listing, f)
	if err != nil {
		return grouping{}, err
	}
	slices.SortStableFunc(all, func(a, b recorder.ListedRefund) int { return first(v.candidate(a), v.candidate(b)) })
	g := grouping{all: all, cut: cut, of: map[group][]recorder.ListedRefund{}}
	asked := d.judge(ctx, all, v, wanted)
	for i, one := range all {
		at := v.group(one)
		if at == forMe && i >= asked {
			g.unjudged++
			continue
		}
		g.of[at] = append(g.of[at], one)
	}
	for _, rows := range g.of {
		slices.SortStableFunc(rows, recorder.Soonest)
	}
	slices.SortStableFunc(g.of[forMe], func(a, b recorder.ListedRefund) int { return first(a.Holder == v.name, b.Holder == v.name) })
	return g, nil
}

// judge asks refunds, the first of which can wait for the person, and says how many it has asked.
func (d *Desk) judge(ctx context.Context, all []recorder.ListedRefund, v viewer, wanted int) (asked int) {
	asking, stop := context.WithTimeout(ctx, rowsTimeout)
	defer stop()
	if len(all) <= mostSummed {
		recorder.AskRefunds(asking, d.refunds, all)
		return len(all)
	}
	for found := 0; found < wanted && asked < mostJudged && v.candidate(all[asked]); {
		next := all[asked : asked+rowsAtOnce]
		recorder.AskRefunds(asking, d.refunds, next)
		for _, one := range next {
			if v.group(one) == forMe {
				found++
			}
		}
		asked += rowsAtOnce
	}
	return asked
}

// first orders what has something before what has not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
