package desk

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"waybill/contract"
	"waybill/delivery"
	"waybill/mail"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/search"
)

// fakeParcels are parcels that follow the real rules, as their workflows do.
type fakeParcels struct {
	mu     sync.Mutex
	all    map[contract.ParcelRef]*parcel.Parcel
	policy parcel.Policy
	now    func() time.Time
	proves func(proof, text string, within time.Duration) bool
	silent error
	// attention is what their integrations need.
	attention contract.Attention
	over      bool
	// heard is told of each order as it is sent.
	heard   func(parcel.Order, parcel.Input)
	batches []recorder.Batch
	refunds []recorder.ListedRefund
	filters []recorder.ParcelFilter
	among   []string
	orders  int
	// answers are those to orders under a key.
	answers map[string]parcel.Answer
}

func (k *fakeParcels) list(fits func(*parcel.Parcel) bool) (all []recorder.ListedParcel) {
	for of, p := range k.all {
		if fits(p) {
			all = append(all, recorder.ListedParcel{
				ParcelRef: of, Phase: p.Phase, Attention: p.Attention, Parked: len(p.Mails.Parked()), Order: p.Facts.OrderNumber, Open: !p.Closed,
			})
		}
	}
	slices.SortFunc(all, func(a, b recorder.ListedParcel) int { return int(b.ID - a.ID) })
	return all
}

func (k *fakeParcels) Find(_ context.Context, typed string, keys search.Keys, integrations []string) (recorder.Found, error) {
	if strings.Contains(typed, "@") && len(keys) == 0 {
		return recorder.Found{}, search.ErrNoKey
	}
	k.among = integrations
	return recorder.Found{Refunds: k.refunds, Parcels: k.list(func(p *parcel.Parcel) bool {
		return slices.Contains(integrations, p.Integration) && (p.Facts.OrderNumber == typed || p.MailFacts().Recipient.Email == typed)
	})}, k.silent
}

// Parcels lists them in pages as they are asked for.
func (k *fakeParcels) Parcels(_ context.Context, f recorder.ParcelFilter, page []byte, size int) ([]recorder.ListedParcel, []byte, error) {
	k.filters = append(k.filters, f)
	all := k.chosen(f)
	all = all[min(len(page), len(all)):]
	if len(all) > size {
		return all[:size], append(page, make([]byte, size)...), k.silent
	}
	return all, nil, k.silent
}

func (k *fakeParcels) CountParcels(_ context.Context, f recorder.ParcelFilter) (int64, error) {
	return int64(len(k.chosen(f))), k.silent
}

func (k *fakeParcels) chosen(f recorder.ParcelFilter) []recorder.ListedParcel {
	return k.list(func(p *parcel.Parcel) bool {
		return (len(f.Among) == 0 || slices.Contains(f.Among, p.Integration)) && (f.Integration == "" || f.Integration == p.Integration) &&
			(!f.NeedsAttention || p.Attention != "") && (f.Attention == "" || string(f.Attention) == string(p.Attention)) &&
			(f.Phase == "" || f.Phase == p.Phase) && (!f.Open || !p.Closed) && listed(f.Words, p.Search) && (!f.Parked || len(p.Mails.Parked()) > 0)
	})
}

func (k *fakeParcels) ParcelsNeeding(context.Context) (map[string]map[contract.Attention]contract.Needing, error) {
	all := map[string]map[contract.Attention]contract.Needing{}
	for _, one := range k.list(func(p *parcel.Parcel) bool { return p.Attention != "" }) {
		if all[one.Integration] == nil {
			all[one.Integration] = map[contract.Attention]contract.Needing{}
		}
		why := contract.Attention(one.Attention)
		all[one.Integration][why] = contract.Needing{Count: all[one.Integration][why].Count + 1}
	}
	return all, k.silent
}

func (k *fakeParcels) Parcel(_ context.Context, of contract.ParcelRef) (parcel.Parcel, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p := k.all[of]; p != nil && k.silent == nil {
		return *p, true, nil
	}
	return parcel.Parcel{}, false, k.silent
}

func (k *fakeParcels) Integration(context.Context, string) (contract.IntegrationState, bool, error) {
	return contract.IntegrationState{Attention: k.attention, Latest: contract.IntegrationChange{ShopName: "Demo Shop"}}, true, k.silent
}

func (k *fakeParcels) TryOrder(_ context.Context, of contract.ParcelRef, o parcel.Order, in parcel.Input, now time.Time) (parcel.Answer, bool, error) {
	in.DryRun = true
	answer, err := k.follow(of, o, in, now)
	return answer, true, err
}

func (k *fakeParcels) OrderParcel(_ context.Context, of contract.ParcelRef, o parcel.Order, in parcel.Input) (parcel.Answer, error) {
	k.orders++
	if k.heard != nil {
		k.heard(o, in)
	}
	// Temporal answers an order under the id of an earlier one as it answered that one.
	id := of.String() + contract.OnceID(in.Batch)
	if done, is := k.answers[id]; is {
		return done, nil
	}
	in.Proven = k.proves(in.Proof, contract.ProvenParcelText(of, o, in), contract.ProofLasts)
	answer, err := k.follow(of, o, in, k.now())
	if err == nil && contract.OnceID(in.Batch) != "" {
		k.answers[id] = answer
	}
	return answer, err
}

