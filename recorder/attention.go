package recorder

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"waybill/contract"
	"waybill/parcel"
)

const (
	// mostNamed is how many parcels are named for one reason.
	mostNamed = 5
	// mostValues is more than there are reasons for attention, or integrations of a shop.
	mostValues = 1000
)

// ParcelsNeeding counts the open parcels that need attention, by integration and reason. Temporal
// counts one value at a time, so this first finds out which values occur. Lists may be some seconds
// behind. What a workflow lists that no parcel of ours would is not counted: everyone who reaches
// Temporal can start one.
func (r Recorder) ParcelsNeeding(ctx context.Context) (map[string]map[contract.Attention]contract.Needing, error) {
	all := map[string]map[contract.Attention]contract.Needing{}
	err := r.eachOf(ctx, contract.Integration, ParcelFilter{Open: true, NeedsAttention: true}, func(integration string) error {
		if !contract.ValidIntegration(integration) {
			return nil
		}
		needing := map[contract.Attention]contract.Needing{}
		all[integration] = needing
		return r.eachOf(ctx, contract.AttentionField, ParcelFilter{Open: true, Integration: integration}, func(why string) (err error) {
			if slices.Contains(parcel.Attentions(), parcel.Attention(why)) {
				why := contract.Attention(why)
				needing[why], err = r.needing(ctx, ParcelFilter{Open: true, Integration: integration, Attention: why})
			}
			return err
		})
	})
	return all, err
}

// lookedAt is how many parcels are looked at for values at a time.
const lookedAt = 50

// eachOf calls see with each value that a search attribute has in the parcels of a filter. A
// value that no query can leave out, because of its quotation marks, is passed over page by page.
func (r Recorder) eachOf(ctx context.Context, a contract.SearchAttribute, f ParcelFilter, see func(value string) error) error {
	f.each = a
	seen := map[string]bool{}
	var page []byte
	for range mostValues {
		query, err := f.Query()
		if err != nil {
			return err
		}
		listed, err := r.list(ctx, query, page, lookedAt)
		if err != nil {
			return fmt.Errorf("list the values of %s: %w", a.Name, err)
		}
		known := len(f.not)
		for _, e := range listed.GetExecutions() {
			value := ""
			if err := readAttribute(e, a, &value); err != nil {
				return err
			}
			if seen[value] {
				continue
			}
			if err := see(value); err != nil {
				return err
			}
			if seen[value] = true; !strings.ContainsAny(value, unquotable) {
				f.not = append(f.not, value)
			}
		}
		if page = listed.GetNextPageToken(); len(f.not) > known {
			page = nil // of what is left now
		} else if len(page) == 0 {
			return nil
		}
	}
	return fmt.Errorf("there are more than %d values of %s", mostValues, a.Name)
}

// needing counts the parcels of a filter, and names some.
func (r Recorder) needing(ctx context.Context, f ParcelFilter) (n contract.Needing, err error) {
	count, err := r.CountParcels(ctx, f)
	if err != nil {
		return n, err
	}
	found, _, err := r.Parcels(ctx, f, nil, mostNamed)
	for _, one := range found {
		n.Such = append(n.Such, one.ID)
	}
	// A parcel that changes between the two questions may be in one answer only.
	n.Count = max(int(count), len(n.Such))
	return n, err
}
