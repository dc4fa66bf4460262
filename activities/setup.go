package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/mail"
)

// Setups tells integrations once that the mail provider refuses the set-up for
// their mails, and once that it takes them again.
type Setups struct {
	Records Records

	mu sync.Mutex
	// faulty are the integrations that were told of a fault.
	faulty map[string]bool
}

// setupTimeout is how long it may take to tell, twice over: the SDK gives a call
// half of what is left.
const setupTimeout = 4 * time.Second

// learn takes note of what became of a mail of an integration; known says that
// the integration is on record as faulty, maybe told by another worker.
func (s *Setups) learn(ctx context.Context, integration string, o mail.Outcome, known bool) {
	faulty := o.Verdict == mail.Setup
	if !faulty && o.Verdict != mail.Accepted {
		return // says nothing about the set-up
	}
	s.mu.Lock()
	was := s.faulty[integration] || known
	if s.faulty == nil {
		s.faulty = map[string]bool{}
	}
	s.faulty[integration] = faulty
	s.mu.Unlock()
	if was == faulty {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), setupTimeout)
	defer cancel()
	state := contract.MailSetupState{At: time.Now().UTC()}
	if faulty {
		state.Fault = o.Why
	}
	if err := s.Records.MailSetup(ctx, integration, state); err != nil {
		activity.GetLogger(ctx).Warn("the integration was not told whether mails can be sent", "integration", integration, "error", err.Error())
		s.mu.Lock()
		s.faulty[integration] = !faulty // the next mail tells
		s.mu.Unlock()
	}
}
