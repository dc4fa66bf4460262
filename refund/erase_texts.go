package refund

import (
	"slices"
	"time"
)

// textsErased is what the decision log calls it.
const textsErased = "customer's texts erased"

// answer reports whether the reason of the line is, or was, the customer's answer.
func (e Entry) answer() bool { return e.By.Person != "" && e.What == answerLogged }

// hasTexts reports whether anything is known that the customer wrote.
func (r *Refund) hasTexts() bool {
	return r.Facts.Message != "" || r.Answer != "" ||
		slices.ContainsFunc(r.Facts.Items, func(i Item) bool { return i.Message != "" }) || slices.ContainsFunc(r.Receipt, func(e Entry) bool { return e.answer() && e.Why != "" })
}

// eraseTexts takes what the customer wrote out of a refund that is over: nobody has to decide by it any
// more. The workflow goes on in a new run, which has the runs before deleted.
func (r *Refund) eraseTexts(p Policy, now time.Time) {
	r.Receipt = slices.Clone(r.Receipt)
	for i, e := range r.Receipt {
		if e.answer() && e.Why != "" {
			r.Receipt[i].eraseReason()
		}
	}
	r.TextsErasedAt, r.TextsStand = now, true
	r.write(p, now, textsErased, theRules, "")
	r.keepTextsErased()
}

// TextsGone notes that the runs of before are gone, or soon will be.
func (r *Refund) TextsGone() { r.TextsStand = false }

// keepTextsErased takes out again what a step may have brought back.
func (r *Refund) keepTextsErased() {
	if r.TextsErasedAt.IsZero() {
		return
	}
	r.Facts.Message, r.Answer = "", ""
	r.Facts.Items = slices.Clone(r.Facts.Items)
	for i := range r.Facts.Items {
		r.Facts.Items[i].Message = ""
	}
}

// mostReports is how many reports a refund remembers.
const mostReports = 20

// ReportedBy notes which workflow told of the refund.
func (r *Refund) ReportedBy(workflowID string) {
	if workflowID != "" && len(r.Reports) < mostReports && !slices.Contains(r.Reports, workflowID) {
		r.Reports = append(slices.Clip(r.Reports), workflowID)
	}
}
