package recorder

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"waybill/contract"
	"waybill/delivery"
	"waybill/search"
)

// Found is what a search found.
type Found struct {
	Parcels []ListedParcel `json:"parcels"`
	Refunds []ListedRefund `json:"refunds"`
	// More says that there are others.
	More bool `json:"more,omitempty"`
}

// mostFound is how many parcels and refunds are found at most.
const mostFound = 50

// Find looks for what a person types, newest first: an order number, a tracking number, a mail
// address, Sendcloud's number of a parcel or a return, alone or as demo/123, or a workflow id.
// It fails with [search.ErrNoKey] if there is no key to look an address up with. It looks only in the
// integrations.
func (r Recorder) Find(ctx context.Context, typed string, keys search.Keys, integrations []string) (found Found, err error) {
	query, err := queryFor(typed, keys, integrations)
	if err != nil || query == "" {
		return found, err
	}
	listed, err := r.list(ctx, query, nil, mostFound+1)
	if err != nil {
		return found, fmt.Errorf("search for parcels and refunds: %w", err)
	}
	for i, e := range listed.GetExecutions() {
		if found.More = i == mostFound; found.More {
			break
		}
		id := e.GetExecution().GetWorkflowId()
		if of, err := contract.ParseParcelRef(id); err == nil && slices.Contains(integrations, of.Integration) {
			one, err := listedParcel(of, e)
			if err != nil {
				return found, err
			}
			found.Parcels = append(found.Parcels, one)
		}
		if of, err := contract.ParseRefundRef(id); err == nil && slices.Contains(integrations, of.Integration) {
			one, err := r.listedRefund(of, e)
			if err != nil {
				return found, err
			}
			found.Refunds = append(found.Refunds, one)
		}
	}
	return found, nil
}

// queryFor is the search in Temporal's words; empty if there is nothing to look for.
func queryFor(typed string, keys search.Keys, integrations []string) (string, error) {
	typed = strings.TrimSpace(typed)
	listed := keys.Find(typed)
	if strings.Contains(typed, "@") && len(listed.Recipient) == 0 {
		return "", search.ErrNoKey
	}
	var anyOf []string
	if numbers := listedAs(listed); len(numbers) > 0 { // of other integrations there may be more than is listed
		anyOf = append(anyOf, fmt.Sprintf("(%s AND (%s))", among(contract.Integration, integrations), strings.Join(numbers, " OR ")))
	}
	if ids := idsOf(typed, integrations); len(ids) > 0 {
		anyOf = append(anyOf, among(contract.SearchAttribute{Name: "WorkflowId"}, ids))
	}
	if len(anyOf) == 0 || len(integrations) == 0 {
		return "", nil
	}
	return fmt.Sprintf("WorkflowType IN ('%s', '%s') AND %s AND (%s)",
		contract.TrackParcel, contract.ApproveRefund, newestRun, strings.Join(anyOf, " OR ")), nil
}

// idsOf are the workflow ids that the text may mean.
func idsOf(typed string, integrations []string) []string {
	if _, err := contract.ParseParcelRef(typed); err == nil {
		return []string{typed}
	}
	if _, err := contract.ParseRefundRef(typed); err == nil {
		return []string{typed}
	}
	number := typed
	if name, rest, named := strings.Cut(strings.Replace(typed, " ", "/", 1), "/"); named {
		number, integrations = rest, slices.DeleteFunc(slices.Clone(integrations), func(known string) bool { return known != name })
	}
	var ids []string
	for _, name := range integrations {
		for _, kind := range []delivery.SubjectKind{delivery.OfParcel, delivery.OfRefund} {
			id := fmt.Sprintf("%s:%s:%s", kind, name, number)
			_, noParcel := contract.ParseParcelRef(id)
			_, noRefund := contract.ParseRefundRef(id)
			if noParcel == nil || noRefund == nil {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
