package refund

import (
	"slices"
	"strings"

	"waybill/words"
)

// recorded are the texts that the decision log and the terms have in plain English.
var recorded = words.NewRecord(map[string]words.Blank{
	"Reason": {Lists: []string{"refund_reason"}, Else: words.Name},
	"Kind":   {Lists: []string{"kind"}, Else: words.Name},
	"State":  {Lists: []string{"refund_state"}},
	"Age":    {Lists: []string{"span"}},
	"Day":    {Else: words.OnDay},
	// Why a refund needs a person, why a payment did not come about, or what a provider says.
	"Why":         {Lists: []string{"refund.pay", "refund.fault", "recorded", "ground.panel_unknown"}, Else: words.Prose},
	"Paid":        {Lists: []string{"recorded.earlier_endpoint"}, Else: words.Name},
	"Other":       {Else: words.Name},
	"Integration": {Else: words.Name},
	"What":        {Lists: []string{"recorded.fact"}},
	"Said":        {Lists: []string{"report"}},
	"Status":      {Else: words.Prose},
	"Fault":       {Else: words.Prose},
	"Currency":    {Else: words.Name},
	"Order":       {Else: words.Name},
	"Refund":      {Else: words.Name},
	"Refunds":     {Else: words.Name},
	"Code":        {Else: words.Name},
	"Written":     {Else: words.Name},
}, "ground", "refund.pay", "refund.fault", "recorded", "attention", "failure", "report", "refund.unknown_amount")

// Reasons are why a person decides.
func (t Terms) Reasons() (reasons []*words.Text) {
	for _, why := range t.Why {
		reasons = append(reasons, recorded.Recall(why))
	}
	return reasons
}

// Remark is why the line was written; what a person wrote, and what no text says, stays as it is. Nil
// says nothing.
func (e Entry) Remark() *words.Text {
	switch {
	case e.Erased != "":
		return words.Say("log.erased_text")
	case e.By.Person != "" && e.What == mailedAgain && What(e.Why).ToCustomer():
		return words.Word("deed.says", letters[What(e.Why)].says)
	case e.Why == "" || e.By.Person != "":
		return words.Verbatim(e.Why)
	case slices.Contains([]string{string(PaidNow), string(PaidBefore)}, e.What) && e.By == theEndpoint:
		return name(e.Why) // the shop's payment number
	case e.What == "asked to pay":
		endpoint, why, more := strings.Cut(e.Why, "; ")
		if !more {
			return name(endpoint)
		}
		return words.Say("all", "All", words.All{name(endpoint), recorded.Recall(why)})
	case e.What == "gathered", e.What == "learned":
		return joined(recorded.Parts(e.Why, ", "), func(all []*words.Text) any { return words.Series(all) })
	case e.What == "customer not notified":
		if what, why, is := strings.Cut(e.Why, ": "); is && What(what).ToCustomer() {
			return words.Say("recorded.because", "Said", words.Word("deed.says", letters[What(what)].says), "Why", recorded.Recall(why))
		}
	}
	return joined(recorded.Parts(e.Why, "; "), func(all []*words.Text) any { return words.All(all) })
}

// name is data, which is in no language.
func name(s string) *words.Text { return words.Say("all", "All", s) }

func joined(parts []*words.Text, by func([]*words.Text) any) *words.Text {
	if len(parts) == 1 {
		return parts[0]
	}
	return words.Say("all", "All", by(parts))
}
