package recorder

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"waybill/contract"
	"waybill/search"
)

// Theirs are the parcels and refunds of one person, or of one order, newest first.
type Theirs struct {
	Parcels []contract.ParcelRef
	Refunds []contract.RefundRef
	// Others have the number of one of the person's orders, and list another mail address: they are
	// not the person's, or the address is wrong in one of them. They are workflow ids.
	Others []string
}

// mostTheirs is how many parcels and refunds one person may have, and ordersAtOnce how many orders
// are looked for at a time.
const (
	mostTheirs   = 2000
	ordersAtOnce = 50
)

// ErrTooMany says that a search finds more than one person can have.
var ErrTooMany = fmt.Errorf("more than %d parcels and refunds are found, which is more than one person has: look for one order", mostTheirs)

// Theirs finds everything of one person: by mail address, and what has the numbers of the orders
// that it finds. By the number of an order, it finds what is of that order. It looks only in the
// integrations, also for what has come to its end, for as long as Temporal keeps it. It fails with
// [search.ErrNoKey] if there is no key to look an address up with, and with [ErrTooMany].
func (r Recorder) Theirs(ctx context.Context, typed string, keys search.Keys, integrations []string) (Theirs, error) {
	listed := keys.Find(typed)
	listed.Tracking = nil
	if strings.Contains(typed, "@") && len(listed.Recipient) == 0 {
		return Theirs{}, search.ErrNoKey
	}
	t := theirs{r: r, addresses: listed.Recipient, seen: map[string]bool{}}
	words := listedAs(listed)
	if len(words) == 0 || len(integrations) == 0 {
		return Theirs{}, nil
	}
	orders := map[string][]string{}
	err := t.each(ctx, integrations, words[0], func(one listedTerms) {
		t.found.add(one.id)
		if !slices.Contains(orders[one.integration], one.order) {
			orders[one.integration] = append(orders[one.integration], one.order)
		}
	})
	if err != nil || len(t.addresses) == 0 {
		return t.found, err
	}
	for _, integration := range slices.Sorted(maps.Keys(orders)) {
		numbers := slices.DeleteFunc(orders[integration], func(number string) bool { return number == "" || strings.ContainsAny(number, unquotable) })
		for some := range slices.Chunk(numbers, ordersAtOnce) {
			err = errors.Join(err, t.each(ctx, []string{integration}, among(contract.OrderNumber, some), func(one listedTerms) {
				if one.recipient != "" && !slices.Contains(t.addresses, one.recipient) {
					t.found.Others = append(t.found.Others, one.id)
				} else {
					t.found.add(one.id)
				}
			}))
		}
	}
	return t.found, err
}

// theirs is a search for what is one person's.
type theirs struct {
	r Recorder
	// addresses are the terms under which the person's mail address is listed.
	addresses []string
	found     Theirs
	seen      map[string]bool
}

// listedTerms are the terms under which a workflow is listed.
type listedTerms struct{ id, integration, order, recipient string }

// each lists parcels and refunds that were not seen before.
func (t *theirs) each(ctx context.Context, integrations []string, chosen string, found func(listedTerms)) error {
	query := fmt.Sprintf("WorkflowType IN ('%s', '%s') AND %s AND %s AND %s",
		contract.TrackParcel, contract.ApproveRefund, newestRun, among(contract.Integration, integrations), chosen)
	for page := []byte(nil); ; {
		listed, err := t.r.list(ctx, query, page, listAtOnce)
		if err != nil {
			return fmt.Errorf("look for parcels and refunds: %w", err)
		}
		for _, e := range listed.GetExecutions() {
			one := listedTerms{id: e.GetExecution().GetWorkflowId()}
			if err := errors.Join(readAttribute(e, contract.Integration, &one.integration), readAttribute(e, contract.OrderNumber, &one.order),
				readAttribute(e, contract.Recipient, &one.recipient)); err != nil {
				return err
			}
			if t.seen[one.id] || !ofIntegration(one.id, one.integration) {
				continue
			}
			if t.seen[one.id] = true; len(t.seen) > mostTheirs {
				return ErrTooMany
			}
			found(one)
		}
		if page = listed.GetNextPageToken(); len(page) == 0 {
			return nil
		}
	}
}

// ofIntegration reports whether a workflow id is that of a parcel or a refund of the integration:
// everyone who reaches Temporal can start a workflow that lists anything.
func ofIntegration(id, integration string) bool {
	if of, err := contract.ParseParcelRef(id); err == nil {
		return of.Integration == integration
	}
	of, err := contract.ParseRefundRef(id)
	return err == nil && of.Integration == integration
}

func (t *Theirs) add(id string) {
	if of, err := contract.ParseParcelRef(id); err == nil {
		t.Parcels = append(t.Parcels, of)
	} else if of, err := contract.ParseRefundRef(id); err == nil {
		t.Refunds = append(t.Refunds, of)
	}
}
