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
	// begun are the days of the digests that were begun last, by person.
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
	for name, start := range due {
		if waiting {
			if err := d.records.WriteDigest(ctx, name, start); err != nil {
				faults = append(faults, fmt.Errorf("begin a digest: %w", err))
				continue
			}
		}
		d.begun[start.Person] = start.Day
	}
	return errors.Join(faults...)
}

// due are the digests that are due now and were not begun, by the pseudonyms of their readers.
func (d *digests) due(now time.Time) map[string]contract.DigestStart {
	all, keys, book := map[string]contract.DigestStart{}, d.keys(), d.policy.Book()
	if len(keys) == 0 {
		return nil // no mail could lead anywhere
	}
	for _, person := range book.Deciders() {
		if day, due := digestDay(book, person, now); due && d.begun[person.Name] != day {
			all[keys.Person(person.Name)] = contract.DigestStart{Person: person.Name, Day: day}
		}
	}
	return all
}

// digestDay is the day of a person's last digest, where they are; due is false if it is too late
// for it.
func digestDay(book *policy.Book, person policy.Person, now time.Time) (day string, due bool) {
	at, zone := book.DigestOf(person)
	return lastDigest(at, now.In(zone))
}

const noon = 12 * 60

// lastDigest is the day of the last digest that comes at a time of day, likewise.
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
