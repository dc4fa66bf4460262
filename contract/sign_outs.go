package contract

import (
	"slices"
	"time"
)

// RememberSignOuts remembers what one person ended before its time: sessions, and all
// that was mailed to them. It runs for as long as it has something to remember. Its id is
// [SignOutsWorkflowID].
const RememberSignOuts Workflow[SignOutsStart, struct{}] = "RememberSignOuts"

// SignedOut says that a person has signed out.
const SignedOut Signal[SignOut] = "SignedOut"

// DescribeSignOuts answers what has ended.
const DescribeSignOuts Query[SignOuts] = "Describe"

// SignOutsStart begins a run of RememberSignOuts.
type SignOutsStart struct {
	// Carried is what the run before remembered.
	Carried *SignOuts `json:"carried,omitempty"`
}

// SignOut is one sign-out: of one session, or everywhere.
type SignOut struct {
	// Session is the session's nonce.
	Session string `json:"session,omitempty"`
	// Everywhere ends all sessions and mailed links that were made until At.
	Everywhere bool      `json:"everywhere,omitempty"`
	At         time.Time `json:"at"`
	// Until is when everything that it ends would have expired.
	Until time.Time `json:"until"`
}

// SignOuts are what has ended.
type SignOuts struct {
	// Before is when the person last signed out everywhere.
	Before   time.Time      `json:"before,omitzero"`
	Sessions []EndedSession `json:"sessions,omitempty"`
	// Until is when all of it can be forgotten.
	Until time.Time `json:"until,omitzero"`
}

// EndedSession is a session that has ended before its time.
type EndedSession struct {
	Nonce string    `json:"nonce"`
	Until time.Time `json:"until"`
}

// Note notes a sign-out, and forgets sessions that would have expired.
func (s *SignOuts) Note(out SignOut, now time.Time) {
	s.Sessions = slices.DeleteFunc(slices.Clone(s.Sessions), func(one EndedSession) bool { return !now.Before(one.Until) })
	switch {
	case out.Everywhere && out.At.After(s.Before):
		s.Before = out.At
	case !out.Everywhere:
		s.Sessions = append(s.Sessions, EndedSession{Nonce: out.Session, Until: out.Until})
	}
	if out.Until.After(s.Until) {
		s.Until = out.Until
	}
}

// Merge adds what is remembered under another name of the same person.
func (s *SignOuts) Merge(more SignOuts) {
	if more.Before.After(s.Before) {
		s.Before = more.Before
	}
	s.Sessions = append(slices.Clip(s.Sessions), more.Sessions...)
}

// End reports whether something has ended that was made at a moment, under a nonce.
func (s SignOuts) End(nonce string, made time.Time) bool {
	return !made.After(s.Before) || slices.ContainsFunc(s.Sessions, func(one EndedSession) bool { return one.Nonce == nonce })
}

// SignOutsWorkflowID is the workflow id of a person's sign-outs, sign-outs:<name>, where the
// name is a pseudonym of the person, made with a key.
func SignOutsWorkflowID(name string) string { return "sign-outs:" + name }
