package sendcloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/time/rate"

	"waybill/httpclient"
)

// DefaultBaseURL is where Sendcloud's API is.
const DefaultBaseURL = "https://panel.sendcloud.sc"

// Versions of the API. Version 2 is in maintenance and lists the parcels of the whole
// account. Version 3 lists those of one integration.
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
	// Keys are the integration's API keys. What the first pair is refused is asked with the next one,
	// so that a pair can be changed.
	Keys []KeyPair
	// Integration is Sendcloud's own number of the integration. Its settings and, in
	// version 3, its parcels cannot be read without it.
	Integration int64
	// FirstPause is how long to wait before the first retry; 0 is a second. It doubles
	// from try to try.
	FirstPause time.Duration
}

// KeyPair is a pair of API keys.
type KeyPair struct{ Public, Secret string }

// Incomplete reports whether one of the two is missing.
func (k KeyPair) Incomplete() bool { return k.Public == "" || k.Secret == "" }

// NewAPI makes a client for one integration. It makes no call.
func NewAPI(c APIConfig) (API, error) {
	base, err := url.Parse(cmp.Or(c.BaseURL, DefaultBaseURL))
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("%q is not of the form https://host", c.BaseURL)
	}
	api := &client{
		base: base, keys: c.Keys, integration: c.Integration,
		http: patient(c.FirstPause),
		// Half of what Sendcloud allows an account, which other programs use too.
		// https://sendcloud.dev/docs/getting-started/rate-limits
		pace: rate.NewLimiter(rate.Limit(500)/60, 20),
	}
	switch cmp.Or(c.Version, V3) {
	case V2:
		return apiV2{api}, nil
	case V3:
		return apiV3{api}, nil
	}
	return nil, fmt.Errorf("there is no version %q of Sendcloud's API: choose v2 or v3", c.Version)
}

// Limits of one call.
const (
	callTimeout = 30 * time.Second
	// answerLimit is far above a page of 100 parcels.
	answerLimit = 16 << 20
	// A few retries are made at once. More are up to the caller, who can wait longer.
	retries         = 3
	usualFirstPause = time.Second
	longestPause    = 20 * time.Second
)

// client is what both versions of the API have in common.
type client struct {
	base        *url.URL
	keys        []KeyPair
	integration int64
	http        *retryablehttp.Client
	pace        *rate.Limiter
}

// patient retries after no answer, 429 and 5xx. All our calls can be repeated.
func patient(firstPause time.Duration) *retryablehttp.Client {
	c := retryablehttp.NewClient()
	c.HTTPClient = httpclient.New(callTimeout, answerLimit)
	c.Logger = nil // it would log every address
	c.RetryMax, c.RetryWaitMin, c.RetryWaitMax = retries, cmp.Or(firstPause, usualFirstPause), longestPause
	c.ErrorHandler = retryablehttp.PassthroughErrorHandler
	c.Backoff = func(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
		return min(retryablehttp.DefaultBackoff(least, most, attempt, resp), most)
	}
	return c
}

// read calls GET, with the first pair of keys that is not refused. The answer is valid JSON.
func (c *client) read(ctx context.Context, path string, query url.Values) (body json.RawMessage, header http.Header, err error) {
	err = &APIError{Kind: Setup, Cause: errors.New("there are no API keys")}
	for _, pair := range c.keys {
		body, header, err = c.readWith(ctx, pair, path, query)
		if failed, is := errors.AsType[*APIError](err); !is || failed.Status != http.StatusUnauthorized {
			break
		}
	}
	return body, header, err
}

func (c *client) readWith(ctx context.Context, pair KeyPair, path string, query url.Values) (json.RawMessage, http.Header, error) {
	if err := c.pace.Wait(ctx); err != nil {
		return nil, nil, fmt.Errorf("wait for our turn to call Sendcloud's API: %w", err)
	}
	target := c.base.JoinPath(path)
	target.RawQuery = query.Encode()
	r, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("make the request: %w", err)
	}
	r.SetBasicAuth(pair.Public, pair.Secret)
	r.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, nil, noAnswer(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	body = tidy(body)
	switch {
	case err != nil:
		return nil, nil, noAnswer(ctx, err)
	case resp.StatusCode/100 != 2:
		return nil, nil, errorFrom(resp.StatusCode, resp.Header, body)
	case !valid(body):
		broken := errors.New("the answer breaks off or is not JSON")
		return nil, nil, &APIError{Kind: Unavailable, Status: resp.StatusCode, Cause: broken}
	}
	return body, resp.Header, nil
}

// get reads the object with an id.
func get[T any](ctx context.Context, c *client, path string, id int64) (T, error) {
	raw, _, err := c.read(ctx, fmt.Sprintf("%s/%d", path, id), nil)
	return decode[T](raw), err
}

// decode reads an object. Anything else is the zero T.
func decode[T any](raw []byte) T {
	var told object[T]
	_ = unmarshal(raw, &told) // the types of our fields take any JSON
	return told.v
}

