package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"waybill/contract"
)

const (
	// reconnectPause lies between two attempts to reach Temporal.
	reconnectPause = 2 * time.Second
	// usePatience is how long Temporal may take to know what was registered, and usePause lies
	// between two attempts to use it: each of its services looks every two seconds.
	usePatience = 30 * time.Second
	usePause    = 200 * time.Millisecond
	// setUpPatience is how long a set-up that runs at the same time may take.
	setUpPatience = 15 * time.Second
)

// SetUp creates the namespace if there is none, has it keep closed workflows for as long as is
// wanted, and registers the search attributes. It may be run again at any time. It says what it
// did, a line each. A dry run says what it would do, and changes nothing.
func SetUp(ctx context.Context, options client.Options, want Retention, dryRun bool, log *slog.Logger, say func(string)) error {
	temporal, err := dial(ctx, options, log)
	if err != nil {
		return err
	}
	defer temporal.Close()
	s := setUp{temporal, namespaceOf(options), want, dryRun, log, say}
	there, err := s.makeNamespace(ctx)
	if err != nil {
		return err
	}
	return s.registerAttributes(ctx, there)
}

// setUp is one run of [SetUp].
type setUp struct {
	temporal  client.Client
	namespace string
	retention Retention
	dryRun    bool
	log       *slog.Logger
	say       func(string)
}

// would chooses between what is done and what a dry run would do.
func (s setUp) would(done, planned string) string {
	if s.dryRun {
		return planned
	}
	return done
}

// makeNamespace makes the namespace, or changes it. there says that it exists by now.
func (s setUp) makeNamespace(ctx context.Context) (there bool, err error) {
	// Asked first: where namespaces are made elsewhere, as on Temporal Cloud,
	// making one is forbidden even if it exists.
	keeps, err := retentionOf(ctx, s.temporal, s.namespace)
	var missing *serviceerror.NamespaceNotFound
	switch {
	case err == nil:
		return true, s.retain(ctx, keeps)
	case !errors.As(err, &missing):
		return false, fmt.Errorf("look for the namespace %s: %w", s.namespace, err)
	}
	if !s.dryRun {
		_, err = s.temporal.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace: s.namespace, WorkflowExecutionRetentionPeriod: durationpb.New(s.retention.Keep),
		})
		var exists *serviceerror.NamespaceAlreadyExists
		if err != nil && !errors.As(err, &exists) {
			return false, fmt.Errorf("create the namespace %s (on Temporal Cloud, create it there and run this again): %w", s.namespace, err)
		}
	}
	s.say(fmt.Sprintf("namespace %s: %s, closed workflows are kept for %s", s.namespace, s.would("created", "would be created"), Days(s.retention.Keep)))
	return !s.dryRun, nil
}

// Lack is what a namespace lacks, and the commands that mend it.
type Lack struct{ What, Mend string }

func (l Lack) Error() string { return l.What + ": " + l.Mend }

// CheckAttributes refuses a namespace without the search attributes that workers need, with
// a [Lack] for each fault.
func CheckAttributes(ctx context.Context, temporal client.Client, namespace string) error {
	missing, err := missingAttributes(ctx, temporal, namespace)
	if len(missing) > 0 {
		err = errors.Join(err, lackOf(missing, namespace))
	}
	return err
}

// lackOf says that a namespace lacks search attributes.
func lackOf(missing []contract.SearchAttribute, namespace string) error {
	var names []string
	for _, a := range missing {
		names = append(names, a.Name)
	}
	return Lack{
		fmt.Sprintf("the namespace %s lacks the search attributes %s", namespace, strings.Join(names, ", ")),
		"run\n  waybill setup\nwith the same TEMPORAL_* settings",
	}
}

// Days are such as 30 days, or 36h0m0s if they are not whole.
func Days(d time.Duration) string {
	switch {
	case d == 24*time.Hour:
		return "1 day"
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return d.String()
}

// registerAttributes registers those that are missing; in a namespace that is not there yet, a dry
// run misses all.
func (s setUp) registerAttributes(ctx context.Context, there bool) error {
	missing := contract.SearchAttributes()
	if there {
		// A namespace that was just created is known everywhere a little later.
		var err error
		if missing, err = retry(ctx, s.log, "the namespace", func() ([]contract.SearchAttribute, error) {
			return missingAttributes(ctx, s.temporal, s.namespace)
		}); err != nil {
			return err
		}
	}
	add := map[string]enums.IndexedValueType{}
	for _, a := range missing {
		add[a.Name] = indexed[a.Type]
	}
	if !s.dryRun {
		if err := s.add(ctx, add); err != nil {
			return err
		}
	}
	for _, a := range contract.SearchAttributes() {
		state := "exists"
		if _, ok := add[a.Name]; ok {
			state = s.would("registered", "would be registered")
		}
		s.say(fmt.Sprintf("search attribute %s (%s): %s", a.Name, a.Type, state))
	}
	return nil
}

// add adds search attributes, and returns when Temporal takes them all.
func (s setUp) add(ctx context.Context, attributes map[string]enums.IndexedValueType) error {
	if len(attributes) > 0 {
		if _, err := s.temporal.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: s.namespace, SearchAttributes: attributes,
		}); err != nil {
			return fmt.Errorf("register the search attributes (on Temporal Cloud, add them there as docs/temporal-cloud.md says): %w", err)
		}
	}
	return awaitUse(ctx, s.temporal, s.namespace)
}

