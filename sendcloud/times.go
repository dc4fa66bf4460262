package sendcloud

import (
	"math/big"
	"strings"
	"time"
)

// moment is a time in any of these formats, or the zero time:
//
//	1712163088943                         milliseconds since 1970
//	1712163088, 1712163088.943            seconds
//	1.712163088943E12                     either, as some programs write large numbers
//	2022-07-18T15:34:21.869312+02:00      ISO 8601; also +0200 or +02, and without seconds
//	2022-01-25 14:43:13.615997+00:00      trackings of v2
//	2019-02-03T06:48:07                   without a zone it is UTC
//	03-04-2024 16:51:28                   parcels of v2, in UTC
//
// A year outside 1 to 9999 makes it the zero time, because JSON cannot hold it.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(raw []byte) error {
	var t text
	if err := t.UnmarshalJSON(raw); err != nil {
		return err
	}
	if at, ok := unix(string(t)); ok {
		m.Time = at
		return nil
	}
	written := strings.ToUpper(string(t))
	written = strings.NewReplacer(" UTC", "Z", " GMT", "Z", " Z", "Z", " +", "+", " -", "-").Replace(written)
	for _, layout := range layouts {
		if at, err := time.Parse(layout, written); err == nil {
			if at = at.UTC(); at.Year() > 0 && at.Year() < 1e4 {
				m.Time = at
			}
			return nil
		}
	}
	return nil
}

// layouts are all the ways to write a date, a time of day and a zone.
var layouts = func() (all []string) {
	for _, day := range []string{"2006-01-02T", "2006-01-02 ", "02-01-2006 "} {
		for _, clock := range []string{"15:04:05", "15:04"} { // with any fraction of a second
			for _, zone := range []string{"Z07:00", "Z0700", "Z07", ""} {
				all = append(all, day+clock+zone)
			}
		}
	}
	return all
}()

// instant is the time that a webhook tells, if it is usable. The documentation's own example,
// 123, is not. After a time too far ahead, every later scan would look late.
func (m moment) instant(received time.Time) (at time.Time, ok bool) {
	if m.Before(time.Unix(leastUnix, 0)) || !m.Before(received.Add(clockSkew)) {
		return time.Time{}, false
	}
	return m.Time, true
}

// clockSkew is how far ahead of ours we accept another clock.
const clockSkew = 24 * time.Hour

// leastUnix is in September 2001, before there was Sendcloud: a smaller number is not a time in
// seconds.
const leastUnix = 1e9

// unix reads seconds or milliseconds since 1970, which their size tells apart.
func unix(written string) (at time.Time, ok bool) {
	n, ok := rational(written)
	if !ok {
		return time.Time{}, false
	}
	between := func(least, most float64) bool {
		return n.Cmp(new(big.Rat).SetFloat64(least)) >= 0 && n.Cmp(new(big.Rat).SetFloat64(most)) < 0
	}
	unit := time.Second
	switch {
	case between(leastUnix, 1e11):
	case between(1e12, 1e14):
		unit = time.Millisecond
	default:
		return time.Time{}, false
	}
	n.Mul(n, new(big.Rat).SetInt64(int64(unit)))
	nanoseconds := new(big.Int).Quo(n.Num(), n.Denom())
	seconds, rest := nanoseconds.QuoRem(nanoseconds, big.NewInt(int64(time.Second)), new(big.Int))
	return time.Unix(seconds.Int64(), rest.Int64()).UTC(), true
}
