package words

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEachLanguageHasTheTextsOfEnglish(t *testing.T) {
	all, err := load()
	require.NoError(t, err)
	require.Len(t, all, len(Languages())+1, "and plain English")
}

func TestATextIsPutIntoTheWordsOfItsReader(t *testing.T) {
	at := time.Date(2026, 11, 2, 8, 2, 0, 0, time.UTC)
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	require.NoError(t, err)
	text := Say("no_mail.held", "Mail", Word("mail_kind", "shipped"), "Until", at, "Why", Say("no_mail.others_first"))
	require.Equal(t, "The mail “shipped” is held until Mon 2 Nov 2026, 08:02 UTC: other mails go first.", text.String())
	require.Equal(t, "De e-mail ‘onderweg’ wordt vastgehouden tot ma 2 nov 2026, 09:02 CET: andere e-mails gaan voor.", Reader{Dutch, amsterdam}.Tell(text))
	require.Equal(t, "⟦The mail “⟦shipped⟧” is held until Mon 2 Nov 2026, 08:02 UTC: ⟦other mails go first⟧.⟧", Reader{Language: Marked}.Tell(text))
	raw, err := json.Marshal(map[string]*Text{"why": text})
	require.NoError(t, err)
	require.JSONEq(t, `{"why": "The mail “shipped” is held until Mon 2 Nov 2026, 08:02 UTC: other mails go first."}`, string(raw))
	require.Equal(t, text.String(), fmt.Sprint(&Error{text}))
	require.Equal(t, text, Of(fmt.Errorf("in vain: %w", &Error{text})))
	require.Equal(t, "no words", Reader{Language: Dutch}.Tell(Of(errors.New("no words"))))
	require.Equal(t, "a new phase", Word("phase", "a new phase").String(), "a name without words is said as it is")
	require.Nil(t, Word("phase", ""))
	require.Empty(t, (*Text)(nil).String())
	require.Panics(t, func() { Reader{Language: Marked}.Say("no_mail.held") }, "tests see a blank that is not filled in")
	require.Equal(t, "no_mail.held", Reader{Language: Dutch}.Say("no_mail.held"), "readers see more than nothing")
}

func TestLengthsOfTimeHaveTheirPlural(t *testing.T) {
	for language, want := range map[Language][4]string{
		"":      {"a minute", "59 minutes", "47 hours", "2 days"},
		English: {"a minute", "59 minutes", "47 hours", "2 days"},
		Dutch:   {"een minuut", "59 minuten", "47 uur", "2 dagen"},
		German:  {"eine Minute", "59 Minuten", "47 Stunden", "2 Tage"},
		French:  {"une minute", "59 minutes", "47 heures", "2 jours"},
		Spanish: {"un minuto", "59 minutos", "47 horas", "2 días"},
		Italian: {"un minuto", "59 minuti", "47 ore", "2 giorni"},
	} {
		r := Reader{Language: language}
		for i, d := range []time.Duration{0, 59 * time.Minute, 47 * time.Hour, 48 * time.Hour} {
			require.Equal(t, want[i], r.Span(d), language)
		}
	}
}

func TestALengthOfTimeThatIsSetStaysExact(t *testing.T) {
	for d, want := range map[time.Duration]string{
		10 * time.Second: "10 seconds", time.Second: "a second", 90 * time.Second: "90 seconds", time.Minute: "a minute", 90 * time.Minute: "90 minutes",
		36 * time.Hour: "36 hours", 50 * time.Hour: "50 hours", 72 * time.Hour: "3 days",
	} {
		require.Equal(t, want, Plain.Write(Exactly(d)))
	}
	require.Equal(t, "10 Sekunden", Reader{Language: German}.Write(Exactly(10*time.Second)))
}

func TestTheFirstOfAMonthIsWrittenAsTheReaderDoes(t *testing.T) {
	first := time.Date(2026, 11, 1, 8, 2, 0, 0, time.UTC)
	require.Equal(t, "dim. 1er nov. 2026 à 08:02 (UTC)", Reader{Language: French}.Moment(first))
	require.Equal(t, "dim. 22 nov. 2026 à 08:02 (UTC)", Reader{Language: French}.Moment(first.AddDate(0, 0, 21)))
	require.Equal(t, "Sun 1 Nov 2026, 08:02 UTC", Plain.Moment(first))
}

