package contract

import (
	"errors"
	"slices"
	"time"

	"waybill/delivery"
)

const (
	// SignIn mails one person of the policy links to the pages of the desk, and lets each be used
	// once. It runs for as long as a link works or its mail may come back. Its id is
	// [SignInWorkflowID].
	SignIn Workflow[SignInStart, struct{}] = "SignIn"
	// SignInAsked says that a link was asked for.
	SignInAsked Signal[SignInAsk] = "SignInAsked"
	// UseSignIn uses a link up: a second use is refused.
	UseSignIn Update[SignInUse, SignedIn] = "UseSignIn"
	// SendSignIn mails a link. It fails like SendMail.
	SendSignIn Activity[SignInMail, MailReceipt] = "SendSignIn"
	// DescribeSignIn answers with what became of the mails, and which links were used.
	DescribeSignIn Query[SignInState] = "Describe"
)

// Anybody can ask for a link to somebody else's address. No request is refused; what is
// bounded is how many mails that makes. A link works for at least as long as a mail counts
// (see link.SignIn), so a person who is mailed no other link has one that works, or has used
// it.
const (
	// mostSignInMails are mailed to a person in any signInSpan.
	mostSignInMails = 3
	signInSpan      = time.Hour
	// signInPause is how long after a request another one is taken for the same, unless its
	// link was used meanwhile.
	signInPause = time.Minute
	// signInReports is how long after a link has expired its mail may come back.
	signInReports = 24 * time.Hour
)

// SignInStart begins a run of SignIn.
type SignInStart struct {
	// Person is who wants to sign in, by the name in the policy.
	Person string `json:"person"`
	// Carried is what the run before knew.
	Carried *SignInState `json:"carried,omitempty"`
}

// SignInAsk asks for a link.
type SignInAsk struct {
	// Nonce is the link's own id, and cannot be guessed.
	Nonce string    `json:"nonce"`
	At    time.Time `json:"at"`
	// Until is how long the link would work if it were mailed At. After that, nobody waits
	// for it any more.
	Until time.Time `json:"until"`
}

// SignInUse uses the link of a nonce.
type SignInUse struct {
	Nonce string `json:"nonce"`
}

// SignInState is what is known of a person's sign-ins.
type SignInState struct {
	// Links are those that work, or whose mail may come back, the oldest first.
	Links []SignInLink `json:"links,omitempty"`
	// Mails are the mails with the links, each about its nonce; Notices what operations are
	// told of them.
	Mails   delivery.Outbox[string]    `json:"mails,omitempty"`
	Notices delivery.Outbox[Attention] `json:"notices,omitempty"`
	// NotReached says that a mail came back, and no link was used since.
	NotReached bool `json:"notReached,omitempty"`
	// Next is when something is due, and Over says that nothing more is.
	Next time.Time `json:"next,omitzero"`
	Over bool      `json:"over,omitempty"`
}

// SignInLink is one link.
type SignInLink struct {
	Nonce string    `json:"nonce"`
	Asked time.Time `json:"asked"`
	Until time.Time `json:"until"`
	Used  bool      `json:"used,omitempty"`
}

// SignInMail is everything that the mail needs.
type SignInMail struct {
	Post
	// Name is the sign-in's, from its workflow id; the link is signed besides.
	Name   string    `json:"name"`
	Nonce  string    `json:"nonce"`
	Person string    `json:"person"`
	Until  time.Time `json:"until"`
}

// SignedIn is who has signed in.
type SignedIn struct {
	Person string `json:"person"`
}

// SignInWorkflowID is sign-in:<name>, where the name is a pseudonym of the person, made with
// a key.
func SignInWorkflowID(name string) string { return "sign-in:" + name }

// Ask queues a mail with a new link, unless one is on its way or enough were sent lately. It
// reports whether it did.
func (s *SignInState) Ask(subject delivery.Subject, ask SignInAsk, now time.Time) bool {
	lasts := ask.Until.Sub(ask.At)
	if !now.Before(ask.Until) || s.enough(now) || s.link(ask.Nonce) != nil {
		return false
	}
	s.Links = append(slices.Clip(s.Links), SignInLink{Nonce: ask.Nonce, Asked: now, Until: now.Add(lasts)})
	s.Mails.Queue(delivery.Message[string]{
		Key: delivery.Key(subject, "sign_in/"+ask.Nonce), About: ask.Nonce, Decided: now,
		Terms: delivery.Terms{Patience: lasts, ProofWait: time.Minute},
	}, len(s.Links)+1)
	return true
}

// enough reports whether no further mail may be sent now. The newest link then works, unless
// its person has used it: it was asked for after the one before had left.
func (s *SignInState) enough(now time.Time) bool {
	lately := 0
	for _, l := range s.Links {
		counts := l.Asked
		m := s.mailOf(l)
		switch {
		case !l.Used && now.Sub(l.Asked) < signInPause, open(m) && now.Before(l.Until):
			return true
		case m != nil && m.Done.After(counts):
			counts = m.Done
		}
		if now.Sub(counts) < signInSpan {
			lately++
		}
	}
	return lately >= mostSignInMails
}

// Use uses a link up. The error says why it cannot be used.
func (s *SignInState) Use(use SignInUse, now time.Time) error {
	l := s.link(use.Nonce)
	switch {
	case l == nil || l.Used:
		return errors.New("this link was used already: sign in for a new one")
	case !now.Before(l.Until):
		return errors.New("this link has expired: sign in for a new one")
	}
	l.Used, s.NotReached = true, false
	return nil
}

// Tidy forgets what no longer matters, begins the mails that are due, and says when there is
// something to do again.
func (s *SignInState) Tidy(now time.Time) {
	s.Links = slices.DeleteFunc(s.Links, func(l SignInLink) bool { return !now.Before(l.Until.Add(signInReports)) })
	s.Mails = slices.DeleteFunc(s.Mails, func(m delivery.Message[string]) bool { return s.link(m.About) == nil })
	var next time.Time
	for _, l := range s.Links {
		m := s.mailOf(l)
		switch {
		case open(m) && (l.Used || !now.Before(l.Until)):
			m.Overtake("the link, which was used or has expired", now)
		case open(m):
			next = delivery.Earliest(next, l.Until)
		}
	}
	next = delivery.Earliest(next, delivery.Earliest(s.Mails.Dispatch(now), s.Notices.Dispatch(now)))
	if n := len(s.Links); n > 0 {
		next = delivery.Earliest(next, s.Links[n-1].Until.Add(signInReports))
	}
	s.Next, s.Over = next, len(s.Links) == 0 && !s.Notices.Open()
}

func (s *SignInState) link(nonce string) *SignInLink {
	i := slices.IndexFunc(s.Links, func(l SignInLink) bool { return l.Nonce == nonce })
	if i < 0 {
		return nil
	}
	return &s.Links[i]
}

// open reports whether a mail is still to be sent.
func open(m *delivery.Message[string]) bool {
	return m != nil && (m.State == delivery.Waiting || m.State == delivery.Sending)
}

func (s *SignInState) mailOf(l SignInLink) *delivery.Message[string] {
	for i := range s.Mails {
		if s.Mails[i].About == l.Nonce {
			return &s.Mails[i]
		}
	}
	return nil
}
