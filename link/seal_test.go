package link_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatIsSealedIsReadByAHolderOfTheKeysForOnePurpose(t *testing.T) {
	before, during, after := keys(t, oldKey), keys(t, newKey, oldKey), keys(t, newKey)
	sealed := before.Seal("a form", []byte("The mug has a crack."))
	require.NotContains(t, sealed, "mug")
	require.NotEqual(t, sealed, before.Seal("a form", []byte("The mug has a crack.")), "no two are the same")
	text, ok := during.Unseal("a form", sealed)
	require.True(t, ok)
	require.Equal(t, "The mug has a crack.", string(text))
	for name, unseal := range map[string]func() ([]byte, bool){
		"another key":     func() ([]byte, bool) { return after.Unseal("a form", sealed) },
		"no key":          func() ([]byte, bool) { return keys(t).Unseal("a form", sealed) },
		"another purpose": func() ([]byte, bool) { return before.Unseal("a session", sealed) },
		"a bit more":      func() ([]byte, bool) { return before.Unseal("a form", sealed+"A") },
		"cut off":         func() ([]byte, bool) { return before.Unseal("a form", sealed[:20]) },
		"nothing":         func() ([]byte, bool) { return before.Unseal("a form", "") },
		"no base64":       func() ([]byte, bool) { return before.Unseal("a form", "?"+sealed) },
	} {
		_, ok := unseal()
		require.False(t, ok, name)
	}
}
