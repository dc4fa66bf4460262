package sendcloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/time/rate"
)

// DefaultBaseURL is where Sendcloud's API is.
const DefaultBaseURL = "https://panel.sendcloud.sc"

// Versions of the API. Version 2 is in maintenance, and lists the parcels of
// the whole account; version 3 those of one integration.
// https://sendcloud.dev/docs/getting-started/api-version-guide
const (
	V2 = "v2"
	V3 = "v3"
)

// APIConfig is how to reach the API for one integration.
type APIConfig struct {
	// BaseURL is DefaultBaseURL if empty.
	BaseURL string
	// Version is V2 or V3; empty is V3.
	Version string
	// PublicKey and SecretKey are the integration's API keys.
	PublicKey, SecretKey string
	// Integration is Sendcloud's own number of the integration. Version 3
	// needs it to list parcels; without it nobody can look at its settings.
	Integration int64
	// FirstPause is how long to wait before a call is tried again that met
	// with passing trouble; 0 is a second. It doubles from try to try.
	FirstPause time.Duration
}

// NewAPI makes a client for one integration. It makes no call.
func NewAPI(c APIConfig) (API, error) {
	base, err := url.Parse(c.BaseURL)
	if c.BaseURL == "" {
		base, err = url.Parse(DefaultBaseURL)
	}
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("%q is not of the form https://host", c.BaseURL)
	}
	api := &client{
		base: base, publicKey: c.PublicKey, secretKey: c.SecretKey, integration: c.Integration,
		http: patient(c.FirstPause),
		// Half of what Sendcloud allows an account: others use it too.
		// https://sendcloud.dev/docs/getting-started/rate-limits
		pace: rate.NewLimiter(rate.Limit(500)/60, 20),
	}
	switch c.Version {
	case V2:
		return apiV2{api}, nil
	case V3, "":
		return apiV3{api}, nil
	}
	return nil, fmt.Errorf("there is no version %q of Sendcloud's API: choose v2 or v3", c.Version)
}

// Limits of one call.
const (
	callTimeout = 30 * time.Second
	// answerLimit is far above a page of 100 parcels.
	answerLimit = 16 << 20
	// Passing trouble is met with a few tries at once; what is left is for
	// the caller, who can wait longer.
	retries         = 3
	usualFirstPause = time.Second
	longestPause    = 20 * time.Second
)

// client is what both versions of the API have in common.
type client struct {
	base                 *url.URL
	publicKey, secretKey string
	integration          int64
	http                 *retryablehttp.Client
	pace                 *rate.Limiter
}

// patient tries a call again that met with passing trouble: no answer, 429, or
// 5xx. All our calls may be repeated.
func patient(firstPause time.Duration) *retryablehttp.Client {
	if firstPause == 0 {
		firstPause = usualFirstPause
	}
	c := retryablehttp.NewClient()
	c.HTTPClient.Timeout = callTimeout
	// The keys must not follow to wherever a redirect leads.
	c.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Logger = nil // it would log every address
	c.RetryMax, c.RetryWaitMin, c.RetryWaitMax = retries, firstPause, longestPause
	c.ErrorHandler = retryablehttp.PassthroughErrorHandler
	c.Backoff = func(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
		return min(retryablehttp.DefaultBackoff(least, most, attempt, resp), most)
	}
	return c
}

// read calls GET and decodes the answer into out.
func (c *client) read(ctx context.Context, path string, query url.Values, out any) (http.Header, error) {
	status, header, body, err := c.call(ctx, path, query)
	if err != nil {
		return nil, err
	}
	if status/100 != 2 {
		return nil, errorFrom(status, header, body)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return nil, &APIError{Kind: Unavailable, Status: status, Cause: errors.New("the answer breaks off or is no JSON")}
	}
	return header, nil
}

// call calls GET and returns whatever was answered.
func (c *client) call(ctx context.Context, path string, query url.Values) (int, http.Header, []byte, error) {
	if err := c.pace.Wait(ctx); err != nil {
		return 0, nil, nil, fmt.Errorf("wait for our turn to call Sendcloud's API: %w", err)
	}
	target := c.base.JoinPath(path)
	target.RawQuery = query.Encode()
	r, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("make the request: %w", err)
	}
	r.SetBasicAuth(c.publicKey, c.secretKey)
	r.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		return 0, nil, nil, noAnswer(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return 0, nil, nil, noAnswer(ctx, err)
	}
	return resp.StatusCode, resp.Header, body, nil
}

// noAnswer is why no answer came, without the address that was asked.
func noAnswer(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("call Sendcloud's API: %w", ctx.Err())
	}
	var where *url.Error
	if errors.As(err, &where) {
		err = where.Err
	}
	return &APIError{Kind: Unavailable, Cause: err}
}

