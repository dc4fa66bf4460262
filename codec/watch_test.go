package codec

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
)

func TestKeysAreReadAgain(t *testing.T) {
	var before, after Keys
	for id, into := range map[string]*Keys{"before": &before, "after": &after} {
		line, err := NewKey(id)
		require.NoError(t, err)
		*into, err = ParseKeys(line)
		require.NoError(t, err)
	}
	c, err := New(before, PlainRefused)
	require.NoError(t, err)
	var log strings.Builder
	ctx, cancel := context.WithCancel(t.Context())
	tick, done := make(chan time.Time), make(chan struct{})
	type answer struct {
		keys Keys
		err  error
	}
	answers := make(chan answer)
	go func() {
		defer close(done)
		c.watch(ctx, before, func() (Keys, error) { a := <-answers; return a.keys, a.err }, slog.New(slog.NewTextHandler(&log, nil)), tick)
	}()
	look := func(keys Keys, err error) {
		for range 2 { // at the second tick, the first answer was taken in
			tick <- time.Time{}
			answers <- answer{keys, err}
		}
	}
	encrypts := func() string {
		stored, err := c.Encode([]*commonpb.Payload{{Data: []byte("1")}})
		require.NoError(t, err)
		id, _ := KeyOf(stored[0])
		return id
	}
	look(nil, errors.New("the file cannot be read"))
	require.Equal(t, "before", encrypts())
	look(nil, nil)
	require.Equal(t, "before", encrypts(), "an empty file ends nothing")
	look(append(after, before...), nil)
	require.Equal(t, "after", encrypts())
	cancel()
	<-done
	require.Equal(t, 1, strings.Count(log.String(), "the file cannot be read"))
	require.Equal(t, 1, strings.Count(log.String(), "codec keys reloaded"))
}
