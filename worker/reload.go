package worker

import (
	"context"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"waybill/link"
)

// reloadEvery is how soon a key counts whose file was changed.
const reloadEvery = 3 * time.Second

// keys are what may change while a worker runs: the keys of SendGrid, of Sendcloud's API, of
// the endpoints that pay, of links and of searches, with what they belong to.
func (c Config) keys() any {
	return []any{c.SendGridKey, c.Integrations, c.Payments, c.Links, c.Customers, c.Search}
}

// running are the workers that work with the keys of this moment.
type running struct {
	config  Config
	workers workers
	open    func(Config) (workers, error)
	// settle is [Config.settle]. It goes on until its context ends, which asked does.
	settle func(context.Context, Config) error
	asked  context.CancelFunc
	log    *slog.Logger
	// links are the keys of links of this moment.
	links atomic.Pointer[link.Keys]
	// refused are keys of integrations that share an account without saying so: Sendcloud is
	// not asked about them again.
	refused any
	// before are those of earlier keys that finish what they have begun.
	before sync.WaitGroup
	// logged is the fault that was logged last: each is logged once.
	logged string
}

// reload reads the keys again, and reports whether other ones count from now on. Then new
// workers take over: everything that holds a key is made anew, and what is under way ends
// with the key that it began with. Keys with a fault are not used.
func (r *running) reload(ctx context.Context) bool {
	if r.config.Reload == nil {
		return false
	}
	next, err := r.config.Reload()
	switch {
	case err != nil:
	case reflect.DeepEqual(next.keys(), r.config.keys()):
		r.logged = ""
		return false
	case reflect.DeepEqual(next.keys(), r.refused):
		return false
	}
	var taken workers
	if err == nil {
		taken, err = r.open(next)
	}
	if err == nil {
		err = r.ask(ctx, next)
	}
	if err == nil {
		err = taken.start()
	}
	if err != nil {
		if err.Error() != r.logged {
			r.logged = err.Error()
			r.log.Error("keys not reloaded: the previous keys stay in use", "fault", r.logged)
		}
		return false
	}
	r.before.Go(r.workers.stop)
	r.config, r.workers, r.logged = next, taken, ""
	links := next.Links.Keys // what config has is changed by the next reload
	r.links.Store(&links)
	r.log.Info("keys reloaded", "integrations", len(next.Integrations), "endpoints", len(next.Payments), "link_keys", len(next.Links.Keys))
	return true
}

// ask asks Sendcloud about the accounts of integrations whose keys have changed: with the keys
// before, it may never have said which of them belong together.
func (r *running) ask(ctx context.Context, next Config) error {
	if reflect.DeepEqual(next.Integrations, r.config.Integrations) {
		return nil
	}
	asking, stop := context.WithCancel(ctx)
	if err := r.settle(asking, next); err != nil {
		stop()
		r.refused = next.keys()
		return err
	}
	r.asked()
	r.asked = stop
	return nil
}

// stop stops all workers, also those of earlier keys.
func (r *running) stop() {
	r.workers.stop()
	r.before.Wait()
}
