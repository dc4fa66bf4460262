package link_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/link"
)

var now = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func keys(t *testing.T, lines ...string) link.Keys {
	t.Helper()
	k, err := link.ParseKeys(strings.Join(lines, "\n"))
	require.NoError(t, err)
	return k
}

var (
	oldKey = strings.Repeat("o", 32)
	newKey = strings.Repeat("n", 32)
)

func sample(k link.Keys) link.Link {
	return link.Link{Purpose: link.Decide, Subject: "refund:demo:42", Person: k.Person("anna"), Nonce: "7", Until: now.Add(time.Hour).Unix()}
}

func TestALinkIsWhatWasSigned(t *testing.T) {
	k := keys(t, newKey)
	token := k.Sign(sample(k))
	got, err := k.Open(token, link.Decide, now)
	require.NoError(t, err)
	require.Equal(t, sample(k), got)
	require.True(t, k.IsPerson(got.Person, "anna"))
	require.False(t, k.IsPerson(got.Person, "ben"))
	require.NotContains(t, token, "anna")
}

func TestALinkEnds(t *testing.T) {
	k := keys(t, newKey)
	token := k.Sign(sample(k))
	_, err := k.Open(token, link.Decide, now.Add(time.Hour-time.Second))
	require.NoError(t, err)
	_, err = k.Open(token, link.Decide, now.Add(time.Hour))
	require.ErrorIs(t, err, link.ErrExpired)
}

func TestALinkIsForOnePurpose(t *testing.T) {
	k := keys(t, newKey)
	for _, purpose := range []link.Purpose{link.SignIn, link.Session, ""} {
		_, err := k.Open(k.Sign(sample(k)), purpose, now)
		require.ErrorIs(t, err, link.ErrInvalid)
	}
}

// No character of a token can be changed, left out or added.
func TestATamperedTokenIsRefused(t *testing.T) {
	k := keys(t, newKey)
	token := k.Sign(sample(k))
	for i := range token {
		for _, other := range []string{token[:i] + token[i+1:], token[:i] + "A" + token[i:], token[:i] + string(token[i]^1) + token[i+1:], token[:i]} {
			_, err := k.Open(other, link.Decide, now)
			require.ErrorIs(t, err, link.ErrInvalid, other)
		}
	}
	for _, other := range []string{"", ".", token + ".", token + "=", token + "\n", strings.Repeat("A", 1<<20)} {
		_, err := k.Open(other, link.Decide, now)
		require.ErrorIs(t, err, link.ErrInvalid)
	}
}

func TestAKeyCanBeChanged(t *testing.T) {
	before, during, after := keys(t, oldKey), keys(t, newKey, "", oldKey), keys(t, newKey)
	token := before.Sign(sample(before))
	got, err := during.Open(token, link.Decide, now)
	require.NoError(t, err)
	require.True(t, during.IsPerson(got.Person, "anna"))
	_, err = after.Open(token, link.Decide, now)
	require.ErrorIs(t, err, link.ErrInvalid)
	_, err = after.Open(during.Sign(sample(during)), link.Decide, now)
	require.NoError(t, err, "the first key signs")
}

func TestWithoutAKeyNothingOpens(t *testing.T) {
	k := keys(t, newKey)
	none := keys(t, "\n")
	require.Empty(t, none)
	_, err := none.Open(k.Sign(sample(k)), link.Decide, now)
	require.ErrorIs(t, err, link.ErrInvalid)
	_, err = link.ParseKeys("short")
	require.ErrorContains(t, err, "openssl rand -hex 32")
	require.NotContains(t, err.Error(), "short")
}

func TestALinkKnowsWhenItWasMade(t *testing.T) {
	for purpose, lasts := range map[link.Purpose]time.Duration{link.Decide: 7 * 24 * time.Hour, link.SignIn: time.Hour, link.Session: 12 * time.Hour} {
		require.Equal(t, lasts, purpose.Lasts())
		made := link.Link{Purpose: purpose, Until: now.Add(lasts).Unix()}.Made()
		require.True(t, made.Equal(now), purpose)
		require.LessOrEqual(t, lasts, link.Longest())
	}
}

const within = 5 * time.Minute

func TestAProofIsOfOneTextUnderAnyKeyForSomeMinutes(t *testing.T) {
	before, during, after := keys(t, oldKey), keys(t, newKey, oldKey), keys(t, newKey)
	proof := before.Prove("approve", now)
	require.NotEqual(t, proof, before.Prove("approve", now), "each is unique")
	require.True(t, before.Proves(proof, "approve", now, within))
	require.True(t, during.Proves(proof, "approve", now, within), "any key verifies")
	require.True(t, after.Proves(during.Prove("approve", now), "approve", now, within), "the first key signs")
	require.False(t, after.Proves(proof, "approve", now, within))
	require.False(t, link.Keys{}.Proves(proof, "approve", now, within))
	require.False(t, before.Proves(proof, "reject", now, within))
	for _, skew := range []time.Duration{-within, within} {
		require.True(t, before.Proves(proof, "approve", now.Add(skew), within))
		require.False(t, before.Proves(proof, "approve", now.Add(skew+skew/300), within))
	}
}

// The last key can be taken away while an order is on its way.
func TestWithoutAKeyNothingIsProven(t *testing.T) {
	require.Empty(t, link.Keys{}.Prove("approve", now))
	require.False(t, keys(t, newKey).Proves("", "approve", now, within))
	require.False(t, link.Keys{}.Proves(keys(t, newKey).Prove("approve", now), "approve", now, within))
}

func TestATamperedProofIsRefused(t *testing.T) {
	k := keys(t, newKey)
	proof := k.Prove("approve", now)
	for i := range proof {
		for _, other := range []string{proof[:i] + proof[i+1:], proof[:i] + "A" + proof[i:], proof[:i] + string(proof[i]^1) + proof[i+1:], proof[:i]} {
			require.False(t, k.Proves(other, "approve", now, within), other)
		}
	}
	for _, other := range []string{"", ".", "..", proof + ".", proof + "=", proof + "\n", k.Sign(sample(k))} {
		require.False(t, k.Proves(other, "approve", now, within), other)
	}
	_, err := k.Open(proof, link.Decide, now)
	require.ErrorIs(t, err, link.ErrInvalid, "a proof is no link")
}