func (k *fakeParcels) follow(of contract.ParcelRef, o parcel.Order, in parcel.Input, now time.Time) (parcel.Answer, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.silent != nil:
		return parcel.Answer{}, k.silent
	case k.over || k.all[of] == nil:
		return parcel.Answer{}, recorder.ErrOver
	}
	next := *k.all[of]
	next.Mails = slices.Clone(next.Mails)
	answer, err := next.Follow(o, in, k.policy, now)
	if err != nil {
		return answer, &recorder.RefusedError{Why: err.Error()}
	}
	if !in.DryRun {
		k.all[of] = &next
	}
	return answer, nil
}

func (k *fakeParcels) StartBatch(_ context.Context, b recorder.Batch) error {
	if k.silent == nil {
		k.batches = append(k.batches, b)
	}
	return k.silent
}

func (k *fakeParcels) Batch(_ context.Context, id string) (recorder.BatchState, bool, error) {
	state := recorder.BatchState{ID: id, State: "running", Total: 3, Done: 1, Started: k.now()}
	for _, b := range k.batches {
		if contract.BatchID(b.Input.Batch) == id {
			state.Mark = b.Mark
			return state, true, k.silent
		}
	}
	return state, id == "known", k.silent
}

// provider is a mail provider's log.
type provider map[string]delivery.Report

func (p provider) Reports(context.Context, string, time.Time) (map[string]delivery.Report, error) {
	return p, nil
}

// parcelConfig is what the desk of the tests has for parcels.
func (w *fixture) parcelConfig() ParcelConfig {
	renderer, err := mail.NewRenderer(nil)
	if err != nil {
		panic(err)
	}
	return ParcelConfig{
		Policy:     func(string) parcel.Policy { return w.shipping.policy },
		SearchKeys: func() (search.Keys, error) { return w.searchKeys, nil },
		TemporalUI: "https://temporal.shop.example",
		Mails: Mails{
			Renderer: renderer, Shop: func(string) mail.Shop { return mail.Shop{} },
			Log: func() MailLog {
				if w.mailLog == nil {
					return nil
				}
				return w.mailLog
			},
		},
	}
}

// sendsLive is a policy that sends each mail at once.
func sendsLive() parcel.Policy {
	p := parcel.DefaultPolicy()
	p.Mode, p.Hold, p.Cap, p.QuietFrom, p.Version = parcel.Live, 0, 0, p.QuietTo, "7"
	p.Search = search.Keys(nil).Index(false)
	return p
}

// jane is the recipient of the parcels of the tests.
const jane = "jane.doe@example.com"

// ship has a parcel of an order on its way; the first mail is accepted.
func (w *fixture) ship(integration string, id int64, change ...func(*parcel.Scan)) contract.ParcelRef {
	of := contract.ParcelRef{Integration: integration, ID: id}
	w.shipping.all[of] = &parcel.Parcel{Integration: integration, ID: id}
	w.scans(of, parcel.InTransit, change...)
	w.settles(of, delivery.WasAccepted)
	return of
}

// scans has a carrier scan a parcel.
func (w *fixture) scans(of contract.ParcelRef, phase parcel.Phase, change ...func(*parcel.Scan)) {
	s := parcel.Scan{StatusID: 3, Status: "Parcel en route", Phase: phase, At: w.clock, Facts: parcel.Facts{
		OrderNumber: "1042", CarrierCode: "dhl", TrackingNumber: "JJD1", TrackingURL: "https://carrier.example/JJD1",
		Recipient: parcel.Recipient{Name: "Jane Doe", Email: jane, Country: "NL"},
	}}
	for _, do := range change {
		do(&s)
	}
	p := w.shipping.all[of]
	_ = p.Step(w.shipping.policy, w.clock, func() error { p.Take(s, w.shipping.policy, w.clock); return nil })
}

// settles says what came of the mail that is being sent, if one is.
func (w *fixture) settles(of contract.ParcelRef, verdict delivery.Verdict) {
	p := w.shipping.all[of]
	if m := p.Mails.Sending(); m != nil {
		_ = p.Step(w.shipping.policy, w.clock, func() error {
			p.Settle(m.Key, delivery.Outcome{Verdict: verdict, MessageID: "one", Why: "the mailbox does not exist"}, parcel.Claim{}, w.clock)
			return nil
		})
	}
}

// bounces has the first mail of a parcel come back.
func (w *fixture) bounces(of contract.ParcelRef) {
	p := w.shipping.all[of]
	_ = p.Step(w.shipping.policy, w.clock, func() error {
		p.Report(delivery.Report{Key: p.Mails[0].Key, Kind: delivery.Bounced, At: w.clock}, w.clock)
		return nil
	})
}