// awaitUse returns when Temporal takes the search attributes. Until it does, workflows that write them
// fail their tasks and start over.
func awaitUse(ctx context.Context, temporal client.Client, namespace string) error {
	var terms []string
	for _, a := range contract.SearchAttributes() {
		terms = append(terms, a.Name+" IS NULL")
	}
	ctx, cancel := context.WithTimeout(ctx, usePatience)
	defer cancel()
	for {
		_, err := temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: namespace, Query: strings.Join(terms, " AND ")})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until Temporal takes the search attributes, which are registered (run waybill setup again): %w", err)
		case <-time.After(usePause):
		}
	}
}

// indexed are Temporal's types behind ours.
var indexed = map[contract.AttributeType]enums.IndexedValueType{
	contract.Keyword:  enums.INDEXED_VALUE_TYPE_KEYWORD,
	contract.Int:      enums.INDEXED_VALUE_TYPE_INT,
	contract.Datetime: enums.INDEXED_VALUE_TYPE_DATETIME,
}

// missingAttributes lists what the namespace lacks. An attribute of another type is an
// error: Temporal would accept its registration, and workflows that write it would hang.
func missingAttributes(ctx context.Context, temporal client.Client, namespace string) ([]contract.SearchAttribute, error) {
	known, err := temporal.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, fmt.Errorf("list the search attributes of the namespace %s: %w", namespace, err)
	}
	var missing []contract.SearchAttribute
	var faults []error
	for _, a := range contract.SearchAttributes() {
		found, ok := known.CustomAttributes[a.Name]
		switch {
		case !ok:
			missing = append(missing, a)
		case found != indexed[a.Type]:
			faults = append(faults, Lack{
				fmt.Sprintf("search attribute %s is of the type %s in the namespace %s and has to be %s", a.Name, found, namespace, a.Type),
				fmt.Sprintf("remove it with\n  temporal operator search-attribute remove --namespace %s --name %s\nand run\n  waybill setup", namespace, a.Name),
			})
		}
	}
	return missing, errors.Join(faults...)
}

// connect dials Temporal and checks that the namespace is set up.
func connect(ctx context.Context, options client.Options, want Retention, log *slog.Logger) (client.Client, error) {
	temporal, err := dial(ctx, options, log)
	if err != nil {
		return nil, err
	}
	namespace := namespaceOf(options)
	if err = awaitAttributes(ctx, temporal, namespace, log); err == nil {
		err = awaitRetention(ctx, temporal, namespace, want, log)
	}
	if err != nil {
		temporal.Close()
		return nil, err
	}
	return temporal, nil
}

// awaitAttributes returns when the namespace has all search attributes. A set-up that
// is under way gets a while to finish.
func awaitAttributes(ctx context.Context, temporal client.Client, namespace string, log *slog.Logger) error {
	for waited := time.Duration(0); ; waited += reconnectPause {
		missing, err := retry(ctx, log, "the namespace", func() ([]contract.SearchAttribute, error) {
			missing, err := missingAttributes(ctx, temporal, namespace)
			if absent := (*serviceerror.NamespaceNotFound)(nil); errors.As(err, &absent) {
				return nil, errNoNamespace // waiting longer than for a set-up does not make it
			}
			return missing, err
		})
		lacks := "does not exist at this Temporal"
		switch {
		case errors.Is(err, errNoNamespace):
		case err != nil || len(missing) == 0:
			return err
		default:
			lacks = "lacks the search attributes " + attributeNames(missing)
		}
		err = fmt.Errorf("the namespace %s %s: run\n  waybill setup\nwith the same TEMPORAL_* settings, or correct TEMPORAL_NAMESPACE", namespace, lacks)
		if waited >= setUpPatience {
			return err
		}
		log.Warn("waiting for waybill setup: the namespace "+lacks, "namespace", namespace)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(reconnectPause):
		}
	}
}

// errNoNamespace says that nobody has made the namespace.
var errNoNamespace = errors.New("the namespace does not exist")

func attributeNames(attributes []contract.SearchAttribute) string {
	var names []string
	for _, a := range attributes {
		names = append(names, a.Name)
	}
	return strings.Join(names, ", ")
}

// dial connects to Temporal and waits for it as long as ctx allows.
func dial(ctx context.Context, options client.Options, log *slog.Logger) (client.Client, error) {
	return retry(ctx, log, "Temporal at "+options.HostPort, func() (client.Client, error) {
		return client.DialContext(ctx, options)
	})
}

// retry calls f until it succeeds, ctx ends, or waiting does not mend its failure.
func retry[T any](ctx context.Context, log *slog.Logger, what string, f func() (T, error)) (T, error) {
	for {
		got, err := f()
		if err == nil || !passing(err) {
			return got, err
		}
		log.Warn("waiting for "+what, "error", err.Error())
		select {
		case <-ctx.Done():
			return got, fmt.Errorf("wait for %s: %w", what, err)
		case <-time.After(reconnectPause):
		}
	}
}

// passing reports whether waiting may mend an error.
func passing(err error) bool {
	var unavailable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	var missing *serviceerror.NamespaceNotFound
	return errors.As(err, &unavailable) || errors.As(err, &late) || errors.As(err, &missing) ||
		errors.Is(err, context.DeadlineExceeded)
}

func namespaceOf(options client.Options) string {
	return cmp.Or(options.Namespace, client.DefaultNamespace)
}
