package console

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/policy"
)

func TestATokenIsPrintedOnceWithWhatThePolicyHolds(t *testing.T) {
	said := say(t, []string{"token", "anna", "--days", "90"})
	token := regexp.MustCompile(`\n  (wbt_[a-z2-7]{32})\n`).FindStringSubmatch(said)
	require.Len(t, token, 2, said)
	require.Equal(t, 1, strings.Count(said, token[1]))
	sum := sha256.Sum256([]byte(token[1]))
	require.Contains(t, said, "under people.anna:\n")
	require.Contains(t, said, "\n    token_sha256: "+hex.EncodeToString(sum[:])+"\n")
	expires, err := time.Parse(time.DateOnly, regexp.MustCompile(`\n    token_expires: (.*)\n`).FindStringSubmatch(said)[1])
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().AddDate(0, 0, 90), expires, 25*time.Hour)
	require.NotContains(t, say(t, []string{"token", "anna"}), token[1], "each is another")
}

// linesFor are the lines for the policy, one below the other.
func linesFor(said, person string) string {
	_, after, _ := strings.Cut(said, "under people."+person+":\n\n")
	lines, _, _ := strings.Cut(after, "\n\n")
	return lines + "\n"
}

func TestThePolicyKnowsAPersonByWhatTokenPrinted(t *testing.T) {
	for _, name := range []string{"anna", "Anna de Vries-O'Brien", "J.R. Smith Jr."} {
		said := say(t, []string{"token", name, "--days", "1"})
		token := regexp.MustCompile(`wbt_\w+`).FindString(said)
		lines := linesFor(said, name)
		book, err := policy.Parse("waybill.yaml", []byte("people:\n  "+name+":\n    email: anna@shop.example\n    role: approver\n"+lines))
		require.NoError(t, err)
		who, err := policy.ByToken(book.People("my-shop"), token, time.Now())
		require.NoError(t, err)
		require.Equal(t, name, who.Name)
		require.False(t, who.TokenReadOnly)
		_, err = policy.ByToken(book.People("my-shop"), token, time.Now().AddDate(0, 0, 1))
		require.ErrorIs(t, err, policy.ErrTokenExpired)
	}
}

func TestTheLineForAPersonWhoIsWrittenOnOneSaysTheSame(t *testing.T) {
	for _, args := range [][]string{{"token", "anna"}, {"token", "anna", "--read-only"}} {
		said := say(t, args)
		line := regexp.MustCompile(`\n    (, token_sha256: .*)\n`).FindStringSubmatch(said)
		require.Len(t, line, 2, said)
		book, err := policy.Parse("waybill.yaml", []byte("people:\n  anna: {email: anna@shop.example, role: approver"+line[1]+"}\n"))
		require.NoError(t, err)
		who, err := policy.ByToken(book.Everybody(), regexp.MustCompile(`wbt_\w+`).FindString(said), time.Now())
		require.NoError(t, err)
		require.Equal(t, "anna", who.Name)
		require.False(t, who.TokenExpires.IsZero())
		require.Equal(t, len(args) == 3, who.TokenReadOnly)
	}
}

func TestTokenReportsAllFaultsAtOnce(t *testing.T) {
	said := start(t, []string{"token", "--days", "0"})
	require.Contains(t, said, "name the person of the policy, as in: waybill token anna")
	require.Contains(t, said, "--days: 0 is not allowed: write a number from 1 to 3650")
	for _, name := range []string{"", " anna", "an\nna", "a/b", strings.Repeat("x", 61)} {
		require.Contains(t, start(t, []string{"token", name}), "is not allowed: write a name of at most 60 letters")
	}
	require.Contains(t, start(t, []string{"token", "anna", "--days", "3651"}), "--days: 3651")
}

func TestATokenCanBeMadeThatOnlyReads(t *testing.T) {
	said := say(t, []string{"token", "--read-only", "anna"})
	lines := linesFor(said, "anna")
	book, err := policy.Parse("waybill.yaml", []byte("people:\n  anna:\n    email: anna@shop.example\n    role: approver\n"+lines))
	require.NoError(t, err)
	who, err := policy.ByToken(book.Everybody(), regexp.MustCompile(`wbt_\w+`).FindString(said), time.Now())
	require.NoError(t, err)
	require.True(t, who.TokenReadOnly)
}