// Records keep what they were written with: pages may change their words, plain English may not.
func TestPlainEnglishKeepsItsWordsWhenPagesChangeTheirs(t *testing.T) {
	text := Say("ground.reason", "Reason", Say("refund_reason.faulty"))
	require.Equal(t, "the reason is faulty", text.String())
	require.Equal(t, "the policy leaves this reason to people: faulty", Reader{Language: English}.Tell(text))
}

func TestFrenchHasAGapBeforeItsHighSigns(t *testing.T) {
	tight := regexp.MustCompile(`[^\x{a0}\x{202f}][:;?!»](\s|$)|«[^\x{a0}\x{202f}]`)
	for key, text := range books()[French] {
		require.False(t, tight.MatchString(text.Raw), "%s: %s", key, text.Raw)
	}
}

func TestAmountsAndNumbersAreWrittenAsTheReaderDoes(t *testing.T) {
	require.Equal(t, "EUR 1234.50", Plain.Amount("1234.50", "EUR"))
	require.Equal(t, "120.00", Plain.Write(Number("120.00")))
	require.Equal(t, "120,00", Reader{Language: German}.Write(Number("120.00")))
	require.Equal(t, "1.234,50\u00a0€", Reader{Language: German}.Write(Amount{"1234.50", "EUR"}))
	require.Equal(t, "anna, ben of carla", Reader{Language: Dutch}.Write(Any{"anna", "ben", "carla"}))
}

// What a language groups can be read in one way only. Everything else is left to those who read
// amounts: they refuse what can be two.
func TestATypedAmountIsReadAsItsLanguageGroupsIt(t *testing.T) {
	for _, c := range []struct {
		language      Language
		written, read string
	}{
		{English, "1,234.56", "1234.56"}, {English, "1,234", "1234"}, {English, "1,234,567", "1234567"},
		{English, "1.234", "1.234"}, {English, "1.234,56", "1.234,56"}, {English, "79.90", "79.90"}, {English, "79,90", "79,90"},
		{Dutch, "1.234,56", "1234.56"}, {German, "1.234", "1234"}, {Spanish, "12.345.678,9", "12345678.9"}, {Italian, " 1.234,56 ", "1234.56"},
		{German, "1,234", "1,234"}, {German, "1,234.56", "1,234.56"}, {Dutch, "79.90", "79.90"}, {Dutch, "79,90", "79,90"},
		{German, "0.234", "0.234"}, {German, "1.23", "1.23"}, {German, "1.2345", "1.2345"}, {German, "12.34.567", "12.34.567"},
		{French, "1 234,56", "1234.56"}, {French, "1\u00a0234", "1234"}, {French, "1\u202f234\u202f567,5", "1234567.5"},
		{French, "1.234", "1.234"}, {French, "1,234", "1,234"},
		{"", "1,234.56", "1,234.56"}, {German, "", ""}, {German, "1.234,", "1.234,"}, {German, "-1.234", "-1.234"},
	} {
		require.Equal(t, c.read, ReadAmount(c.language, c.written, "EUR"), "%s %s", c.language, c.written)
	}
}

// What a page shows can be copied into its form, with the sign or the code of its currency, and of no other.
func TestAnAmountIsReadAsPagesShowIt(t *testing.T) {
	for _, language := range Languages() {
		for _, currency := range []string{"EUR", "GBP", "USD", "CHF"} {
			form := FormOf(language)
			require.Equal(t, "1234.50", ReadAmount(language, form.Amount("1234.50", currency), currency), language)
			require.Equal(t, form.Number("79.90"), ReadAmount(language, form.Amount("79.90", currency), currency), language)
		}
	}
	for written, read := range map[string]string{
		"40 €": "40", "€40": "40", "EUR 40": "40", "40\u202f€": "40", " € 1.234,50 ": "1234.50", "€": "€", "EUR": "EUR", "€40€": "€40€", "$40": "$40", "GBP 40": "GBP 40", "-€40": "-€40", "€-40": "-40",
	} {
		require.Equal(t, read, ReadAmount(Dutch, written, "EUR"))
	}
	require.Equal(t, "€40", ReadAmount(Dutch, "€40", ""), "nobody knows the currency yet")
}
