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
	// digestRead is how many refunds of a state are read to find those that are due first, and
	// digestAsked how many of them are asked how they stand.
	digestRead  = 1000
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
	if receipt, done := d.Mailer.found(preparing, envelope); done {
		return receipt, nil
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
			Refund: refundTold(r), Order: r.Facts.OrderNumber, Link: d.Links.Decide(r, somebody.Identity, order.Key, order.At),
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
// and how many others were not asked, or did not answer: with those, the error is [errSilent].
func (d Digests) waiting(ctx context.Context, person string) (all []refund.Refund, others int, err error) {
	var rows []recorder.ListedRefund
	for _, state := range []refund.State{refund.AwaitingApproval, refund.AwaitingSecond} {
		some, _, err := recorder.ListRefunds(ctx, d.Refunds, recorder.RefundFilter{State: state, Open: true}, digestRead)
		if err != nil {
			return nil, 0, err
		}
		rows = append(rows, some...)
	}
	rows = slices.DeleteFunc(rows, func(row recorder.ListedRefund) bool {
		_, decides := d.Policy(row.Integration).Person(person)
		return !decides
	})
	slices.SortStableFunc(rows, func(a, b recorder.ListedRefund) int {
		return cmp.Or(dueFirst(a.Deadline, b.Deadline), a.Started.Compare(b.Started))
	})
	type answer struct {
		row    recorder.ListedRefund
		known  refund.Refund
		silent bool
	}
	asked := make([]answer, min(len(rows), digestAsked))
	for i := range asked {
		asked[i].row = rows[i]
	}
	recorder.AskEach(ctx, asked, func(ctx context.Context, a *answer) {
		var found bool
		var err error
		a.known, found, err = d.Refunds.Refund(ctx, a.row.RefundRef)
		a.silent = err != nil || !found
	})
	others = len(rows) - len(asked)
	for _, a := range asked {
		switch {
		case a.silent:
			others, err = others+1, errSilent
		case a.known.InDigest(person, d.Policy(a.row.Integration)):
			all = append(all, a.known)
		}
	}
	return all, others, err
}

// dueFirst compares legal deadlines. What has none is last.
func dueFirst(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		return map[bool]int{true: 1, false: -1}[a.IsZero()]
	}
	return a.Compare(b)
}
