package workflows

import (
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// TraceBounce tells workflows of a bounce that does not say which mail it is
// about; see contract.TraceBounce.
func TraceBounce(ctx workflow.Context, bounce contract.Bounce) (contract.BounceTraced, error) {
	mails, err := do(askTemporal(ctx, "Look for the mails to the address"), contract.TraceMails, bounce)
	if err != nil {
		return contract.BounceTraced{}, err
	}
	var told contract.BounceTraced
	for _, m := range mails {
		report := bounce.Report
		report.Key = m.Key
		err := workflow.SignalExternalWorkflow(ctx, string(m.Subject), "", string(contract.MailReported), report).Get(ctx, nil)
		if err == nil { // or else it is closed: it sends no more mails
			told.Told++
		}
	}
	return told, nil
}
