package contract

import "time"

// TellOperations mails the shop's own people that somebody should look at
// something, if the policy says where they are.
const TellOperations Activity[Notice, struct{}] = "TellOperations"

// Notice is what somebody should look at.
type Notice struct {
	Integration string `json:"integration"`
	// ParcelID and ReturnID are 0 if it is the integration itself; ReturnID is that
	// of a refund.
	ParcelID int64 `json:"parcelId,omitempty"`
	ReturnID int64 `json:"returnId,omitempty"`
	// Trouble is the attention that was raised.
	Trouble string    `json:"trouble"`
	At      time.Time `json:"at"`
}
