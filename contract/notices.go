package contract

import (
	"time"

	"waybill/delivery"
)

// TellOperations mails the shop's own people that somebody should look at
// something, if the policy says where they are. It fails like SendMail.
const TellOperations Activity[Notice, MailReceipt] = "TellOperations"

// Notice is what somebody should look at.
type Notice struct {
	Post
	// Of is whose notice it is: the workflow that keeps it. About is what somebody
	// should look at: a parcel, a refund, or the integration.
	Of          delivery.Subject `json:"of"`
	About       delivery.Subject `json:"about,omitempty"`
	Integration string           `json:"integration"`
	Attention   Attention        `json:"attention"`
	At          time.Time        `json:"at"`
}
