package console

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
)

// past lists refunds that have ended, some at a time; one of them does not answer.
type past struct {
	ended  []refund.Refund
	silent int64
	asked  recorder.RefundFilter
}

func (a *past) Refunds(_ context.Context, f recorder.RefundFilter, page []byte, _ int) (all []recorder.ListedRefund, next []byte, err error) {
	a.asked = f
	from, to := len(page), min(len(page)+70, len(a.ended))
	for _, r := range a.ended[from:to] {
		all = append(all, recorder.ListedRefund{RefundRef: contract.RefundRef{Integration: r.Integration, ReturnID: r.ReturnID}})
	}
	if to == len(a.ended) {
		to = 0
	}
	return all, make([]byte, to), nil
}

func (a *past) Refund(_ context.Context, of contract.RefundRef) (refund.Refund, bool, error) {
	if of.ReturnID == a.silent {
		return refund.Refund{}, false, errors.New("the worker restarts")
	}
	for _, r := range a.ended {
		if r.ReturnID == of.ReturnID {
			return r, true, nil
		}
	}
	return refund.Refund{}, false, nil
}

func TestRefundsThatEndedAreExportedALineEach(t *testing.T) {
	from := &past{}
	for i := range 250 {
		r := paid(t)
		r.ReturnID = int64(7000 + i)
		from.ended = append(from.ended, r)
	}
	var out, told bytes.Buffer
	chosen := recorder.RefundFilter{EndedBefore: nine.AddDate(0, 1, 0)}
	require.NoError(t, exportRefunds(t.Context(), &out, &told, from, chosen, false))
	require.Equal(t, chosen, from.asked)
	require.Equal(t, 250, strings.Count(out.String(), "\n"))
	require.Equal(t, "Refunds exported: 250. They ended before 2026-12-02 09:00:00 UTC.\n", told.String())
	for _, personal := range []string{"Jane Doe", "jane.doe@example.com", "Main Street"} {
		require.NotContains(t, out.String(), personal)
	}
	require.Contains(t, say(t, []string{"refunds", "verify", savedAs(t, out.String())}), "The decision logs of 250 refunds are intact.")

	out.Reset()
	from.silent = 7003
	require.EqualError(t, exportRefunds(t.Context(), &out, &told, from, chosen, true),
		"refunds that did not answer: 1. Run the export again: my-shop/7003: the worker restarts")
	require.Equal(t, 249, strings.Count(out.String(), "\n"))
	require.Contains(t, out.String(), "jane.doe@example.com")
}

func TestAnExportIsOfRefundsThatHaveEnded(t *testing.T) {
	now := nine.AddDate(0, 1, 0)
	chosen, err := endedRefunds("2026-10-01", "2026-11-01", "paid", "my-shop", now)
	require.NoError(t, err)
	require.Equal(t, recorder.RefundFilter{
		Integration: "my-shop", State: refund.Paid,
		EndedSince: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), EndedBefore: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
	}, chosen)
	chosen, err = endedRefunds("", "", "", "", now)
	require.NoError(t, err)
	require.Equal(t, recorder.RefundFilter{EndedBefore: now.Add(-10 * time.Minute)}, chosen, "what has just ended may not be listed yet")

	_, err = endedRefunds("soon", "later", "paying", "My Shop", now)
	for _, fault := range []string{"--since:", "--until:", `--state: no refund ends as "paying": choose one of`, "--integration:"} {
		require.ErrorContains(t, err, fault, "all at once")
	}
	_, err = endedRefunds("2026-11-01", "2026-11-01", "", "", now)
	require.ErrorContains(t, err, "--since is not before --until")
}
