package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/devstack/sendcloud"
)

// telling is a webhook that is not about a parcel's status.
type telling struct {
	name, about string
	body        func(at time.Time) []byte
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
		ID: 42, OutgoingParcel: 100_000_001, IncomingParcel: 100_000_002, Order: "W1042", RefundType: "money", Total: "320.00", CreatedAt: time.Now(),
	}
	return []telling{
		{"test", "the panel's button \"Test API Webhook\"", func(time.Time) []byte { return sendcloud.TestWebhook() }},
		{"connected", "the integration is connected", integration("integration_connected", shop)},
		{"failing", "its webhooks fail: somebody should look", integration("integration_updated", failing)},
		{"off", "its webhook is switched off: somebody should look", integration("integration_updated", off)},
		{"deleted", "it is deleted: somebody should look", integration("integration_deleted", shop)},
		{"mended", "all is well again", integration("integration_updated", shop)},
		{"credentials", "its keys in clear, which nobody keeps", func(at time.Time) []byte {
			return sendcloud.IntegrationCredentials(integrationNumber, "public", "secret", at)
		}},
		{"return", "a return is made", back.Created},
		{"refund", "a refund is wished for", back.RefundRequested},
		{"returned", "the goods are back", back.Delivered},
		{"unknown", "an action that nobody has heard of", sendcloud.UnknownAction},
	}
}

func tellCommand() *cobra.Command {
	var folder string
	var list strings.Builder
	for _, t := range tellings() {
		fmt.Fprintf(&list, "  %-12s %s\n", t.name, t.about)
	}
	cmd := &cobra.Command{
		Use:   "tell webhook ...",
		Short: "Send webhooks to a running stack that are not about a parcel's status",
		Long:  "Tell sends webhooks to a running stack, signed as Sendcloud does:\n\n" + list.String(),
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			s, err := readState(folder)
			if err != nil {
				return fmt.Errorf("find the stack in %s (start it with: make run): %w", folder, err)
			}
			player := sendcloud.Player{URL: s.Ports.webhook(), Key: s.SendcloudKey}
			for _, name := range names {
				t, err := findTelling(name)
				if err != nil {
					return fmt.Errorf("%w. Choose from:\n%s", err, list.String())
				}
				answer, err := player.Send(cmd.Context(), t.body(time.Now()))
				if err != nil {
					return fmt.Errorf("tell that %s: %w", t.about, err)
				}
				cmd.Printf("  %-12s %s\n", name, answer)
			}
			return nil
		},
	}
	cmd.SetOut(cmd.OutOrStdout())
	cmd.Flags().StringVar(&folder, "state", ".devstack", "`folder` of the running stack")
	return cmd
}

func findTelling(name string) (telling, error) {
	for _, t := range tellings() {
		if t.name == name {
			return t, nil
		}
	}
	return telling{}, fmt.Errorf("there is no webhook %q", name)
}
