package codec

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// readAgainEvery is how soon a key counts whose file was changed.
const readAgainEvery = 3 * time.Second

// Watch reads the keys again until ctx ends. Keys with a fault are not used: the fault is logged once,
// and the keys before stay.
func (c *Codec) Watch(ctx context.Context, keys Keys, read func() (Keys, error), log *slog.Logger) {
	tick := time.NewTicker(readAgainEvery)
	defer tick.Stop()
	c.watch(ctx, keys, read, log, tick.C)
}

func (c *Codec) watch(ctx context.Context, keys Keys, read func() (Keys, error), log *slog.Logger, tick <-chan time.Time) {
	logged := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		next, err := read()
		if err == nil && slices.EqualFunc(next, keys, Key.equal) {
			logged = ""
			continue
		}
		if err == nil {
			err = c.use(next)
		}
		if err != nil {
			if err.Error() != logged {
				logged = err.Error()
				log.Error("codec keys not reloaded: the previous keys stay in use", "fault", logged)
			}
			continue
		}
		keys, logged = next, ""
		log.Info("codec keys reloaded", "keys", keys.IDs())
	}
}
