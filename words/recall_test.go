package words

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recordedHere are some of the texts that records of refunds have.
var recordedHere = NewRecord(map[string]Blank{
	"Reason":   {Lists: []string{"refund_reason"}, Else: Name},
	"Kind":     {Lists: []string{"kind"}, Else: Name},
	"Why":      {Lists: []string{"refund.pay", "ground.panel_unknown"}},
	"Age":      {Lists: []string{"span"}},
	"Currency": {Else: Name},
	"Order":    {Else: Name},
	"Refund":   {Else: Name},
	"Refunds":  {Else: Name},
	"Fault":    {Else: Prose},
	"Day":      {Else: OnDay},
	"State":    {Lists: []string{"refund_state"}},
	"At":       {},
}, "ground", "recorded.silent", "recorded.handled")

func TestARecordedSentenceIsPutIntoTheWordsOfItsReader(t *testing.T) {
	german := Reader{Language: German}
	for recorded, want := range map[string]string{
		"the reason is not known":                                                       "der Grund ist nicht bekannt",
		"EUR 1234.50 is more than EUR 50":                                               "der Betrag (1.234,50\u00a0€) liegt über der Grenze für automatische Genehmigungen (50\u00a0€)",
		"the reason is wrong size":                                                      "nach den Einstellungen entscheidet bei diesem Grund eine Person: falsche Größe",
		"the reason is too blue":                                                        "nach den Einstellungen entscheidet bei diesem Grund eine Person: too blue",
		"EUR 80.00 is more than the EUR 50.00 that is left of the order":                Reader{Language: German}.Say("refund.pay.more_than_left", "Amount", Amount{"80.00", "EUR"}, "Left", Amount{"50.00", "EUR"}),
		"the order is more than 1 day old":                                              "die Bestellung ist mehr als 1 Tag alt",
		"the order is more than 30 days old":                                            "die Bestellung ist mehr als 30 Tage alt",
		"the order is an hour old":                                                      "die Bestellung ist eine Stunde alt",
		"the customer wants credit instead of money":                                    "der Kunde möchte kein Geld, sondern: Gutschrift",
		"handled on 3 November 2026, as paid elsewhere":                                 "am 3. November 2026 bearbeitet, mit dem Status: anderweitig ausgezahlt",
		"the shop's endpoint did not answer (time-out)":                                 "das Zahlungssystem des Shops hat nicht geantwortet (time-out)",
		"it is not known whether the return was refunded in Sendcloud's panel":          german.Say("ground.panel_unknown"),
		"the rules approved 10 refunds in 24 hours":                                     german.Say("ground.today", "Most", 10),
		"the customer had more than 2 refunds in 90 days":                               german.Say("ground.many", "Most", 2, "Days", 90),
		"the order was paid in EUR and the refund is in GBP":                            german.Say("refund.pay.currencies", "Order", "EUR", "Refund", "GBP"),
		"EUR 80.00 is more than the EUR 50.00 that is left of the order, unless it was": "",
		"handled on 31 February 2026, as paid":                                          "",
		"the order is more than EUR 5 days old":                                         "",
		"a lot is more than nothing":                                                    "",
		"the reason is ":                                                                "",
		"The reason is not known":                                                       "",
	} {
		text := recordedHere.Recall(recorded)
		require.Equal(t, recorded, text.String(), "what is recorded stays")
		if want == "" {
			require.Equal(t, Verbatim(recorded), text)
			continue
		}
		require.NotEmpty(t, text.Key, recorded)
		require.Equal(t, want, german.Tell(text), recorded)
	}
	require.Nil(t, recordedHere.Recall(""))
}

func TestJoinedPartsAreRecalledOneByOne(t *testing.T) {
	record := NewRecord(nil, "recorded.fact", "recorded.panel_silent", "recorded.and_unknown_parcel")
	silent := Say("recorded.panel_silent").String()
	require.Equal(t, []*Text{
		Say("recorded.fact.amount"), Verbatim("a, b"), Say("recorded.fact.order value"), Say("recorded.panel_silent"), Say("recorded.and_unknown_parcel"), Verbatim("c"),
	}, record.Parts("amount, a, b, order value, "+silent+", and Sendcloud does not know the parcel that was sent, c", ", "))
	require.Equal(t, []*Text{Say("ground.reason", "Reason", "too blue"), Say("ground.no_amount")}, recordedHere.Parts("the reason is too blue; the amount is not known", "; "))
	long := strings.Repeat("amount, ", 10*mostParts)
	require.Equal(t, long, Say("all", "All", Series(record.Parts(long+"x", ", "))).String()[:len(long)])
}

func FuzzWhatIsRecordedStays(f *testing.F) {
	for _, seed := range []string{"EUR 80.00 is more than EUR 50.00", "the order is more than 007 days old", "handled on 1 January 2026, as paid", "\xff; a", "EUR 1 is more than the EUR 2 that is left of the order", "{{.Why}}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, recorded string) {
		if text := recordedHere.Recall(recorded); text.String() != recorded {
			t.Errorf("%q became %q", recorded, text)
		}
		for _, language := range Languages() {
			Reader{Language: language}.Tell(recordedHere.Recall(recorded))
		}
		parts := Say("all", "All", Series(recordedHere.Parts(recorded, ", "))).String()
		if parts != strings.TrimSpace(recorded) {
			t.Errorf("%q became %q", recorded, parts)
		}
	})
}
