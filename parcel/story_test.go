package parcel_test

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
	"waybill/parcel/story"
)

// TestStories plays testdata/stories against the rules. The README there says
// how to read and write them.
func TestStories(t *testing.T) {
	stories, err := story.ReadAll(os.DirFS("testdata/stories"))
	require.NoError(t, err)
	for name, told := range stories {
		t.Run(name, func(t *testing.T) { play(t, told) })
	}
}

// play tells each scan twice: the copy must change nothing.
func play(t *testing.T, s story.Story) {
	t.Helper()
	p := parcel.Parcel{Integration: "demo", ID: 364000001}
	var now time.Time
	for _, line := range s.Lines {
		sent := leave(p.Advance(s.Policy, now, line.Now))
		now = line.Now
		if line.Scan == nil {
			require.Contains(t, []string{story.Sent(sent...), story.Looked(p.Attention)}, line.Want, "line %d: %s", line.Number, line.Text)
			continue
		}
		d := parcel.Decide(p, *line.Scan, s.Policy, line.Now)
		step(&p, s.Policy, line.Now, func() { p.Take(*line.Scan, s.Policy, line.Now) })
		require.Equal(t, line.Want, story.Told(d), "line %d: %s", line.Number, line.Text)
		before := len(p.Ledger)
		copied := parcel.Decide(p, *line.Scan, s.Policy, line.Now)
		step(&p, s.Policy, line.Now, func() { p.Take(*line.Scan, s.Policy, line.Now) })
		require.Equal(t, parcel.ReasonDuplicateScan, copied.Reason, "the copy of line %d: %s", line.Number, line.Text)
		require.Len(t, p.Ledger, before)
		p.Advance(s.Policy, now, now)
	}
}

// TestStoriesInAnyOrder has all scans of a story come at once, each twice, in
// orders that a seed makes: order is by the scans' own time, so the parcel ends
// up in the same place, the same person looks at it, and its recipient is told
// the same, which is the newest news.
func TestStoriesInAnyOrder(t *testing.T) {
	stories, err := story.ReadAll(os.DirFS("testdata/stories"))
	require.NoError(t, err)
	for name, told := range stories {
		if told.OrderMatters != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			want := burst(t, told, told.Scans())
			for seed := range uint64(30) {
				scans := append(told.Scans(), told.Scans()...)
				rest := scans[1:] // the first one tells of the parcel
				r := rand.New(rand.NewPCG(seed, 1))
				r.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
				require.Equal(t, want, burst(t, told, scans), "seed %d", seed)
			}
		})
	}
}

// outcome is what became of a parcel.
type outcome struct {
	Phase     parcel.Phase
	At        time.Time
	Attention parcel.Attention
	Facts     parcel.Facts
	Mails     []parcel.MailKind
}

// burst has scans come all in one moment, and says what becomes of it within
// the hold.
func burst(t *testing.T, told story.Story, scans []parcel.Scan) outcome {
	t.Helper()
	p := parcel.Parcel{Integration: "demo", ID: 364000001}
	policy, now := told.Policy, told.Lines[len(told.Lines)-1].Now
	policy.Hold = 3 * time.Minute
	for _, s := range scans {
		step(&p, policy, now, func() { p.Take(s, policy, now) })
	}
	leaving := leave(p.Advance(policy, now, now.Add(policy.Hold)))
	at := p.NewestAt()
	if p.Phase.Terminal() { // scans after the end place it only if they come before
		at = time.Time{}
	}
	return outcome{p.Phase, at, p.Attention, p.Facts, leaving}
}

// leave names the mails that left.
func leave(happened []parcel.Forecast) []parcel.MailKind {
	var kinds []parcel.MailKind
	for _, f := range happened {
		if f.Mail != nil {
			kinds = append(kinds, f.Mail.About.Kind)
		}
	}
	return kinds
}

func TestAStoryThatCannotBeReadNamesItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "nothing happens",
		"# only words\n":                   "nothing happens",
		"mon 09:00 in_transit mail: x":     "line 1: it has not three columns",
		"\nmon 9am  in_transit  mail: x":   "line 2: \"9am\" is no time of day",
		"someday 09:00  in_transit  mail:": "line 1: \"someday\" is no day",
		"seen mon late":                    "line 1: \"late\" is no time of day",
	} {
		_, err := story.Parse(text)
		require.ErrorContains(t, err, want, text)
	}
}

// monday is a time on the first day of the week of the stories.
func monday(t *testing.T, clock string) time.Time {
	t.Helper()
	s, err := story.Parse("mon " + clock + "  later  nothing is sent")
	require.NoError(t, err)
	return s.Lines[0].Now
}

func statusID(status string) int { return story.StatusID(status) }
