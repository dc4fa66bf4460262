package desk

import (
	"context"
	"slices"
	"sync"

	"waybill/contract"
	"waybill/parcel"
	"waybill/words"
)

// reasons are those for which parcels need attention, and the one that was chosen, which may be
// of another version.
func reasons(chosen contract.Attention) (all []contract.Attention) {
	for _, why := range parcel.Attentions() {
		all = append(all, contract.Attention(why))
	}
	if chosen != "" && !slices.Contains(all, chosen) {
		all = append(all, chosen)
	}
	return all
}

// concern is what the people who look at parcels have to know of what an integration needs; nil
// if it needs nothing.
func concern(integration string, why contract.Attention) *words.Text {
	if !slices.Contains(contract.IntegrationAttentions(), why) {
		return nil
	}
	return words.Say("concern."+string(why), "Integration", integration)
}

// concerns are those of several integrations.
func (d *Desk) concerns(ctx context.Context, integrations []string) []*words.Text {
	all := make([]*words.Text, len(integrations))
	var asking sync.WaitGroup
	for i, name := range integrations {
		asking.Go(func() {
			all[i] = concern(name, d.told(ctx, name).Attention)
		})
	}
	asking.Wait()
	return slices.DeleteFunc(all, func(text *words.Text) bool { return text == nil })
}
