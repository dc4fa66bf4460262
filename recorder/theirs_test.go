package recorder

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/search"
)

func TestWhatIsOnePersonsIsFoundByTheMailAddressAndTheOrders(t *testing.T) {
	old, newer := []byte(strings.Repeat("o", 32)), []byte(strings.Repeat("n", 32))
	listed := func(id string, keys search.Keys, w search.Words) listedWorkflow {
		terms := keys.Index(false).Of(w)
		lists := map[string]string{contract.Integration.Name: strings.Split(id, ":")[1]}
		for _, of := range []struct {
			field contract.SearchAttribute
			term  string
		}{{contract.OrderNumber, terms.Order}, {contract.Recipient, terms.Recipient}} {
			if of.term != "" {
				lists[of.field.Name] = of.term
			}
		}
		return listedWorkflow{id, lists}
	}
	jane, joe := "jane.doe@example.com", "joe@example.com"
	now := search.Keys{newer}
	l := &lists{all: []listedWorkflow{
		listed("parcel:demo:1", now, search.Words{Order: "1042", Email: jane}),
		listed("parcel:demo:2", search.Keys{old}, search.Words{Order: "1043", Email: strings.ToUpper(jane)}),
		listed("parcel:demo:3", now, search.Words{Order: "1042"}), // a return parcel lists no address
		listed("parcel:demo:4", now, search.Words{Order: "1043", Email: joe}),
		listed("parcel:other:5", now, search.Words{Order: "1042"}), // another shop numbers its own orders
		listed("parcel:demo:6", now, search.Words{Order: "2000", Email: joe}),
		listed("refund:demo:7", now, search.Words{Order: "1043"}),
		listed("refund:demo:8", now, search.Words{Email: jane}), // its order is not known: no other is its
		listed("parcel:demo:9", now, search.Words{}),
	}}
	stray := listed("parcel:demo:10", now, search.Words{Email: jane})
	stray.lists[contract.Integration.Name] = "other"
	named := listed("random:demo:10", now, search.Words{Email: jane})
	l.all = append(l.all, stray, named)
	r, keys := listing(t, l), search.Keys{newer, old}

	found, err := r.Theirs(t.Context(), "Jane.Doe@example.com ", keys, []string{"demo", "other"})
	require.NoError(t, err)
	require.Equal(t, Theirs{
		Parcels: []contract.ParcelRef{{Integration: "demo", ID: 1}, {Integration: "demo", ID: 2}, {Integration: "demo", ID: 3}},
		Refunds: []contract.RefundRef{{Integration: "demo", ReturnID: 8}, {Integration: "demo", ReturnID: 7}},
		Others:  []string{"parcel:demo:4"},
	}, found)

	found, err = r.Theirs(t.Context(), "#1042", keys, []string{"demo"})
	require.NoError(t, err)
	require.Equal(t, Theirs{Parcels: []contract.ParcelRef{{Integration: "demo", ID: 1}, {Integration: "demo", ID: 3}}}, found, "one order only, also without a key")

	for _, none := range []string{"nobody@example.com", "9999", "", "' OR 1 = 1", "@"} {
		found, err = r.Theirs(t.Context(), none, keys, []string{"demo"})
		require.NoError(t, err, none)
		require.Empty(t, found, none)
	}
	_, err = r.Theirs(t.Context(), jane, nil, []string{"demo"})
	require.ErrorIs(t, err, search.ErrNoKey)
	found, err = r.Theirs(t.Context(), jane, keys, nil)
	require.NoError(t, err)
	require.Empty(t, found, "no integration is not all of them")
}

func TestMoreThanOnePersonHasIsNotTheirs(t *testing.T) {
	l := &lists{}
	for id := range mostTheirs + 1 {
		l.all = append(l.all, listedWorkflow{fmt.Sprintf("parcel:demo:%d", id+1), map[string]string{contract.Integration.Name: "demo", contract.OrderNumber.Name: "1042"}})
	}
	_, err := listing(t, l).Theirs(t.Context(), "1042", nil, []string{"demo"})
	require.ErrorIs(t, err, ErrTooMany)
}
