package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/contract"
)

func TestAMarkTellsTheSameOrderFromAnotherOneUnderTheSameKey(t *testing.T) {
	mark := contract.OnceMark("anna", "key-1", "approve", []byte(`{}`))
	require.Equal(t, mark, contract.OnceMark("anna", "key-1", "approve", []byte(`{}`)))
	require.NotContains(t, mark, "anna")
	require.NotContains(t, mark, "key-1")
	require.Less(t, len(mark), 200, "parcels note no more")
	for _, other := range []string{
		contract.OnceMark("anna", "key-1", "approve", []byte(`{"why":"x"}`)), contract.OnceMark("anna", "key-1", "withdraw", []byte(`{}`)),
	} {
		require.NotEqual(t, mark, other)
		require.Equal(t, contract.OnceID(mark), contract.OnceID(other))
		require.Equal(t, other, contract.SameKey([]string{"a proof", contract.OnceBatch("n"), other}, mark))
	}
	for _, other := range []string{contract.OnceMark("ben", "key-1", "approve", []byte(`{}`)), contract.OnceMark("anna", "key-2", "approve", []byte(`{}`))} {
		require.NotEqual(t, contract.OnceID(mark), contract.OnceID(other))
		require.Empty(t, contract.SameKey([]string{other}, mark))
	}
	for _, none := range []string{"", contract.OnceBatch("n"), "a nonce", "a/b"} {
		require.Empty(t, contract.OnceID(none))
		require.Empty(t, contract.SameKey([]string{none}, none))
	}
}
