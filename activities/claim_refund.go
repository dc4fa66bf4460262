package activities

import (
	"context"
	"errors"
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

// counting is one counter and what is asked of it.
type counting struct {
	scope string
	order refund.CountOrder
}

// reservation is what is asked of one tally of the account.
type reservation struct {
	scope string
	claim refund.ClaimOrder
}

// reservations are that of the return, so that no other integration pays it, and that of the
// amount from what is left of the order.
func reservations(r contract.RefundClaim) []reservation {
	claimed := refund.Claimed{Key: r.Key, Integration: r.Integration, Amount: r.Amount, At: r.At, As: r.As}
	return []reservation{
		{contract.ReturnTally(r.ReturnID), refund.ClaimOrder{Claimed: claimed, Unlimited: true, Forced: r.Forced}},
		{contract.OrderTally(r.Order), refund.ClaimOrder{Claimed: claimed, Value: r.OrderValue, ValueBy: r.OrderValueBy, Forced: r.Forced}},
	}
}

// countings are the counters in which a refund counts. Only one that the rules have
// approved is held to how many there may be.
func (c RefundClaims) countings(r contract.RefundClaim) []counting {
	p := c.Policy(r.Integration)
	count := func(who string, span time.Duration, most int) refund.CountOrder {
		return refund.CountOrder{
			CountQuestion: refund.CountQuestion{Refund: r.ReturnID, Who: who, Since: r.At.Add(-span)}, At: r.At, Most: most, Forced: r.Forced,
		}
	}
	var all []counting
	if r.Customer != "" {
		most := -1
		if r.ByRules {
			most = p.CustomerRefunds
		}
		all = append(all, counting{contract.CustomerTally(r.Customer), count(r.Customer, p.CustomerSpan, most)})
	}
	if r.ByRules {
		all = append(all, counting{contract.ShopTally, count("", shopSpan, p.ShopDaily-1)})
	}
	return all
}

// ClaimRefund reserves the return for its integration, then the amount from what is left of the
// order, and counts the refund for its customer, and for the shop if no person has seen it. If
// one tally refuses, the others are as before.
func (c RefundClaims) ClaimRefund(ctx context.Context, r contract.RefundClaim) (refund.ClaimAnswer, error) {
	if r.ByRules && !r.Forced && c.Policy(r.Integration).ShopDaily <= 0 {
		// A try before this one may have claimed under another policy.
		return c.refuse(ctx, r, refund.ClaimAnswer{Why: "the policy has a person see each refund"})
	}
	var order refund.ClaimAnswer
	for _, one := range reservations(r) {
		var err error
		order, err = c.Tallies.ClaimTally(ctx, r.Account, one.scope, one.claim)
		switch {
		case err != nil:
			return refund.ClaimAnswer{}, err
		case order.Handled != nil, order.HeldBy != "":
			return order, nil // what was counted for it stays counted
		case !order.Granted:
			return c.refuse(ctx, r, order)
		}
	}
	elsewhere, err := countedFor(ctx, c.Tallies, r.Integration, r.ReturnID, r.OtherCustomers, r.At.Add(-c.Policy(r.Integration).CustomerSpan))
	if err != nil {
		return refund.ClaimAnswer{}, err
	}
	for _, one := range c.countings(r) {
		if one.order.Who != "" {
			one.order.Elsewhere = elsewhere
		}
		answer, err := c.Tallies.CountRefund(ctx, r.Integration, one.scope, one.order)
		switch {
		case err != nil:
			return refund.ClaimAnswer{}, err
		case !answer.Granted:
			order.Granted, order.Why = false, answer.Why
			return c.refuse(ctx, r, order)
		}
	}
	return order, nil
}

// refuse gives back what was granted, and answers. Of a refund that an earlier run may have
// paid, nothing is given back.
func (c RefundClaims) refuse(ctx context.Context, r contract.RefundClaim, answer refund.ClaimAnswer) (refund.ClaimAnswer, error) {
	if !r.InDoubt {
		if _, err := c.ReleaseRefund(ctx, r); err != nil {
			return refund.ClaimAnswer{}, err
		}
	}
	activity.GetLogger(ctx).Info("a refund was not granted", "refund", r.WorkflowID())
	return answer, nil
}

// ReleaseRefund gives back what ClaimRefund reserved.
func (c RefundClaims) ReleaseRefund(ctx context.Context, r contract.RefundClaim) (struct{}, error) {
	var failed []error
	for _, one := range reservations(r) {
		failed = append(failed, c.Tallies.ReleaseTally(ctx, r.Account, one.scope, contract.TallyRelease{Key: one.claim.Key, Integration: one.claim.Integration}))
	}
	for _, one := range c.countings(r) {
		failed = append(failed, c.Tallies.UncountRefund(ctx, r.Integration, one.scope, contract.Uncount{Who: one.order.Who, Refund: one.order.Refund}))
	}
	if err := errors.Join(failed...); err != nil {
		return struct{}{}, fmt.Errorf("give back what was reserved: %w", err)
	}
	return struct{}{}, nil
}

// RecordRefundEnd has the tallies of the return and the order know how a refund ended.
func (c RefundClaims) RecordRefundEnd(ctx context.Context, r contract.RefundClaim) (struct{}, error) {
	var failed []error
	for _, one := range reservations(r) {
		failed = append(failed, c.Tallies.RefundEnded(ctx, r.Account, one.scope, one.claim.Claimed))
	}
	return struct{}{}, errors.Join(failed...)
}
