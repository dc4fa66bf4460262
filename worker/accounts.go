package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"waybill/contract"
	"waybill/sendcloud"
)

// Several integrations can belong to one Sendcloud account, whose lists of returns have the
// returns of all of them. Waybill has to know which do: a return is one refund, whichever
// integration reports it.

// accountVariable names the account of an integration.
const accountVariable = "SENDCLOUD_ACCOUNT_"

// account is the name of the Sendcloud account of an integration.
func (c Config) account(integration string) string {
	return cmp.Or(c.Accounts[integration], integration)
}

// checkAccounts says what is wrong with the settings of accounts.
func (c Config) checkAccounts() error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(c.Accounts)) {
		faults = append(faults, contract.CheckVariable(accountVariable, name),
			fault(!contract.ValidIntegration(c.Accounts[name]), "%s%s is %q: an account is named with lower-case letters, digits and hyphens, such as the name of its first integration",
				accountVariable, contract.VariableFor(name), c.Accounts[name]))
	}
	names := slices.Sorted(maps.Keys(c.Integrations))
	for i, name := range names {
		for _, other := range names[:i] {
			this, that := contract.VariableFor(name), contract.VariableFor(other)
			faults = append(faults, fault(c.Integrations[name].Integration == c.Integrations[other].Integration && c.Integrations[name].Integration > 0,
				"SENDCLOUD_INTEGRATION_ID_%s and SENDCLOUD_INTEGRATION_ID_%s are the same integration: give each its own number, or remove one of them", that, this))
			for _, v := range []string{name, other} {
				faults = append(faults, fault(c.account(name) == c.account(other) && c.Integrations[v].Version == sendcloud.V2, sharedInV2, name, c.account(name), contract.VariableFor(v)))
			}
		}
	}
	return errors.Join(faults...)
}

const sharedInV2 = "%s shares the Sendcloud account %s with another integration, and version 2 of the API cannot tell their parcels and returns apart: set SENDCLOUD_API_VERSION_%s to v3"

// askAccounts asks Sendcloud which integrations share an account. It is a fault if the settings
// do not say so. silent is why an account could not be read, by integration.
func (c Config) askAccounts(ctx context.Context, apis map[string]sendcloud.API) (silent map[string]error, faults error) {
	silent = map[string]error{}
	var all []error
	told := map[string]bool{} // pairs: each of the two can tell
	for _, name := range slices.Sorted(maps.Keys(apis)) {
		numbers, err := apis[name].Integrations(ctx)
		if err != nil {
			silent[name] = err
			continue
		}
		if c.Integrations[name].Version == sendcloud.V2 && len(numbers) > 1 {
			all = append(all, fmt.Errorf(sharedInV2, name, c.account(name), contract.VariableFor(name)))
		}
		for _, other := range slices.Sorted(maps.Keys(c.Integrations)) {
			one, two := min(name, other), max(name, other)
			if c.account(one) == c.account(two) || told[one+":"+two] || !slices.Contains(numbers, c.Integrations[other].Integration) {
				continue
			}
			told[one+":"+two] = true
			all = append(all, fmt.Errorf("%s and %s belong to the same Sendcloud account: a return could be paid once for each. Set %s%s=%s, and never change it: it is part of the keys under which refunds are paid",
				one, two, accountVariable, contract.VariableFor(two), c.account(one)))
		}
	}
	return silent, errors.Join(all...)
}

// CheckAccounts asks Sendcloud whether integrations share an account without saying so, which
// a worker refuses. What Sendcloud does not answer is no fault.
func (c Config) CheckAccounts(ctx context.Context) error {
	apis, err := c.openAPIs()
	if err != nil {
		return err
	}
	_, faults := c.askAccounts(ctx, apis)
	return faults
}

const (
	// accountsTimeout is how long a start waits for Sendcloud's answers, and accountsPause how
	// long after that it is asked again.
	accountsTimeout = 15 * time.Second
	accountsPause   = time.Minute
)

// settle is [Config.settleAccounts], asked with the keys of the config.
func (c Config) settle(ctx context.Context, log *slog.Logger, onFatal func(error)) error {
	apis, err := c.openAPIs()
	if err != nil {
		return err
	}
	return c.settleAccounts(ctx, apis, log, onFatal)
}

// settleAccounts refuses integrations that share an account if the settings do not say so. A
// worker starts all the same if Sendcloud does not answer: it is asked again until it has
// answered for each integration, and a fault that is found then goes to onFatal.
func (c Config) settleAccounts(ctx context.Context, apis map[string]sendcloud.API, log *slog.Logger, onFatal func(error)) error {
	first, cancel := context.WithTimeout(ctx, accountsTimeout)
	defer cancel()
	silent, faults := c.askAccounts(first, apis)
	if faults != nil || len(silent) == 0 {
		return faults
	}
	for _, name := range slices.Sorted(maps.Keys(silent)) {
		log.Warn("Sendcloud does not say which integrations share an account: it is asked again every minute", "integration", name, "error", silent[name].Error())
	}
	go func() {
		for len(silent) > 0 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(accountsPause):
			}
			if silent, faults = c.askAccounts(ctx, apis); faults != nil {
				onFatal(faults)
				return
			}
		}
	}()
	return nil
}
