package mail_test

import (
	netmail "net/mail"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/mail"
)

func TestParseSender(t *testing.T) {
	a, err := mail.ParseSender("Example Shop <tracking@shop.example>")
	require.NoError(t, err)
	require.Equal(t, "Example Shop", a.Name)
	require.Equal(t, "tracking@shop.example", a.Address)
	a, err = mail.ParseSender("tracking@shop.example")
	require.NoError(t, err)
	require.Empty(t, a.Name)
	for _, s := range []string{"", "Example Shop", "<tracking>", "a@b, c@d"} {
		_, err := mail.ParseSender(s)
		require.Error(t, err, s)
	}
}

func TestWhoWrites(t *testing.T) {
	for _, c := range []struct{ name, sender, chosen, told, want string }{
		{"the merchant says what the shop is called", "Sender", "Example Shop", "API Integration", "Example Shop"},
		{"the sender has a name", "Example Shop", "", "API Integration", "Example Shop"},
		{"Sendcloud knows the shop", "", "", "Shop of the Integration", "Shop of the Integration"},
		{"nobody says", "", "", "", "shop.example"},
		{"a line break is no way out of a header", "Example\r\nShop", "", "", "Example Shop"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sender := netmail.Address{Name: c.sender, Address: "tracking@shop.example"}
			require.Equal(t, c.want, mail.Signature(sender, mail.Shop{Called: c.chosen, Name: c.told}))
		})
	}
}
