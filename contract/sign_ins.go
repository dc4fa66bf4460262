package contract

import "time"

// SignIn mails a person of the policy a link to the refund pages, and lets it be
// used once. Its id is [SignInWorkflowID].
const SignIn Workflow[SignInStart, struct{}] = "SignIn"

// UseSignIn uses the link up: the second one who comes with it is refused.
const UseSignIn Update[struct{}, SignedIn] = "UseSignIn"

// SendSignIn mails the link.
const SendSignIn Activity[SignInMail, struct{}] = "SendSignIn"

// SignInStart begins a run of SignIn.
type SignInStart struct {
	// Person is who wants to sign in, by the name in the policy.
	Person string `json:"person"`
	// Until is how long the link may be used.
	Until time.Time `json:"until"`
}

// SignInMail is everything that the mail needs.
type SignInMail struct {
	// Nonce is the sign-in's own id; the link is signed besides.
	Nonce string `json:"nonce"`
	SignInStart
}

// SignedIn is who has signed in.
type SignedIn struct {
	Person string `json:"person"`
}

// SignInWorkflowID is the workflow id of a sign-in: sign-in:<nonce>.
func SignInWorkflowID(nonce string) string { return "sign-in:" + nonce }
