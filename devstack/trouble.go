package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"waybill/contract"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
)

// trouble is something that goes wrong and stays so until a person corrects it.
type trouble struct {
	name, about string
	play        func(ctx context.Context, out io.Writer, s state, player sendcloud.Player) error
}

// troubles are all of them.
var troubles = []trouble{
	{"parked", "a mail that fails for good, and waits for a person", playParked},
	{"switched-off", "the webhook is switched off in Sendcloud's panel, until you switch it on", playSwitchedOff},
}

func findTrouble(name string) (trouble, bool) {
	for _, t := range troubles {
		if t.name == name {
			return t, true
		}
	}
	return trouble{}, false
}

// playParked has SendGrid refuse one mail, which leaves when it is tried again.
func playParked(ctx context.Context, out io.Writer, s state, player sendcloud.Player) error {
	journey := sendcloud.Journey{Name: "parked", Steps: []sendcloud.Step{
		{Status: sendcloud.ReadyToSend, Ago: 20 * time.Hour}, {Status: sendcloud.ToSorting, Ago: time.Hour},
	}}
	p := sendcloud.NewParcel(journey, time.Now())
	p.Recipient.Email = strings.Replace(p.Recipient.Email, "@", fmt.Sprintf("+%d@", p.ID), 1)
	fault := sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: http.StatusBadRequest, Times: 1, To: p.Recipient.Email}
	if err := fault.Plan(ctx, origin(s.Ports.SendGrid), s.SendGridKey); err != nil {
		return err
	}
	if err := player.Play(ctx, journey, p, func(line string) { fmt.Fprintln(out, "  "+line) }); err != nil {
		return err
	}
	workflow := contract.ParcelRef{Integration: integration, ID: p.ID}.WorkflowID()
	known, err := awaitParcel(ctx, s, workflow, decidedWithin, "no mail is parked", func(known parcel.Parcel) bool { return len(known.Mails.Parked()) > 0 })
	if err != nil {
		return err
	}
	m := known.Mails.Parked()[0]
	fmt.Fprintf(out, `
  The mail %q is parked: %s.
  It stays so for 30 days, and the parcel needs attention: %s.
    parcels with parked mails   %s
    this parcel                 %s
    and for support             %s
  Retry it, there or with this command, and SendGrid takes it:
    %s bin/waybill mails retry %s/%d --as anna
`, m.About.Kind.Words(), parcel.Remark(*m), known.Attention, s.Ports.listOf("ParkedMails > 0"), s.Ports.workflow(workflow), s.Ports.parcel(p.ID),
		s.forCommands(), integration, p.ID)
	return nil
}

// playSwitchedOff switches the webhook off and leaves it so.
func playSwitchedOff(ctx context.Context, out io.Writer, s state, player sendcloud.Player) error {
	off, err := findTelling("off")
	if err != nil {
		return err
	}
	answer, err := off.send(ctx, s, player)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  %-38s %s\n", off.about, answer)
	c, err := s.dialTemporal(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	workflow := contract.IntegrationWorkflowID(integration)
	err = until(ctx, decidedWithin, "the integration does not need attention", func(ctx context.Context) (bool, error) {
		known, err := describe(ctx, c, workflow, contract.DescribeIntegration)
		return known.Attention == contract.WebhookSwitchedOff, err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, `
  The integration needs attention: %s. Operations have a mail about it.
    attention of the integration   %s
    the integration                %s
  It stays so, also when Waybill asks Sendcloud. Switch the webhook on: bin/devstack tell mended
`, contract.WebhookSwitchedOff, s.Ports.listOf(fmt.Sprintf("Integration = %q AND Attention IS NOT NULL", integration)), s.Ports.workflow(workflow))
	return nil
}

// foundWithin is how long reconciliation may take to find what no webhook reported, and
// progressEvery how often a person who waits hears of it.
const (
	foundWithin   = 2 * time.Minute
	progressEvery = 5 * time.Second
)

// awaitFound waits until reconciliation has found where a parcel is whose webhooks got lost.
func awaitFound(ctx context.Context, out io.Writer, s state, parcelID int64) error {
	fmt.Fprintf(out, "  Nobody reported that. Waybill asks Sendcloud every %v:\n", reconcileEvery)
	began, said := time.Now(), time.Now()
	workflow := contract.ParcelRef{Integration: integration, ID: parcelID}.WorkflowID()
	var found []parcel.Entry
	known, err := awaitParcel(ctx, s, workflow, foundWithin, "reconciliation has not found the parcel", func(known parcel.Parcel) bool {
		if time.Since(said) >= progressEvery {
			said = time.Now()
			fmt.Fprintf(out, "    %2.0f s  not found yet\n", time.Since(began).Seconds())
		}
		found = nil
		for _, e := range known.Ledger {
			if e.Polled {
				found = append(found, e)
			}
		}
		return len(found) > 0
	})
	if err != nil {
		return err
	}
	for _, e := range found {
		fmt.Fprintf(out, "    %2.0f s  found: %s: %s\n", time.Since(began).Seconds(), e.Seen(), e.Verdict())
	}
	fmt.Fprintf(out, "  The parcel is %s.\n", known.Phase.Words())
	return nil
}

// awaitParcel waits until a parcel is as it should be.
func awaitParcel(ctx context.Context, s state, workflow string, within time.Duration, otherwise string, is func(parcel.Parcel) bool) (known parcel.Parcel, err error) {
	c, err := s.dialTemporal(ctx)
	if err != nil {
		return known, err
	}
	defer c.Close()
	err = until(ctx, within, otherwise, func(ctx context.Context) (bool, error) {
		known, err = describe(ctx, c, workflow, contract.Describe)
		return err == nil && is(known), err
	})
	return known, err
}
