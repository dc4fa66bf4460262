package activities

import (
	"context"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/mail"
	"waybill/sendcloud"
)

const (
	// How long a service point is remembered, and how long it is not asked for again if
	// it could not be had.
	pointKept   = time.Hour
	pointMissed = 30 * time.Second
	// pointTimeout is short: a mail does not wait for an address.
	pointTimeout = 4 * time.Second
	pointsKept   = 10_000
)

// Points knows service points: it asks Sendcloud's API, and remembers.
type Points struct {
	apis  map[string]sendcloud.API
	known *cache[int64, mail.Pickup]
}

// NewPoints asks the APIs of those integrations that have keys, by name.
func NewPoints(apis map[string]sendcloud.API) *Points {
	return &Points{apis: apis, known: newCache[int64, mail.Pickup](pointsKept, pointKept, pointMissed)}
}

// of is where the parcel of a mail can be collected, if the mail asks for that.
func (p *Points) of(ctx context.Context, order contract.MailOrder) mail.Pickup {
	id := order.Facts.ServicePoint
	api, ok := p.apis[order.Integration]
	if !ok || id == 0 || !order.Kind.ToCollect() {
		return mail.Pickup{}
	}
	return p.known.get(id, func() (mail.Pickup, bool) {
		ctx, cancel := context.WithTimeout(ctx, pointTimeout)
		defer cancel()
		point, err := api.ServicePoint(ctx, id)
		if err != nil {
			activity.GetLogger(ctx).Info("where a parcel can be collected is not known", "service_point", id, "error", err.Error())
			return mail.Pickup{}, false
		}
		return pickup(point), true
	})
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