// noAnswer says why there was no answer. It leaves the address out.
func noAnswer(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("call Sendcloud's API: %w", ctx.Err())
	}
	var asked *url.Error
	if errors.As(err, &asked) {
		err = asked.Err
	}
	return &APIError{Kind: Unavailable, Cause: err}
}

// pages reads a list page by page. It ends after an error.
func pages[T any](ctx context.Context, c *client, path, list string, query url.Values) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		for seen := map[string]bool{}; ; {
			page, cursor, err := onePage[T](ctx, c, path, list, query)
			if query.Has("cursor") && (isKind(err, NotFound) || isKind(err, Invalid)) {
				err = &APIError{Kind: Unavailable, Cause: fmt.Errorf("the next page cannot be read, start again: %w", err)}
			}
			if !yield(page, err) || err != nil || cursor == "" {
				return
			}
			if seen[cursor] {
				yield(nil, &APIError{Kind: Unavailable, Cause: errors.New("the pages repeat without end")})
				return
			}
			seen[cursor] = true
			query.Set("cursor", cursor)
		}
	}
}

// onePage reads one page of a list and the cursor of the next page, which is empty
// after the last. The link to the next page is in a header in version 3 and in the
// answer in version 2. Only its cursor is used: it also names a host, and the keys must
// go to no host but ours.
func onePage[T any](ctx context.Context, c *client, path, list string, query url.Values) ([]T, string, error) {
	raw, header, err := c.read(ctx, path, query)
	if err != nil {
		return nil, "", err
	}
	cursor := ""
	page, next, err := decodePage[T](raw, list)
	if link, wrong := url.Parse(cmp.Or(nextLink(header), next)); wrong == nil {
		cursor = link.Query().Get("cursor")
	}
	return page, cursor, err
}

// decodePage reads a page's list and version 2's link to the next page.
func decodePage[T any](raw []byte, list string) (page rows[T], next string, err error) {
	told := decode[map[string]json.RawMessage](raw)
	var link text
	_ = unmarshal(told["next"], &link) // a page without a link is the last
	_ = unmarshal(told[list], &page)
	if page == nil {
		return nil, "", errShape(fmt.Sprintf("the list %q", list))
	}
	return page, link.exact(), nil
}

// nextLink finds the next page in the Link header. By hand, because the libraries for it split
// at every comma or drop commas, and an address may have some.
// https://www.rfc-editor.org/rfc/rfc8288#appendix-B.2
func nextLink(header http.Header) string {
	for _, rest := range header.Values("Link") {
		for rest != "" {
			_, link, _ := strings.Cut(rest, "<")
			target, parameters, _ := strings.Cut(link, ">")
			parameters, rest = cutUnquoted(parameters, ',')
			// Parameters of a link are written like those of a media type.
			_, named, err := mime.ParseMediaType("link" + parameters)
			if err == nil && slices.Contains(strings.Fields(strings.ToLower(named["rel"])), "next") {
				return target
			}
		}
	}
	return ""
}

// cutUnquoted cuts a text at the first separator outside quotation marks.
func cutUnquoted(s string, separator byte) (before, after string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++ // what it escapes ends no quotation
		case s[i] == '"':
			quoted = !quoted
		case s[i] == separator && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// Integration asks version 3, also for version 2, which tells the same.
func (c *client) Integration(ctx context.Context) (Integration, error) {
	if err := c.numbered(); err != nil {
		return Integration{}, err
	}
	told, err := get[settings](ctx, c, "api/v3/integrations", c.integration)
	if err != nil {
		return Integration{}, err
	}
	return told.read()
}

// Integrations asks version 3.
// https://sendcloud.dev/api/v3/integrations/retrieve-a-list-of-integrations
func (c *client) Integrations(ctx context.Context) (all []int64, err error) {
	for listed, err := range pages[webhookIntegration](ctx, c, "api/v3/integrations", "data", url.Values{}) {
		if err != nil {
			return nil, err
		}
		for _, one := range listed {
			if one.ID.n > 0 {
				all = append(all, one.ID.n)
			}
		}
	}
	return all, nil
}

func (c *client) numbered() error {
	if c.integration <= 0 {
		return &APIError{Kind: Setup, Cause: errors.New("the integration's own number is not known")}
	}
	return nil
}

// settings are those of an integration, possibly in an envelope.
type settings struct {
	webhookIntegration
	Data        object[webhookIntegration] `json:"data"`
	Integration object[webhookIntegration] `json:"integration"`
}

func (s settings) read() (Integration, error) {
	for _, found := range []webhookIntegration{s.webhookIntegration, s.Data.v, s.Integration.v} {
		if found.ID.ok {
			told := found.read()
			told.WebhookURL = found.WebhookURL.exact()
			return told, nil
		}
	}
	return Integration{}, errShape("the integration's number")
}
