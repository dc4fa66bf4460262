package ingress

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/mail/sendgrid"
	"waybill/sendcloud"
)

// body is a body that notes whether it was read.
type body struct {
	io.Reader
	read bool
}

func (b *body) Read(p []byte) (int, error) {
	b.read = true
	return b.Reader.Read(p)
}

// A signature in the right form, of nothing.
var (
	formOfSignature = strings.Repeat("ab", 32)
	formOfEvents    = base64.StdEncoding.EncodeToString([]byte{0x30, 6, 2, 1, 1, 2, 1, 1})
)

func TestOnlyABodyThatCanBeVerifiedIsRead(t *testing.T) {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	const shop, events = "/webhooks/sendcloud/demo", "/webhooks/sendgrid"
	for _, c := range []struct {
		name, path string
		header     map[string]string
		length     int64
		code       int
		read       bool
	}{
		{"no signature", shop, nil, 10, http.StatusUnauthorized, false},
		{"no signature, length unknown", shop, nil, -1, http.StatusUnauthorized, false},
		{"a signature that is cut off", shop, map[string]string{sendcloud.SignatureHeader: formOfSignature[2:]}, 10, http.StatusUnauthorized, false},
		{"a signature that is no hex", shop, map[string]string{sendcloud.SignatureHeader: strings.Repeat("xy", 32)}, 10, http.StatusUnauthorized, false},
		{"more bytes than a webhook has", shop, map[string]string{sendcloud.SignatureHeader: formOfSignature}, 1<<20 + 1, http.StatusRequestEntityTooLarge, false},
		{"as many bytes as a webhook may have", shop, map[string]string{sendcloud.SignatureHeader: formOfSignature}, 1 << 20, http.StatusUnauthorized, true},
		{"no signature of events", events, nil, 10, http.StatusUnauthorized, false},
		{"events without a time", events, map[string]string{sendgrid.EventSignatureHeader: formOfEvents}, 10, http.StatusUnauthorized, false},
		{"events of long ago", events, map[string]string{sendgrid.EventSignatureHeader: formOfEvents, sendgrid.EventTimestampHeader: "1000000000"}, 10, http.StatusUnauthorized, false},
		{"a signature of events that is none", events, map[string]string{sendgrid.EventSignatureHeader: "MEUCIQ==", sendgrid.EventTimestampHeader: now}, 10, http.StatusUnauthorized, false},
		{"more bytes than a batch of events has", events, map[string]string{sendgrid.EventSignatureHeader: formOfEvents, sendgrid.EventTimestampHeader: now}, 4<<20 + 1, http.StatusRequestEntityTooLarge, false},
		{"as many bytes as a batch of events may have", events, map[string]string{sendgrid.EventSignatureHeader: formOfEvents, sendgrid.EventTimestampHeader: now}, 4 << 20, http.StatusUnauthorized, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := open(keyed(sendgrid.EventKeys{nil}), &taking{}, client.MetricsNopHandler, slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			b := &body{Reader: strings.NewReader("no array")}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.path, b)
			r.ContentLength = c.length
			for name, value := range c.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			d.handler().ServeHTTP(w, r)
			require.Equal(t, c.code, w.Code)
			require.Equal(t, c.read, b.read)
		})
	}
}

// running is an ingress on this machine with a number of places, in front of a Temporal
// that takes everything.
func running(t *testing.T, places int) (address string) {
	t.Helper()
	d, err := open(keyed(nil), &taking{}, client.MetricsNopHandler, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server, ended := d.server(d.handler()), make(chan error, 1)
	go func() { ended <- server.Serve(newLobby(listener, places, nil, d.metrics, d.log)) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return listener.Addr().String()
}

// dial connects, and says something. It waits for less time than a body may take.
func dial(t *testing.T, address, says string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(readTimeout*2/3)))
	_, err = io.WriteString(conn, says)
	require.NoError(t, err)
	return conn
}

// post is the head of a webhook, and what comes of its body.
func post(signature string, length int, begin string) string {
	if signature != "" {
		signature = sendcloud.SignatureHeader + ": " + signature + "\r\n"
	}
	return fmt.Sprintf("POST /webhooks/sendcloud/demo HTTP/1.1\r\nHost: shop\r\n%sContent-Length: %d\r\n\r\n%s", signature, length, begin)
}

// The server itself would read up to 256 KiB of a body that nobody wants, and wait for it.
func TestARefusalWaitsForNoBody(t *testing.T) {
	address := running(t, mostConnections)
	conn := dial(t, address, post("", 100<<10, "{"))
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusUnauthorized, answer.StatusCode)
	require.True(t, answer.Close, "what was not read cannot be followed by another request")
	_, err = io.ReadAll(answer.Body)
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

// A caller that only reads once it has sent everything still gets the answer.
func TestARefusalReachesACallerWhoIsStillSending(t *testing.T) {
	address := running(t, mostConnections)
	for _, size := range []int{1 << 10, 200 << 10, 5 << 20} {
		for range 10 {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/webhooks/sendcloud/demo", bytes.NewReader(make([]byte, size)))
			require.NoError(t, err)
			answer, err := http.DefaultClient.Do(r)
			require.NoError(t, err, size)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, http.StatusUnauthorized, answer.StatusCode)
		}
	}
}
