package parcel

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the same zones on every machine
)

// zoneTab is the table of IANA's time zone database that lists the zones of each country, as
// it was published with 2025b. CLDR has no such table, and neither has any maintained library.
// https://www.iana.org/time-zones
//
//go:embed zone.tab
var zoneTab string

// zoneTable are the zones of each country by ISO 3166-1 alpha-2, in the order of the table.
var zoneTable = sync.OnceValue(func() map[string][]string {
	of := map[string][]string{}
	for line := range strings.Lines(zoneTab) {
		if columns := strings.Split(strings.TrimSpace(line), "\t"); len(columns) >= 3 && !strings.HasPrefix(line, "#") {
			of[columns[0]] = append(of[columns[0]], columns[2])
		}
	}
	return of
})

// zoneOverrides go before the table. A large country has the zones at the edges of where most
// people live, the zone of most people first. Other countries lack their outlying islands. At
// the end are codes that ISO 3166 keeps for customs and mail, or does not have.
var zoneOverrides = map[string][]string{
	"AU": {"Australia/Sydney", "Australia/Perth"}, "BR": {"America/Sao_Paulo", "America/Manaus"},
	"CA": {"America/Toronto", "America/Halifax", "America/Vancouver"}, "CL": {"America/Santiago"}, "CN": {"Asia/Shanghai"},
	"EC": {"America/Guayaquil"}, "ES": {"Europe/Madrid", "Atlantic/Canary"}, "ID": {"Asia/Jakarta", "Asia/Jayapura"},
	"MX": {"America/Mexico_City", "America/Tijuana"}, "NZ": {"Pacific/Auckland"}, "PT": {"Europe/Lisbon", "Atlantic/Azores"},
	"RU": {"Europe/Moscow", "Europe/Kaliningrad", "Asia/Vladivostok"}, "UA": {"Europe/Kyiv"}, "US": {"America/New_York", "America/Los_Angeles"},
	"EA": {"Africa/Ceuta"}, "IC": {"Atlantic/Canary"}, "XK": {"Europe/Belgrade"},
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

// ZonesOf are the time zones of a country, the most common one first; of zones that keep the
// same time, it has one. There are several because we do not know where in the country the
// recipient lives; there is none if we do not know the country.
func ZonesOf(country string) (all []*time.Location) {
	names, ok := zoneOverrides[country]
	if !ok {
		names = zoneTable()[country]
	}
	for _, name := range names {
		zone, err := time.LoadLocation(name)
		if err == nil && !slices.ContainsFunc(all, func(known *time.Location) bool { return sameTime(known, zone) }) {
			all = append(all, zone)
		}
	}
	return all
}

// ValidCountry reports whether a country exists, by its code in ISO 3166-1 alpha-2.
func ValidCountry(code string) bool { return len(ZonesOf(code)) > 0 }

// sameTime reports whether two zones keep the same time all through a year. Any year would do.
func sameTime(x, y *time.Location) bool {
	for month := time.January; month <= time.December; month++ {
		t := time.Date(2026, month, 1, 0, 0, 0, 0, time.UTC)
		_, here := t.In(x).Zone()
		if _, there := t.In(y).Zone(); here != there {
			return false
		}
	}
	return true
}

// ValidZone reports whether a time zone is one that we know.
func ValidZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "" && name != "Local"
}
