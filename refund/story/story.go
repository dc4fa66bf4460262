// Package story reads the stories in refund/testdata/stories: what happens to
// one refund, where that leads it and what is done because of it, in words that
// need no Go to read. The README there is their grammar. Tests play them against
// the rules and against the workflow, and the demo against a running stack.
package story

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"waybill/refund"
	"waybill/storytime"
)

// Story is one refund, told as it happens.
type Story struct {
	// About is its first line, in words.
	About  string
	Policy refund.Policy
	Lines  []Line
}

// Of are the lines in which something of a kind happens: a player who answers for
// the tally or the shop's endpoint looks ahead with it.
func (s Story) Of(kind Kind) []Line {
	return slices.DeleteFunc(slices.Clone(s.Lines), func(l Line) bool { return l.Happens.Kind != kind })
}

// Line is one thing that happens, and what comes of it.
type Line struct {
	// Number is the line's in the file, Text what stands there.
	Number  int
	Text    string
	Now     time.Time
	Happens Happening
	Want    Want
}

// String names the line to whoever has to mend it.
func (l Line) String() string { return fmt.Sprintf("line %d: %s", l.Number, l.Text) }

// Want is what the story says comes of it.
type Want struct {
	// Refused is why it is refused, in full; then nothing changes. State and Look
	// are those from before.
	Refused string
	State   refund.State
	// Deeds are what is done now, in this order, as [Done] says it.
	Deeds []string
	// Because is the Why of a line that the decision log gains; empty if the story does
	// not say.
	Because string
	// Look is why somebody has to look at the refund, empty if nobody need.
	Look refund.Attention
	// Due is what is left of the law's time, as [Due] says it; empty if the story
	// does not say.
	Due string
}

// Done is what is done, in the words of a story.
func Done(deeds []refund.Deed) []string {
	var words []string
	for _, d := range deeds {
		words = append(words, d.String())
	}
	return words
}

// Due is what is left of the law's time, in the words of a story.
func Due(r *refund.Refund, now time.Time) string {
	due, ok := r.LegalDeadline()
	days := math.Round(due.Sub(now).Hours()/24*10) / 10
	switch {
	case !ok:
		return "no deadline"
	case days < 0:
		return fmt.Sprintf("due %g days ago", -days)
	}
	return fmt.Sprintf("due in %g days", days)
}

// Parse reads a story. The error names the line.
func Parse(text string) (Story, error) {
	r := reader{story: Story{Policy: usual()}}
	for _, l := range logical(text) {
		if err := r.read(l); err != nil {
			return Story{}, fmt.Errorf("line %d: %w: %s", l.Number, err, l.Text)
		}
	}
	if len(r.story.Lines) == 0 {
		return Story{}, errors.New("nothing happens in the story")
	}
	return r.story, nil
}

// ReadAll reads all stories of a folder, by the names of their files.
func ReadAll(folder fs.FS) (map[string]Story, error) {
	files, err := fs.Glob(folder, "*.txt")
	if err != nil {
		return nil, err
	}
	all := map[string]Story{}
	for _, file := range files {
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			return nil, err
		}
		if all[strings.TrimSuffix(file, ".txt")], err = Parse(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("there is no story in the folder")
	}
	return all, nil
}

// usual is the default policy, live.
func usual() refund.Policy {
	p := refund.DefaultPolicy()
	p.Version, p.Shadow = "story", false
	return p
}

// logical are the lines of a story; one that is indented goes on with the line
// above it.
func logical(text string) []Line {
	var lines []Line
	for n, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "":
		case trimmed != strings.TrimRight(line, " \t\r") && len(lines) > 0:
			lines[len(lines)-1].Text += "  " + trimmed
		default:
			lines = append(lines, Line{Number: n + 1, Text: trimmed})
		}
	}
	return lines
}

type reader struct {
	story    Story
	calendar storytime.Calendar
	want     Want
}

