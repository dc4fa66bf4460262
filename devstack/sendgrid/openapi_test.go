package sendgrid_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/errors"
	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/devstack/sendgrid"
	"waybill/mail"
	provider "waybill/mail/sendgrid"
	"waybill/parcel"
)

// vendor checks everything that goes over the wire against SendGrid's own
// description of its API (testdata/openapi, MIT licence beside it), and hands
// requests on to the stand-in: what Waybill sends, and what the stand-in
// answers.
type vendor struct {
	*testing.T
	stand http.Handler
	// documents are the descriptions of the parts of the API.
	documents []validator.Validator

	mu      sync.Mutex
	checked int
}

func newVendor(t *testing.T, stand http.Handler) *vendor {
	t.Helper()
	v := &vendor{T: t, stand: stand}
	files, err := filepath.Glob("testdata/openapi/*.yaml")
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		document, err := libopenapi.NewDocument(raw)
		require.NoError(t, err)
		checks, errs := validator.NewValidator(document)
		require.Empty(t, errs)
		v.documents = append(v.documents, checks)
	}
	return v
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.Errorf("read the request: %v", err)
	}
	answer := httptest.NewRecorder()
	r.Body = io.NopCloser(bytes.NewReader(body))
	v.stand.ServeHTTP(answer, r)
	result := answer.Result()
	document := v.documents[map[bool]int{true: 0, false: 1}[bytes.HasPrefix([]byte(r.URL.Path), []byte("/v3/logs"))]]
	r.Body = io.NopCloser(bytes.NewReader(body))
	request := r.Clone(r.Context())
	request.URL.Scheme, request.URL.Host, request.Host = "https", "api.sendgrid.com", "api.sendgrid.com"
	result.Body = io.NopCloser(bytes.NewReader(answer.Body.Bytes()))
	check := func() (bool, []*errors.ValidationError) { return document.ValidateHttpRequestResponse(request, result) }
	if answer.Code >= http.StatusBadRequest {
		// What SendGrid describes of its refusals is no valid schema itself.
		check = func() (bool, []*errors.ValidationError) { return document.ValidateHttpRequest(request) }
	}
	if ok, faults := check(); !ok {
		for _, f := range faults {
			v.Errorf("%s %s: %s: %s", r.Method, r.URL.Path, f.Message, f.Reason)
			for _, s := range f.SchemaValidationErrors {
				v.Errorf("    %s: %s", s.FieldPath, s.Reason)
			}
		}
	}
	v.mu.Lock()
	v.checked++
	v.mu.Unlock()
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func TestTheVendorsOwnDescriptionHolds(t *testing.T) {
	const key = "SG.0123456789"
	stand, err := sendgrid.New(sendgrid.Config{Key: key})
	require.NoError(t, err)
	v := newVendor(t, stand)
	server := httptest.NewServer(v)
	defer server.Close()
	renderer, err := mail.NewRenderer(nil)
	require.NoError(t, err)
	// address writes a mail to the recipient of a letter.
	address := func(l mail.Letter, subject delivery.Subject) delivery.Post {
		rendered, err := renderer.Render(l)
		require.NoError(t, err)
		return delivery.Post{
			Key: "sample", Try: 1, Subject: subject, To: l.Facts.Recipient.Email, From: mail.Signature(netmail.Address{}, l.Shop), ReplyTo: "help@shop.example",
			Title: rendered.Subject, Text: rendered.Text, HTML: rendered.HTML, Tags: []string{"waybill", string(l.Kind), "demo", "demo"}, Thread: "p1",
		}
	}
	open := func() *provider.Client {
		return provider.New(provider.Config{Key: key, BaseURL: server.URL, Sender: "tracking@shop.example"})
	}
	client := open()
	for i, kind := range mail.Kinds() {
		subjects := delivery.SubjectKinds()
		subject := delivery.Subject(subjects[i%len(subjects)] + ":demo:1")
		for _, l := range []mail.Letter{mail.Sample(kind, parcel.German), mail.Hostile(kind, parcel.French)} {
			outcome := client.Post(t.Context(), address(l, subject))
			require.Equal(t, delivery.WasAccepted, outcome.Verdict, outcome.Why)
		}
	}
	id, found, err := client.Find(t.Context(), "sample", "jane.doe@example.com", time.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.True(t, found)
	require.NotEmpty(t, id)
	_, err = client.Trace(t.Context(), "jane.doe@example.com", time.Now().Add(-time.Hour))
	require.NoError(t, err)

	// And how it refuses.
	for _, status := range []int{400, 401, 403, 404, 413, 500} {
		require.NoError(t, stand.Fail(sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: status, Times: 1}))
		outcome := open().Post(t.Context(), address(mail.Sample(mail.Kind(parcel.MailShipped), parcel.English), "parcel:demo:1"))
		require.Contains(t, outcome.Why, strconv.Itoa(status))
		require.NotEqual(t, delivery.WasAccepted, outcome.Verdict)
	}
	require.Greater(t, v.checked, 50)
}
