package contract

import (
	"time"

	"waybill/delivery"
)

const (
	// SignIn mails a person of the policy a link to the refund pages, and lets it be
	// used once. Its id is [SignInWorkflowID].
	SignIn Workflow[SignInStart, struct{}] = "SignIn"
	// UseSignIn uses the link up: a second use is refused.
	UseSignIn Update[struct{}, SignedIn] = "UseSignIn"
	// SendSignIn mails the link. It fails like SendMail.
	SendSignIn Activity[SignInMail, MailReceipt] = "SendSignIn"
	// DescribeSignIn answers with what became of the mail, and whether the link was used.
	DescribeSignIn Query[SignInState] = "Describe"
)

// SignInState is what is known of a sign-in.
type SignInState struct {
	// Mails is the mail with the link, Notices what operations are told of it.
	Mails   delivery.Outbox[string]    `json:"mails,omitempty"`
	Notices delivery.Outbox[Attention] `json:"notices,omitempty"`
	// Used says that the link was used, NotReached that its mail came back.
	Used       bool `json:"used,omitempty"`
	NotReached bool `json:"notReached,omitempty"`
	// Next is when something is due, and Over says that nothing more is.
	Next time.Time `json:"next,omitzero"`
	Over bool      `json:"over,omitempty"`
}

// SignInStart begins a run of SignIn.
type SignInStart struct {
	// Person is who wants to sign in, by the name in the policy.
	Person string `json:"person"`
	// Until is how long the link may be used.
	Until time.Time `json:"until"`
}

// SignInMail is everything that the mail needs.
type SignInMail struct {
	Post
	// Nonce is the sign-in's own id; the link is signed besides.
	Nonce string `json:"nonce"`
	SignInStart
}

// SignedIn is who has signed in.
type SignedIn struct {
	Person string `json:"person"`
}

// SignInWorkflowID is sign-in:<nonce>.
func SignInWorkflowID(nonce string) string { return "sign-in:" + nonce }
