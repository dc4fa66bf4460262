package recorder

import (
	"context"
	"fmt"

	"waybill/contract"
)

const (
	// mostNamed is how many parcels are named for one reason.
	mostNamed = 5
	// mostValues is more than there are reasons for attention, or integrations of a shop.
	mostValues = 1000
)

// ParcelsNeeding counts the open parcels that need attention, by integration and reason. Temporal
// counts one value at a time, so this first finds out which values occur. Lists may be some seconds
// behind.
func (r Recorder) ParcelsNeeding(ctx context.Context) (map[string]map[contract.Attention]contract.Needing, error) {
	all := map[string]map[contract.Attention]contract.Needing{}
	err := r.eachOf(ctx, contract.Integration, ParcelFilter{Open: true, NeedsAttention: true}, func(one ListedParcel) (string, error) {
		needing := map[contract.Attention]contract.Needing{}
		all[one.Integration] = needing
		return one.Integration, r.eachOf(ctx, contract.AttentionField, ParcelFilter{Open: true, NeedsAttention: true, Integration: one.Integration},
			func(one ListedParcel) (string, error) {
				why := contract.Attention(one.Attention)
				var err error
				needing[why], err = r.needing(ctx, ParcelFilter{Open: true, Integration: one.Integration, Attention: why})
				return string(why), err
			})
	})
	return all, err
}

// eachOf calls see with one parcel for each value that a search attribute has.
func (r Recorder) eachOf(ctx context.Context, a contract.SearchAttribute, f ParcelFilter, see func(ListedParcel) (value string, err error)) error {
	for range mostValues {
		found, _, err := r.Parcels(ctx, f, nil, 1)
		if err != nil || len(found) == 0 {
			return err
		}
		value, err := see(found[0])
		if err != nil {
			return err
		}
		f.not = append(f.not, value)
		f.notOf = a
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
