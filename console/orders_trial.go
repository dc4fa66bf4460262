package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"waybill/parcel"
	"waybill/recorder"
)

// trial is what would come of an order to many parcels.
type trial struct {
	Order string `json:"order"`
	// Parcels are those that were asked, Follow those that would follow the order.
	Parcels int `json:"parcels"`
	Follow  int `json:"follow"`
	// Leave and Stay are the mails that would leave, and those that would not with the
	// reason. Refuse are the parcels that would refuse the order.
	Leave  []tally `json:"leave,omitempty"`
	Stay   []tally `json:"stay,omitempty"`
	Refuse []tally `json:"refuse,omitempty"`
	// Silent is how many parcels did not answer. They get the order too.
	Silent int `json:"silent,omitempty"`

	label  string
	mu     sync.Mutex
	counts map[tally]int
	why    error
}

// tally counts what is the same for several mails or parcels.
type tally struct {
	Count int             `json:"count"`
	Mail  parcel.MailKind `json:"mail,omitempty"`
	Why   string          `json:"why,omitempty"`
	stays bool
}

// mostSilent is how many parcels may give no answer before the trial gives up.
const mostSilent = 20

// tryAll tries the order on each parcel of a filter.
func (c *call) tryAll(ctx context.Context, cmd *cobra.Command, records recorder.Recorder, filter recorder.ParcelFilter) (*trial, error) {
	t := &trial{Order: c.order.Name, label: c.order.Label().String(), counts: map[tally]int{}}
	total, err := records.CountParcels(ctx, filter)
	if err != nil {
		return nil, err
	}
	watch := newProgress(cmd.ErrOrStderr())
	defer watch.end()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(recorder.AskedAtOnce)
	now := time.Now()
	for one, err := range records.AllParcels(ctx, filter) {
		if err != nil {
			group.Go(func() error { return err })
			break
		}
		group.Go(func() error {
			answer, found, err := records.TryOrder(ctx, one.ParcelRef, c.order, c.in, now)
			if err == nil && !found {
				return nil // it has come to its end since
			}
			watch.say(fmt.Sprintf("asked %s of %s", thousands(t.note(answer, err)), count(total, "parcel")))
			return t.giveUp(ctx, err)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	t.sum()
	return t, nil
}

// note counts the answer of a parcel, and returns how many there are.
func (t *trial) note(answer parcel.Answer, err error) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Parcels++
	var refused *recorder.RefusedError
	switch {
	case errors.As(err, &refused):
		t.counts[tally{Why: refused.Why}]++
		return t.Parcels
	case err != nil:
		t.Silent++
		t.why = err
		return t.Parcels
	}
	t.Follow++
	for _, m := range answer.Mails {
		t.counts[tally{Mail: m.Mail, Why: m.Why, stays: !m.Leaves}]++
	}
	return t.Parcels
}

// giveUp says whether to go on after an answer: not if it is sure that no worker is running, nor
// after many parcels that did not answer.
func (t *trial) giveUp(ctx context.Context, err error) error {
	var refused *recorder.RefusedError
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil, errors.As(err, &refused):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case unanswered(err) && (!late(err) || t.Silent > mostSilent):
		return errNoWorker
	case t.Silent > mostSilent:
		return fmt.Errorf("more than %d parcels did not answer; the last one: %w", mostSilent, err)
	}
	return nil
}

// sum puts the counts in order, largest first.
func (t *trial) sum() {
	for of, n := range t.counts {
		of.Count = n
		switch {
		case of.Mail == "":
			t.Refuse = append(t.Refuse, of)
		case of.stays:
			t.Stay = append(t.Stay, of)
		default:
			t.Leave = append(t.Leave, of)
		}
	}
	for _, list := range [][]tally{t.Leave, t.Stay, t.Refuse} {
		slices.SortFunc(list, func(a, b tally) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Mail, b.Mail), cmp.Compare(a.Why, b.Why))
		})
	}
}

func total(list []tally) (n int) {
	for _, one := range list {
		n += one.Count
	}
	return n
}

// print says it in words.
func (t *trial) print(w io.Writer) error {
	if t.Parcels == 0 {
		_, err := fmt.Fprintln(w, "There is no such parcel.")
		return err
	}
	fmt.Fprintf(w, "%s of %s:\n", t.label, count(t.Parcels, "parcel"))
	part := func(heading, noun string, list []tally, words func(tally) string) {
		if n := total(list); n > 0 {
			fmt.Fprintf(w, "  %s would %s:\n", count(n, noun), heading)
			for _, one := range list {
				fmt.Fprintf(w, "  %9s  %s\n", thousands(one.Count), printable(words(one)))
			}
		}
	}
	part("leave", "mail", t.Leave, func(one tally) string { return one.Mail.Words() })
	part("be dropped", "mail", t.Stay, func(one tally) string { return one.Mail.Words() + ": " + one.Why })
	part("refuse", "parcel", t.Refuse, func(one tally) string { return one.Why })
	if len(t.Leave)+len(t.Stay) == 0 && t.Follow > 0 {
		fmt.Fprintf(w, "  %s would follow.\n", count(t.Follow, "parcel"))
	}
	if t.Silent > 0 {
		fmt.Fprintf(w, "  %s did not answer, and would get the order too: %v\n", count(t.Silent, "parcel"), t.why)
	}
	return nil
}
