package search_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/search"
)

func keys(lines ...string) search.Keys {
	var k search.Keys
	for _, line := range lines {
		k = append(k, []byte(line))
	}
	return k
}

var (
	oldKey = strings.Repeat("o", 32)
	newKey = strings.Repeat("n", 32)
	words  = search.Words{Order: "#1042", Tracking: "3syz 123", Email: " Jane.Doe@Example.com"}
)

func TestNumbersAreListedAsPeopleCompareThem(t *testing.T) {
	for written, number := range map[string]string{
		"#1042": "1042", " 1042 ": "1042", "3SYZ 1234 5678": "3SYZ12345678", "jvgl06\u00a012": "JVGL0612",
		"a\x00b\u200bc": "ABC", "O'Hara\"": "OHARA", "\xff1042": "1042", "Bestellung-ä": "BESTELLUNG-Ä", "##=": "",
		strings.Repeat("ü", 300): strings.Repeat("Ü", 100),
	} {
		require.Equal(t, number, search.Number(written), written)
		require.Equal(t, number, search.Number(number), "Number changes nothing in its own result")
	}
}

func TestAMailAddressIsListedAsADigestOnly(t *testing.T) {
	terms := keys(newKey).Index(false).Of(words)
	require.Equal(t, "1042", terms.Order)
	require.Equal(t, "3SYZ123", terms.Tracking)
	require.NotContains(t, strings.ToLower(terms.Recipient), "jane")
	require.Len(t, terms.Recipient, 21)
	require.Equal(t, []string{terms.Recipient}, keys(newKey).Find("jane.doe@example.com").Recipient)
	require.Empty(t, keys(newKey).Find("jane.doe@example.com").Order)
	require.NotEqual(t, terms.Recipient, keys(oldKey).Index(false).Of(words).Recipient)
}

func TestWithoutAKeyNothingIsListedThatNeedsOne(t *testing.T) {
	require.Equal(t, search.Terms{Order: "1042", Tracking: "3SYZ123"}, keys().Index(false).Of(words))
	require.Equal(t, search.Terms{}, keys().Index(true).Of(words))
	require.Equal(t, search.Terms{}, search.Index(nil).Of(words))
	require.Empty(t, keys().Find("jane.doe@example.com"))
}

func TestKeyedNumbersAreFoundAsWellAsThoseInClear(t *testing.T) {
	k := keys(newKey)
	keyed, clear := k.Index(true).Of(words), k.Index(false).Of(words)
	require.NotContains(t, keyed.Order, "1042")
	require.NotEqual(t, k.Index(true).Of(search.Words{Order: "7", Tracking: "7"}).Order, k.Index(true).Of(search.Words{Order: "7", Tracking: "7"}).Tracking)
	found := k.Find("1042")
	require.Contains(t, found.Order, keyed.Order)
	require.Contains(t, found.Order, clear.Order)
	require.Contains(t, k.Find("3SYZ 123").Tracking, keyed.Tracking)
	require.Empty(t, k.Find(" # ").Order)
}

func TestAKeyCanBeChangedWhileParcelsAreUnderWay(t *testing.T) {
	before := keys(oldKey).Index(true).Of(words)
	found := keys(newKey, oldKey).Find("#1042")
	require.Contains(t, found.Order, before.Order)
	require.Contains(t, keys(newKey, oldKey).Find("jane.doe@example.com").Recipient, before.Recipient)
}
