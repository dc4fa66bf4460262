package parcel

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryZoneOfTheTableExists(t *testing.T) {
	for country, names := range zones {
		require.Len(t, country, 2)
		require.NotEmpty(t, names, country)
		for _, name := range names {
			_, err := time.LoadLocation(name)
			require.NoError(t, err, country)
		}
	}
}
