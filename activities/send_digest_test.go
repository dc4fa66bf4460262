package activities_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/activities"
	"waybill/contract"
	"waybill/delivery"
	"waybill/link"
	"waybill/mail"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
	"waybill/words"
)

// refunds are refunds by their numbers: what Temporal lists, newest first, and what each says.
type refunds struct {
	listed []int64
	known  map[int64]refund.Refund
	fails  error
}

func (r refunds) Refunds(_ context.Context, f recorder.RefundFilter, page []byte, size int) (all []recorder.ListedRefund, next []byte, err error) {
	from, _ := strconv.Atoi(string(page))
	for i, id := range r.listed[from:] {
		if len(all) == size {
			return all, []byte(strconv.Itoa(from + i)), r.fails
		}
		known, answers := r.known[id]
		if !answers {
			known = refund.Refund{Integration: "demo", ReturnID: id, State: refund.AwaitingApproval}
		}
		if known.State == f.State {
			deadline, _ := known.LegalDeadline()
			all = append(all, recorder.ListedRefund{RefundRef: contract.RefundRef{Integration: known.Integration, ReturnID: id}, State: known.State, Deadline: deadline})
		}
	}
	return all, nil, r.fails
}

func (r refunds) Refund(_ context.Context, of contract.RefundRef) (refund.Refund, bool, error) {
	known, answers := r.known[of.ReturnID]
	if !answers {
		return known, false, errors.New("no answer")
	}
	return known, true, nil
}

// add adds a refund of an amount that waits for a decision, and whose goods came back on a day before
// noon.
func (r *refunds) add(t *testing.T, id int64, euros string, daysAgo int) {
	t.Helper()
	known := undecided(t)
	known.ReturnID, known.Facts.Amount = id, amount(t, euros, "EUR")
	known.Clock.GoodsAt, known.DueBy = noon.AddDate(0, 0, -daysAgo), noon.AddDate(0, 0, 14-daysAgo)
	if r.known == nil {
		r.known = map[int64]refund.Refund{}
	}
	r.listed, r.known[id] = append(r.listed, id), known
}

// digests are those of a shop where anna may approve EUR 150 and has a digest.
func digests(t *testing.T, o *provider, r refunds) activities.Digests {
	t.Helper()
	mails := letters(t, o)
	return activities.Digests{
		Mailer: mails.Mailer, Links: mails.Links, Person: mails.Person, Refunds: r,
		Policy: func(integration string) refund.Policy {
			p := refund.DefaultPolicy()
			p.Shadow = false
			if integration != "demo" {
				return p
			}
			p.People = []refund.Person{{Name: "anna", Role: refund.Approver, Digest: true, Limits: map[string]refund.Money{"EUR": amount(t, "150", "EUR")}}}
			return p
		},
	}
}

// digestOrder is the order to send a digest that was decided some time ago.
func digestOrder(ago time.Duration) contract.DigestMail {
	return contract.DigestMail{
		Post: contract.Post{Key: "k", Try: 1}, DigestStart: contract.DigestStart{Person: "anna", Day: "2026-11-10"},
		Of: "digest:name-of-anna:2026-11-10", At: time.Now().Add(-ago),
	}
}

func TestADigestListsWhatWaitsForItsReaderTheMostUrgentFirst(t *testing.T) {
	var r refunds
	r.add(t, 41, "20", 1)
	r.add(t, 42, "100.50", 9)
	r.add(t, 43, "200", 9) // is more than anna may approve
	r.listed = append(r.listed, 44)
	o := accepting()
	ordered := digestOrder(time.Hour)
	receipt, err := perform(t, contract.SendDigest, digests(t, o, r).SendDigest, ordered)
	require.NoError(t, err)
	require.Equal(t, "id", receipt.MessageID)
	require.Equal(t, "anna@shop.example", o.post.To)
	require.Equal(t, delivery.Subject("digest:name-of-anna:2026-11-10"), o.post.Subject)
	for i, id := range []string{"refund:demo:42", "refund:demo:41"} {
		opened := followed(t, o.letter.Waiting.Refunds[i].Link, "/refunds/decide", link.Decide)
		require.Equal(t, id, opened.Subject)
		require.True(t, linkKeys(t).IsPerson(opened.Person, "anna as the policy has her"))
		o.letter.Waiting.Refunds[i].Link = ""
	}
	told := func(id int64, amount, deadline string) mail.WaitingRefund {
		return mail.WaitingRefund{Return: id, Order: "1042", Refund: mail.Refund{
			Amount: mail.Amount{Value: amount, Currency: "EUR"}, Customer: "Jane Doe", Reason: words.Verbatim("Parcel damaged on arrival"), Deadline: deadline,
		}}
	}
	require.Equal(t, mail.Letter{
		Kind: mail.Digest, Facts: parcel.Facts{Recipient: parcel.Recipient{Name: "anna"}}, Language: parcel.Dutch, Link: publicURL + "/refunds", Happened: o.letter.Happened,
		Waiting: mail.Waiting{
			Count: 2, Others: 1, Sums: []mail.Amount{{Value: "120.50", Currency: "EUR"}},
			Refunds: []mail.WaitingRefund{
				told(42, "100.50", noon.AddDate(0, 0, 14-9).Format(time.DateOnly)), told(41, "20.00", noon.AddDate(0, 0, 14-1).Format(time.DateOnly)),
			},
		},
	}, o.letter)
}

