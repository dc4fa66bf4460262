package sendcloud

import (
	"context"
	"time"
)

// FindReturn searches version 2's list of returns, also for version 3, whose own list
// has neither ids nor parcels.
func (c *client) FindReturn(ctx context.Context, outgoing, incoming int64, since time.Time) (Return, bool, error) {
	s := search{outgoing: outgoing, incoming: incoming, since: since}
	if outgoing <= 0 && incoming <= 0 {
		return Return{}, false, nil
	}
	for page, err := range c.returns(ctx) {
		switch {
		case isKind(err, NotFound):
			return Return{}, false, nil // the list no longer exists
		case err != nil:
			return Return{}, false, err
		}
		if s.look(page) {
			break
		}
	}
	return s.found, s.ok, nil
}

// search looks for the return of two parcels in a list that begins with the newest.
type search struct {
	outgoing, incoming int64
	since              time.Time
	found              Return
	ok                 bool
}

// look goes through a page, and reports whether no later page can hold anything better.
func (s *search) look(page []returnV2) (done bool) {
	for _, row := range page {
		r := row.read()
		old := r.olderThan(s.since)
		done = done || old
		switch {
		case old:
		case s.incoming > 0 && r.IncomingParcel == s.incoming:
			s.found, s.ok = r, true
			return true
		case s.outgoing > 0 && r.OutgoingParcel == s.outgoing && s.better(r):
			s.found, s.ok = r, true
		}
	}
	return done || s.incoming <= 0 && s.ok && s.found.RefundType != ""
}

// better reports whether to prefer an older return to what was found.
func (s *search) better(older Return) bool {
	return !s.ok || s.found.RefundType == "" && older.RefundType != ""
}
