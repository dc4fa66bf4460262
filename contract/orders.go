package contract

import "waybill/parcel"

// Orders that operators give a parcel's workflow. Each is an Update, which
// answers or says why it cannot be followed, and a Signal of the same name for
// many parcels at once; a signal that cannot be followed is noted in the
// parcel's record.
const (
	// PauseMails holds all mails back until ResumeMails. Everything goes on
	// being decided and recorded.
	PauseMails  Order[Ordered, MailsPaused] = "PauseMails"
	ResumeMails Order[Ordered, MailsPaused] = "ResumeMails"
	// ChangeRecipient sends all later mails, also those that wait, to another
	// address.
	ChangeRecipient Order[NewRecipient, RecipientChanged] = "ChangeRecipient"
	// SendAgain sends mails anew that went out already.
	SendAgain Order[MailSelection, MailsAgain] = "SendAgain"
	// RetryMails judges parked mails again, and sends those that still hold.
	RetryMails Order[MailRetry, MailsRetried] = "RetryMails"
	// DropMails gives parked mails up.
	DropMails Order[MailSelection, MailsDropped] = "DropMails"
	// ContinueAsNew begins a new run, which may get another state: the way to
	// repair a parcel that is under way.
	ContinueAsNew Order[NewRun, RunContinues] = "ContinueAsNew"
)

// Ordered says who ordered something, and why, for the record.
type Ordered struct {
	By  string `json:"by,omitempty"`
	Why string `json:"why,omitempty"`
}

// Who says who ordered it, and why.
func (o Ordered) Who() (by, why string) { return o.By, o.Why }

// MailSelection chooses mails by key; without keys, all that the order can be
// about.
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
	// Parcel replaces what is known of the parcel; nil leaves it as it is.
	// Take what Describe answers, and mend it.
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
