package main

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"waybill/devstack/supervisor"
	"waybill/devstack/temporal"
)

// questions are those of docs/operating.md, for the integration of the demo: filters of the
// list of workflows in Temporal's UI.
var questions = []struct{ about, filter string }{
	{"parcels in one phase", `ParcelPhase = "attempt_failed"`},
	{"parcels with parked mails", `ParkedMails > 0`},
	{"parcels that need attention", `WorkflowType = "TrackParcel" AND Attention IS NOT NULL`},
	{"parcels with paused mails", `Attention = "mails paused"`},
	{"attention of one integration", `Integration = "demo" AND Attention IS NOT NULL`},
	{"refunds waiting for a decision", `WorkflowType = "ApproveRefund" AND ApproverRole IS NOT NULL`},
	{"refunds waiting for a manager", `WorkflowType = "ApproveRefund" AND ApproverRole = "manager"`},
	{"refunds that need attention", `WorkflowType IN ("ApproveRefund", "FindReturn") AND Attention IS NOT NULL`},
}

func whereCommand() *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:   "where",
		Short: "Print the addresses of a running stack",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := readState(folder)
			if err != nil {
				return fmt.Errorf("find the stack in %s (start it with: make run): %w", folder, err)
			}
			return s.where(cmd.OutOrStdout(), folder)
		},
	}
	cmd.Flags().StringVar(&folder, "state", defaultFolder, "`folder` of the running stack")
	return cmd
}

// where prints where to look.
func (s state) where(out io.Writer, folder string) error {
	p := s.Ports
	_, err := fmt.Fprintf(out, `
  Mailbox       %s/
  All parcels   %s
  Parcels page  %s/parcels   sign in as sam@demo-shop.example: the link comes into the mailbox
  Refunds page  %s/refunds   sign in as anna@demo-shop.example
  Payments      %s
  Schedules     %s/schedules
  Webhooks      POST %s
  Policy        %s
  Full logs     %s, and likewise for the other parts
  Commands      export %s WAYBILL_SEARCH_KEYS=%s WAYBILL_PERSON=sam
                then, for example: bin/waybill parcels find <order number, tracking number or mail address>
  temporal      --address %s --codec-endpoint %s/codec --codec-auth "Bearer %s"
                shows what is encrypted on the command line, as Temporal's UI does

In Temporal's UI
`, origin(p.SendGrid), p.listOf(`WorkflowType = "TrackParcel"`), origin(p.Ingress), origin(p.Ingress), s.payments(), p.namespace(), p.webhook(),
		filepath.Join(folder, policyFile), filepath.Join(folder, supervisor.LogFile(s.workerPart())), s.forCommands(), s.SearchKey,
		address(p.Temporal), origin(p.Codec), s.Tokens[inspector])
	for _, q := range questions {
		fmt.Fprintf(out, "  %-31s %s\n", q.about, p.listOf(q.filter))
	}
	return err
}

// workerPart is the part that is the worker, or the first of them.
func (s state) workerPart() string {
	if s.Postgres {
		return "worker-1"
	}
	return "worker"
}

// payments says where it can be seen what was paid.
func (s state) payments() string {
	if s.PayURL == "" {
		return origin(s.Ports.Merchant) + "/"
	}
	return s.PayURL + "   signed with " + s.PayKey
}

// namespace is where Temporal's UI shows the stack's namespace.
func (p ports) namespace() string { return origin(p.UI) + "/namespaces/" + temporal.Namespace }

// workflow is where Temporal's UI shows a workflow.
func (p ports) workflow(id string) string { return p.namespace() + "/workflows/" + url.PathEscape(id) }

// parcel is where support finds a parcel of the demo.
func (p ports) parcel(id int64) string {
	return fmt.Sprintf("%s/parcels/%s/%d", origin(p.Ingress), integration, id)
}

// listOf is where Temporal's UI lists the workflows of a filter.
func (p ports) listOf(filter string) string {
	return p.namespace() + "/workflows?query=" + strings.ReplaceAll(url.QueryEscape(filter), "+", "%20")
}
