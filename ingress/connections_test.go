package ingress

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// signed is a whole webhook of Sendcloud.
func signed() string {
	const body = `{"action":"test_webhook","timestamp":1793610000000}`
	mac := hmac.New(sha256.New, []byte(webhookKey))
	mac.Write([]byte(body))
	return post(hex.EncodeToString(mac.Sum(nil)), len(body), body)
}

// requireTaken has Sendcloud send a webhook, on a connection of its own.
func requireTaken(t *testing.T, address string) {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(dial(t, address, signed())), nil)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode)
}

func TestConnectionsThatProveNothingStopNoWebhook(t *testing.T) {
	for name, says := range map[string]string{
		"they say nothing":            "",
		"they begin a request":        "POST /webhooks/sendcloud/demo HTTP/1.1\r\nHost:",
		"they begin a body":           post(formOfSignature, 1000, "{"),
		"they were answered and stay": "GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			const places = 8
			address := running(t, places)
			for range 3 * places {
				dial(t, address, says)
			}
			requireTaken(t, address)
		})
	}
}

// far is a connection from an address.
type far struct {
	net.Conn
	from   string
	closed bool
}

func (f *far) RemoteAddr() net.Addr {
	a, err := net.ResolveTCPAddr("tcp", f.from)
	if err != nil {
		panic(err)
	}
	return a
}

func (f *far) Close() error { f.closed = true; return nil }

// coming are connections that come in, one after the other.
type coming struct {
	net.Listener
	next chan net.Conn
}

func (c coming) Accept() (net.Conn, error) { return <-c.next, nil }

func (c coming) Close() error { return nil }

// lobbyOf is a lobby with a number of places.
func lobbyOf(most int) (l *lobby, comes func(from string) *far) {
	door := coming{next: make(chan net.Conn, 1)}
	l = newLobby(door, most, prefixes([]string{"10.0.0.0/8", "192.0.2.1"}), client.MetricsNopHandler, slog.New(slog.DiscardHandler))
	return l, func(from string) *far {
		conn := &far{from: from}
		door.next <- conn
		if _, err := l.Accept(); err != nil {
			panic(err)
		}
		return conn
	}
}

// placeOf is the place of a connection.
func (l *lobby) placeOf(conn *far) *place {
	for p := range l.places {
		if p.Conn == conn {
			return p
		}
	}
	return nil
}

func TestWhoMakesRoom(t *testing.T) {
	const one, two, three = "198.51.100.1:1000", "198.51.100.2:1000", "198.51.100.3:1000"
	for _, c := range []struct {
		name string
		// from are the connections in the order of their coming; is is what each does.
		from, is []string
		// goes is the one that makes room for the next.
		goes int
	}{
		{"the oldest, if all are alike", []string{one, two, three}, []string{"new", "new", "new"}, 0},
		{"an idle one before one with a request", []string{one, two, three}, []string{"new", "asks", "idle"}, 2},
		{"one of the address that has the most", []string{one, two, two}, []string{"new", "new", "new"}, 1},
		{"one of the network that has the most", []string{one, "[2001:db8::1]:1", "[2001:db8::2]:1"}, []string{"new", "new", "new"}, 1},
		{"networks are told apart", []string{"[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", "[2001:db8:0:3::1]:1"}, []string{"new", "new", "new"}, 0},
		{"an address that is written as IPv6 is the same", []string{one, two, "[::ffff:198.51.100.2]:1"}, []string{"new", "new", "new"}, 1},
		{"not a trusted proxy, which has many callers", []string{"10.0.0.1:1", "10.0.0.1:2", one}, []string{"new", "new", "new"}, 2},
		{"not a trusted proxy that is named by its address", []string{"192.0.2.1:1", "192.0.2.1:2", one}, []string{"new", "new", "new"}, 2},
		{"the idle one of a proxy, if there are no others", []string{"10.0.0.1:1", "10.0.0.1:2", "10.0.0.2:1"}, []string{"asks", "idle", "asks"}, 1},
		{"one that has proven nothing", []string{one, two, three}, []string{"proven and idle", "proven and idle", "asks"}, 2},
		{"one that proved something before, rather than one that is at work", []string{one, two, three}, []string{"at work", "proven and idle", "at work"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, comes := lobbyOf(3)
			var all []*far
			for i, from := range c.from {
				conn := comes(from)
				all = append(all, conn)
				p := l.placeOf(conn)
				switch c.is[i] {
				case "asks":
					turn(p, http.StateActive)
				case "idle":
					turn(p, http.StateIdle)
				case "proven and idle":
					p.proven = true
					turn(p, http.StateIdle)
				case "at work":
					turn(p, http.StateActive)
					p.proven, p.working = true, true
				}
				p.since = time.Unix(int64(i), 0)
			}
			comes("203.0.113.9:1")
			for i, conn := range all {
				require.Equal(t, i == c.goes, conn.closed, i)
			}
			require.Len(t, l.places, 3)
		})
	}
}

