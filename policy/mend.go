package policy

import (
	"regexp"
	"strings"
	"time"

	"waybill/yamlfile"
)

// These write a value as it was probably meant, and anything if they do not know: what
// they make is checked.

func nearest[T ~string](names ...T) func(string) string {
	var all []string
	for _, name := range names {
		all = append(all, string(name))
	}
	return func(text string) string { return yamlfile.Nearest(text, all) }
}

var (
	spanPart = regexp.MustCompile(`([0-9]+(?:[.,][0-9]+)?)\s*([a-z]+)`)
	units    = []struct{ unit, names string }{
		{"s", "s sec secs second seconds"}, {"m", "m min mins minute minutes"}, {"h", "h hr hrs hour hours"}, {"d", "d day days"},
	}
)

// tidySpan is a length of time with short units: 3 days is 3d.
func tidySpan(text string) string {
	var tidy strings.Builder
	for _, part := range spanPart.FindAllStringSubmatch(strings.ToLower(text), -1) {
		for _, u := range units {
			for _, name := range strings.Fields(u.names) {
				if name == part[2] {
					tidy.WriteString(strings.Replace(part[1], ",", ".", 1) + u.unit)
				}
			}
		}
	}
	return tidy.String()
}

// tidyClock is a time of day with four digits: 9pm is 21:00.
func tidyClock(text string) string {
	text = strings.ReplaceAll(strings.ToUpper(text), " ", "")
	for _, layout := range []string{"15:4", "15.04", "15H", "15H04", "1504", "15", "3PM", "3:04PM", "15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Format("15:04")
		}
	}
	return ""
}

// tidyDate is a date that begins with its year. Which number is the month is never
// guessed.
func tidyDate(text string) string {
	day, _, _ := strings.Cut(text, "T")
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "20060102"} {
		if at, err := time.Parse(layout, day); err == nil {
			return at.Format(time.DateOnly)
		}
	}
	return ""
}

var leadingNumber = regexp.MustCompile(`^[0-9]+\b`)

// tidyCount is a number without what is counted: 5 days is 5.
func tidyCount(text string) string { return leadingNumber.FindString(text) }

// secureAddress is an address with https.
func secureAddress(text string) string {
	_, host, ok := strings.Cut(text, "://")
	if !ok {
		host = text
	}
	if !strings.Contains(host, ".") {
		return ""
	}
	return "https://" + host
}

// sixDigits is a colour with # and six digits.
func sixDigits(text string) string {
	digits := strings.TrimPrefix(text, "#")
	if len(digits) == len("c04") {
		var six strings.Builder
		for _, c := range digits {
			six.WriteString(strings.Repeat(string(c), 2))
		}
		digits = six.String()
	}
	return "#" + digits
}
