package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/refund"
)

// RefundClaims are the activities that count refunds. Each may be tried again at
// any time: a refund counts once.
type RefundClaims struct {
	Tallies Tallies
	Policy  func(integration string) refund.Policy
}

// counting is one tally and what is asked of it.
type counting struct {
	scope string
	claim refund.ClaimOrder
}

// countings are the tallies that a refund counts in, the order's first. Only one
// that the rules have approved is held to how many there may be.
func (c RefundClaims) countings(r contract.RefundClaim) []counting {
	p, f := c.Policy(r.Refund.Integration), r.Refund.Facts
	claimed := refund.Claimed{Key: r.Refund.Key(), Amount: f.Amount, At: r.At}
	all := []counting{{contract.OrderTally(r.Refund.OrderKey()), refund.ClaimOrder{Claimed: claimed, Value: f.OrderValue, Most: -1}}}
	if email := f.Customer.Email; email != "" {
		one := refund.ClaimOrder{Claimed: claimed, Most: -1, Since: r.At.Add(-p.CustomerSpan)}
		if one.Who = refund.Digest(email); r.Refund.ByRules {
			one.Most = p.CustomerRefunds
		}
		all = append(all, counting{contract.CustomerTally(email), one})
	}
	if r.Refund.ByRules {
		all = append(all, counting{contract.ShopTally, refund.ClaimOrder{Claimed: claimed, Most: p.ShopDaily - 1, Since: r.At.Add(-24 * time.Hour)}})
	}
	for i := range all {
		all[i].claim.Forced = r.Forced
	}
	return all
}

// ClaimRefund reserves the amount from what is left of the order and counts the refund
// for its customer, and for the shop if no person has seen it. If one tally refuses,
// the others are as before.
func (c RefundClaims) ClaimRefund(ctx context.Context, r contract.RefundClaim) (refund.ClaimAnswer, error) {
	if r.Refund.ByRules && !r.Forced && c.Policy(r.Refund.Integration).ShopDaily <= 0 {
		// A try before this one may have claimed under another policy.
		_, err := c.ReleaseRefund(ctx, r)
		return refund.ClaimAnswer{Why: "the policy has a person see each refund"}, err
	}
	var order refund.ClaimAnswer
	for i, one := range c.countings(r) {
		answer, err := c.Tallies.ClaimTally(ctx, r.Refund.Integration, one.scope, one.claim)
		if err != nil {
			return refund.ClaimAnswer{}, err
		}
		if i == 0 {
			order = answer
		}
		if answer.Granted {
			continue
		}
		if _, err := c.ReleaseRefund(ctx, r); err != nil {
			return refund.ClaimAnswer{}, err
		}
		order.Granted, order.Why = false, answer.Why
		activity.GetLogger(ctx).Info("a refund was not granted", "tally", i, "refund", r.Refund.Key())
		return order, nil
	}
	return order, nil
}

// ReleaseRefund gives back what ClaimRefund reserved.
func (c RefundClaims) ReleaseRefund(ctx context.Context, r contract.RefundClaim) (struct{}, error) {
	for _, one := range c.countings(r) {
		if err := c.Tallies.ReleaseTally(ctx, r.Refund.Integration, one.scope, one.claim.Key); err != nil {
			return struct{}{}, fmt.Errorf("give back what was reserved: %w", err)
		}
	}
	return struct{}{}, nil
}
