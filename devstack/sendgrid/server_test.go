package sendgrid_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"waybill/devstack/sendgrid"
)

const key = "SG.key"

// good is a mail that SendGrid takes.
const good = `{"from":{"email":"shop@example.com","name":"Shop"},"subject":"Hello","categories":["waybill","shipped"],
"personalizations":[{"to":[{"email":"jane.doe@example.com"}],"custom_args":{"waybill_key":"k"}}],
"content":[{"type":"text/plain","value":"text"},{"type":"text/html","value":"<p>html</p>"}],"headers":{"Message-ID":"<k@example.com>"}}`

func TestALocalPartInQuotationMarksIsAnAddress(t *testing.T) {
	b := newBox(t, "")
	resp, said := b.post(strings.Replace(good, `"jane.doe@example.com"`, `"\"aaa..bbb\"@mail.example"`, 1))
	require.Equal(t, http.StatusAccepted, resp.StatusCode, said)
	resp, _ = b.post(strings.Replace(good, `"jane.doe@example.com"`, `"aaa..bbb@mail.example"`, 1))
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	resp, _ = b.post(strings.Replace(good, `"jane.doe@example.com"`, `"Jane <jane.doe@example.com>"`, 1))
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
}

type box struct {
	*testing.T
	url    string
	server *sendgrid.Server
}

func newBox(t *testing.T, file string) box {
	t.Helper()
	s, err := sendgrid.New(sendgrid.Config{Key: key, File: file})
	require.NoError(t, err)
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return box{T: t, url: h.URL, server: s}
}

func (b box) do(ctx context.Context, method, path, body, bearer string) (*http.Response, string, error) {
	b.Helper()
	r, err := http.NewRequestWithContext(ctx, method, b.url+path, strings.NewReader(body))
	require.NoError(b, err)
	r.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp, string(raw), err
}

func (b box) post(body string) (*http.Response, string) {
	b.Helper()
	resp, said, err := b.do(b.Context(), http.MethodPost, "/v3/mail/send", body, key)
	require.NoError(b, err)
	return resp, said
}

func TestAGoodMailIsAccepted(t *testing.T) {
	b := newBox(t, "")
	resp, said := b.post(good)
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
	require.Empty(t, said)
	require.Len(t, resp.Header.Get("X-Message-Id"), 22)
	mails := b.server.Mails()
	require.Len(t, mails, 1)
	require.Equal(t, "jane.doe@example.com", mails[0].To)
	require.Equal(t, "k", mails[0].CustomArgs["waybill_key"])
	require.Equal(t, resp.Header.Get("X-Message-Id"), mails[0].MessageID)
}

func TestTheKeyIsCheckedFirst(t *testing.T) {
	b := newBox(t, "")
	for _, bearer := range []string{"", "SG.other"} {
		resp, said, err := b.do(t.Context(), http.MethodPost, "/v3/mail/send", "not even JSON", bearer)
		require.NoError(t, err)
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
		require.Contains(t, said, "authorization grant is invalid")
	}
	_, err := sendgrid.New(sendgrid.Config{})
	require.ErrorContains(t, err, "set SENDGRID_API_KEY")
}

