package sendcloud

import (
	"cmp"

	"waybill/refund"
)

// Facts are what a refund needs to know of the return.
func (r Return) Facts(source refund.Source) refund.Facts {
	f := refund.Facts{
		Source: source, OutgoingParcel: r.OutgoingParcel, IncomingParcel: r.IncomingParcel, OrderNumber: r.OrderNumber,
		Kind: r.RefundType, NoticeAt: r.CreatedAt, Message: r.Message, Items: r.Items,
		Customer: refund.Customer{Name: r.CustomerName, Email: r.CustomerEmail, Country: r.CustomerCountry},
	}
	f.Reason, f.ReasonText = reasonOf(r.ReasonID, r.ReasonText)
	if amount, err := refund.ParseDecimal(r.Total, r.Currency); err == nil {
		f.Amount = amount
	}
	return f
}

// reasons are Sendcloud's reasons for a return by id, with its own English words. 2 and
// 5 do not exist. Shops can have reasons of their own.
// https://sendcloud.dev/api/v3/returns
var reasons = map[int]struct {
	words string
	means refund.Reason
}{
	1:  {"Product did not match expectations", refund.Other},
	3:  {"Other (explain in message)", refund.Other},
	4:  {"Incorrect product ordered", refund.WrongItem},
	6:  {"Product did not match description on website", refund.Other},
	7:  {"Wrong product shipped", refund.WrongItem},
	8:  {"No reason", refund.Other},
	9:  {"Rent", refund.Other},
	10: {"Does not work", refund.Faulty},
	11: {"Changed my mind", refund.ChangedMind},
	12: {"Did not meet expectations", refund.Other},
	13: {"Excessive amount", refund.Other},
	14: {"Better price available", refund.ChangedMind},
	15: {"Accidental order", refund.ChangedMind},
	16: {"No longer needed", refund.ChangedMind},
	17: {"Sample products", refund.Other},
	18: {"Looks different than expected", refund.Other},
	19: {"Ordered more than one size", refund.WrongSize},
	20: {"Arrived too late", refund.Other},
	21: {"Poor quality / Faulty", refund.Faulty},
	22: {"Does not fit properly", refund.WrongSize},
	23: {"Does not suit me", refund.ChangedMind},
	24: {"Incorrect product received", refund.WrongItem},
	25: {"Parcel damaged on arrival", refund.Damaged},
	26: {"Wrong size ordered", refund.WrongSize},
	27: {"Wrong color ordered", refund.Other},
	28: {"Does not function as expected", refund.Faulty},
	29: {"Recycle or reuse packaging", refund.Other},
	30: {"Size too large", refund.WrongSize},
	31: {"Size too small", refund.WrongSize},
	32: {"Holiday season return", refund.Other},
}

func reasonOf(id int, text string) (refund.Reason, string) {
	if id == 0 {
		return "", text
	}
	known := reasons[id]
	return cmp.Or(known.means, refund.Other), cmp.Or(text, known.words)
}
