package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"waybill/contract"
	"waybill/delivery"
)

// ConfigurationFaults tells integrations once that the mail provider takes no mails
// of theirs because of the key, the sender or the account, and once that it takes
// them again.
type ConfigurationFaults struct {
	Records Records

	mu sync.Mutex
	// faulty are the integrations that were told of a fault.
	faulty map[string]bool
}

// faultTimeout is how long it may take to tell, twice over: the SDK gives a call
// half of what is left.
const faultTimeout = 4 * time.Second

// learn notes what became of a mail of an integration; known says that
// the integration is on record as faulty, maybe told by another worker.
func (f *ConfigurationFaults) learn(ctx context.Context, integration string, o delivery.Outcome, known bool) {
	faulty := o.Verdict == delivery.ConfigurationFault
	if !faulty && o.Verdict != delivery.WasAccepted {
		return // says nothing about the configuration
	}
	f.mu.Lock()
	was := f.faulty[integration] || known
	if f.faulty == nil {
		f.faulty = map[string]bool{}
	}
	f.faulty[integration] = faulty
	f.mu.Unlock()
	if was == faulty {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), faultTimeout)
	defer cancel()
	state := contract.MailState{At: time.Now().UTC()}
	if faulty {
		state.Fault = o.Why
	}
	if err := f.Records.MailState(ctx, integration, state); err != nil {
		activity.GetLogger(ctx).Warn("the integration was not told whether mails can be sent", "integration", integration, "error", err.Error())
		f.mu.Lock()
		f.faulty[integration] = !faulty // the next mail tells
		f.mu.Unlock()
	}
}
