package desk

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/ingress"
)

// Two orders under one key can come at once: Temporal follows the first one and gives both its
// answer. What was followed is what stands in the record.
func TestOfTwoOrdersUnderOneKeyTheOneThatWasFollowedIsToldSo(t *testing.T) {
	done, refused := ingress.Answer{Code: http.StatusOK, Outcome: "done"}, refusedFor(errSilent).Answer
	mark := contract.OnceMark("anna", "key-1", "approve", nil)
	other := contract.OnceMark("anna", "key-1", "withdraw", nil)
	for _, c := range []struct {
		name   string
		mark   string
		answer ingress.Answer
		noted  []string
		err    error
		want   ingress.Answer
	}{
		{"the first one", mark, done, []string{"a proof", mark}, nil, done},
		{"the same order again", mark, refused, []string{mark}, nil, done},
		{"another order that got the answer of the first", mark, done, []string{other}, nil, keyReused},
		{"another order that is refused after the first", mark, refused, []string{other}, nil, keyReused},
		{"a refusal of its own", mark, refused, nil, nil, refused},
		{"nobody says what was followed", mark, done, nil, errSilent, outcomeUnknown},
		{"a refusal, and nobody says what was followed", mark, refused, nil, errSilent, refused},
		{"no answer", mark, outcomeUnknown, []string{mark}, nil, outcomeUnknown},
		{"no key", "", done, []string{mark}, nil, done},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, underKey(c.mark, c.answer, func() ([]string, error) { return c.noted, c.err }))
		})
	}
}