func (r *reader) read(l Line) error {
	people, isPeople := strings.CutPrefix(l.Text, "people: ")
	about, isComment := strings.CutPrefix(l.Text, "#")
	switch {
	case isComment:
		if r.story.About == "" {
			r.story.About = strings.TrimSpace(about)
		}
		return nil
	case l.Text == "a week later":
		r.calendar.AWeekLater()
		return nil
	case isPeople:
		return r.readPeople(people)
	case l.Text == "mode: shadow":
		r.story.Policy.Shadow = true
	case l.Text == "goods first":
		r.story.Policy.GoodsFirst = true
	case l.Text == "approve below threshold":
		r.story.Policy.ApproveBelow = true
	default:
		return r.readLine(l)
	}
	return r.early()
}

// early is where the policy stands.
func (r *reader) early() error {
	if len(r.story.Lines) > 0 {
		return errors.New("the policy comes before what happens")
	}
	return nil
}

// readPeople reads "anna approver EUR 250, USD 300; mia manager".
func (r *reader) readPeople(text string) error {
	for _, told := range strings.Split(text, ";") {
		words := strings.Fields(told)
		if len(words) < 2 || words[1] != string(refund.Approver) && words[1] != string(refund.Manager) {
			return fmt.Errorf("%q is no person with a role", told)
		}
		somebody := refund.Person{Name: words[0], Email: words[0] + "@shop.example", Role: refund.Role(words[1])}
		if limits := strings.Join(words[2:], " "); limits != "" {
			somebody.Limits = map[string]refund.Money{}
			for _, limit := range strings.Split(limits, ", ") {
				most, err := money(limit)
				if err != nil {
					return err
				}
				somebody.Limits[most.Currency] = most
			}
		}
		r.story.Policy.People = append(r.story.Policy.People, somebody)
	}
	return r.early()
}

var gap = regexp.MustCompile(`\s{2,}`)

// readLine reads "mon 09:00  anna: approve  approved  reserve".
func (r *reader) readLine(l Line) error {
	columns := gap.Split(l.Text, -1)
	day, clock, ok := strings.Cut(columns[0], " ")
	if len(columns) < 3 || !ok {
		return errors.New("it has not three columns with two spaces between them")
	}
	var err error
	if l.Now, err = r.calendar.Moment(day, clock); err != nil {
		return err
	}
	if n := len(r.story.Lines); n > 0 && l.Now.Before(r.story.Lines[n-1].Now) {
		return errors.New("it happens before the line above it")
	}
	if l.Happens, err = readHappening(columns[1], l.Now); err != nil {
		return err
	}
	if l.Want, err = r.readWant(columns[2], columns[3:]); err != nil {
		return err
	}
	r.story.Lines = append(r.story.Lines, l)
	return nil
}

func (r *reader) readWant(outcome string, rest []string) (Want, error) {
	w := Want{State: r.want.State, Look: r.want.Look}
	if refused, ok := strings.CutPrefix(outcome, "refused: "); ok {
		if len(rest) > 0 {
			return w, errors.New("what is refused changes nothing")
		}
		w.Refused = refused
		return w, nil
	}
	if w.State = refund.State(outcome); !slices.Contains(refund.States(), w.State) {
		return w, fmt.Errorf("%q is no state", outcome)
	}
	for _, column := range rest {
		first, more, _ := strings.Cut(column, " ")
		switch {
		case first == "because":
			w.Because = more
		case first == "look:":
			w.Look = refund.Attention(more)
		case column == "nobody need look":
			w.Look = ""
		case first == "due", column == "no deadline":
			w.Due = column
		default:
			w.Deeds = append(w.Deeds, strings.Split(column, ", ")...)
		}
	}
	r.want = w
	return w, nil
}

// money reads "EUR 120.00".
func money(text string) (refund.Money, error) {
	code, amount, _ := strings.Cut(text, " ")
	return refund.ParseMoney(amount, code)
}
