package worker

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/policy"
)

// counted are lists with parked mails of one integration, and what its workflow knows of them.
type counted struct {
	parked int
	known  contract.IntegrationState
	told   int
	// silent are integrations whose workflows do not answer.
	silent []string
}

func (c *counted) ParcelsNeeding(context.Context) (map[string]map[contract.Attention]contract.Needing, error) {
	return map[string]map[contract.Attention]contract.Needing{"demo": {"mail parked": {Count: c.parked}}}, nil
}

func (c *counted) Integrations(context.Context) ([]string, error) {
	return append([]string{"demo"}, c.silent...), nil
}

func (c *counted) Integration(_ context.Context, name string) (contract.IntegrationState, bool, error) {
	if slices.Contains(c.silent, name) {
		return contract.IntegrationState{}, false, context.DeadlineExceeded
	}
	return c.known, true, nil
}

// CountedParcels leaves out an older count, as the workflow does.
func (c *counted) CountedParcels(_ context.Context, _ string, count contract.ParcelCount) error {
	if c.told++; count.At.After(c.known.CountedAt) {
		c.known.CountedAt, c.known.Needing = count.At, map[contract.Attention]contract.NeedingNow{}
		for why, needing := range count.Needing {
			c.known.Needing[why] = contract.NeedingNow{Needing: needing}
		}
	}
	return nil
}

func censusOf(t *testing.T, c *counted) *census {
	t.Helper()
	keeper, err := policy.Keep("")
	require.NoError(t, err)
	return newCensus(c, keeper, slog.New(slog.DiscardHandler))
}

// A worker whose clock is ahead, or was until it was set right, has told of a count that looks newer.
func TestACountThatWasNotTakenIsToldAgain(t *testing.T) {
	c := &counted{parked: 5, known: contract.IntegrationState{CountedAt: time.Now().Add(time.Hour)}}
	census := censusOf(t, c)
	require.NoError(t, census.count(t.Context()))
	require.Empty(t, c.known.Needing, "it seems to be of an hour ago")
	c.known.CountedAt = time.Now().Add(-time.Second) // an hour later
	require.NoError(t, census.count(t.Context()))
	require.Equal(t, 5, c.known.Needing["mail parked"].Count)
	for range 3 {
		require.NoError(t, census.count(t.Context()))
	}
	require.Equal(t, 2, c.told, "what is known is not told")
}

func TestAnIntegrationThatDoesNotAnswerKeepsNoOtherFromBeingTold(t *testing.T) {
	c := &counted{parked: 5, silent: []string{"a", "b", "x", "y", "z"}}
	census := censusOf(t, c)
	require.ErrorContains(t, census.count(t.Context()), "report to z how many")
	require.Equal(t, 5, c.known.Needing["mail parked"].Count)
	c.parked, c.known.CountedAt = 0, time.Time{}
	require.Error(t, census.count(t.Context()))
	require.Zero(t, c.known.Needing["mail parked"].Count)
}
