package ingress

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"go.temporal.io/sdk/client"
	"golang.org/x/time/rate"

	"waybill/monitoring"
)

// mostConnections are open at a time. Many systems allow a process 1,024 open files, and
// some are needed for Temporal and for keys.
const mostConnections = 800

// lobby is a listener with a bounded number of places for connections. When all are taken,
// a newcomer gets the place of a connection that has proven nothing: a caller who only
// holds connections open cannot keep another one out, as one who refuses newcomers would.
//
// golang.org/x/net/netutil has a LimitListener, which lets newcomers wait until a place
// becomes free: idle connections would hold all of them.
type lobby struct {
	net.Listener
	most    int
	proxies []netip.Prefix
	metrics client.MetricsHandler
	log     *slog.Logger
	warn    rate.Sometimes

	mu sync.Mutex
	// changed wakes a newcomer who waits, because every connection is at work.
	changed *sync.Cond
	places  map[*place]struct{}
	// of counts the places of each address.
	of     map[netip.Addr]int
	closed bool
}

// place is one open connection. The lobby's lock guards its fields.
type place struct {
	net.Conn
	lobby *lobby
	from  netip.Addr
	// proxied says that the address is a trusted proxy's, which stands for many callers.
	proxied bool
	state   http.ConnState
	// since is when the connection came, or when one that has proven something last did anything.
	since time.Time
	// proven says that a caller has proven who they are on this connection, working that
	// their request is under way.
	proven, working bool
}

func newLobby(l net.Listener, most int, proxies []netip.Prefix, metrics client.MetricsHandler, log *slog.Logger) *lobby {
	all := &lobby{
		Listener: l, most: most, proxies: proxies, metrics: metrics, log: log, warn: rate.Sometimes{Interval: time.Minute},
		places: map[*place]struct{}{}, of: map[netip.Addr]int{},
	}
	all.changed = sync.NewCond(&all.mu)
	return all
}

// Accept waits for a connection, and for its place if every other connection is at work.
func (l *lobby) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	p := &place{Conn: conn, lobby: l, state: http.StateNew, since: time.Now()}
	ip := peer(conn.RemoteAddr())
	p.from, p.proxied = network(ip), trusted(l.proxies, ip)
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.places) >= l.most && !l.closed {
		last := l.least()
		if last == nil {
			l.changed.Wait()
			continue
		}
		l.remove(last)
		_ = last.Conn.Close() // its caller may have hung up
		monitoring.With(l.metrics).Count(monitoring.ConnectionsClosed, 1)
		l.warn.Do(func() {
			l.log.Warn("all connections are taken: those that have proven nothing make room for new ones", "connections", l.most)
		})
	}
	l.places[p] = struct{}{}
	l.of[p.from]++
	return p, nil
}

// Close stops taking connections.
func (l *lobby) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.changed.Broadcast()
	return l.Listener.Close()
}

// least is the connection whose place is given away next; nil if every one is at work.
func (l *lobby) least() *place {
	var last *place
	for p := range l.places {
		if p.rank() < atWork && (last == nil || l.before(p, last)) {
			last = p
		}
	}
	return last
}

// before reports whether a's place is given away before b's: the less proven one first,
// then one of the address that has the most places, then the one that has waited longest.
// A proxy has many places because it has many callers.
func (l *lobby) before(a, b *place) bool {
	switch {
	case a.rank() != b.rank():
		return a.rank() < b.rank()
	case a.proxied != b.proxied:
		return b.proxied
	case !a.proxied && l.of[a.from] != l.of[b.from]:
		return l.of[a.from] > l.of[b.from]
	}
	return a.since.Before(b.since)
}

// Ranks of connections. Those that proved something before are rarely an attacker's.
const (
	idle = iota
	unproven
	provenBefore
	atWork
)

func (p *place) rank() int {
	switch {
	case p.working:
		return atWork
	case p.proven:
		return provenBefore
	case p.state == http.StateIdle:
		return idle
	}
	return unproven // new, or with a request under way
}

// remove frees a place. It does nothing if that was done before.
func (l *lobby) remove(p *place) {
	if _, ok := l.places[p]; !ok {
		return
	}
	delete(l.places, p)
	if l.of[p.from]--; l.of[p.from] == 0 {
		delete(l.of, p.from)
	}
	l.changed.Broadcast()
}

// Close ends the connection and frees its place.
func (p *place) Close() error {
	p.lobby.mu.Lock()
	p.lobby.remove(p)
	p.lobby.mu.Unlock()
	return p.Conn.Close()
}

// CloseWrite lets the server end what it sends before what it reads, so that a caller still
// gets the answer to a request whose body is not read.
func (p *place) CloseWrite() error {
	if tcp, ok := p.Conn.(interface{ CloseWrite() error }); ok {
		return tcp.CloseWrite()
	}
	return nil
}

// turn notes what the server does with a connection.
func turn(conn net.Conn, state http.ConnState) {
	p, ok := conn.(*place)
	if !ok {
		return
	}
	p.lobby.mu.Lock()
	defer p.lobby.mu.Unlock()
	p.state, p.working = state, false
	if p.proven { // otherwise a caller who goes on asking would look young for ever
		p.since = time.Now()
	}
	p.lobby.changed.Broadcast()
}

// placeKey is where a request's context keeps its connection.
type placeKey struct{}

func withPlace(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, placeKey{}, conn)
}

// Proven notes that the caller has proven who they are: their connection is not closed to
// make room for another as long as their request is under way.
func Proven(c *gin.Context) {
	p, ok := c.Request.Context().Value(placeKey{}).(*place)
	if !ok {
		return
	}
	p.lobby.mu.Lock()
	defer p.lobby.mu.Unlock()
	p.proven, p.working = true, true
}
