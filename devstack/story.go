package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"

	"waybill/codec"
	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/temporal"
	"waybill/parcel"
	"waybill/parcel/story"
)

// readStory reads the story of a name.
func readStory(folder, name string) (story.Story, error) {
	raw, err := os.ReadFile(filepath.Join(folder, filepath.Base(name)+".txt"))
	if err != nil {
		return story.Story{}, err
	}
	told, err := story.Parse(string(raw))
	if err != nil {
		return story.Story{}, fmt.Errorf("%s: %w", name, err)
	}
	return told, nil
}

// statusFor says which status of Sendcloud's stands for a phase of a story.
var statusFor = map[string]sendcloud.Status{
	"announcing": sendcloud.BeingAnnounced, "announced": sendcloud.ReadyToSend, "in_transit": sendcloud.ToSorting,
	"in_transit/at customs": {ID: 62989, Message: "At Customs"}, "delayed": sendcloud.Delayed,
	"exception": {ID: 62996, Message: "Exception"}, "exception/address problem": {ID: 62997, Message: "Address invalid"},
	"out_for_delivery": sendcloud.DriverEnRoute, "attempt_failed": sendcloud.AttemptFailed, "awaiting_pickup": sendcloud.AwaitingPickup,
	"cancelling": sendcloud.Cancelling, "cancelled": sendcloud.Cancelled, "delivered": sendcloud.Delivered, "returned": sendcloud.Returned,
	"informational":                     {ID: 62994, Message: "Delivery date changed"},
	"informational/cancellation failed": {ID: 94, Message: "Parcel cancellation failed."},
	"informational/unknown status":      sendcloud.FromTheFuture,
}

// longest is how long a journey may last before its first scans are too old for
// a mail. A longer story happens faster, unless it is about that.
const longest = 48 * time.Hour

// journeyOf makes a story a journey that ends now, of a parcel such as it is about.
func journeyOf(name string, told story.Story, now time.Time) (sendcloud.Journey, sendcloud.Parcel, error) {
	scans := told.Scans()
	j := sendcloud.Journey{Name: name, About: told.About}
	end := scans[0].At
	for _, line := range told.Lines {
		if line.Scan != nil && line.Now.After(end) {
			end = line.Now // when it is heard of, which may be later than it happened
		}
	}
	span := end.Sub(scans[0].At)
	fast := span > longest && !slices.ContainsFunc(told.Lines, func(l story.Line) bool { return strings.Contains(l.Want, string(parcel.ReasonStaleScan)) })
	for _, s := range scans {
		ago := end.Sub(s.At)
		if fast {
			ago = time.Duration(float64(ago) / float64(span) * float64(longest))
		}
		what := strings.TrimSuffix(string(s.Phase)+"/"+string(s.Note), "/")
		status, ok := statusFor[what]
		if !ok {
			return j, sendcloud.Parcel{}, fmt.Errorf("the story %s has a scan %q, for which Sendcloud has no status", name, what)
		}
		j.Steps = append(j.Steps, sendcloud.Step{Status: status, Ago: ago, Lost: s.Polled})
	}
	p := sendcloud.NewParcel(j, now)
	facts := scans[0].Facts
	p.IsReturn = facts.IsReturn
	if facts.Recipient.Email == "" {
		p.Recipient.Email = ""
	}
	p.Recipient.ISO2 = cmp.Or(facts.Recipient.Country, p.Recipient.ISO2)
	p.CarrierCode = cmp.Or(facts.CarrierCode, p.CarrierCode)
	return j, p, nil
}

// decidedWithin is how long the workflow may take to decide about all scans.
const decidedWithin = 20 * time.Second

// compare shows what a story tells beside what was decided.
func compare(ctx context.Context, out io.Writer, s state, told story.Story, parcelID int64) error {
	c, err := s.dialTemporal(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	// What nobody reports is found when Sendcloud is asked, or has changed by then.
	webhooks := slices.DeleteFunc(told.Scans(), func(s parcel.Scan) bool { return s.Polled })
	var known parcel.Parcel
	err = until(ctx, decidedWithin, "the workflow has not decided about every scan", func(ctx context.Context) (bool, error) {
		known, err = describe(ctx, c, contract.ParcelRef{Integration: integration, ID: parcelID}.WorkflowID(), contract.Describe)
		return decisions(known) >= len(webhooks), err
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "\n  The story says:")
	for _, line := range told.Lines {
		fmt.Fprintf(out, "    %s\n", line.Text)
	}
	fmt.Fprintln(out, "\n  Decided here, by the policy of the demo:")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range known.Ledger {
		fmt.Fprintf(table, "    %s\t%s\t%s\n", delivery.Clock(e.ScanAt), e.Seen(), e.Verdict())
	}
	return table.Flush()
}

// dialTemporal reaches a stack's Temporal.
func (s state) dialTemporal(ctx context.Context) (client.Client, error) {
	keys, err := codec.ParseKeys(s.CodecKey)
	if err != nil {
		return nil, err
	}
	crypt, err := codec.New(keys, s.CodecPlain)
	if err != nil {
		return nil, err
	}
	return client.DialContext(ctx, client.Options{
		HostPort: address(s.Ports.Temporal), Namespace: temporal.Namespace, Logger: temporallog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		DataConverter: crypt.Data(), FailureConverter: crypt.Failures(),
	})
}

// describe asks a workflow for everything that it knows.
func describe[Known any](ctx context.Context, c client.Client, workflowID string, question contract.Query[Known]) (known Known, err error) {
	answer, err := c.QueryWorkflow(ctx, workflowID, "", string(question))
	if err == nil {
		err = answer.Get(&known)
	}
	return known, err
}

// until asks again and again until the answer is yes.
func until(ctx context.Context, within time.Duration, otherwise string, ask func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		decided, err := ask(ctx)
		if err == nil && decided {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New(otherwise+": look at it in Temporal's UI"), err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// decisions counts those about scans, copies among them.
func decisions(p parcel.Parcel) int {
	n := 0
	for _, e := range p.Ledger {
		if e.Due == "" {
			n++
		}
	}
	return n + p.Reasons()[parcel.ReasonDuplicateScan]
}
