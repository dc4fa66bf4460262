// Package doctor checks whether everything that a deployment needs is there and set up. It
// changes nothing, sends no mail and pays nothing. Each check has a file of its own.
package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Level is how bad a finding is.
type Level string

// The levels, from the least to the worst.
const (
	OK Level = "ok"
	// Skipped is a check that could not be done.
	Skipped Level = "skipped"
	// Warning is something that works now and should be mended.
	Warning Level = "warning"
	// Fault is something that does not work.
	Fault Level = "fault"
)

// Finding is what a check has found.
type Finding struct {
	Check string `json:"check"`
	Level Level  `json:"level"`
	What  string `json:"what"`
	// Why it matters, and the command or click that mends it. Both are empty if nothing is
	// wrong.
	Why  string `json:"why,omitempty"`
	Mend string `json:"mend,omitempty"`
}

func ok(format string, args ...any) Finding {
	return Finding{Level: OK, What: fmt.Sprintf(format, args...)}
}

func skipped(format string, args ...any) Finding {
	return Finding{Level: Skipped, What: fmt.Sprintf(format, args...)}
}

func warning(what, why, mend string) Finding {
	return Finding{Level: Warning, What: what, Why: why, Mend: mend}
}

func fault(what, why, mend string) Finding {
	return Finding{Level: Fault, What: what, Why: why, Mend: mend}
}

// Check is one look at a deployment.
type Check struct {
	Name string
	// About says what it looks at.
	About string
	// Needs are what the check depends on: if one is missing, it is skipped.
	Needs []Need
	Look  func(context.Context, *Deployment) []Finding
}

// Need says why a check has to be skipped; empty if it can be done.
type Need func(context.Context, *Deployment) (reason string)

// Checks are all of them, in the order of the report.
func Checks() []Check {
	return []Check{
		settingsCheck, keysCheck, encryptionCheck, policyCheck,
		temporalCheck, namespaceCheck, retentionCheck, exportsCheck, attributesCheck, pollersCheck, workerVersionCheck, backlogCheck,
		sendgridKeyCheck, sendgridSenderCheck, sendgridMailCheck, sendgridEventsCheck,
		sendcloudAPICheck, sendcloudAccountCheck, sendcloudWebhookCheck, sendcloudKeyCheck, clockCheck,
		publicURLCheck, ingressCheck, paymentCheck,
	}
}

// OfIntegrations are those that look at each Sendcloud integration.
func OfIntegrations() []Check {
	return []Check{sendcloudAPICheck, sendcloudAccountCheck, sendcloudWebhookCheck, sendcloudKeyCheck, ingressCheck, paymentCheck}
}

// Names are the names of all checks.
func Names() (all []string) {
	for _, c := range Checks() {
		all = append(all, c.Name)
	}
	return all
}

// Only are the checks of some names, separated by commas; all if there are none.
func Only(names string) ([]Check, error) {
	if names == "" {
		return Checks(), nil
	}
	var chosen []Check
	wanted := strings.Split(names, ",")
	for _, c := range Checks() {
		if i := slices.Index(wanted, c.Name); i >= 0 {
			chosen, wanted = append(chosen, c), slices.Delete(wanted, i, i+1)
		}
	}
	if len(wanted) > 0 {
		return nil, fmt.Errorf("there is no check %q: choose from %s", wanted[0], strings.Join(Names(), ", "))
	}
	return chosen, nil
}

const (
	// Timeout is how long a check may take.
	Timeout = 10 * time.Second
	// grace is how much longer than its context a check may take to end.
	grace = time.Second
	// quiet is how often checks that are still under way are named.
	quiet = 3 * time.Second
)

// Run does all checks at once. If that takes long, it names the checks that are under way.
func Run(ctx context.Context, d *Deployment, checks []Check, say func(string)) []Finding {
	done := make(chan int, len(checks))
	found := make([][]Finding, len(checks))
	for i, c := range checks {
		go func() {
			found[i] = c.bounded(ctx, d)
			done <- i
		}()
	}
	left := make([]string, len(checks))
	for i, c := range checks {
		left[i] = c.Name
	}
	tick := time.NewTicker(quiet)
	defer tick.Stop()
	for finished := 0; finished < len(checks); {
		select {
		case i := <-done:
			finished++
			left[i] = ""
		case <-tick.C:
			say("still checking: " + strings.Join(slices.DeleteFunc(slices.Clone(left), func(name string) bool { return name == "" }), ", "))
		}
	}
	return slices.Concat(found...)
}

// bounded does a check within a bounded time, and puts its name on the findings.
func (c Check) bounded(ctx context.Context, d *Deployment) []Finding {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	looked := make(chan []Finding, 1)
	go func() { looked <- c.look(ctx, d) }()
	var found []Finding
	select {
	case found = <-looked:
	case <-time.After(Timeout + grace):
		found = []Finding{fault(fmt.Sprintf("there was no answer within %v", Timeout), "If doctor gets no answer, Waybill may not get one either.", "Check the network between this machine and the address, then run:\n  waybill doctor --only "+c.Name)}
	}
	for i := range found {
		found[i].Check = c.Name
	}
	return found
}

func (c Check) look(ctx context.Context, d *Deployment) []Finding {
	for _, need := range c.Needs {
		if reason := need(ctx, d); reason != "" {
			return []Finding{skipped("%s", reason)}
		}
	}
	return c.Look(ctx, d)
}
