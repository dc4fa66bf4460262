package worker

import (
	"log/slog"
	"reflect"
	"sync"
	"time"
)

// reloadEvery is how soon a key counts whose file was changed.
const reloadEvery = 3 * time.Second

// keys are what may change while a worker runs: the keys of SendGrid, of Sendcloud's API, of
// the endpoints that pay, and of links, with what they belong to.
func (c Config) keys() any {
	return []any{c.SendGridKey, c.Integrations, c.Payments, c.Links, c.Customers}
}

// running are the workers that work with the keys of this moment.
type running struct {
	config  Config
	workers workers
	open    func(Config) (workers, error)
	log     *slog.Logger
	// before are those of earlier keys that finish what they have begun.
	before sync.WaitGroup
	// logged is the fault that was logged last: each is logged once.
	logged string
}

// reload reads the keys again, and reports whether other ones count from now on. Then new
// workers take over: everything that holds a key is made anew, and what is under way ends
// with the key that it began with. Keys with a fault are not used.
func (r *running) reload() bool {
	if r.config.Reload == nil {
		return false
	}
	next, err := r.config.Reload()
	if err == nil && reflect.DeepEqual(next.keys(), r.config.keys()) {
		r.logged = ""
		return false
	}
	var taken workers
	if err == nil {
		taken, err = r.open(next)
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
	r.log.Info("keys reloaded", "integrations", len(next.Integrations), "endpoints", len(next.Payments), "link_keys", len(next.Links.Keys))
	return true
}

// stop stops all workers, also those of earlier keys.
func (r *running) stop() {
	r.workers.stop()
	r.before.Wait()
}
