package console

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/parcel"
	"waybill/policy"
	"waybill/recorder"
	"waybill/settings"
)

// filterFlags choose parcels. All commands about many parcels have them.
type filterFlags struct {
	integration, phase, attention, since string
	parked                               bool
}

// anyReason is the value of --attention without a reason.
const anyReason = "any"

func (f *filterFlags) add(cmd *cobra.Command, env *settings.Environment) {
	flags := cmd.Flags()
	flags.StringVar(&f.integration, "integration", "", "only of this `integration`")
	flags.StringVar(&f.phase, "phase", "", "only in this `phase`, such as in_transit")
	flags.StringVar(&f.attention, "attention", "", "only those that need attention; for one `reason`: --attention=\"mail parked\"")
	flags.Lookup("attention").NoOptDefVal = anyReason
	flags.BoolVar(&f.parked, "parked", false, "only those with parked mails")
	flags.StringVar(&f.since, "since", "", "only those that Waybill has followed since a `time` or later, such as 7d, 12h or 2026-11-01")
	commandline.Flag(cmd, "integration", completeIntegrations(env))
	commandline.Flag(cmd, "phase", commandline.OneOf(parcel.Phases()...))
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, words []string) error {
		if f.attention == anyReason && len(words) == 1 && isReason(words[0]) {
			return commandline.Usage(fmt.Errorf("write --attention=%q, with an equals sign", words[0]))
		}
		if check == nil {
			return nil
		}
		return check(cmd, words)
	}
}

func isReason(said string) bool { return slices.Contains(parcel.Attentions(), parcel.Attention(said)) }

// filter is what the flags choose, or all that is wrong with them.
func (f *filterFlags) filter(now time.Time) (recorder.ParcelFilter, error) {
	chosen := recorder.ParcelFilter{Integration: f.integration, Phase: parcel.Phase(strings.ReplaceAll(f.phase, " ", "_")), Parked: f.parked}
	chosen.NeedsAttention = f.attention == anyReason
	if !chosen.NeedsAttention {
		chosen.Attention = contract.Attention(f.attention)
	}
	var faults []error
	if chosen.Attention != "" && !isReason(f.attention) {
		faults = append(faults, fmt.Errorf("--attention: there is no such reason for attention as %q: choose one of %q", f.attention, parcel.Attentions()))
	}
	if err := contract.CheckIntegration(f.integration); f.integration != "" && err != nil {
		faults = append(faults, fmt.Errorf("--integration: %w", err))
	}
	if chosen.Phase != "" && !chosen.Phase.Places() {
		faults = append(faults, fmt.Errorf("--phase: a parcel is never %q: choose one of %v", f.phase, parcel.Phases()))
	}
	var err error
	if chosen.Since, err = moment(f.since, now); err != nil {
		faults = append(faults, fmt.Errorf("--since: %w", err))
	}
	if _, err := chosen.Query(); err != nil && len(faults) == 0 {
		faults = append(faults, err)
	}
	return chosen, commandline.Usage(errors.Join(faults...))
}

// moment reads a time in the past: a length of time before now, a day or a moment in UTC.
func moment(said string, now time.Time) (time.Time, error) {
	if said == "" {
		return time.Time{}, nil
	}
	if span, err := policy.ParseSpan(said); err == nil && span > 0 {
		return now.Add(-span), nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.Parse(form, said); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: write one such as 7d, 12h, 2026-11-01 or 2026-11-01T08:00, in UTC", said)
}

// limit is the flag --limit of lists.
type limit int

// mostListed is the highest --limit.
const mostListed = 1000

func (l *limit) add(cmd *cobra.Command) {
	cmd.Flags().IntVar((*int)(l), "limit", 100, "list at most this `number`")
}

func (l limit) check() error {
	if l < 1 || l > mostListed {
		return commandline.Usage(fmt.Errorf("--limit: %d is not allowed: write a number from 1 to %d", l, mostListed))
	}
	return nil
}
