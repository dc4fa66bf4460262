package supervisor

import (
	"context"
	"time"
)

// Await asks again and again until there is no error, for at most some time. The error is the last one.
func Await(ctx context.Context, atMost time.Duration, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}
