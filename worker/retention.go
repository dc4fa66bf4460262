package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Retention is how long a namespace has to keep closed workflows. After that, a late webhook
// starts a new run, whose rules keep it from mailing old news.
type Retention struct {
	// Keep is how long; 0 takes any.
	Keep time.Duration
	// Chosen says that an operator has set it. A namespace that keeps workflows for longer than
	// by default stays as it is otherwise.
	Chosen bool
}

// The limits of [Retention]. Temporal keeps a workflow for at least a day.
const (
	LeastRetention = 24 * time.Hour
	MostRetention  = 365 * 24 * time.Hour
)

// tooLong reports whether a namespace keeps workflows for longer than an operator wants.
func (r Retention) tooLong(keeps time.Duration) bool { return r.Chosen && keeps > r.Keep }

// refuse refuses a namespace that forgets too soon that something has ended: what is reported
// after that begins anew.
func (r Retention) refuse(namespace string, keeps time.Duration) error {
	if keeps >= r.Keep {
		return nil
	}
	return Lack{
		fmt.Sprintf("the namespace %s keeps closed workflows for %s, and %s are needed", namespace, Days(keeps), Days(r.Keep)),
		"run\n  waybill setup\nor set WAYBILL_RETENTION to less, if you accept that what was reported before can begin anew",
	}
}

// CheckRetention refuses a namespace that keeps closed workflows for less than it has to, with a
// [Lack]. tooLong says that it keeps them for longer than an operator has chosen.
func CheckRetention(ctx context.Context, temporal client.Client, namespace string, want Retention) (keeps time.Duration, tooLong bool, err error) {
	if keeps, err = retentionOf(ctx, temporal, namespace); err != nil {
		return 0, false, fmt.Errorf("ask how long the namespace %s keeps closed workflows: %w", namespace, err)
	}
	return keeps, want.tooLong(keeps), want.refuse(namespace, keeps)
}

// retentionOf is how long a namespace keeps closed workflows.
func retentionOf(ctx context.Context, temporal client.Client, namespace string) (time.Duration, error) {
	told, err := temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	return told.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(), err
}

// awaitRetention shows how long the namespace keeps closed workflows, and refuses too
// short a time.
func awaitRetention(ctx context.Context, temporal client.Client, namespace string, want Retention, log *slog.Logger) error {
	keeps, err := retry(ctx, log, "the namespace", func() (time.Duration, error) { return retentionOf(ctx, temporal, namespace) })
	if err != nil {
		return fmt.Errorf("ask how long the namespace %s keeps closed workflows: %w", namespace, err)
	}
	log.Info("closed workflows are kept", "namespace", namespace, "kept_days", int(keeps.Hours()/24))
	if want.tooLong(keeps) {
		log.Warn("closed workflows are kept for longer than WAYBILL_RETENTION says: run waybill setup", "wanted_days", int(want.Keep.Hours()/24))
	}
	return want.refuse(namespace, keeps)
}

// retain has an existing namespace keep closed workflows for as long as is wanted.
func (s setUp) retain(ctx context.Context, keeps time.Duration) error {
	want := s.retention
	if keeps >= want.Keep && !want.tooLong(keeps) {
		s.say(fmt.Sprintf("namespace %s: exists, closed workflows are kept for %s", s.namespace, Days(keeps)))
		return nil
	}
	if !s.dryRun {
		_, err := s.temporal.WorkflowService().UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
			Namespace: s.namespace, Config: &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(want.Keep)},
		})
		if refused(err) {
			return s.notOurs(keeps)
		}
		if err != nil {
			return fmt.Errorf("have the namespace %s keep closed workflows for %s: %w", s.namespace, Days(want.Keep), err)
		}
	}
	s.say(fmt.Sprintf("namespace %s: exists, workflows that close from now on %s kept for %s, not for %s",
		s.namespace, s.would("are", "would be"), Days(want.Keep), Days(keeps)))
	if keeps > want.Keep {
		s.say("  Decision logs of refunds go earlier. To keep them for longer, export them: waybill refunds export --help")
	}
	return nil
}

// notOurs says that Temporal lets nobody change the namespace by these calls. Too short a time is
// a [Lack]: workers do not start.
func (s setUp) notOurs(keeps time.Duration) error {
	mend := fmt.Sprintf("change it where the namespace is managed. On Temporal Cloud, run\n  tcld namespace retention set --namespace %s --retention-days %d\nor edit the namespace in Temporal Cloud's UI. Then run waybill setup again",
		s.namespace, int(math.Ceil(s.retention.Keep.Hours()/24)))
	what := fmt.Sprintf("the namespace %s keeps closed workflows for %s and not for %s, and Temporal does not let Waybill change that", s.namespace, Days(keeps), Days(s.retention.Keep))
	if keeps < s.retention.Keep {
		return Lack{what, mend}
	}
	s.say(what + ": " + mend)
	return nil
}

// refused reports whether Temporal does not let us do something, as on Temporal Cloud.
func refused(err error) bool {
	_, denied := errors.AsType[*serviceerror.PermissionDenied](err)
	_, absent := errors.AsType[*serviceerror.Unimplemented](err)
	return denied || absent
}
