package contract

import "time"

// TellOperations mails the shop's own people that somebody should look at
// something, if the policy says where they are.
const TellOperations Activity[Notice, struct{}] = "TellOperations"

// Notice is what somebody should look at.
type Notice struct {
	Integration string `json:"integration"`
	// ParcelID is 0 if it is the integration itself.
	ParcelID int64 `json:"parcelId,omitempty"`
	// Trouble is the attention that was raised.
	Trouble string    `json:"trouble"`
	At      time.Time `json:"at"`
}
