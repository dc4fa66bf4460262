package desk

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/refund"
	"waybill/words"
)

// logs adds lines to the decision log of a refund: what happened, which machine wrote it, and why.
func (w *fixture) logs(of contract.RefundRef, lines ...[3]string) {
	r := w.all[of]
	for _, line := range lines {
		r.Receipt = append(r.Receipt, refund.Entry{At: w.clock, What: line[0], By: refund.Author{Machine: line[1]}, Why: line[2], State: r.State})
	}
	w.all[of] = r
}

func TestWhatARefundHasRecordedIsInTheLanguageOfItsReader(t *testing.T) {
	for _, language := range []words.Language{words.Dutch, words.German} {
		w := open(t)
		w.reads(language, "")
		bare := w.request("demo", 91, func(f *refund.Facts) { *f = refund.Facts{Source: refund.FromRefundRequested, Kind: "credit"} })
		r := w.all[bare]
		r.Terms.Why = append(r.Terms.Why, "EUR 80.00 is more than EUR 50.00", "the order is more than 30 days old")
		w.all[bare] = r
		w.logs(bare,
			[3]string{"gathered", "Sendcloud", "amount, the return itself, Sendcloud tells another order value than the request, Sendcloud does not know the return"},
			[3]string{"learned", "Sendcloud", "return parcel, items"},
			[3]string{"handled before", "Waybill", "handled on 3 November 2026, as paid elsewhere"},
			[3]string{"begun before", "Waybill", "an earlier run of the refund may have been paid"},
			[3]string{"not ours", "Waybill", "the integration other of the same account has it"},
			[3]string{"asked for approval", "the rules", "EUR 80.00 is more than EUR 50.00; the reason is damaged; the customer wants credit instead of money"},
			[3]string{"asked for approval", "the rules", "the order has 100 refunds already: orders need numbers of their own"},
			[3]string{"would be approved", "the rules", "shadow mode: nothing is sent or paid"},
			[3]string{"approved", "the rules", "nothing needs a person"},
			[3]string{"approved", "the rules", "no decision came in time, and the policy approves an amount this small"},
			[3]string{"reminded", "the rules", "the daily digests list it"},
			[3]string{"missed the reservation", "the rules", "the tallies have not answered for an hour"},
			[3]string{"warned operations", "the rules", string(refund.LegalAlarm)},
			[3]string{"customer not notified", "the rules", "tell paid: the mail address is not known"},
			[3]string{"customer not reached", "the mail provider", "bounced"},
			[3]string{"not asked: ben", "the mail provider", "not sent"},
			[3]string{"reserved", "the rules", "the amount is within what is left of the order"},
			[3]string{"asked to pay", "Waybill", "shop.example/refunds; it is not known whether the return was refunded in Sendcloud's panel"},
			[3]string{"payment refused", "Waybill", "the shop was not asked: it is not known whether the return was refunded in Sendcloud's panel: look there, then pay again"},
			[3]string{"paid", "the shop's endpoint", "re_1"},
		)
		for i, state := range refund.States() {
			if state != refund.PayFailed { // what the endpoint says is not ours
				w.inState(int64(i+1), state)
			}
		}
		for of := range w.all {
			page := w.signedInAs("mia").get(pathOf(of))
			requirePage(t, page.body)
			require.NotContains(t, page.body, `lang="en"`, "%s %v", language, of)
		}
	}
}

func TestWhatNoTextSaysStaysAsItIsRecordedAndIsMarked(t *testing.T) {
	w := open(t)
	of := w.request("demo", 91)
	r := w.all[of]
	r.Terms.Why = []string{"the <moon> is full"}
	w.all[of] = r
	w.logs(of,
		[3]string{"escalated", "the rules", "the <sun> is up; nothing needs a person"},
		[3]string{"customer not notified", "the mail provider", "tell paid: status 400"},
		[3]string{"payment in doubt", "the shop's endpoint", "HTTP 500 \uE0000\uE001"},
	)
	for language, says := range map[words.Language][]string{
		words.German: {
			`<li lang="en">The &lt;moon&gt; is full.</li>`,
			`<p class="soft"><span lang="en">the &lt;sun&gt; is up</span>; die Entscheidung einer Person ist nicht nötig</p>`,
			`<p class="soft">Erstattung ausgezahlt: <span lang="en">status 400</span></p>`,
			`<span lang="en">HTTP 500`,
		},
		words.English: {
			`<p class="soft"><span lang="en">the &lt;sun&gt; is up</span>; nothing needs a person</p>`,
			`<p class="soft">it is paid: <span lang="en">status 400</span></p>`,
		},
	} {
		w.reads(language, "")
		page := w.signedInAs("mia").get(pathOf(of))
		requirePage(t, page.body)
		for _, said := range says {
			require.Contains(t, page.body, said)
		}
		require.Equal(t, 4, strings.Count(page.body, ` lang="en"`)-strings.Count(page.body, `<html lang="en"`), "the rest has words")
	}
}
