// Package story reads the stories in refund/testdata/stories: what happens to one refund,
// which state and which tasks follow, in words that need no Go to read. The README there is
// their grammar. Tests play them against the rules and against the workflow.
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

// Story is what happens to one refund.
type Story struct {
	Policy refund.Policy
	Lines  []Line
}

// Of are the lines with an event of a kind, such as the answers of the shop's endpoint.
func (s Story) Of(kind Kind) []Line {
	return slices.DeleteFunc(slices.Clone(s.Lines), func(l Line) bool { return l.Happens.Kind != kind })
}

// Line is one event, and what follows from it.
type Line struct {
	Number  int
	Text    string
	Now     time.Time
	Happens Happening
	Want    Want
}

// String names the line in a failure.
func (l Line) String() string { return fmt.Sprintf("line %d: %s", l.Number, l.Text) }

// Want is what follows, as the story says. Because and Due are empty if it does not say.
type Want struct {
	// Refused is why the event is refused, in full. Then nothing changes, and State and
	// Look are those from before.
	Refused string
	State   refund.State
	// Deeds are the tasks, in their order, as [Done] says them.
	Deeds []string
	// Because is the Why of a line that the decision log gains.
	Because string
	// Look is why the refund needs attention; empty if it does not.
	Look refund.Attention
	// Due is the legal clock, as [Due] says it.
	Due string
}

// Done are tasks in the words of a story.
func Done(deeds []refund.Deed) (words []string) {
	for _, d := range deeds {
		words = append(words, d.String())
	}
	return words
}

// Due is the legal clock in the words of a story.
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
	r := reader{story: Story{Policy: refund.DefaultPolicy()}}
	r.story.Policy.Version, r.story.Policy.Shadow, r.story.Policy.Undo = "story", false, 0
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
func ReadAll(folder fs.FS) (map[string]Story, error) { return storytime.ReadAll(folder, Parse) }

// logical are the lines of a story; one that is indented continues the line above it.
func logical(text string) (lines []Line) {
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
}

func (r *reader) read(l Line) error {
	people, isPeople := strings.CutPrefix(l.Text, "people: ")
	undo, isUndo := strings.CutPrefix(l.Text, "undo: ")
	policy := &r.story.Policy
	var err error
	switch {
	case strings.HasPrefix(l.Text, "#"):
		return nil
	case l.Text == "a week later":
		r.calendar.AWeekLater()
		return nil
	case isPeople:
		policy.People, err = readPeople(policy.People, people)
	case isUndo:
		policy.Undo, err = time.ParseDuration(undo)
	case l.Text == "mode: shadow":
		policy.Shadow = true
	case l.Text == "goods first":
		policy.GoodsFirst = true
	case l.Text == "unproven orders":
		policy.UnprovenOrders = true
	case l.Text == "approve below threshold":
		policy.ApproveBelow = true
	default:
		return r.readLine(l)
	}
	if len(r.story.Lines) > 0 {
		return errors.New("the policy comes before the events")
	}
	return err
}

// readPeople adds people such as "anna approver EUR 250, USD 300; mia manager".
func readPeople(people []refund.Person, text string) ([]refund.Person, error) {
	for one := range strings.SplitSeq(text, ";") {
		words := strings.Fields(one)
		if len(words) < 2 || words[1] != string(refund.Approver) && words[1] != string(refund.Manager) {
			return nil, fmt.Errorf("%q is not a person with a role", one)
		}
		person := refund.Person{Name: words[0], Email: words[0] + "@shop.example", Role: refund.Role(words[1])}
		if len(words) > 2 {
			person.Limits = map[string]refund.Money{}
			for limit := range strings.SplitSeq(strings.Join(words[2:], " "), ", ") {
				most, err := money(limit)
				if err != nil {
					return nil, err
				}
				person.Limits[most.Currency] = most
			}
		}
		people = append(people, person)
	}
	return people, nil
}

var gap = regexp.MustCompile(`\s{2,}`)

// readLine reads "mon 09:00  anna: approve  approved  reserve".
func (r *reader) readLine(l Line) error {
	columns := gap.Split(l.Text, -1)
	day, clock, ok := strings.Cut(columns[0], " ")
	if len(columns) < 3 || !ok {
		return errors.New("a line has three columns with two spaces between them")
	}
	var last Line
	if n := len(r.story.Lines); n > 0 {
		last = r.story.Lines[n-1]
	}
	var err error
	if l.Now, err = r.calendar.Moment(day, clock); err != nil {
		return err
	}
	if l.Now.Before(last.Now) {
		return errors.New("it happens before the line above it")
	}
	if err = read("an event", happenings, &l.Happens, columns[1], l.Now); err != nil {
		return err
	}
	l.Want, err = readWant(last.Want, columns[2], columns[3:])
	r.story.Lines = append(r.story.Lines, l)
	return err
}

func readWant(before Want, outcome string, rest []string) (Want, error) {
	w := Want{State: before.State, Look: before.Look}
	if refused, ok := strings.CutPrefix(outcome, "refused: "); ok {
		if len(rest) > 0 {
			return w, errors.New("what is refused changes nothing")
		}
		w.Refused = refused
		return w, nil
	}
	if w.State = refund.State(outcome); !slices.Contains(refund.States(), w.State) {
		return w, fmt.Errorf("%q is not a state", outcome)
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
	return w, nil
}

// money reads "EUR 120.00".
func money(text string) (refund.Money, error) {
	code, amount, _ := strings.Cut(text, " ")
	return refund.ParseMoney(amount, code)
}
