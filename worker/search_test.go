package worker_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/search"
)

func TestNumbersAreNotListedUnderAKeyThatThereIsNot(t *testing.T) {
	for _, text := range []string{"search: keyed\n", "integrations:\n  my-shop:\n    search: keyed\n"} {
		c := sound(t)
		c.Policy = keep(t, text)
		require.ErrorContains(t, c.Validate(), "WAYBILL_SEARCH_KEYS is empty")
		c.Search = search.Keys{[]byte(strings.Repeat("k", 32))}
		require.NoError(t, c.Validate())
	}
}