// After a restart of a worker, refunds answer late. What none of them says is no news.
func TestADigestWaitsForRefundsThatDoNotAnswer(t *testing.T) {
	r := refunds{listed: []int64{44}}
	o := accepting()
	_, err := perform(t, contract.SendDigest, digests(t, o, r).SendDigest, digestOrder(time.Second))
	requireFailure(t, err, contract.MailNotSent, true, 0)
	r.add(t, 42, "100.50", 9)
	_, err = perform(t, contract.SendDigest, digests(t, o, r).SendDigest, digestOrder(time.Second))
	requireFailure(t, err, contract.MailNotSent, true, 0)
	require.Zero(t, o.letter)
}

func TestADigestSaysHowManyItDoesNotList(t *testing.T) {
	var r refunds
	for id := range int64(130) {
		r.add(t, id+1, "1", 1)
	}
	o := accepting()
	_, err := perform(t, contract.SendDigest, digests(t, o, r).SendDigest, digestOrder(time.Second))
	require.NoError(t, err)
	require.Len(t, o.letter.Waiting.Refunds, 50)
	require.Equal(t, 100, o.letter.Waiting.Count, "so many are asked")
	require.Equal(t, 50+30, o.letter.Waiting.Others)
}

// What waits for others, or in integrations in which the reader does not decide, takes no place.
func TestADigestIsNotEmptyBecauseMuchWaitsForOthers(t *testing.T) {
	for name, others := range map[string]func(r *refunds, id int64){
		"above the limit of the reader, and more urgent": func(r *refunds, id int64) { r.add(t, id, "151", 9) },
		"newer, of another integration": func(r *refunds, id int64) {
			r.add(t, id, "1", 0)
			known := r.known[id]
			known.Integration = "other"
			r.known[id] = known
		},
	} {
		t.Run(name, func(t *testing.T) {
			var r refunds
			for id := range int64(1100) {
				others(&r, id+1)
			}
			r.add(t, 5000, "20", 1)
			o := accepting()
			_, err := perform(t, contract.SendDigest, digests(t, o, r).SendDigest, digestOrder(time.Second))
			require.NoError(t, err)
			require.Equal(t, 1, o.letter.Waiting.Count)
			require.Len(t, o.letter.Waiting.Refunds, 1)
			require.Equal(t, "20.00", o.letter.Waiting.Refunds[0].Amount.Value)
		})
	}
}

func TestWhenNothingWaitsNobodyIsMailed(t *testing.T) {
	o := accepting()
	receipt, err := perform(t, contract.SendDigest, digests(t, o, refunds{}).SendDigest, digestOrder(time.Second))
	require.NoError(t, err)
	require.Zero(t, receipt)
	require.Zero(t, o.letter)
}

func TestADigestIsTriedAgainIfNothingCanBeListed(t *testing.T) {
	o := accepting()
	_, err := perform(t, contract.SendDigest, digests(t, o, refunds{fails: errors.New("jane.doe@example.com")}).SendDigest, digestOrder(time.Second))
	requireFailure(t, err, contract.MailNotSent, true, 0)
	require.NotContains(t, err.Error(), "jane")
	require.Zero(t, o.letter)
}

func TestADigestOfSomebodyWhoLeftIsNotSent(t *testing.T) {
	o := accepting()
	left := digestOrder(time.Second)
	left.Person = "eve"
	_, err := perform(t, contract.SendDigest, digests(t, o, refunds{}).SendDigest, left)
	requireFailure(t, err, contract.MailRefused, false, 0)
	require.NotContains(t, err.Error(), "eve")
}