// walk reads page after page. load reads one and returns the query of the next
// page, or nil after the last.
func walk(query url.Values, load func(url.Values) (url.Values, error)) error {
	seen := map[string]bool{}
	for query != nil {
		key := query.Encode()
		if seen[key] {
			return &APIError{Kind: Unavailable, Cause: errors.New("the pages go round in a circle")}
		}
		seen[key] = true
		next, err := load(query)
		if query.Has("cursor") && (isKind(err, NotFound) || isKind(err, Invalid)) {
			return &APIError{Kind: Unavailable, Cause: fmt.Errorf("the next page cannot be read, begin again: %w", err)}
		}
		if err != nil {
			return err
		}
		query = next
	}
	return nil
}

// follow is the query of the page that a link leads to, on top of what was
// asked. Only the cursor is taken from it: a link names a host, and the keys
// go to no other than ours.
func follow(query url.Values, link string) url.Values {
	u, err := url.Parse(link)
	if link == "" || err != nil || u.Query().Get("cursor") == "" {
		return nil
	}
	next := url.Values{}
	for name, values := range query {
		next[name] = values
	}
	next.Set("cursor", u.Query().Get("cursor"))
	return next
}

// nextLink finds the next page in the Link header.
// https://www.rfc-editor.org/rfc/rfc8288
func nextLink(header http.Header) string {
	for _, value := range header.Values("Link") {
		for link := range strings.SplitSeq(value, ",") {
			target, parameters, _ := strings.Cut(strings.TrimSpace(link), ">")
			for parameter := range strings.SplitSeq(parameters, ";") {
				name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
				if strings.EqualFold(name, "rel") && strings.EqualFold(strings.Trim(value, `"`), "next") {
					return strings.TrimPrefix(target, "<")
				}
			}
		}
	}
	return ""
}

// Integration and FailedCalls exist in version 3 only; both versions use it.

// Integration reads the settings of the integration.
func (c *client) Integration(ctx context.Context) (Integration, error) {
	if err := c.numbered(); err != nil {
		return Integration{}, err
	}
	var raw json.RawMessage
	if _, err := c.read(ctx, fmt.Sprintf("api/v3/integrations/%d", c.integration), nil, &raw); err != nil {
		return Integration{}, err
	}
	return decodeSettings(raw)
}

func (c *client) numbered() error {
	if c.integration <= 0 {
		return &APIError{Kind: Setup, Cause: errors.New("the integration's own number is not known")}
	}
	return nil
}

// decodeSettings reads an integration, which may stand in an envelope.
func decodeSettings(raw []byte) (Integration, error) {
	var told struct {
		webhookIntegration
		Data        object[webhookIntegration] `json:"data"`
		Integration object[webhookIntegration] `json:"integration"`
	}
	if json.Unmarshal(raw, &told) != nil {
		return Integration{}, errShape("the integration")
	}
	for _, found := range []webhookIntegration{told.webhookIntegration, told.Data.v, told.Integration.v} {
		if found.ID.ok {
			return found.settings(), nil
		}
	}
	return Integration{}, errShape("the integration's number")
}

// FailedCalls reads the log of failed calls.
func (c *client) FailedCalls(ctx context.Context, since time.Time, page func([]FailedCall) error) error {
	if err := c.numbered(); err != nil {
		return err
	}
	return walk(url.Values{"page_size": {"100"}}, func(query url.Values) (url.Values, error) {
		var raw json.RawMessage
		header, err := c.read(ctx, fmt.Sprintf("api/v3/integrations/%d/logs", c.integration), query, &raw)
		if err != nil {
			return nil, err
		}
		calls, err := decodeFailedCalls(raw)
		if err != nil {
			return nil, err
		}
		fresh := calls[:0]
		for _, call := range calls {
			if call.At.After(since) {
				fresh = append(fresh, call)
			}
		}
		// Newest first: one that is too old ends the walk.
		done := len(fresh) < len(calls)
		if err := page(fresh); err != nil || done {
			return nil, err
		}
		return follow(query, nextLink(header)), nil
	})
}

func decodeFailedCalls(raw []byte) ([]FailedCall, error) {
	var told struct {
		Data rows[struct {
			ID            whole  `json:"id"`
			Method        text   `json:"method"`
			ResponseCode  whole  `json:"response_code"`
			CreatedAt     moment `json:"created_at"`
			ExceptionType text   `json:"exception_type"`
		}] `json:"data"`
	}
	if json.Unmarshal(raw, &told) != nil || told.Data == nil {
		return nil, errShape("the list of failed calls")
	}
	calls := make([]FailedCall, len(told.Data))
	for i, row := range told.Data {
		calls[i] = FailedCall{
			ID: row.ID.n, At: row.CreatedAt.Time, Method: string(row.Method),
			Code: int(row.ResponseCode.n), Exception: string(row.ExceptionType),
		}
	}
	return calls, nil
}

// isObject reports whether raw begins a JSON object.
func isObject(raw []byte) bool {
	trimmed := bytes.TrimLeft(raw, " \t\r\n")
	return len(trimmed) > 0 && trimmed[0] == '{'
}
