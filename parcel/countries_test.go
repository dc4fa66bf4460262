package parcel_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"

	"waybill/parcel"
)

// What shops' customers in a country read, and the clock on their wall.
func TestCountriesHaveALanguageAndATimeZone(t *testing.T) {
	for country, want := range map[string]struct {
		language parcel.Language
		zone     string
	}{
		"RE": {parcel.French, "Indian/Reunion"}, "GP": {parcel.French, "America/Guadeloupe"}, "MQ": {parcel.French, "America/Martinique"},
		"GF": {parcel.French, "America/Cayenne"}, "YT": {parcel.French, "Indian/Mayotte"}, "PM": {parcel.French, "America/Miquelon"},
		"BL": {parcel.French, "America/St_Barthelemy"}, "MF": {parcel.French, "America/Marigot"}, "NC": {parcel.French, "Pacific/Noumea"},
		"PF": {parcel.French, "Pacific/Tahiti"}, "WF": {parcel.French, "Pacific/Wallis"}, "MC": {parcel.French, "Europe/Monaco"},
		"CW": {parcel.Dutch, "America/Curacao"}, "AW": {parcel.Dutch, "America/Aruba"}, "BQ": {parcel.Dutch, "America/Kralendijk"},
		"SR": {parcel.Dutch, "America/Paramaribo"}, "BE": {parcel.Dutch, "Europe/Brussels"},
		"PE": {parcel.Spanish, "America/Lima"}, "EC": {parcel.Spanish, "America/Guayaquil"}, "BO": {parcel.Spanish, "America/La_Paz"},
		"PY": {parcel.Spanish, "America/Asuncion"}, "UY": {parcel.Spanish, "America/Montevideo"}, "VE": {parcel.Spanish, "America/Caracas"},
		"CR": {parcel.Spanish, "America/Costa_Rica"}, "GT": {parcel.Spanish, "America/Guatemala"}, "DO": {parcel.Spanish, "America/Santo_Domingo"},
		"PR": {parcel.Spanish, "America/Puerto_Rico"}, "AR": {parcel.Spanish, "America/Argentina/Buenos_Aires"},
		"IC": {parcel.Spanish, "Atlantic/Canary"}, "EA": {parcel.Spanish, "Africa/Ceuta"}, "AD": {parcel.Spanish, "Europe/Andorra"},
		"DE": {parcel.German, "Europe/Berlin"}, "LI": {parcel.German, "Europe/Vaduz"}, "SM": {parcel.Italian, "Europe/San_Marino"},
		"IE": {parcel.English, "Europe/Dublin"}, "MT": {parcel.English, "Europe/Malta"}, "GG": {parcel.English, "Europe/Guernsey"},
		"NZ": {parcel.English, "Pacific/Auckland"}, "BM": {parcel.English, "Atlantic/Bermuda"},
	} {
		policy := parcel.DefaultPolicy()
		policy.Language = "none of ours"
		require.Equal(t, want.language, policy.LanguageFor(parcel.Recipient{Country: country}), country)
		zones := parcel.ZonesOf(country)
		require.NotEmpty(t, zones, country)
		require.Equal(t, want.zone, zones[0].String(), country)
	}
}

func TestACountryThatReadsNoneOfOurLanguagesGetsTheShops(t *testing.T) {
	policy := parcel.DefaultPolicy()
	policy.Language = parcel.Dutch
	for _, country := range []string{"PL", "GR", "PT", "BR", "DK", "JP", "", "ZZ", "XX", "??", "nl"} {
		require.Equal(t, parcel.Dutch, policy.LanguageFor(parcel.Recipient{Country: country}), country)
	}
	policy.LanguageOf = map[string]parcel.Language{"RE": parcel.English}
	require.Equal(t, parcel.English, policy.LanguageFor(parcel.Recipient{Country: "RE"}), "the merchant knows better")
}

func TestEveryCountryHasATimeZone(t *testing.T) {
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			country := string([]rune{a, b})
			region, err := language.ParseRegion(country)
			if err != nil || !region.IsCountry() || region.Canonicalize() != region || nobody[country] {
				continue
			}
			require.NotEmpty(t, parcel.ZonesOf(country), country)
		}
	}
	require.Empty(t, parcel.ZonesOf("ZZ"))
	require.Empty(t, parcel.ZonesOf(""))
}

// nobody lives there, the country is no more, or the code is not a country's.
var nobody = func() map[string]bool {
	codes := map[string]bool{}
	for code := range strings.FieldsSeq("BV HM CP CQ DG AC TA ZZ AN CS EZ FQ NT PC SU UN YU") {
		codes[code] = true
	}
	return codes
}()

func TestACountryOfOneTimeHasOneZone(t *testing.T) {
	for country, zones := range map[string]int{"DE": 1, "AR": 1, "CN": 1, "NZ": 1, "ES": 2, "PT": 2, "US": 2, "AU": 2, "CA": 3, "MX": 2, "FR": 1, "CY": 1, "UA": 1} {
		require.Len(t, parcel.ZonesOf(country), zones, country)
	}
}
