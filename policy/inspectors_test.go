package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/policy"
)

// names are those of people.
func names(people []policy.Person) (all []string) {
	for _, somebody := range people {
		all = append(all, somebody.Name)
	}
	return all
}

func TestAnInspectorDoesNotWorkOnTheDesk(t *testing.T) {
	book := parse(t, `
refunds: {mode: live}
people:
  Anna: {email: anna@shop.example, role: manager}
  Ida: {email: ida@shop.example, role: inspector}
integrations:
  my-shop: {mode: live}
`)
	for _, integration := range []string{"", "demo", "my-shop"} {
		require.Equal(t, []string{"Anna"}, names(book.People(integration)), integration)
	}
	require.Equal(t, []string{"Anna"}, names(book.Everybody()))
	require.Equal(t, []string{"Anna"}, names(book.Deciders()))
	require.Equal(t, []string{"Anna", "Ida"}, names(book.Named()))
	require.Len(t, book.For("my-shop").Refunds.People, 1)
}

// What Temporal stores belongs to no integration: who inspects it reads all of it.
func TestAnInspectorIsOneOfAllIntegrations(t *testing.T) {
	const says = "an inspector is named below people for all integrations, and has no other role in any"
	for name, text := range map[string]string{
		"of one integration":          "integrations:\n  my-shop:\n    people:\n      Ida: {email: ida@shop.example, role: inspector}\n",
		"a manager elsewhere":         "people: {Ida: {email: ida@shop.example, role: manager}}\nintegrations:\n  my-shop:\n    people:\n      Ida: {role: inspector}\n",
		"with another role elsewhere": "people: {Ida: {email: ida@shop.example, role: inspector}}\nintegrations:\n  my-shop:\n    people:\n      Ida: {role: manager}\n",
	} {
		_, err := policy.Parse("waybill.yaml", []byte(text))
		require.ErrorContains(t, err, "people.*.role: "+says, name)
		require.NotContains(t, err.Error(), ":0:", "it has a line")
	}
}
