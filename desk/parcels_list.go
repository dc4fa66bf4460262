package desk

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"waybill/contract"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
	"waybill/words"
)

const (
	// parcelRows is how many parcels a page lists, mostParcels how many the API lists.
	parcelRows  = 50
	mostParcels = 500
)

// parcelSearch is what a person looks for: what they typed, or a choice of parcels.
type parcelSearch struct {
	recorder.ParcelFilter
	Typed string
	Limit int
}

// chosen reports whether the search says anything.
func (s parcelSearch) chosen() bool {
	return s.Typed != "" || s.Integration != "" || s.Phase != "" || s.Attention != "" || s.Parked || !s.Since.IsZero()
}

// readParcelSearch reads a search from a query. It leaves out what is wrong, and says why.
func readParcelSearch(q url.Values, mine []string) (s parcelSearch, faults []refund.Fault) {
	wrong := func(name, key string, pairs ...any) {
		faults = append(faults, refund.Fault{Field: name, Why: words.Say("search."+key, pairs...)})
	}
	s = parcelSearch{Typed: strings.TrimSpace(q.Get("q")), Limit: parcelRows}
	if s.Integration = q.Get("integration"); s.Integration != "" && !slices.Contains(mine, s.Integration) {
		wrong("integration", "choose", "Choices", strings.Join(mine, ", "))
		s.Integration = ""
	}
	if s.Phase = parcel.Phase(q.Get("phase")); s.Phase != "" && !s.Phase.Places() {
		wrong("phase", "phase", "Example", string(parcel.InTransit))
		s.Phase = ""
	}
	if s.Attention = contract.Attention(q.Get("attention")); strings.ContainsAny(string(s.Attention), `'"\`) {
		wrong("attention", "attention", "Example", string(parcel.AttentionBounced))
		s.Attention = ""
	}
	s.Parked = q.Get("parked") != ""
	if since := q.Get("since"); since != "" {
		var err error
		if s.Since, err = time.Parse(time.RFC3339, since); err != nil {
			if s.Since, err = time.Parse(time.DateOnly, since); err != nil {
				wrong("since", "since")
			}
		}
	}
	if limit := q.Get("limit"); limit != "" {
		var err error
		if s.Limit, err = strconv.Atoi(limit); err != nil || s.Limit < 1 || s.Limit > mostParcels {
			wrong("limit", "number", "Most", mostParcels)
			s.Limit = parcelRows
		}
	}
	return s, faults
}

// look finds what a search asks for. Without a choice, the parcels that need attention come
// first, and then the newest. Refunds are only for those who decide them.
func (d *Desk) look(ctx context.Context, s parcelSearch, mine, refunds []string) (recorder.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	found := recorder.Found{Parcels: []recorder.ListedParcel{}, Refunds: []recorder.ListedRefund{}}
	if len(mine) == 0 {
		return found, nil // no integration would mean all of them
	}
	if s.Typed != "" {
		keys, err := d.config.Parcels.SearchKeys()
		if err != nil {
			return found, err
		}
		all, err := d.parcels.Find(ctx, s.Typed, keys, mine)
		found.Parcels, found.More = append(found.Parcels, all.Parcels...), all.More
		for _, one := range all.Refunds {
			if slices.Contains(refunds, one.Integration) {
				found.Refunds = append(found.Refunds, one)
			}
		}
		return found, err
	}
	f := s.ParcelFilter
	if f.Integration == "" {
		f.Among = mine
	}
	filters := []recorder.ParcelFilter{f}
	if !s.chosen() {
		f.Open = true
		needing := f
		needing.NeedsAttention = true
		filters = []recorder.ParcelFilter{needing, f}
	}
	for _, f := range filters {
		listed, more, err := recorder.ListParcels(ctx, d.parcels, f, s.Limit)
		if err != nil {
			return found, err
		}
		found.More = found.More || more
		for _, one := range listed {
			if !slices.ContainsFunc(found.Parcels, func(other recorder.ListedParcel) bool { return other.ParcelRef == one.ParcelRef }) {
				found.Parcels = append(found.Parcels, one)
			}
		}
	}
	if len(found.Parcels) > s.Limit {
		found.Parcels, found.More = found.Parcels[:s.Limit], true
	}
	return found, nil
}

// needing counts the parcels that need attention by reason, the most frequent reason first. known is
// false if they could not be counted.
func (d *Desk) needing(ctx context.Context, mine []string) (all []needed, known bool) {
	ctx, cancel := context.WithTimeout(ctx, rowsTimeout)
	defer cancel()
	counted, err := d.parcels.ParcelsNeeding(ctx)
	if err != nil {
		d.log.Warn("the parcels that need attention were not counted", "fault", err.Error())
		return nil, false
	}
	sums := map[contract.Attention]int{}
	for integration, reasons := range counted {
		for why, n := range reasons {
			if slices.Contains(mine, integration) {
				sums[why] += n.Count
			}
		}
	}
	for why, n := range sums {
		all = append(all, needed{Why: string(why), Count: n, Path: "/parcels?" + url.Values{"attention": {string(why)}}.Encode()})
	}
	slices.SortFunc(all, func(a, b needed) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Why, b.Why)
	})
	return all, true
}

// needed is a reason for attention, and how many parcels have it.
type needed struct {
	Why, Path string
	Count     int
}
