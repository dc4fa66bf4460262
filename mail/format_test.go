package mail

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
	"waybill/words"
)

func TestDatesAndAmountsAreWrittenAsTheReaderDoes(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	at := time.Date(2026, 11, 3, 8, 2, 0, 0, time.UTC)
	for language, want := range map[parcel.Language][]string{
		parcel.English: {"Tuesday 3 November, 08:02", "Friday 1 May", "€12.50", "€1,234,567.00", "CHF\u00a01,000"},
		parcel.Dutch:   {"dinsdag 3 november, 08:02", "vrijdag 1 mei", "€\u00a012,50", "€\u00a01.234.567,00", "CHF\u00a01.000"},
		parcel.German:  {"Dienstag, 3. November, 08:02 Uhr", "Freitag, 1. Mai", "12,50\u00a0€", "1.234.567,00\u00a0€", "1.000\u00a0CHF"},
		parcel.French:  {"mardi 3 novembre à 08:02", "vendredi 1er mai", "12,50\u202f€", "1\u202f234\u202f567,00\u202f€", "1\u202f000\u202fCHF"},
		parcel.Spanish: {"martes, 3 de noviembre, 08:02", "viernes, 1 de mayo", "12,50\u00a0€", "1.234.567,00\u00a0€", "1.000\u00a0CHF"},
		parcel.Italian: {"martedì 3 novembre, ore 08:02", "venerdì 1º maggio", "12,50\u00a0€", "1.234.567,00\u00a0€", "1.000\u00a0CHF"},
	} {
		f := words.FormOf(language)
		require.Equal(t, want, []string{
			f.At(at, []*time.Location{london}), f.CalendarDay("2026-05-01"), f.Amount("12.50", "EUR"),
			f.Amount("1234567.00", "EUR"), f.Amount("1000", "CHF"),
		}, language)
	}
}

func TestDaysThatAreAlikeAreToldTogether(t *testing.T) {
	inALine := func(f words.Form, week [7]string) string { return inALine(f, hours(f, week)) }
	f := words.FormOf(parcel.English)
	require.Equal(t, "Monday–Wednesday 9–18; Thursday 9–12; Friday 9–18; Saturday 10–17", inALine(f, [7]string{"9–18", "9–18", "9–18", "9–12", "9–18", "10–17", ""}))
	require.Equal(t, "Monday–Sunday 0–24", inALine(f, [7]string{"0–24", "0–24", "0–24", "0–24", "0–24", "0–24", "0–24"}))
	require.Equal(t, "Sunday 10–12", inALine(f, [7]string{6: "10–12"}))
	require.Empty(t, inALine(f, [7]string{}))
	require.Equal(t, "zondag 10–12", inALine(words.FormOf(parcel.Dutch), [7]string{6: "10–12"}))
	require.Equal(t, "lundi 9–18\u00a0; mardi 9–12", inALine(words.FormOf(parcel.French), [7]string{"9–18", "9–12"}), "French has a no-break space before a semicolon")
}

func TestWhatIsNoAmountOrDayIsLeftOut(t *testing.T) {
	f := words.FormOf(parcel.English)
	for _, a := range []Amount{{}, {"12,50", "EUR"}, {"12.50", "euro"}, {"a", "EUR"}, {"1e9", "EUR"}, {"-1", "EUR"}, {"12.50", ""}} {
		require.Empty(t, f.Amount(a.Value, a.Currency), a)
	}
	for _, day := range []string{"", "2026-13-01", "3 November", "2026-11-03T08:02:00Z"} {
		require.Empty(t, f.CalendarDay(day), day)
	}
}

func TestANumberHasItsPlural(t *testing.T) {
	all, err := loadWords(nil)
	require.NoError(t, err)
	for language, want := range map[parcel.Language][3]string{
		parcel.English: {"0 days", "1 day", "2 days"}, parcel.Dutch: {"0 dagen", "1 dag", "2 dagen"},
		parcel.German: {"0 Tagen", "1 Tag", "2 Tagen"}, parcel.French: {"0 jour", "1 jour", "2 jours"},
		parcel.Spanish: {"0 días", "1 día", "2 días"}, parcel.Italian: {"0 giorni", "1 giorno", "2 giorni"},
	} {
		for n, text := range want {
			said, err := all[language].Say("days."+words.Plural(language, n), blanks{N: n})
			require.NoError(t, err)
			require.Equal(t, text, said)
		}
	}
}

// What operations are told has words. That each language has the words of English
// is checked where words are loaded.
func TestEveryAttentionHasWords(t *testing.T) {
	all, err := loadWords(nil)
	require.NoError(t, err)
	for _, a := range append(contract.IntegrationAttentions(), contract.MailCameBack, contract.SignInNotReached, contract.RefundWithoutReturn) {
		require.True(t, all[parcel.Dutch].Has("attentions."+string(a)), a)
	}
	for _, a := range refund.Attentions() {
		require.True(t, all[parcel.Dutch].Has("attentions."+string(a)), a)
	}
	for _, a := range parcel.Attentions() {
		require.True(t, all[parcel.Dutch].Has("attentions."+string(a)), a)
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"Jane Doe": "Jane Doe", " a\r\nBcc: b ": "a Bcc: b", "a\u202eb\u2069c\u200fd\u061c": "abcd", "👩\u200d🚀": "👩\u200d🚀",
		"1234567890ab": "123456789…", "a\xffb": "ab", "a\x00b": "a b", "": "",
	} {
		require.Equal(t, want, clean(in, 10), "%q", in)
	}
}
