package sendgrid_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/mail/sendgrid"
)

type vector struct {
	Name, Signature, Timestamp, Expect string
	PublicKey                          string `json:"public_key"`
	BodyFile                           string `json:"body_file"`
}

// TestEverySignatureHasItsVerdict has the official vectors, and what must never
// pass.
func TestEverySignatureHasItsVerdict(t *testing.T) {
	raw, err := os.ReadFile("testdata/signed/vectors.json")
	require.NoError(t, err)
	var file struct{ Vectors []vector }
	require.NoError(t, json.Unmarshal(raw, &file))
	require.Len(t, file.Vectors, 20)
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("testdata", "signed", v.BodyFile))
			require.NoError(t, err)
			seconds, _ := strconv.ParseInt(v.Timestamp, 10, 64)
			keys, err := sendgrid.ParseEventKeys(v.PublicKey)
			now := time.Unix(seconds, 0)
			good := err == nil && keys.Verify(v.Timestamp, body, v.Signature, now)
			switch v.Expect {
			case "accept":
				require.True(t, good)
				require.False(t, keys.Verify(v.Timestamp, body, v.Signature, now.Add(49*time.Hour)), "too old")
				require.False(t, keys.Verify(v.Timestamp, body, v.Signature, now.Add(-49*time.Hour)), "of the future")
			case "reject":
				require.False(t, good)
			default:
				require.Equal(t, "either", v.Expect)
			}
		})
	}
}

func TestSeveralEventKeysAreRead(t *testing.T) {
	raw, err := os.ReadFile("testdata/signed/vectors.json")
	require.NoError(t, err)
	var file struct{ Vectors []vector }
	require.NoError(t, json.Unmarshal(raw, &file))
	one, two, armoured := file.Vectors[0].PublicKey, file.Vectors[1].PublicKey, file.Vectors[len(file.Vectors)-1].PublicKey
	require.Contains(t, armoured, "BEGIN PUBLIC KEY")
	keys, err := sendgrid.ParseEventKeys("\n" + two + "\n  " + one + "\n" + armoured + "\n")
	require.NoError(t, err)
	require.Len(t, keys, 3)
	body, err := os.ReadFile("testdata/signed/official-single.body")
	require.NoError(t, err)
	require.True(t, keys.Verify("1600112502", body, file.Vectors[0].Signature, time.Unix(1600112502, 0)))
	keys, err = sendgrid.ParseEventKeys(" \n")
	require.NoError(t, err)
	require.Empty(t, keys)
	require.False(t, keys.Verify("1600112502", body, file.Vectors[0].Signature, time.Unix(1600112502, 0)))
	for _, s := range []string{"%%%", "aGVsbG8=", "-----BEGIN PUBLIC KEY-----\nnonsense"} {
		_, err := sendgrid.ParseEventKeys(s)
		require.ErrorContains(t, err, "copy the verification key", s)
	}
}
