// Package storytime is what the stories of parcels and refunds share: how a folder of
// them is read, and their calendar. Each begins in the week of Monday 2 November 2026, in
// UTC, and names its days.
package storytime

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Calendar is where a story stands.
type Calendar struct{ weeks int }

// AWeekLater moves the days that follow.
func (c *Calendar) AWeekLater() { c.weeks++ }

// Moment is a time such as mon 08:00, or mon 08:00:00.300 where a story needs
// that much.
func (c *Calendar) Moment(day, clock string) (time.Time, error) {
	at, err := time.Parse("15:04", clock)
	if err != nil {
		at, err = time.Parse("15:04:05", clock)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time of day", clock)
	}
	i := slices.Index([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, day)
	if i < 0 {
		return time.Time{}, fmt.Errorf("%q is no day", day)
	}
	return time.Date(2026, 11, 2+i+7*c.weeks, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC), nil
}

// ReadAll reads all stories of a folder, by the names of their files.
func ReadAll[Story any](folder fs.FS, parse func(string) (Story, error)) (map[string]Story, error) {
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
		if all[strings.TrimSuffix(file, ".txt")], err = parse(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("there is no story in the folder")
	}
	return all, nil
}
