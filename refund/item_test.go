package refund_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

func TestTheItemsThatComeBackAreEvidence(t *testing.T) {
	p := live()
	r := refund.Refund{Integration: "demo", ReturnID: 7}
	asked := known(t, "EUR 80")
	asked.Items = []refund.Item{{Name: "a claim that anybody can make"}}
	r.Request(asked, p, monday)
	told := confirmed(known(t, "EUR 80"))
	told.Items = []refund.Item{
		{Name: "T-Shirt XL", Quantity: 3, Price: money(t, "EUR 33.10"), Reason: "Size too large", Message: "It fits my brother."},
		{Quantity: 1}, {Name: strings.Repeat("long", 1000)},
	}
	told.Items = append(told.Items, make([]refund.Item, 100)...)
	r.Gathered(told, "", p, monday)
	require.Len(t, r.Facts.Items, 50)
	lines := r.EvidenceLines()
	items := lines[slices.IndexFunc(lines, func(l refund.Line) bool { return l.Label.String() == "Items" })]
	require.False(t, items.Personal)
	require.True(t, strings.HasPrefix(items.Value.String(), "3 × T-Shirt XL (EUR 33.10 each): Size too large\n1 × an item without a name\nlonglong"), items.Value)
	require.NotContains(t, items.Value.String(), "anybody can make")
	require.Less(t, len(items.Value.String()), 5000)
	wrote := slices.IndexFunc(lines, func(l refund.Line) bool { return l.Label.String() == "The customer wrote about items" })
	require.Equal(t, "T-Shirt XL: It fits my brother.", lines[wrote].Value.String())
	require.True(t, lines[wrote].Personal)
}
