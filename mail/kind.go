package mail

import "waybill/parcel"

// Kind is a kind of mail. Every [parcel.MailKind] is one, to the recipient of a parcel;
// the others are below.
type Kind string

// Mails to a customer who asks for a refund.
const (
	RefundReceived  Kind = "refund_received"
	RefundApproved  Kind = "refund_approved"
	RefundRejected  Kind = "refund_rejected"
	RefundWithdrawn Kind = "refund_withdrawn"
	RefundNeedsInfo Kind = "refund_needs_info"
	RefundPaid      Kind = "refund_paid"
)

// Mails to the shop's own people.
const (
	Attention            Kind = "attention"
	ParcelsAttention     Kind = "parcels_attention"
	ApprovalAsked        Kind = "approval_asked"
	ApprovalReminder     Kind = "approval_reminder"
	ApprovalEscalated    Kind = "approval_escalated"
	IntegrationAttention Kind = "integration_attention"
	RefundAttention      Kind = "refund_attention"
	SignInAttention      Kind = "sign_in_attention"
	DigestAttention      Kind = "digest_attention"
	// Digest lists the refunds that wait for its reader.
	Digest Kind = "digest"
	// SignIn leads to the pages of the desk.
	SignIn Kind = "sign_in"
)

// Kinds are all kinds.
func Kinds() []Kind {
	var all []Kind
	for _, k := range parcel.MailKinds() {
		all = append(all, Kind(k))
	}
	return append(all, RefundReceived, RefundApproved, RefundRejected, RefundWithdrawn, RefundNeedsInfo, RefundPaid,
		Attention, ParcelsAttention, ApprovalAsked, ApprovalReminder, ApprovalEscalated, IntegrationAttention, RefundAttention, SignInAttention, DigestAttention, Digest, SignIn)
}

// reader is who a mail is for.
type reader int

const (
	aRecipient reader = iota
	aCustomer
	aColleague
)

func (k Kind) reader() reader {
	switch k {
	case RefundReceived, RefundApproved, RefundRejected, RefundWithdrawn, RefundNeedsInfo, RefundPaid:
		return aCustomer
	case Attention, ParcelsAttention, ApprovalAsked, ApprovalReminder, ApprovalEscalated, IntegrationAttention, RefundAttention, SignInAttention, DigestAttention, Digest, SignIn:
		return aColleague
	}
	return aRecipient
}
