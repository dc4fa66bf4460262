package contract

import "waybill/parcel"

// Orders that operators give a parcel's workflow. A signal that cannot be followed is
// noted in the parcel's record.
const (
	// PauseMails holds all mails back until ResumeMails. Everything is still decided
	// and recorded.
	PauseMails  Order[Ordered, MailsPaused] = "PauseMails"
	ResumeMails Order[Ordered, MailsPaused] = "ResumeMails"
	// ChangeRecipient sends all later mails to another address, also those that wait.
	ChangeRecipient Order[NewRecipient, RecipientChanged] = "ChangeRecipient"
	// SendAgain sends mails anew that went out before.
	SendAgain Order[MailSelection, MailsAgain] = "SendAgain"
	// RetryMails judges parked mails again, and sends those that still hold.
	RetryMails Order[MailRetry, MailsRetried] = "RetryMails"
	// DropMails gives up parked mails.
	DropMails Order[MailSelection, MailsDropped] = "DropMails"
	// ContinueAsNew begins a new run, perhaps with another state: the way to repair a
	// parcel that is under way.
	ContinueAsNew Order[NewRun, RunContinues] = "ContinueAsNew"
)

// Ordered says who ordered something, and why, for the record.
type Ordered struct {
	By  string `json:"by,omitempty"`
	Why string `json:"why,omitempty"`
}

// Who is By and Why.
func (o Ordered) Who() (by, why string) { return o.By, o.Why }

// MailSelection chooses mails by key; no key chooses all that the order can be about.
type MailSelection struct {
	Ordered
	Keys []string `json:"keys,omitempty"`
}

// MailRetry chooses parked mails to send.
type MailRetry struct {
	MailSelection
	// Force sends also those that newer news has overtaken.
	Force bool `json:"force,omitempty"`
}

// NewRecipient is where later mails go. An empty name stays as it is, and an
// empty language is the one of the recipient's country.
type NewRecipient struct {
	Ordered
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
	// Language is what the recipient reads, such as fr.
	Language parcel.Language `json:"language,omitempty"`
}

// NewRun is what a new run begins with.
type NewRun struct {
	Ordered
	// Parcel replaces what is known of the parcel: what Describe answers, mended. Nil
	// leaves it as it is.
	Parcel *parcel.Parcel `json:"parcel,omitempty"`
}

// The answers to orders.
type (
	// MailsPaused says whether mails are held back now.
	MailsPaused struct {
		Paused bool `json:"paused"`
	}
	// RecipientChanged is empty: that the order was taken says it all.
	RecipientChanged struct{}
	// MailsAgain are the keys of the new mails.
	MailsAgain struct {
		Keys []string `json:"keys"`
	}
	// MailsRetried says of each mail whether it leaves, and if not, why.
	MailsRetried struct {
		Mails []parcel.Retried `json:"mails"`
	}
	// MailsDropped is how many mails were given up.
	MailsDropped struct {
		Dropped int `json:"dropped"`
	}
	// RunContinues says that a new run begins once nothing is under way.
	RunContinues struct{}
)