func TestWhatSendGridWouldRefuse(t *testing.T) {
	b := newBox(t, "")
	for name, c := range map[string]struct{ old, now, field string }{
		"no sender":                 {`"from":{"email":"shop@example.com","name":"Shop"},`, ``, "from.email"},
		"a sender that is none":     {`shop@example.com`, `shop`, "from.email"},
		"no subject":                {`"subject":"Hello",`, ``, "subject"},
		"nobody to send it to":      {`"to":[{"email":"jane.doe@example.com"}]`, `"to":[]`, "personalizations.0.to"},
		"an address that is none":   {`jane.doe@example.com`, `jane`, "personalizations.0.to.0.email"},
		"a second one that is none": {`{"email":"jane.doe@example.com"}]`, `{"email":"jane.doe@example.com"},{"email":"jane"}]`, "personalizations.0.to.1.email"},
		"no personalization":        {`"personalizations":[`, `"personalizations":[],"x":[`, "personalizations"},
		"no content":                {`"content":[`, `"content":[],"x":[`, "content"},
		"an empty text":             {`"value":"text"`, `"value":""`, "content.0.value"},
		"an empty HTML":             {`"value":"<p>html</p>"`, `"value":""`, "content.1.value"},
		"the text after the HTML":   {`{"type":"text/plain","value":"text"},`, `{"type":"text/html","value":"x"},{"type":"text/plain","value":"text"},`, "content"},
		"an argument of a number":   {`"waybill_key":"k"`, `"waybill_key":1`, "personalizations.0.custom_args"},
		"arguments that are large":  {`"waybill_key":"k"`, `"waybill_key":"` + strings.Repeat("k", 10_001) + `"`, "personalizations.0.custom_args"},
		"a reserved header":         {`"Message-ID"`, `"Reply-To"`, "headers"},
		"a category twice":          {`["waybill","shipped"]`, `["a","a"]`, "categories"},
		"eleven categories":         {`["waybill","shipped"]`, `["1","2","3","4","5","6","7","8","9","10","11"]`, "categories"},
		"two kinds of reply-to":     {`"subject"`, `"reply_to":{"email":"a@example.com"},"reply_to_list":[{"email":"a@example.com"}],"subject"`, "reply_to"},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(good, c.old, c.now, 1)
			require.NotEqual(t, good, body)
			resp, said := b.post(body)
			require.Equal(t, http.StatusBadRequest, resp.StatusCode)
			var answer struct {
				Errors []struct{ Field, Message string }
			}
			require.NoError(t, json.Unmarshal([]byte(said), &answer))
			require.Equal(t, c.field, answer.Errors[0].Field)
			require.NotEmpty(t, answer.Errors[0].Message)
		})
	}
	require.Empty(t, b.server.Mails())
}

func TestABodyThatIsNotUTF8IsRefused(t *testing.T) {
	resp, said := newBox(t, "").post(strings.Replace(good, "Hello", "Hell\xf6", 1))
	require.Equal(t, http.StatusUnsupportedMediaType, resp.StatusCode)
	require.Contains(t, said, "Invalid UTF8 in request")
}

func TestSandboxModeKeepsNothing(t *testing.T) {
	b := newBox(t, "")
	resp, _ := b.post(strings.Replace(good, `"subject"`, `"mail_settings":{"sandbox_mode":{"enable":true}},"subject"`, 1))
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Empty(t, b.server.Mails())
}

func TestACommaInANameMakesTheMailVanish(t *testing.T) {
	b := newBox(t, "")
	resp, _ := b.post(strings.Replace(good, `{"email":"jane.doe@example.com"}`, `{"email":"jane.doe@example.com","name":"Doe, Jane"}`, 1))
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
	require.Equal(t, "Invalid", b.server.Mails()[0].Dropped)
}

func TestFaults(t *testing.T) {
	b := newBox(t, "")
	plan := func(fault, bearer string) int {
		resp, _, err := b.do(t.Context(), http.MethodPost, "/api/faults", fault, bearer)
		require.NoError(t, err)
		return resp.StatusCode
	}
	require.Equal(t, http.StatusUnauthorized, plan(`{"fault":"hang"}`, ""))
	require.Equal(t, http.StatusBadRequest, plan(`{"fault":"sulk"}`, key))
	require.Equal(t, http.StatusBadRequest, plan(`{"fault":"status","status":200}`, key))

	require.Equal(t, http.StatusCreated, plan(`{"fault":"status","status":429,"times":1,"retry_after":3}`, key))
	require.Equal(t, http.StatusCreated, plan(`{"fault":"status","status":502,"times":1}`, key))
	require.Equal(t, http.StatusCreated, plan(`{"fault":"status","status":500,"to":"somebody.else@example.com"}`, key))
	resp, said := b.post(good)
	require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	require.NotEmpty(t, resp.Header.Get("X-RateLimit-Reset"))
	require.Contains(t, said, "too many requests")
	resp, said = b.post(good)
	require.Equal(t, http.StatusBadGateway, resp.StatusCode)
	require.Contains(t, said, "nginx")
	require.NoError(t, b.server.Fail(sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 503, Times: 1}))
	resp, said = b.post(good)
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	require.Empty(t, said)
	resp, _ = b.post(good)
	require.Equal(t, http.StatusAccepted, resp.StatusCode)

	_, listed, err := b.do(t.Context(), http.MethodGet, "/api/faults", "", "")
	require.NoError(t, err)
	require.Contains(t, listed, "somebody.else@example.com")
	require.NotContains(t, listed, "502", "it happened the once that it was to")

	require.NoError(t, b.server.Fail(sendgrid.Fault{Kind: sendgrid.FaultAcceptThenHang, To: "jane.doe@example.com", Times: 1}))
	resp, _ = b.post(strings.Replace(good, `"subject":"Hello",`, "", 1))
	require.Equal(t, http.StatusBadRequest, resp.StatusCode, "what SendGrid would refuse is refused, and uses no fault up")
	_, listed, err = b.do(t.Context(), http.MethodGet, "/api/faults", "", "")
	require.NoError(t, err)
	require.Contains(t, listed, "accept-then-hang")
	b.server.Mend()

	for _, fault := range []string{sendgrid.FaultClose, sendgrid.FaultAcceptThenClose} {
		require.NoError(t, b.server.Fail(sendgrid.Fault{Kind: fault, Times: 1}))
		_, _, err := b.do(t.Context(), http.MethodPost, "/v3/mail/send", good, key)
		require.Error(t, err, fault)
	}
	require.Len(t, b.server.Mails(), 2, "accept-then-close took the mail")
	require.Len(t, b.server.Posts(), 7)

	for _, fault := range []string{sendgrid.FaultAcceptThenBreak, sendgrid.FaultDrip} {
		require.NoError(t, b.server.Fail(sendgrid.Fault{Kind: fault, Times: 1}))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		resp, _, err := b.do(ctx, http.MethodPost, "/v3/mail/send", good, key)
		cancel()
		require.Error(t, err, fault)
		require.Equal(t, http.StatusAccepted, resp.StatusCode, fault)
		require.NotEmpty(t, resp.Header.Get("X-Message-Id"), fault)
	}
	require.Len(t, b.server.Mails(), 4)
}

