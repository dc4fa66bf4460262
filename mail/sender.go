package mail

import (
	"cmp"
	"errors"
	netmail "net/mail"
	"strings"
)

// ParseSender reads a sender: "Example Shop <tracking@shop.example>", or the address
// alone, to write in each shop's name at Sendcloud.
func ParseSender(s string) (netmail.Address, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil {
		return netmail.Address{}, errors.New("it is not of the form Shop Name <address@domain>")
	}
	return *a, nil
}

// Signature is the name in which a shop's mails are written: from the policy, else the
// sender's, else from Sendcloud, else the sender's domain.
func Signature(sender netmail.Address, shop Shop) string {
	domain := sender.Address[strings.LastIndexByte(sender.Address, '@')+1:]
	return clean(cmp.Or(shop.Called, sender.Name, shop.Name, domain), mostName)
}
