package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"waybill/contract"
	"waybill/link"
	"waybill/policy"
	"waybill/recorder"
	"waybill/refund"
)

// digests has each person who decides mailed what waits for them, once a day at their time. Every
// worker does: a digest that another one has begun is not begun again.
type digests struct {
	records digestRecords
	policy  *policy.Keeper
	keys    func() link.Keys
	log     *slog.Logger
	// begun are the moments of the digests that were begun last, by person.
	begun map[string]string
}

func newDigests(records digestRecords, p *policy.Keeper, keys func() link.Keys, log *slog.Logger) *digests {
	return &digests{records: records, policy: p, keys: keys, log: log, begun: map[string]string{}}
}

// digestRecords is what digests need of a [recorder.Recorder].
type digestRecords interface {
	CountRefunds(ctx context.Context, f recorder.RefundFilter) (int64, error)
	WriteDigest(ctx context.Context, name string, start contract.DigestStart) error
}

const (
	// digestsEvery is how often it is looked whether a digest is due.
	digestsEvery = time.Minute
	// digestLate is how late a digest may begin, because no worker ran in time.
	digestLate = 6 * time.Hour
	// digestTimeout is how long beginning the digests may take.
	digestTimeout = 45 * time.Second
)

// keep begins digests until ctx ends. A fault is logged once.
func (d *digests) keep(ctx context.Context) {
	tick := time.NewTicker(digestsEvery)
	defer tick.Stop()
	failing := false
	for {
		err := d.begin(ctx, time.Now())
		if err != nil && !failing && ctx.Err() == nil {
			d.log.Warn("digests were not begun: people are mailed later what waits for them", "fault", err.Error())
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// begin begins the digests that are due, if any refund waits for a decision.
func (d *digests) begin(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, digestTimeout)
	defer cancel()
	due := d.due(now)
	if len(due) == 0 {
		return nil
	}
	waiting, err := d.waiting(ctx)
	if err != nil {
		return err
	}
	var faults []error
	for _, one := range due {
		if waiting {
			if err := d.records.WriteDigest(ctx, one.name, one.start); err != nil {
				faults = append(faults, fmt.Errorf("begin a digest: %w", err))
				continue
			}
		}
		d.begun[one.start.Person] = one.moment
	}
	return errors.Join(faults...)
}

// dueDigest is a digest to begin: for whom, by their pseudonym, and at which moment it was due.
type dueDigest struct {
	name   string
	start  contract.DigestStart
	moment string
}

// due are the digests that are due now and were not begun.
func (d *digests) due(now time.Time) (all []dueDigest) {
	keys, book := d.keys(), d.policy.Book()
	if len(keys) == 0 {
		return nil // no mail could lead anywhere
	}
	for _, person := range book.Deciders() {
		at, zone := book.DigestOf(person)
		day, due := lastDigest(at, now.In(zone))
		// The moment, and not the day: a digest can be moved to a later one.
		if moment := fmt.Sprint(day, at, zone); due && d.begun[person.Name] != moment {
			all = append(all, dueDigest{keys.Person(person.Name), contract.DigestStart{Person: person.Name, Day: day}, moment})
		}
	}
	return all
}

const noon = 12 * 60

// lastDigest is the day of the last digest that comes at a time of day, where its reader is; due is
// false if it is too late for it.
func lastDigest(at time.Duration, local time.Time) (day string, due bool) {
	for _, before := range []int{0, 1} {
		on := func(minutes int) time.Time {
			return time.Date(local.Year(), local.Month(), local.Day()-before, 0, minutes, 0, 0, local.Location())
		}
		if begins := on(int(at.Minutes())); !local.Before(begins) {
			// Where clocks are put on at midnight, the first hour of a day is on the day before.
			return on(noon).Format(time.DateOnly), local.Before(begins.Add(digestLate))
		}
	}
	return "", false
}

// waiting reports whether a refund waits for a decision.
func (d *digests) waiting(ctx context.Context) (bool, error) {
	for _, state := range []refund.State{refund.AwaitingApproval, refund.AwaitingSecond} {
		n, err := d.records.CountRefunds(ctx, recorder.RefundFilter{State: state, Open: true})
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}
