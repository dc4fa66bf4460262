package activities

import (
	"context"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/mail"
	"waybill/sendcloud"
)

const (
	// pointKept is how long a service point is remembered.
	pointKept = time.Hour
	// pointTimeout is short: a mail does not wait for an address.
	pointTimeout = 4 * time.Second
	// pointsKept bounds the memory.
	pointsKept = 10_000
)

// Points knows service points: it asks Sendcloud's API, and remembers.
type Points struct {
	// APIs are the integrations that have API keys, by name.
	APIs map[string]sendcloud.API

	mu    sync.Mutex
	known map[int64]knownPoint
}

type knownPoint struct {
	point mail.Pickup
	until time.Time
}

// of is where the parcel of a mail can be collected, if the mail asks for that
// and somebody knows.
func (p *Points) of(ctx context.Context, order contract.MailOrder) mail.Pickup {
	id := order.Facts.ServicePoint
	api, ok := p.APIs[order.Integration]
	if !ok || id == 0 || !order.Kind.ToCollect() {
		return mail.Pickup{}
	}
	p.mu.Lock()
	known, remembered := p.known[id]
	p.mu.Unlock()
	if remembered && time.Now().Before(known.until) {
		return known.point
	}
	asked, cancel := context.WithTimeout(ctx, pointTimeout)
	defer cancel()
	told, err := api.ServicePoint(asked, id)
	if err != nil {
		activity.GetLogger(ctx).Info("where a parcel can be collected is not known", "service_point", id, "error", err.Error())
		return known.point // what was known before is better than nothing
	}
	known = knownPoint{pickup(told), time.Now().Add(pointKept)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || len(p.known) >= pointsKept {
		p.known = map[int64]knownPoint{}
	}
	p.known[id] = known
	return known.point
}

func pickup(p sendcloud.ServicePoint) mail.Pickup {
	place := mail.Pickup{Name: p.Name, Address: p.Address()}
	for day, hours := range p.Hours {
		var open []string
		for _, h := range hours {
			open = append(open, h.From+"–"+h.To)
		}
		place.Hours[day] = strings.Join(open, ", ")
	}
	return place
}
