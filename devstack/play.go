package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/devstack/sendcloud"
	"waybill/parcel/story"
)

func playCommand() *cobra.Command {
	var folder, stories string
	var pace time.Duration
	cmd := &cobra.Command{
		Use:   "play [journey, refund, trouble or story ...]",
		Short: "Send parcels on journeys against a running stack, and some back for a refund",
		Long: "Play sends one new parcel on each journey, as signed webhooks. Without names it plays\nall but the first, and the first refund.\n\n" + journeyList() +
			"\nFor a refund a parcel arrives and goes back, because its customer wants money:\n\n" + refundList() +
			"\nTrouble stays until you correct it:\n\n" + troubleList() +
			"\nA story of parcel/testdata/stories is a journey too, by the name of its file. It is played\nas if it ended now, and what was decided is shown beside what it tells.",
		RunE: func(cmd *cobra.Command, names []string) error {
			s, err := readState(folder)
			if err != nil {
				return fmt.Errorf("find the stack in %s (start it with: make run): %w", folder, err)
			}
			chosen, err := choose(names, stories, time.Now())
			if err != nil {
				return err
			}
			player := sendcloud.Player{URL: s.Ports.webhook(), Key: s.SendcloudKey, Pace: pace, Panel: s.panel()}
			for _, c := range chosen {
				if err := c.play(cmd.Context(), cmd.OutOrStdout(), s, player); err != nil {
					return err
				}
			}
			cmd.Printf("\nThe mails are in the mailbox: %s/\n", origin(s.Ports.SendGrid))
			cmd.Printf("Refunds are decided at %s/refunds, and paid by %s\n", origin(s.Ports.Ingress), cmp.Or(s.PayURL, origin(s.Ports.Merchant)+"/"))
			return nil
		},
	}
	cmd.SetOut(cmd.OutOrStdout())
	cmd.ValidArgsFunction = commandline.Several(commandline.Lazily(func() []string { return playable(stories) }))
	cmd.Flags().StringVar(&folder, "state", defaultFolder, "`folder` of the running stack")
	cmd.Flags().StringVar(&stories, "stories", filepath.Join("parcel", "testdata", "stories"), "`folder` of the stories")
	cmd.Flags().DurationVar(&pace, "pace", 500*time.Millisecond, "`pause` between two steps")
	return cmd
}

// played is a journey to play, and the story that it is, if it is one; or what is
// sold and comes back; or what goes wrong.
type played struct {
	journey sendcloud.Journey
	parcel  sendcloud.Parcel
	story   *story.Story
	sold    *sendcloud.Sold
	trouble *trouble
}

// play plays it, and says where it can be looked at.
func (c played) play(ctx context.Context, out io.Writer, s state, player sendcloud.Player) error {
	fmt.Fprintf(out, "\n%s: %s\n", c.journey.Name, c.journey.About)
	if c.sold != nil {
		return playRefund(ctx, out, s, player, *c.sold)
	}
	if c.trouble != nil {
		return c.trouble.play(ctx, out, s, player)
	}
	if err := player.Play(ctx, c.journey, c.parcel, func(line string) { fmt.Fprintln(out, "  "+line) }); err != nil {
		return err
	}
	if c.story != nil {
		if err := compare(ctx, out, s, *c.story, c.parcel.ID); err != nil {
			return err
		}
	}
	if c.story == nil && c.journey.Loses() {
		if err := awaitFound(ctx, out, s, c.parcel.ID); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "  %s\n  %s\n", s.Ports.workflow(contract.ParcelRef{Integration: integration, ID: c.parcel.ID}.WorkflowID()), s.Ports.parcel(c.parcel.ID))
	return nil
}

// choose finds journeys, refunds and stories by name.
func choose(names []string, stories string, now time.Time) ([]played, error) {
	if len(names) == 0 {
		for _, j := range sendcloud.Journeys[1:] {
			names = append(names, j.Name)
		}
		names = append(names, sendcloud.Refunds[0].Name)
	}
	var chosen []played
	for _, name := range names {
		if j, ok := sendcloud.Find(name); ok {
			chosen = append(chosen, played{journey: j, parcel: sendcloud.NewParcel(j, now)})
			continue
		}
		if r, ok := sendcloud.FindRefund(name); ok {
			sold := sendcloud.NewSold(r, now)
			chosen = append(chosen, played{journey: sendcloud.Journey{Name: r.Name, About: r.About}, sold: &sold})
			continue
		}
		if t, ok := findTrouble(name); ok {
			chosen = append(chosen, played{journey: sendcloud.Journey{Name: t.name, About: t.about}, trouble: &t})
			continue
		}
		told, err := readStory(stories, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, commandline.Usage(fmt.Errorf("there is no journey %q, nor a story of that name in %s. Choose a story or from:\n%s%s", name, stories, journeyList(), refundList()+troubleList()))
		}
		if err != nil {
			return nil, err
		}
		j, p, err := journeyOf(name, told, now)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, played{journey: j, parcel: p, story: &told})
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

func troubleList() string {
	var b strings.Builder
	for _, t := range troubles {
		fmt.Fprintf(&b, "  %-16s %s\n", t.name, t.about)
	}
	return b.String()
}

// playable are the names of all that can be played.
func playable(stories string) []string {
	var names []string
	for _, j := range sendcloud.Journeys {
		names = append(names, j.Name)
	}
	for _, r := range sendcloud.Refunds {
		names = append(names, r.Name)
	}
	for _, t := range troubles {
		names = append(names, t.name)
	}
	files, _ := filepath.Glob(filepath.Join(stories, "*.txt")) // the pattern is right
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".txt"))
	}
	return names
}

func refundList() string {
	var b strings.Builder
	for _, r := range sendcloud.Refunds {
		fmt.Fprintf(&b, "  %-16s %s\n", r.Name, r.About)
	}
	return b.String()
}
