package parcel_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

func TestOnlyAnAddressIsANewAddress(t *testing.T) {
	p := parcel.Parcel{}
	for _, email := range []string{"jane.doe@example.com", "jörg@müller.example", "a+b@c.example", `o'neill@example.com`} {
		require.NoError(t, p.MayChangeRecipient(email, "fr"), email)
	}
	for _, email := range []string{
		"", "jane", "@example.com", "jane@", "jane@doe@example.com", "Jane <jane@example.com>", "jane@example.com, joe@example.com",
		"jane doe@example.com", "jane@example.com\r\nBcc: joe@example.com", strings.Repeat("a", 250) + "@example.com",
	} {
		err := p.MayChangeRecipient(email, "")
		require.Error(t, err, email)
		require.NotContains(t, err.Error(), "joe")
	}
	require.ErrorContains(t, p.MayChangeRecipient("jane.doe@example.com", "xx"), "write one of [en nl de fr es it]")
	p.Facts.IsReturn = true
	require.ErrorContains(t, p.MayChangeRecipient("jane.doe@example.com", ""), "merchant")
}

func TestTheRecordOfOrdersStaysSmall(t *testing.T) {
	p := parcel.Parcel{}
	for range 200 {
		p.Note(parcel.OrderEntry{At: time.Now(), What: "PauseMails", Why: strings.Repeat("ü", 1000)})
	}
	require.Len(t, p.Orders, 50)
	require.Len(t, []rune(p.Orders[0].Why), 200)
}
