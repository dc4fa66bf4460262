package recorder

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/search"
)

// A customer may order from another shop more often than can be listed.
func TestWhatOthersShippedHidesNothing(t *testing.T) {
	keys := search.Keys{[]byte(strings.Repeat("k", 32))}
	terms := keys.Index(false).Of(search.Words{Order: "1042", Email: "jane.doe@example.com"})
	of := func(integration string, id int) listedWorkflow {
		return listedWorkflow{fmt.Sprintf("parcel:%s:%d", integration, id), map[string]string{
			contract.Integration.Name: integration, contract.OrderNumber.Name: terms.Order, contract.Recipient.Name: terms.Recipient,
		}}
	}
	l := &lists{}
	for id := range 60 {
		l.all = append(l.all, of("other", id+1))
	}
	l.all = append(l.all, of("demo", 7), listedWorkflow{"parcel:demo:8", nil})
	r := listing(t, l)
	for typed, want := range map[string]int64{"1042": 7, "jane.doe@example.com": 7, "7": 7, "demo/7": 7, "parcel:demo:7": 7, "8": 8} {
		found, err := r.Find(t.Context(), typed, keys, []string{"demo"})
		require.NoError(t, err)
		require.Len(t, found.Parcels, 1, typed)
		require.Equal(t, want, found.Parcels[0].ID)
		require.False(t, found.More, "of others, nothing is said: %s", typed)
	}
	found, err := r.Find(t.Context(), "1042", keys, nil)
	require.NoError(t, err)
	require.Empty(t, found.Parcels, "no integration is not all of them")
}

// What people type is a word and never part of a query.
func TestWhatIsTypedIsNoQuery(t *testing.T) {
	keys := search.Keys{[]byte(strings.Repeat("k", 32))}
	l := &lists{all: []listedWorkflow{{"parcel:demo:7", map[string]string{contract.Integration.Name: "demo", contract.OrderNumber.Name: "1042"}}}}
	r := listing(t, l)
	for _, typed := range []string{
		"'", "\"", `\`, "' OR 1 = 1 --", "') OR WorkflowId IN ('parcel:demo:7", "x' OR '1' = '1", "demo/7' OR 'a", "parcel:demo:7' OR '", "`x`", "a@b' OR '1",
		"\x00", "\u202e", "(", "%", "_", "*", strings.Repeat("9", 10_000), strings.Repeat("'", 10_000), strings.Repeat("@", 10_000), "integration/", "/", " ", "=", "#",
		"\xff\xfe", "ʼ", "＇", "′", "demo 7 OR", "demo/-7", "demo/007", "demo/99999999999999999999",
	} {
		found, err := r.Find(t.Context(), typed, keys, []string{"demo"})
		require.NoError(t, err, "%.40q", typed)
		require.Empty(t, found.Parcels, "%.40q", typed)
	}
}