func TestAHangEndsWhenTheClientLeaves(t *testing.T) {
	b := newBox(t, "")
	require.NoError(t, b.server.Fail(sendgrid.Fault{Kind: sendgrid.FaultAcceptThenHang, Times: 1}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		assert.Eventually(t, func() bool { return len(b.server.Mails()) == 1 }, 10*time.Second, time.Millisecond)
	}()
	_, _, err := b.do(ctx, http.MethodPost, "/v3/mail/send", good, key)
	require.ErrorIs(t, err, context.Canceled)
	resp, _ := b.post(good)
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
	require.Len(t, b.server.Mails(), 2)
}

func TestTheMailboxSurvivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mails.jsonl")
	newBox(t, file).post(good)
	b := newBox(t, file)
	require.Len(t, b.server.Mails(), 1)
	b.post(good)
	require.Equal(t, 2, newBox(t, file).server.Mails()[1].ID)

	resp, _, err := b.do(t.Context(), http.MethodDelete, "/api/mails", "", "")
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
	_, _, err = b.do(t.Context(), http.MethodDelete, "/api/mails", "", key)
	require.NoError(t, err)
	require.Empty(t, newBox(t, file).server.Mails())
}

// A page of Waybill is in no frame, so that a link has to leave the one of the mail.
func TestALinkOfAMailCanBeFollowed(t *testing.T) {
	b := newBox(t, "")
	b.post(strings.Replace(good, "<p>html</p>", "<html><head></head><a href='http://127.0.0.1/'>there</a></html>", 1))
	_, said, err := b.do(t.Context(), http.MethodGet, "/mails/1", "", "")
	require.NoError(t, err)
	require.Contains(t, said, `sandbox="allow-popups allow-popups-to-escape-sandbox"`)
	require.Contains(t, said, "&lt;head&gt;&lt;base target=&#34;_blank&#34;&gt;")
}

func TestThePagesShowMailsAndRunNothing(t *testing.T) {
	b := newBox(t, "")
	_, said, err := b.do(t.Context(), http.MethodGet, "/", "", "")
	require.NoError(t, err)
	require.Contains(t, said, "make demo")
	b.post(strings.NewReplacer("Hello", "<script>alert(1)</script>", "<p>html</p>", "<script>alert(2)</script>").Replace(good))
	for path, want := range map[string]string{"/": "jane.doe@example.com", "/mails/1": "Message-ID"} {
		resp, said, err := b.do(t.Context(), http.MethodGet, path, "", "")
		require.NoError(t, err)
		require.Contains(t, said, want)
		require.NotContains(t, said, "<script>")
		require.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
	}
	resp, _, err := b.do(t.Context(), http.MethodGet, "/mails/9", "", "")
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
}
