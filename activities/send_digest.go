package activities

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"waybill/contract"
	"waybill/delivery"
	"waybill/mail"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
)

// Digests are the activities that mail people what waits for them.
type Digests struct {
	Mailer Mailer
	Links  Links
	// Person is somebody of the policy; ok is false if it has none of that name.
	Person  func(integration, name string) (somebody Decider, ok bool)
	Refunds recorder.RefundLister
	Policy  func(integration string) refund.Policy
}

const (
	// digestRead is how many refunds of a state that can wait for a person are read to find those
	// that are due first, and digestAsked how many of them are asked at a time how they stand.
	digestRead  = 5000
	digestAsked = 100
	// digestListed is how many refunds a digest lists.
	digestListed = 50
	// digestWaits is how long a digest waits for refunds that do not answer, as after a restart of a
	// worker. Then it says that there may be others.
	digestWaits = 2 * time.Minute
)

// SendDigest posts the digest of one person; see contract.SendDigest.
func (d Digests) SendDigest(ctx context.Context, order contract.DigestMail) (contract.MailReceipt, error) {
	somebody, ok := d.Person("", order.Person)
	if !ok {
		return contract.MailReceipt{}, sortOutcome(delivery.Outcome{Verdict: delivery.Refused, Why: "the policy does not name the person any more"})
	}
	preparing, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	envelope := Envelope{Post: order.Post, Subject: order.Of, To: somebody.Address}
	if receipt, done, err := d.Mailer.found(preparing, envelope); done || err != nil {
		return receipt, err
	}
	waiting, others, err := d.waiting(preparing, order.Person)
	switch {
	case err == nil && len(waiting) == 0:
		return contract.MailReceipt{}, nil
	case errors.Is(err, errSilent) && len(waiting) > 0 && time.Since(order.At) > digestWaits:
	case err != nil:
		return contract.MailReceipt{}, sortOutcome(delivery.Outcome{Verdict: delivery.NotSent, Why: "not all refunds could be read"})
	}
	letter := mail.Letter{
		Kind: mail.Digest, Facts: parcel.Facts{Recipient: parcel.Recipient{Name: order.Person}}, Language: somebody.Language,
		Link: d.Links.Refunds(), Happened: order.At, Waiting: mail.Waiting{Count: len(waiting), Others: others},
	}
	var sums refund.Sums
	for i := range waiting {
		r := &waiting[i]
		sums.Add(r.Facts.Amount)
		if i >= digestListed {
			letter.Waiting.Others++
			continue
		}
		letter.Waiting.Refunds = append(letter.Waiting.Refunds, mail.WaitingRefund{
			Refund: refundTold(r.Told(refund.Deed{What: refund.AskApproval, Person: order.Person}), nil), Return: r.ReturnID, Order: r.Facts.OrderNumber,
			Link: d.Links.Decide(contract.RefundRef{Integration: r.Integration, ReturnID: r.ReturnID}, somebody.Identity, order.Key, order.At),
		})
	}
	for _, sum := range sums {
		letter.Waiting.Sums = append(letter.Waiting.Sums, amountTold(sum))
	}
	return d.Mailer.Send(ctx, envelope, letter)
}

// errSilent says that refunds did not answer.
var errSilent = errors.New("some refunds do not answer")

// waiting are the refunds that a person's digest lists, those that are due first at the beginning,
// and how many others were not asked, or did not answer: with those, the error is [errSilent]. It
// asks until the digest is full: the first refunds may all wait for others.
func (d Digests) waiting(ctx context.Context, person string) (all []refund.Refund, others int, err error) {
	rows, more, err := d.candidates(ctx, person)
	if err != nil {
		return nil, 0, err
	}
	if more {
		others++ // at least
	}
	for len(rows) > 0 && len(all) < digestListed && ctx.Err() == nil {
		next := rows[:min(len(rows), digestAsked)]
		rows = rows[len(next):]
		recorder.AskRefunds(ctx, d.Refunds, next)
		for _, one := range next {
			switch {
			case !one.Asked:
				others, err = others+1, errSilent
			case one.Known.InDigest(person, d.Policy(one.Integration)):
				all = append(all, *one.Known)
			}
		}
	}
	if ctx.Err() != nil && len(rows) > 0 {
		err = errSilent
	}
	return all, others + len(rows), err
}

// candidates are the refunds that can wait for a person, as far as lists tell, those that are due
// first at the beginning. more says that there are others still.
func (d Digests) candidates(ctx context.Context, person string) (all []recorder.ListedRefund, more bool, err error) {
	for _, state := range []refund.State{refund.AwaitingApproval, refund.AwaitingSecond} {
		some, left, err := recorder.ListRefundsIf(ctx, d.Refunds, recorder.RefundFilter{State: state, Open: true}, digestRead, func(one recorder.ListedRefund) bool {
			somebody, decides := d.Policy(one.Integration).Person(person)
			return decides && somebody.MayWait(one.State, one.Role)
		})
		if err != nil {
			return nil, false, err
		}
		all, more = append(all, some...), more || left
	}
	slices.SortStableFunc(all, func(a, b recorder.ListedRefund) int {
		return cmp.Or(recorder.Soonest(a, b), a.Started.Compare(b.Started))
	})
	return all, more, nil
}
