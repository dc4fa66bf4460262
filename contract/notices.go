package contract

import "time"

// TellOperations mails the shop's own people that somebody should look at
// something, if the policy says where they are.
const TellOperations Activity[Notice, struct{}] = "TellOperations"

// Notice is what somebody should look at.
type Notice struct {
	Integration string `json:"integration"`
	// ParcelID is 0 if it is no parcel.
	ParcelID int64 `json:"parcelId,omitempty"`
	// Refund says that it is a refund; ReturnID is 0 if nobody knows of which return.
	Refund   bool  `json:"refund,omitempty"`
	ReturnID int64 `json:"returnId,omitempty"`
	// Trouble is the attention that was raised.
	Trouble string    `json:"trouble"`
	At      time.Time `json:"at"`
}
