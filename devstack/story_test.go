package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel/story"
)

func TestEveryStoryCanBePlayed(t *testing.T) {
	const folder = "../parcel/testdata/stories"
	stories, err := story.ReadAll(os.DirFS(folder))
	require.NoError(t, err)
	for name, told := range stories {
		require.NotEmpty(t, told.About, name)
		chosen, err := choose([]string{name}, folder, time.Now())
		require.NoError(t, err)
		require.NotNil(t, chosen[0].story, "%s is the name of a journey too", name)
		require.Len(t, chosen[0].journey.Steps, len(told.Scans()), name)
	}
	_, err = choose([]string{"no-such-story"}, folder, time.Now())
	require.ErrorContains(t, err, `there is no journey "no-such-story", nor a story of that name`)
}
