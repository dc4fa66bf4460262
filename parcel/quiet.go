package parcel

import "time"

// hold says when a mail of this kind that is decided now may leave, and why it has to wait if
// it has to; together says that it may be told with others.
func (p Policy) hold(kind MailKind, country string, together bool, now time.Time) (notBefore time.Time, why HoldReason) {
	ready := now.Add(p.Hold)
	if p.Hold > 0 {
		notBefore, why = ready, HeldForNews
	}
	if together && p.Together > p.Hold {
		ready = now.Add(p.Together)
		notBefore, why = ready, HeldForSiblings
	}
	if kind.Urgent() || p.QuietFrom == p.QuietTo {
		return notBefore, why
	}
	if morning := p.morning(country, ready); morning.After(ready) {
		return morning, HeldForNight
	}
	return notBefore, why
}

// morning is the first moment from t on that is day everywhere in a country, or t if none is.
func (p Policy) morning(country string, t time.Time) time.Time {
	zones := zonesOf(country, p.QuietZone)
	moment := t
	// Each round gets at least one zone through its night.
	for range 4 * len(zones) {
		before := moment
		for _, zone := range zones {
			moment = p.endOfNight(moment.In(zone))
		}
		if moment.Equal(before) {
			return moment.UTC()
		}
	}
	return t // better a mail at night than none
}

// endOfNight is the end of the night that a local time lies in, or that time.
func (p Policy) endOfNight(local time.Time) time.Time {
	clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute +
		time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	over := p.QuietFrom > p.QuietTo // midnight lies in it
	switch {
	case over && clock >= p.QuietFrom:
		return onDay(local.AddDate(0, 0, 1), p.QuietTo)
	case over && clock < p.QuietTo, !over && clock >= p.QuietFrom && clock < p.QuietTo:
		return onDay(local, p.QuietTo)
	}
	return local
}

// onDay is a time of day on the day of a local time.
func onDay(day time.Time, clock time.Duration) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), int(clock/time.Hour), int(clock%time.Hour/time.Minute), 0, 0, day.Location())
}
