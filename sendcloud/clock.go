package sendcloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"waybill/httpclient"
)

const clockTimeout = 10 * time.Second

// Clock reads Sendcloud's clock, to the second: the date of any answer of the API, also one
// that asks for keys. None are sent. An empty baseURL is [DefaultBaseURL].
func Clock(ctx context.Context, baseURL string) (time.Time, error) {
	base, err := url.Parse(cmp.Or(baseURL, DefaultBaseURL))
	if err != nil {
		return time.Time{}, errors.New("the address of Sendcloud's API is not valid")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base.JoinPath("api/v3/integrations").String(), nil)
	if err != nil {
		return time.Time{}, errors.New("the address of Sendcloud's API is not valid")
	}
	resp, err := httpclient.New(clockTimeout, 1<<10).Do(r)
	if err != nil {
		return time.Time{}, fmt.Errorf("reach Sendcloud: %s", httpclient.Fault(err))
	}
	defer resp.Body.Close()
	at, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return time.Time{}, errors.New("the answer of Sendcloud has no date")
	}
	return at, nil
}
