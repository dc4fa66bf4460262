package mail

import (
	"strings"
	"time"

	"waybill/parcel"
	"waybill/words"
)

// Sample is a letter of a kind with everything filled in, for previews.
func Sample(kind Kind, language parcel.Language) Letter {
	l := Letter{
		Kind: kind, Integration: "demo", ParcelID: 364000001, Language: language,
		Happened: time.Date(2026, 11, 3, 8, 2, 0, 0, time.UTC),
		Facts: parcel.Facts{
			Recipient:   parcel.Recipient{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"},
			CarrierCode: "postnl", CarrierName: "PostNL", OrderNumber: "1042",
			TrackingNumber: "3SYZXG132912330", TrackingURL: "https://tracking.example/3SYZXG132912330",
		},
		Attention: string(parcel.AttentionNoScan), Link: "https://waybill.shop.example/",
		Shop: Shop{Name: "Example Shop", URL: "https://shop.example", Footer: "Example Shop, 1 Example Street, London\nhelp@shop.example"},
	}
	switch {
	case parcel.MailKind(kind).ToCollect():
		l.KeptUntil = "2026-11-10"
		l.Pickup = Pickup{Name: "Kiosk Example", Address: "1 Example Street, 5611 AC Eindhoven", Hours: [7]string{
			"09:00–18:00", "09:00–18:00", "09:00–18:00", "09:00–12:00, 14:00–18:00", "09:00–18:00", "10:00–17:00", "",
		}}
	case kind == ParcelsAttention:
		l.ParcelID, l.Facts.OrderNumber = 0, ""
		l.Needing = Needing{Count: 12, Before: 7, Such: []int64{364000001, 364000002, 364000003}}
	case kind == IntegrationAttention:
		l.ParcelID, l.Facts.OrderNumber, l.Attention = 0, "", "webhook switched off"
	case kind == SignInAttention:
		l.ParcelID, l.Facts.OrderNumber, l.Integration, l.Link, l.Attention = 0, "", "", "", "a sign-in mail came back"
	case kind == DigestAttention:
		l.ParcelID, l.Facts.OrderNumber, l.Integration, l.Link, l.Attention = 0, "", "", "", "a digest did not arrive"
	case kind == Digest:
		l.ParcelID, l.Facts.OrderNumber, l.Integration = 0, "", ""
		l.Waiting = Waiting{Count: 3, Others: 2, Sums: []Amount{{"1249.50", "EUR"}, {"20.00", "GBP"}}, Refunds: []WaitingRefund{
			{Refund: Refund{Amount: Amount{"1199.50", "EUR"}, Customer: "Jane Doe", Reason: words.Verbatim("XL · 42"), Deadline: "2026-11-16"}, Order: "1042", Link: l.Link},
			{Refund: Refund{Amount: Amount{"20.00", "GBP"}, Customer: "JOHN DOE", Deadline: "2026-11-17"}, Order: "1043", Link: l.Link},
			{Refund: Refund{Reason: words.Verbatim("it broke")}},
		}}
	case kind == SignIn:
		l.ParcelID, l.Facts.OrderNumber, l.Integration = 0, "", ""
	case kind.reader() != aRecipient && kind != Attention:
		if kind.reader() == aColleague {
			l.ParcelID, l.ReturnID, l.Attention = 0, 1500002, "payment failed"
		}
		l.Refund = Refund{
			Amount: Amount{Value: "1249.50", Currency: "EUR"}, Customer: "Jane Doe", Reason: words.Verbatim("XL · 42"), Deadline: "2026-11-16", WaitedDays: 3, GoodsFirst: true,
		}
	}
	return l
}

// Hostile is a letter of a kind with hostile names and addresses.
func Hostile(kind Kind, language parcel.Language) Letter {
	l := Sample(kind, language)
	evil := `"><script>alert(1)</script>{{.Shop}}` + "\r\nBcc: joe@example.com\u202e"
	l.Facts.Recipient.Name = "محمد " + evil + strings.Repeat(" Wolfeschlegelsteinhausen", 12)
	l.Facts.CarrierName, l.Facts.OrderNumber, l.Facts.TrackingNumber = evil, "👩‍🚀"+evil, strings.Repeat("3SYZXG", 60)
	l.Facts.TrackingURL = `https://x.example/"><script>alert(1)</script>`
	l.Shop = Shop{Name: "Müller, Jörg; " + evil, URL: "javascript:alert(1)", Colour: "red;}", Logo: "http://x.example/logo.png", Footer: clean(evil, mostSubject)}
	l.Refund.Reason, l.Attention = words.Verbatim(evil), evil
	for i := range l.Waiting.Refunds {
		r := &l.Waiting.Refunds[i]
		r.Customer, r.Reason, r.Order = evil, words.Verbatim(evil), evil
	}
	l.Reached, l.Facts.Collo = 2, parcel.Collo{UUID: "u", Count: 3}
	return l
}
