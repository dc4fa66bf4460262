package main

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/devstack/sendcloud"
	"waybill/devstack/temporal"
)

func playCommand() *cobra.Command {
	var folder string
	var pace time.Duration
	cmd := &cobra.Command{
		Use:   "play [journey ...]",
		Short: "Send parcels on journeys against a running stack",
		Long:  "Play sends one new parcel on each journey, as signed webhooks. Without names it plays\nall but the first.\n\n" + journeyList(),
		RunE: func(cmd *cobra.Command, names []string) error {
			s, err := readState(folder)
			if err != nil {
				return fmt.Errorf("find the stack in %s (start it with: make run): %w", folder, err)
			}
			journeys, err := choose(names)
			if err != nil {
				return err
			}
			player := sendcloud.Player{URL: s.Ports.webhook(), Key: s.SendcloudKey, Pace: pace, Panel: s.panel()}
			for _, j := range journeys {
				parcel := sendcloud.NewParcel(j, time.Now())
				cmd.Printf("\n%s: %s\n", j.Name, j.About)
				if err := player.Play(cmd.Context(), j, parcel, func(line string) { cmd.Println("  " + line) }); err != nil {
					return err
				}
				workflow := url.PathEscape(fmt.Sprintf("parcel:%s:%d", integration, parcel.ID))
				cmd.Printf("  %s/namespaces/%s/workflows/%s\n", origin(s.Ports.UI), temporal.Namespace, workflow)
			}
			cmd.Printf("\nThe mails are in the mailbox: %s/\n", origin(s.Ports.SendGrid))
			return nil
		},
	}
	cmd.SetOut(cmd.OutOrStdout())
	cmd.Flags().StringVar(&folder, "state", ".devstack", "`folder` of the running stack")
	cmd.Flags().DurationVar(&pace, "pace", 500*time.Millisecond, "`pause` between two steps")
	return cmd
}

// choose finds journeys by name.
func choose(names []string) ([]sendcloud.Journey, error) {
	if len(names) == 0 {
		return sendcloud.Journeys[1:], nil
	}
	var chosen []sendcloud.Journey
	for _, name := range names {
		j, ok := sendcloud.Find(name)
		if !ok {
			return nil, fmt.Errorf("there is no journey %q. Choose from:\n%s", name, journeyList())
		}
		chosen = append(chosen, j)
	}
	return chosen, nil
}

func journeyList() string {
	var b strings.Builder
	for _, j := range sendcloud.Journeys {
		fmt.Fprintf(&b, "  %-16s %s\n", j.Name, j.About)
	}
	return b.String()
}
