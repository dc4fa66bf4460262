package parcel

import (
	"time"
	_ "time/tzdata" // the same zones on every machine
)

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

// zonesOf are the zones of a country, or else another one, or else UTC.
func zonesOf(country, otherwise string) []*time.Location {
	if known := ZonesOf(country); len(known) > 0 {
		return known
	}
	if zone, err := time.LoadLocation(otherwise); err == nil {
		return []*time.Location{zone}
	}
	return []*time.Location{time.UTC}
}

// ZonesOf are the time zones of a country: of one that has several, those at its edges,
// because we do not know where in it the recipient lives. None if we do not know it.
func ZonesOf(country string) (all []*time.Location) {
	for _, name := range zones[country] {
		if zone, err := time.LoadLocation(name); err == nil {
			all = append(all, zone)
		}
	}
	return all
}

// zones are the countries that Sendcloud's shops ship to, by ISO 3166-1 alpha-2.
// https://www.iana.org/time-zones
var zones = map[string][]string{
	"AD": {"Europe/Andorra"}, "AE": {"Asia/Dubai"}, "AL": {"Europe/Tirane"}, "AR": {"America/Argentina/Buenos_Aires"},
	"AT": {"Europe/Vienna"}, "AU": {"Australia/Sydney", "Australia/Perth"}, "BA": {"Europe/Sarajevo"}, "BE": {"Europe/Brussels"},
	"BG": {"Europe/Sofia"}, "BR": {"America/Sao_Paulo", "America/Manaus"}, "BY": {"Europe/Minsk"}, "CA": {"America/Halifax", "America/Vancouver"},
	"CH": {"Europe/Zurich"}, "CL": {"America/Santiago"}, "CN": {"Asia/Shanghai"}, "CO": {"America/Bogota"}, "CY": {"Asia/Nicosia"},
	"CZ": {"Europe/Prague"}, "DE": {"Europe/Berlin"}, "DK": {"Europe/Copenhagen"}, "EE": {"Europe/Tallinn"}, "EG": {"Africa/Cairo"},
	"ES": {"Europe/Madrid", "Atlantic/Canary"}, "FI": {"Europe/Helsinki"}, "FR": {"Europe/Paris"}, "GB": {"Europe/London"},
	"GE": {"Asia/Tbilisi"}, "GG": {"Europe/Guernsey"}, "GI": {"Europe/Gibraltar"}, "GR": {"Europe/Athens"}, "HK": {"Asia/Hong_Kong"},
	"HR": {"Europe/Zagreb"}, "HU": {"Europe/Budapest"}, "ID": {"Asia/Jakarta", "Asia/Jayapura"}, "IE": {"Europe/Dublin"},
	"IL": {"Asia/Jerusalem"}, "IM": {"Europe/Isle_of_Man"}, "IN": {"Asia/Kolkata"}, "IS": {"Atlantic/Reykjavik"}, "IT": {"Europe/Rome"},
	"JE": {"Europe/Jersey"}, "JP": {"Asia/Tokyo"}, "KR": {"Asia/Seoul"}, "KW": {"Asia/Kuwait"}, "LI": {"Europe/Vaduz"},
	"LT": {"Europe/Vilnius"}, "LU": {"Europe/Luxembourg"}, "LV": {"Europe/Riga"}, "MA": {"Africa/Casablanca"}, "MC": {"Europe/Monaco"},
	"MD": {"Europe/Chisinau"}, "ME": {"Europe/Podgorica"}, "MK": {"Europe/Skopje"}, "MT": {"Europe/Malta"},
	"MX": {"America/Mexico_City", "America/Tijuana"}, "MY": {"Asia/Kuala_Lumpur"}, "NL": {"Europe/Amsterdam"}, "NO": {"Europe/Oslo"},
	"NZ": {"Pacific/Auckland"}, "PH": {"Asia/Manila"}, "PL": {"Europe/Warsaw"}, "PT": {"Europe/Lisbon", "Atlantic/Azores"},
	"QA": {"Asia/Qatar"}, "RO": {"Europe/Bucharest"}, "RS": {"Europe/Belgrade"}, "SA": {"Asia/Riyadh"}, "SE": {"Europe/Stockholm"},
	"SG": {"Asia/Singapore"}, "SI": {"Europe/Ljubljana"}, "SK": {"Europe/Bratislava"}, "SM": {"Europe/San_Marino"}, "TH": {"Asia/Bangkok"},
	"TN": {"Africa/Tunis"}, "TR": {"Europe/Istanbul"}, "TW": {"Asia/Taipei"}, "UA": {"Europe/Kyiv"},
	"US": {"America/New_York", "America/Los_Angeles"}, "VA": {"Europe/Vatican"}, "VN": {"Asia/Ho_Chi_Minh"}, "XK": {"Europe/Belgrade"},
	"ZA": {"Africa/Johannesburg"},
}

// ValidZone reports whether a time zone is one that we know.
func ValidZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "" && name != "Local"
}