// A caller who sends request after request proves nothing by that, and does not look young.
func TestRequestsThatProveNothingDoNotKeepAPlace(t *testing.T) {
	for proven, goes := range map[bool]int{false: 0, true: 1} {
		l, comes := lobbyOf(2)
		all := []*far{comes("198.51.100.1:1"), comes("198.51.100.2:1")}
		for i, conn := range all {
			p := l.placeOf(conn)
			p.proven, p.since = proven, time.Unix(int64(i), 0)
		}
		turn(l.placeOf(all[1]), http.StateActive)
		turn(l.placeOf(all[0]), http.StateActive)
		turn(l.placeOf(all[0]), http.StateIdle)
		turn(l.placeOf(all[0]), http.StateActive)
		if proven {
			l.placeOf(all[1]).since = time.Unix(1, 0)
		}
		comes("203.0.113.9:1")
		require.True(t, all[goes].closed, proven)
		require.False(t, all[1-goes].closed, proven)
	}
}

func TestANewcomerWaitsIfAllAreAtWork(t *testing.T) {
	l, comes := lobbyOf(2)
	var all []*place
	for i := range 2 {
		p := l.placeOf(comes(fmt.Sprintf("198.51.100.%d:1", i)))
		turn(p, http.StateActive)
		p.proven, p.working = true, true
		all = append(all, p)
	}
	came := make(chan *far)
	go func() { came <- comes("203.0.113.9:1") }()
	select {
	case <-came:
		t.Fatal("one at work made room")
	default:
	}
	turn(all[1], http.StateIdle)
	<-came
	require.False(t, all[0].Conn.(*far).closed)
	require.True(t, all[1].Conn.(*far).closed)

	// One that ends leaves its place, once.
	l, comes = lobbyOf(1)
	p := l.placeOf(comes("198.51.100.1:1"))
	require.NoError(t, p.Close())
	require.NoError(t, p.Close())
	require.Empty(t, l.of)
	next := comes("198.51.100.1:1")
	require.False(t, next.closed)
	require.Len(t, l.places, 1)
}

func TestALobbyThatClosesKeepsNobodyWaiting(t *testing.T) {
	l, comes := lobbyOf(1)
	p := l.placeOf(comes("198.51.100.1:1"))
	p.working = true
	came := make(chan *far)
	go func() { came <- comes("203.0.113.9:1") }()
	require.NoError(t, l.Close())
	<-came
}

// A caller with a key keeps the connection that they work on.
func TestWhoHasAKeyIsAtWork(t *testing.T) {
	d, _ := closed(t)
	conn := &far{from: "198.51.100.1:1"}
	l, _ := lobbyOf(1)
	p := &place{Conn: conn, lobby: l}
	for _, c := range []struct {
		request string
		proven  bool
	}{{post(formOfSignature, 2, "{}"), false}, {signed(), true}} {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(c.request)))
		require.NoError(t, err)
		w := &discarded{header: http.Header{}}
		d.handler().ServeHTTP(w, r.WithContext(withPlace(t.Context(), p)))
		require.Equal(t, c.proven, p.working)
	}
	turn(p, http.StateIdle)
	require.True(t, p.proven)
	require.False(t, p.working)
}

// discarded is an answer that nobody reads.
type discarded struct{ header http.Header }

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) Write(p []byte) (int, error) { return len(p), nil }
func (d *discarded) WriteHeader(int)             {}
