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

// groupRows is how many refunds the page of all groups shows of one that waits for others.
const groupRows = 10

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

// group is where a refund belongs.
func (v viewer) group(one recorder.ListedRefund) group {
	switch {
	case one.Known != nil && one.Known.WaitsFor(v.name, v.policies[one.Integration]):
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
	// all are all refunds that were read, and cut says that there are others.
	all []recorder.ListedRefund
	cut bool
}

// groups reads refunds and sorts them by whom they wait for, the legal deadlines that come first
// first.
func (d *Desk) groups(ctx context.Context, f recorder.RefundFilter, v viewer) (g grouping, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if g.all, g.cut, err = d.mostUrgent(ctx, f); err != nil {
		return g, err
	}
	g.of = map[group][]recorder.ListedRefund{}
	for _, one := range g.all {
		at := v.group(one)
		g.of[at] = append(g.of[at], one)
	}
	slices.SortStableFunc(g.of[forMe], func(a, b recorder.ListedRefund) int { return first(a.Holder == v.name, b.Holder == v.name) })
	return g, nil
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
