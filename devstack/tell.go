package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/devstack/sendcloud"
)

// telling is a webhook that is not about a parcel's status.
type telling struct {
	name, about string
	body        func(at time.Time) []byte
	// back is the return that it is about, and panel the webhook as the panel shows it:
	// Sendcloud has both before it tells. Else Waybill, which asks Sendcloud, would soon find
	// that it was not so.
	back  *sendcloud.Return
	panel *sendcloud.Webhook
}

// send tells it to a running stack.
func (t telling) send(ctx context.Context, s state, player sendcloud.Player) (answer string, err error) {
	if t.back != nil {
		err = s.panel().FileReturn(ctx, *t.back)
	}
	if t.panel != nil {
		err = s.panel().SetWebhook(ctx, *t.panel)
	}
	if err != nil {
		return "", err
	}
	if answer, err = player.Send(ctx, t.body(time.Now())); err != nil {
		return "", fmt.Errorf("tell that %s: %w", t.about, err)
	}
	return answer, nil
}

// tellings are all of them, in the order of Sendcloud's documentation.
func tellings() []telling {
	shop := sendcloud.IntegrationSettings{ID: integrationNumber, ShopName: "Demo Shop", WebhookActive: true}
	off, failing := shop, shop
	off.WebhookActive = false
	failing.FailingSince = time.Now().Add(-time.Hour)
	integration := func(action string, i sendcloud.IntegrationSettings) func(time.Time) []byte {
		return func(at time.Time) []byte { return i.Integration(action, at) }
	}
	back := sendcloud.Return{
		ID: 42, OutgoingParcel: 100_000_001, IncomingParcel: 100_000_002, Order: "W1042", RefundType: "money", Total: "320.00",
		CustomerName: "Jane Doe", CustomerEmail: "jane.doe@example.com", CustomerCountry: "GB", CreatedAt: time.Now(),
	}
	arrived := back
	arrived.DeliveredAt = back.CreatedAt
	return []telling{
		{name: "test", about: "the panel's button \"Test API Webhook\"", body: func(time.Time) []byte { return sendcloud.TestWebhook() }},
		{name: "connected", about: "the integration is connected", body: integration("integration_connected", shop), panel: shown(shop)},
		{name: "failing", about: "its webhooks fail: it needs attention", body: integration("integration_updated", failing), panel: shown(failing)},
		{name: "off", about: "its webhook is switched off: it needs attention", body: integration("integration_updated", off), panel: shown(off)},
		{name: "deleted", about: "it is deleted: it needs attention", body: integration("integration_deleted", shop)},
		{name: "mended", about: "all is well again", body: integration("integration_updated", shop), panel: shown(shop)},
		{name: "credentials", about: "its API keys, unencrypted; Waybill keeps none of it", body: func(at time.Time) []byte {
			return sendcloud.IntegrationCredentials(integrationNumber, "public", "secret", at)
		}},
		{name: "return", about: "return 42 is filed", body: back.Created, back: &back},
		{name: "refund", about: "a refund is requested for return 42", body: back.RefundRequested, back: &back},
		{name: "returned", about: "the goods of return 42 are back", body: arrived.Delivered, back: &arrived},
		{name: "unknown", about: "an action that Waybill does not know", body: sendcloud.UnknownAction},
	}
}

// shown is an integration's webhook as the panel shows it.
func shown(i sendcloud.IntegrationSettings) *sendcloud.Webhook {
	return &sendcloud.Webhook{Active: i.WebhookActive, FailingSince: i.FailingSince}
}

func tellCommand() *cobra.Command {
	var folder string
	var list strings.Builder
	var names []string
	for _, t := range tellings() {
		names = append(names, t.name)
		fmt.Fprintf(&list, "  %-12s %s\n", t.name, t.about)
	}
	cmd := &cobra.Command{
		Use:   "tell webhook ...",
		Short: "Send webhooks to a running stack that are not about a parcel's status",
		Long:  "Tell sends webhooks to a running stack, signed as Sendcloud does:\n\n" + list.String(),
		Args:  cobra.MinimumNArgs(1),

		ValidArgsFunction: commandline.Several(commandline.OneOf(names...)),
		RunE: func(cmd *cobra.Command, names []string) error {
			s, err := readState(folder)
			if err != nil {
				return fmt.Errorf("find the stack in %s (start it with: make run): %w", folder, err)
			}
			player := sendcloud.Player{URL: s.Ports.webhook(), Key: s.SendcloudKey}
			for _, name := range names {
				t, err := findTelling(name)
				if err != nil {
					return commandline.Usage(fmt.Errorf("%w. Choose from:\n%s", err, list.String()))
				}
				answer, err := t.send(cmd.Context(), s, player)
				if err != nil {
					return err
				}
				cmd.Printf("  %-12s %s\n", name, answer)
			}
			return nil
		},
	}
	cmd.SetOut(cmd.OutOrStdout())
	cmd.PersistentFlags().StringVar(&folder, "state", defaultFolder, "`folder` of the running stack")
	cmd.AddCommand(refundedCommand(&folder))
	return cmd
}

func refundedCommand(folder *string) *cobra.Command {
	return &cobra.Command{
		Use:   "refunded return",
		Short: "Mark a return as refunded in Sendcloud's panel",
		Long: `Refunded marks a return as refunded, as a person can in Sendcloud's panel. Sendcloud
sends no webhook for this. Waybill finds the mark through the API: within 10 seconds for
a return of the last 15 minutes, and before it pays any refund. "devstack tell return"
files return 42.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return fmt.Errorf("%q is not the number of a return, such as 42", args[0])
			}
			s, err := readState(*folder)
			if err != nil {
				return fmt.Errorf("find the stack in %s (start it with: make run): %w", *folder, err)
			}
			if err := s.panel().MarkRefunded(cmd.Context(), id, time.Now()); err != nil {
				return fmt.Errorf("mark return %d as refunded: %w", id, err)
			}
			cmd.Printf("  return %d is marked as refunded\n", id)
			return nil
		},
	}
}

func findTelling(name string) (telling, error) {
	for _, t := range tellings() {
		if t.name == name {
			return t, nil
		}
	}
	return telling{}, fmt.Errorf("there is no webhook %q", name)
}
