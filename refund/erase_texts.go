package refund

import (
	"slices"
	"time"
)

// textsErased is what the decision log calls it.
const textsErased = "customer's texts erased"

// answer reports whether the reason of the line is, or was, the customer's answer.
func (e Entry) answer() bool { return e.By.Person != "" && e.What == answerLogged }

// NoteTexts notes that somebody has told facts with something that the customer wrote.
func (r *Refund) NoteTexts(f Facts) {
	r.Wrote = r.Wrote || f.Message != "" || slices.ContainsFunc(f.Items, func(i Item) bool { return i.Message != "" })
}

// eraseTexts takes what the customer wrote out of a refund that awaits nothing any more: nobody needs the texts
// to decide. The workflow goes on in a new run, which has the earlier ones deleted.
func (r *Refund) eraseTexts(p Policy, now time.Time) {
	if at, over := r.overSince(); !r.Wrote || !over || at.After(now) {
		return
	}
	r.Receipt = slices.Clone(r.Receipt)
	for i, e := range r.Receipt {
		if e.answer() && e.Why != "" {
			r.Receipt[i].eraseReason()
		}
	}
	r.Wrote, r.TextsErasedAt, r.EarlierRuns = false, now, true
	r.write(p, now, textsErased, theRules, "")
	r.keepTextsErased()
}

// EarlierRunsGone notes that the runs that have what the customer wrote are deleted, or are left to Temporal,
// which forgets them later.
func (r *Refund) EarlierRunsGone() { r.EarlierRuns = false }

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

// mostReports is how many reports a refund remembers. Each of them is another webhook about it.
const mostReports = 20

// ReportedBy notes which workflow told of the refund.
func (r *Refund) ReportedBy(workflowID string) {
	if len(r.Reports) < mostReports && !slices.Contains(r.Reports, workflowID) {
		r.Reports = append(slices.Clip(r.Reports), workflowID)
	}
}
