package sendcloud

import "waybill/refund"

// Facts are what is told of a return in a refund's words.
func (r Return) Facts(source refund.Source) refund.Facts {
	f := refund.Facts{
		Source: source, OutgoingParcel: r.OutgoingParcel, IncomingParcel: r.IncomingParcel, OrderNumber: r.OrderNumber,
		Kind: r.RefundType, NoticeAt: r.CreatedAt, Message: r.Message,
		Customer: refund.Customer{Name: r.CustomerName, Email: r.CustomerEmail, Country: r.CustomerCountry},
	}
	f.Reason, f.ReasonText = reasonOf(r.ReasonID, r.ReasonText)
	if amount, err := refund.ParseMoney(r.Total, r.Currency); err == nil {
		f.Amount = amount
	}
	return f
}

// reasons are Sendcloud's reasons of which the rules make a difference; merchants
// can have reasons of their own. https://sendcloud.dev/api/v3/returns
var reasons = map[int]refund.Reason{
	11: refund.ChangedMind, 14: refund.ChangedMind, 15: refund.ChangedMind, 16: refund.ChangedMind, 23: refund.ChangedMind,
	19: refund.WrongSize, 22: refund.WrongSize, 26: refund.WrongSize, 30: refund.WrongSize, 31: refund.WrongSize,
	25: refund.Damaged,
	4:  refund.WrongItem, 7: refund.WrongItem, 24: refund.WrongItem,
	10: refund.Faulty, 21: refund.Faulty, 28: refund.Faulty,
}

func reasonOf(id int, text string) (refund.Reason, string) {
	if id == 0 {
		return "", text
	}
	if text == "" {
		text, _ = Reason(id)
	}
	if reason, ok := reasons[id]; ok {
		return reason, text
	}
	return refund.Other, text
}
