package refund_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// Everyone who reaches Temporal can tell any time. One of long ago had the warnings of the legal
// deadline counted without end, and one that is far ahead made a deadline that cannot be written.
func TestATimeThatCannotBeMeantStopsNothing(t *testing.T) {
	for _, told := range []time.Time{time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)} {
		for name, tell := range map[string]func(r *refund.Refund, p refund.Policy){
			"request": func(r *refund.Refund, p refund.Policy) {
				r.Request(refund.Facts{NoticeAt: told, OrderedAt: told}, p, monday)
			},
			"posted":  func(r *refund.Refund, p refund.Policy) { r.Posted(told, p, monday) },
			"arrived": func(r *refund.Refund, p refund.Policy) { r.GoodsBack(told, p, monday) },
		} {
			t.Run(told.Format(time.DateOnly)+" "+name, func(t *testing.T) {
				p, done := live(), make(chan error)
				go func() {
					r, err := refund.Refund{Integration: "demo", ReturnID: 42}.Step(p, monday, func(r *refund.Refund) error {
						tell(r, p)
						return nil
					})
					if err == nil {
						r, err = r.Step(p, monday, func(r *refund.Refund) error { r.Advance(p, monday); return nil })
					}
					if err == nil {
						_, err = json.Marshal(r)
					}
					done <- err
				}()
				select {
				case err := <-done:
					require.NoError(t, err)
				case <-time.After(5 * time.Second):
					require.Fail(t, "it never ends")
				}
			})
		}
	}
}
