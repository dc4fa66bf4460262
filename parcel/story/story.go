// Package story reads the stories in parcel/testdata/stories: what happens to one parcel, and
// what its recipient is told, in words that need no Go to read. The README there is their
// grammar. Tests play them against the rules and the workflow, the demo against a stack.
package story

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"strings"
	"time"

	"waybill/parcel"
	"waybill/storytime"
)

// Story is one parcel, told as it happens.
type Story struct {
	// About is its first line, in words.
	About  string
	Policy parcel.Policy
	Lines  []Line
	// OrderMatters says why it does in what order the scans come, if it does.
	OrderMatters string
}

// Scans are the scans of a story, in the order in which it tells them.
func (s Story) Scans() []parcel.Scan {
	var scans []parcel.Scan
	for _, line := range s.Lines {
		if line.Scan != nil {
			scans = append(scans, *line.Scan)
		}
	}
	return scans
}

// Line is one moment of a story: a scan that comes, or a look at the mails.
type Line struct {
	Number int
	Text   string
	// Now is when it happens; for a scan that comes late, later than its At.
	Now time.Time
	// Scan is the scan that comes; nil for a look at the mails.
	Scan *parcel.Scan
	// Want is what the story says comes of it.
	Want string
}

// Parse reads a story. The error names the line.
func Parse(text string) (Story, error) {
	r := reader{story: Story{Policy: plain()}}
	r.facts.Recipient = parcel.Recipient{Name: "Jane Doe", Email: "jane.doe@example.com"}
	for n, line := range strings.Split(text, "\n") {
		if err := r.read(n+1, line); err != nil {
			return Story{}, fmt.Errorf("line %d: %w: %s", n+1, err, line)
		}
	}
	if len(r.story.Lines) == 0 {
		return Story{}, errors.New("nothing happens in the story")
	}
	return r.story, nil
}

// ReadAll reads all stories of a folder, by the names of their files.
func ReadAll(folder fs.FS) (map[string]Story, error) { return storytime.ReadAll(folder, Parse) }

// plain is a live policy under which no mail waits for anything.
func plain() parcel.Policy {
	p := usual()
	p.Hold, p.Cap, p.QuietFrom = 0, 0, p.QuietTo
	return p
}

func usual() parcel.Policy {
	p := parcel.DefaultPolicy()
	p.Mode = parcel.Live
	return p
}

type reader struct {
	story    Story
	facts    parcel.Facts
	now      time.Time
	calendar storytime.Calendar
}

func (r *reader) read(number int, line string) error {
	words := strings.Fields(line)
	switch {
	case len(words) == 0:
	case words[0] == "#" && r.story.About == "":
		r.story.About = strings.TrimSpace(strings.TrimPrefix(line, "#"))
	case strings.HasPrefix(words[0], "#"):
	case strings.HasPrefix(line, "order matters: "):
		r.story.OrderMatters = strings.TrimPrefix(line, "order matters: ")
	case line == "mode: shadow":
		r.story.Policy.Mode = parcel.Shadow
	case line == "usual policy":
		r.story.Policy = usual()
	case line == "cap":
		r.story.Policy.Cap = parcel.DefaultPolicy().Cap
	case line == "return parcel":
		r.facts.IsReturn = true
	case line == "no address":
		r.facts.Recipient.Email = ""
	case words[0] == "country" && len(words) == 2:
		r.facts.Recipient.Country = words[1]
	case words[0] == "from" && len(words) == 2:
		r.facts.Origin = words[1]
	case words[0] == "carrier" && len(words) == 2:
		r.facts.CarrierCode = words[1]
	case words[0] == "mail" && len(words) == 3 && words[2] == "on":
		r.story.Policy.Mails[parcel.MailKind(words[1])] = true
	case strings.HasPrefix(line, "reminders at "):
		at, err := r.calendar.Moment("mon", words[2])
		r.story.Policy.PickupHour = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
		return err
	case line == "a week later":
		r.calendar.AWeekLater()
	case words[0] == "seen" && len(words) == 3:
		at, err := r.calendar.Moment(words[1], words[2])
		r.now = at
		return err
	default:
		return r.readLine(Line{Number: number, Text: line})
	}
	return nil
}

// readLine reads "tue 08:02  exception/address problem  silent: same phase", or
// "tue 08:02  later  sent: shipped".
func (r *reader) readLine(l Line) error {
	when, rest, ok := strings.Cut(l.Text, "  ")
	day, clock, ok2 := strings.Cut(when, " ")
	what, want, ok3 := strings.Cut(strings.TrimSpace(rest), "  ")
	if !ok || !ok2 || !ok3 {
		return errors.New("it has not three columns with two spaces between them")
	}
	at, err := r.calendar.Moment(day, clock)
	if err != nil {
		return err
	}
	l.Want = strings.TrimSpace(want)
	if at.After(r.now) {
		r.now = at
	}
	l.Now = r.now
	if what != "later" {
		status, polled := strings.CutPrefix(what, "polled ")
		phase, note, _ := strings.Cut(status, "/")
		l.Scan = &parcel.Scan{
			StatusID: StatusID(status), Polled: polled,
			Phase: parcel.Phase(phase), Note: parcel.Note(note), At: at, ReceivedAt: at, Facts: r.facts,
		}
	}
	r.story.Lines = append(r.story.Lines, l)
	return nil
}

// StatusID is a number for each status that a story can name.
func StatusID(status string) int { return int(crc32.ChecksumIEEE([]byte(status))) }

// Told is a decision in the words of a story.
func Told(d parcel.Decision) string {
	switch {
	case d.Send && d.Held != "":
		return fmt.Sprintf("mail: %s, held until %s: %s", d.Mail, strings.ToLower(d.NotBefore.Format("Mon 15:04")), d.Held)
	case d.Send:
		return "mail: " + string(d.Mail)
	}
	return "silent: " + string(d.Reason)
}

// Looked is what a story says of who has to look at the parcel.
func Looked(a parcel.Attention) string {
	if a == "" {
		return "nobody need look"
	}
	return "look: " + string(a)
}

// Sent is what went out, in the words of a story.
func Sent(kinds ...parcel.MailKind) string {
	if len(kinds) == 0 {
		return "nothing is sent"
	}
	words := make([]string, len(kinds))
	for i, kind := range kinds {
		words[i] = string(kind)
	}
	return "sent: " + strings.Join(words, ", ")
}
