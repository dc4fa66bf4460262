package doctor

import "context"

var sendcloudAccountCheck = Check{Name: "sendcloud-account", About: "whether integrations share a Sendcloud account without saying so", Needs: []Need{needsAPIKeys}, Look: lookAtAccounts}

func lookAtAccounts(ctx context.Context, d *Deployment) (all []Finding) {
	for _, name := range names(d.askPanels(ctx)) {
		if d.askPanels(ctx)[name].fault != nil {
			return []Finding{skipped("Sendcloud does not answer for %s: see the check sendcloud-api", name)}
		}
	}
	for _, f := range parts(d.worker.CheckAccounts(ctx)) {
		all = append(all, fault(f.Error(), "The worker does not start with this.", "Correct the setting, and start the worker again. docs/refunds.md explains accounts with several integrations."))
	}
	if len(all) == 0 {
		all = append(all, ok("the settings say which integrations share an account"))
	}
	return all
}
