// Package ingress is the door: an HTTP server that takes webhooks, verifies
// them, and hands them to Temporal. It keeps nothing itself. An answer of 2xx
// is a promise: Temporal has it, or there is nothing to keep. Where people work is
// mounted on it, and shares its manners. So does the codec endpoint, on a listener of its own.
package ingress

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"waybill/recorder"
	"waybill/version"
)

// doors are what a request can come to.
type doors struct {
	manners
	config   Config
	temporal client.Client
	recorder recorder.Recorder
	// bodies bounds what is read before a signature has been checked.
	bodies *budget
	// turns are those of integrations to have Temporal record something.
	turns *turns
	// keys are replaced as a whole when one of them changes.
	keys atomic.Pointer[keys]
	// closing says that the program was told to stop.
	closing atomic.Bool
}

// Run opens the doors and serves until ctx ends; then it lets requests that are
// under way finish. The client may be lazy: Temporal need not be there yet, and
// until it is, webhooks are answered 503. Dial it with
// [recorder.NameRequests].
func Run(ctx context.Context, c Config, temporal client.Client, metrics client.MetricsHandler, log *slog.Logger) error {
	d, err := open(c, temporal, metrics, log)
	if err != nil {
		return err
	}
	front, err := listen(ctx, c.Listen, "WAYBILL_LISTEN")
	if err != nil {
		return err
	}
	group, serving := errgroup.WithContext(ctx)
	if c.Codec.Listen != "" {
		back, err := listen(ctx, c.Codec.Listen, "WAYBILL_CODEC_LISTEN")
		if err != nil {
			return errors.Join(err, front.Close())
		}
		log.Info("codec endpoint open", "address", back.Addr().String(), "origins", c.Codec.Origins, "namespace", c.Codec.Namespace)
		group.Go(func() error {
			return d.serve(serving, back, mostInspectors, newCodecDoor(c, metrics, log).handler(), func() {})
		})
	}
	go d.keepReloading(serving)
	keys := d.keys.Load()
	log.Info("ingress open", "version", version.Read().Version, "address", front.Addr().String(), "integrations", len(keys.integrations), "event_keys", len(keys.events))
	group.Go(func() error {
		return d.serve(serving, front, mostConnections, d.handler(), func() {
			d.closing.Store(true)
			log.Info("ingress closing: requests under way may still finish", "closes_after", c.StopDelay, "at_most", drainTimeout)
		})
	})
	err = group.Wait()
	for _, m := range d.config.Mounts {
		m.Wait()
	}
	return err
}

// CheckProxies says what is wrong with [Config.TrustedProxies].
func CheckProxies(proxies []string) error {
	gin.SetMode(gin.ReleaseMode)
	if err := gin.New().SetTrustedProxies(proxies); err != nil {
		return errors.New("WAYBILL_TRUSTED_PROXIES names no address and no network: write them as in 10.0.0.1 or 10.0.0.0/8")
	}
	return nil
}

// open makes the doors of a config, with the keys of this moment.
func open(c Config, temporal client.Client, metrics client.MetricsHandler, log *slog.Logger) (*doors, error) {
	d := &doors{config: c, temporal: temporal, recorder: recorder.Recorder{
		Temporal: temporal, Told: recorder.NewTold(), Erased: recorder.NewErased(temporal, c.Converter),
	}}
	d.metrics, d.log, d.proxies, d.stopDelay = metrics, log, prefixes(c.TrustedProxies), c.StopDelay
	d.bodies, d.turns = &budget{bytes: unverifiedBytes, metrics: metrics}, newTurns(recordedAtATime)
	if err := CheckProxies(c.TrustedProxies); err != nil {
		return nil, err
	}
	_, err := d.reload()
	return d, err
}

// Handler are the doors without a server, and with the keys of this moment: what
// is mounted is tried behind it.
func Handler(c Config, temporal client.Client, metrics client.MetricsHandler, log *slog.Logger) (http.Handler, error) {
	d, err := open(c, temporal, metrics, log)
	if err != nil {
		return nil, err
	}
	return d.handler(), nil
}

// reload reads all keys and reports whether other ones count from now on. Keys with
// a fault are not used.
func (d *doors) reload() (changed bool, err error) {
	all, err := d.config.load()
	if err == nil && !reflect.DeepEqual(all, d.keys.Load()) {
		changed = true
		d.keys.Store(all)
	}
	for _, m := range d.config.Mounts {
		also, fault := m.Reload()
		changed, err = changed || also, errors.Join(err, fault)
	}
	return changed, err
}

// keepReloading looks for changed keys until ctx ends. A fault is logged once.
func (d *doors) keepReloading(ctx context.Context) {
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	logged := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		changed, err := d.reload()
		if changed {
			keys := d.keys.Load()
			d.log.Info("keys reloaded", "integrations", len(keys.integrations), "event_keys", len(keys.events))
		}
		switch {
		case err == nil:
			logged = ""
		case err.Error() != logged:
			logged = err.Error()
			d.log.Error("keys not reloaded: the previous keys stay in use", "fault", logged)
		}
	}
}

// The doors for load balancers.
const healthDoor, readyDoor = "/healthz", "/readyz"

// handler is the map of the doors.
func (d *doors) handler() http.Handler {
	r := d.router(d.config.TrustedProxies)
	r.GET(healthDoor, always(Answer{http.StatusOK, "alive", ""}))
	r.GET(readyDoor, replying(d.ready))
	r.POST("/webhooks/sendcloud/:integration", replying(d.sendcloudWebhook))
	r.POST("/webhooks/sendgrid", replying(d.sendgridWebhook))
	for _, m := range d.config.Mounts {
		m.Open(r)
	}
	r.NoRoute(d.nothingHere)
	r.NoMethod(always(WrongMethod))
	return r
}

// nothingHere answers a request to which nothing leads.
func (d *doors) nothingHere(c *gin.Context) {
	for _, m := range d.config.Mounts {
		if guide, ok := m.(Guide); ok && guide.Guide(c) {
			return
		}
	}
	Reply(c, NotThere)
}

// ready says whether a webhook would be recorded now. Load balancers may ask;
// a 503 here is no reason to restart the program.
func (d *doors) ready(c *gin.Context) Answer {
	if d.closing.Load() {
		return Answer{http.StatusServiceUnavailable, "closing", ""}
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), readyTimeout)
	defer cancel()
	if _, err := d.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		Note(c, "fault", err.Error())
		return Answer{http.StatusServiceUnavailable, "Temporal cannot be reached", ""}
	}
	return Answer{http.StatusOK, "ready", ""}
}

// Detached is a context that outlives the request, for at most d.
func Detached(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), d)
}
