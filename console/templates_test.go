package console

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/worker"
)

func TestMailSendTestSendsASample(t *testing.T) {
	var posted string
	sendgrid := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		posted = string(raw)
		w.Header().Set("X-Message-Id", "abc")
		w.WriteHeader(http.StatusAccepted)
	}))
	defer sendgrid.Close()
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(policy, []byte("shop: {name: Bakkerij Jansen, reply_to: help@shop.example}\n"), 0o600))
	env := []string{"SENDGRID_API_KEY=SG.x", "SENDGRID_BASE_URL=" + sendgrid.URL, "WAYBILL_MAIL_FROM=Shop <tracking@shop.example>", "WAYBILL_POLICY=" + policy}
	said := say(t, []string{"templates", "send-test", "--to", "me@shop.example", "--kind", "delivered", "--language", "nl"}, env...)
	require.Contains(t, said, "SendGrid accepted it with the message id abc.")
	require.Contains(t, posted, `"subject":"Je pakket van Bakkerij Jansen is bezorgd"`)
	require.Contains(t, posted, `"email":"me@shop.example"`)
	require.Contains(t, posted, `"reply_to":{"email":"help@shop.example"}`)

	require.Contains(t, start(t, []string{"templates", "send-test"}, env...), "--to you@shop.example")
	require.Contains(t, start(t, []string{"templates", "send-test", "--to", "a@b.example", "--kind", "x"}, env...), `there is no mail "x"`)
	require.Contains(t, start(t, []string{"templates", "send-test", "--to", "a@b.example", "--language", "x"}, env...), `no mail is written in "x"`)
	require.Contains(t, start(t, []string{"templates", "send-test", "--to", "a@b.example"}), "SENDGRID_API_KEY is empty")
}

func TestABrokenTemplateRefusesToStart(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "words"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "words", "nl.yaml"), []byte("greeting: Hoi\nkinds: {shipped: {subject: \"{{.Shopp}}\"}}\n"), 0o600))
	env := []string{"SENDGRID_API_KEY=SG.x", "WAYBILL_MAIL_FROM=Shop <tracking@shop.example>", "WAYBILL_MAIL_TEMPLATES=" + folder}
	said := start(t, []string{"templates", "send-test", "--to", "me@shop.example"}, env...)
	require.Contains(t, said, "words/nl.yaml:2: ")
	require.Contains(t, said, "Shopp")
	require.Contains(t, start(t, []string{"templates", "send-test", "--to", "a@b.example"}, append(env[:2:2], "WAYBILL_MAIL_TEMPLATES=/no/such/folder")...), "is not a folder")
}

func TestMailPreviewServesUntilItIsStopped(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	address := make(chan string, 1)
	done := make(chan error, 1)
	go func() {
		done <- serve(ctx, "127.0.0.1:0", http.NotFoundHandler(), func(a string) { address <- a })
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+<-address+"/", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	cancel()
	require.NoError(t, <-done)
	require.Error(t, serve(t.Context(), "nowhere:x", http.NotFoundHandler(), func(string) {}))
	require.Contains(t, say(t, []string{"templates", "preview", "--help"}), "WAYBILL_MAIL_TEMPLATES")
}

func TestWordsThatMayBeReplacedArePrinted(t *testing.T) {
	dutch := say(t, []string{"templates", "words", "--language", "nl"})
	require.Contains(t, dutch, "words/nl.yaml in the folder that WAYBILL_MAIL_TEMPLATES names")
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "words"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "words", "nl.yaml"), []byte(dutch), 0o600))
	_, err := worker.OpenTemplates(folder)
	require.NoError(t, err, "a worker takes what was printed")
	require.Contains(t, start(t, []string{"templates", "words", "--language", "tlh"}), `--language: no mail is written in "tlh": choose one of en, nl, de`)
}
