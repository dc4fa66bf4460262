package workflows_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/parcel"
	"waybill/parcel/story"
)

// TestStories plays the stories of package parcel against the workflow, in
// skipped time: each scan twice, and the mails when they leave.
func TestStories(t *testing.T) {
	stories, err := story.ReadAll(os.DirFS("../parcel/testdata/stories"))
	require.NoError(t, err)
	for name, told := range stories {
		t.Run(name, func(t *testing.T) { playStory(newShop(t), told) })
	}
}

func playStory(s *shop, told story.Story) {
	s.Helper()
	// The workflow is there before the first scan, so that it can be asked.
	s.policy, s.began = told.Policy, told.Lines[0].Now.Add(-time.Minute)
	s.env.SetStartTime(s.began)
	lines, posts, copies := 0, 0, 0
	for i, line := range told.Lines {
		// Those of the same moment come one after the other.
		after := line.Now.Sub(s.began) + time.Duration(i)*time.Millisecond
		if line.Scan == nil {
			s.at(after+time.Second, func() {
				var kinds []parcel.MailKind
				for _, post := range s.posts[posts:] {
					kinds = append(kinds, post.Kind)
				}
				looked := story.Looked(s.describe().Attention)
				require.Contains(s, []string{story.Sent(kinds...), looked}, line.Want, "line %d: %s", line.Number, line.Text)
				posts, lines = len(s.posts), lines+1
			})
			continue
		}
		for range 2 {
			s.at(after, func() { s.env.SignalWorkflow(string(contract.StatusChanged), *line.Scan) })
		}
		s.at(after+500*time.Microsecond, func() {
			lines++
			known := s.describe()
			copies++
			if line.Want == "silent: "+string(parcel.ReasonDuplicateScan) {
				copies++ // no line of the ledger is about it
			} else {
				last := known.Ledger[len(known.Ledger)-1]
				require.Equal(s, withoutHold(line.Want), entryTold(last), "line %d: %s", line.Number, line.Text)
			}
			require.Equal(s, copies, known.Reasons()[parcel.ReasonDuplicateScan], "line %d: %s", line.Number, line.Text)
		})
		// What leaves at once has left by then.
		s.at(after+900*time.Millisecond, func() { posts = len(s.posts) })
	}
	s.run()
	require.Len(s, told.Lines, lines, "every line was played")
}

// withoutHold is what a story wants, but for how long a mail is held.
func withoutHold(want string) string {
	mail, _, _ := strings.Cut(want, ", held until")
	return mail
}

// entryTold is a line of the ledger in the words of a story.
func entryTold(e parcel.Entry) string {
	return story.Told(parcel.Decision{Send: e.Reason.Sends(), Mail: e.Mail, Reason: e.Reason})
}

// TestARehearsalIsWhatHappens has each story end, and then nothing move: what
// the rules foretell is what the workflow does.
func TestARehearsalIsWhatHappens(t *testing.T) {
	stories, err := story.ReadAll(os.DirFS("../parcel/testdata/stories"))
	require.NoError(t, err)
	for name, told := range stories {
		t.Run(name, func(t *testing.T) { rehearseStory(newShop(t), told) })
	}
}

func rehearseStory(s *shop, told story.Story) {
	s.Helper()
	var scans []story.Line
	for _, line := range told.Lines {
		if line.Scan != nil {
			scans = append(scans, line)
		}
	}
	s.policy, s.began = told.Policy, scans[0].Now.Add(-time.Minute)
	s.env.SetStartTime(s.began)
	for _, line := range scans {
		s.at(line.Now.Sub(s.began), func() { s.env.SignalWorkflow(string(contract.StatusChanged), *line.Scan) })
	}
	var foretold []parcel.Forecast
	posts := 0
	s.at(scans[len(scans)-1].Now.Sub(s.began)+time.Second, func() {
		posts = len(s.posts)
		foretold = parcel.Rehearse(s.describe(), s.policy, s.env.Now())
	})
	s.run()
	var wanted, happened []string
	for _, f := range foretold {
		if f.Mail != nil {
			wanted = append(wanted, fmt.Sprint(delivery.Clock(f.At), f.Mail.Key))
		}
	}
	for i, post := range s.posts[posts:] {
		happened = append(happened, fmt.Sprint(delivery.Clock(s.posted[posts+i]), post.Key))
	}
	require.Equal(s, wanted, happened)
	end := foretold[len(foretold)-1]
	require.True(s, end.Closed)
	require.Equal(s, delivery.Clock(end.At), delivery.Clock(s.env.Now()))
	require.Equal(s, end.Attention, s.describe().Attention)
}
