package parcel_test

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

// TestStories plays testdata/stories against the rules. The README there says
// how to read and write them.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			play(t, string(text))
		})
	}
}

func play(t *testing.T, story string) {
	t.Helper()
	policy := parcel.DefaultPolicy()
	policy.Mode, policy.Hold, policy.Cap, policy.QuietFrom = parcel.Live, 0, 0, policy.QuietTo
	p := parcel.Parcel{Integration: "demo", ID: 364000001}
	facts := parcel.Facts{Recipient: parcel.Recipient{Name: "Jane Doe", Email: "jane.doe@example.com"}}
	var now time.Time
	for n, line := range strings.Split(story, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
			continue
		case line == "mode: shadow":
			policy.Mode = parcel.Shadow
			continue
		case line == "usual policy":
			policy = parcel.DefaultPolicy()
			policy.Mode = parcel.Live
			continue
		case line == "cap":
			policy.Cap = parcel.DefaultPolicy().Cap
			continue
		case words[0] == "country":
			facts.Recipient.Country = words[1]
			continue
		case len(words) > 2 && words[2] == "later":
			now = moment(t, words[0], words[1])
			_, want, _ := strings.Cut(line, "later")
			require.Equal(t, strings.TrimSpace(want), handOver(&p, now), "line %d: %s", n+1, line)
			continue
		case line == "return parcel":
			facts.IsReturn = true
			continue
		case line == "no address":
			facts.Recipient.Email = ""
			continue
		case words[0] == "seen":
			now = moment(t, words[1], words[2])
			continue
		}
		scan, want := readScan(t, n+1, line)
		scan.Facts = facts
		if scan.At.After(now) {
			now = scan.At
		}
		handOver(&p, now)
		d := parcel.Decide(p, scan, policy, now)
		p.Record(scan, d)
		require.Equal(t, want, told(d), "line %d: %s", n+1, line)
	}
}

// readScan reads "tue 08:02  exception/address problem  silent: same phase".
func readScan(t *testing.T, n int, line string) (parcel.Scan, string) {
	t.Helper()
	when, rest, ok := strings.Cut(line, "  ")
	day, clock, ok2 := strings.Cut(when, " ")
	what, want, ok3 := strings.Cut(strings.TrimSpace(rest), "  ")
	require.True(t, ok && ok2 && ok3, "line %d has not three columns with two spaces between them: %s", n, line)
	status, polled := strings.CutPrefix(what, "polled ")
	phase, note, _ := strings.Cut(status, "/")
	at := moment(t, day, clock)
	return parcel.Scan{
		ID: fmt.Sprintf("%s@%d", what, at.UnixMilli()), StatusID: statusID(status), Polled: polled,
		Phase: parcel.Phase(phase), Note: parcel.Note(note), At: at, ReceivedAt: at,
	}, strings.TrimSpace(want)
}

// statusID is a number for each status that a story can name.
func statusID(status string) int { return int(crc32.ChecksumIEEE([]byte(status))) }

// moment is a time in the week that begins on Monday 2 November 2026, in UTC.
func moment(t *testing.T, day, clock string) time.Time {
	t.Helper()
	layout := "15:04:05"[:min(len(clock), len("15:04:05"))]
	at, err := time.Parse(layout, clock)
	require.NoError(t, err)
	for i, name := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		if name == day {
			return time.Date(2026, 11, 2+i, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
		}
	}
	require.Fail(t, "no such day", day)
	return time.Time{}
}

// handOver sends the mail that is due, as a workflow would, and says which.
func handOver(p *parcel.Parcel, now time.Time) string {
	m := p.NextMail()
	if m == nil || now.Before(m.NotBefore) {
		return "nothing is sent"
	}
	m.Tries++
	m.Accepted("", now)
	return "sent: " + string(m.Kind)
}

func told(d parcel.Decision) string {
	if d.Send && d.Held != "" {
		return fmt.Sprintf("mail: %s, held until %s: %s", d.Mail, strings.ToLower(d.NotBefore.Format("Mon 15:04")), d.Held)
	}
	if d.Send {
		return "mail: " + string(d.Mail)
	}
	return "silent: " + string(d.Reason)
}
