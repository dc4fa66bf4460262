package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"waybill/commandline"
	"waybill/delivery"
	"waybill/settings"
	"waybill/version"
)

func deploymentsCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deployments",
		Short: "Show and set which build of the workers gets work",
		Long: `Workers with WAYBILL_DEPLOYMENT belong to a Worker Deployment in Temporal, each build as a version of
its own. Temporal gives work to the current version only, and a part of it to the one that ramps
up, so a new build is tried, taken and put back without stopping anything. A build that was
started for the first time gets nothing until one of these commands says so.

docs/upgrading.md says how to roll out a build, and how to roll it back.

` + settings.Help("deployments"),
		Example: "  waybill deployments show\n  waybill deployments ramp v1.3.0 --percent 10\n  waybill deployments set-current v1.3.0",
	}
	cmd.AddCommand(deploymentsShowCommand(env, log), deploymentsSetCurrentCommand(env, log), deploymentsRampCommand(env, log))
	return cmd
}

func deploymentsShowCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "show",
		Short: "List the builds of the workers, and which of them get work",
		Long: `Show lists the versions of the Worker Deployment that WAYBILL_DEPLOYMENT names, newest first. A
draining build has open workflows that end in it: leave its workers running. The workers of a
drained build can be stopped. All times are UTC.

` + settings.AboutTemporal,
		Example: "  waybill deployments show --output json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return deployed(cmd.Context(), env, log, func(ctx context.Context, d workerDeployment) error {
				described, err := d.describe(ctx)
				if err != nil {
					return err
				}
				shown := d.show(described.Info)
				return format.print(cmd.OutOrStdout(), shown, shown.print)
			})
		},
	}
	format.add(cmd)
	return cmd
}

func deploymentsSetCurrentCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var yes, unversioned, missingQueues bool
	cmd := &cobra.Command{
		Use:   "set-current [build]",
		Short: "Have one build get all new work",
		Long: `Set-current has a build take all new work, and take over all parcels and refunds. Short runs, such
as a reconciliation, end in the build in which they began: leave its workers running until show
says that it is drained. Without a build, it is the one of this program.

With --unversioned, workers without WAYBILL_DEPLOYMENT take over.

` + settings.AboutTemporal,
		Example: "  waybill deployments set-current v1.3.0\n  waybill deployments set-current --unversioned --yes",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			build := buildOf(args)
			if unversioned && len(args) > 0 {
				return commandline.Usage(errors.New("name a build or --unversioned, not both"))
			}
			if unversioned {
				build = ""
			}
			return deployed(cmd.Context(), env, log, func(ctx context.Context, d workerDeployment) error {
				described, err := d.describe(ctx)
				if err != nil {
					return err
				}
				before := current(described.Info)
				if before == build {
					fmt.Fprintf(cmd.OutOrStdout(), "%s already gets all work.\n", named(build))
					return nil
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "Deployment %s: all new work, and all parcels and refunds, go from %s to %s.\n", d.name, named(before), named(build))
				if err := confirm(ctx, cmd, yes, "Go on?"); err != nil {
					return err
				}
				_, err = d.handle.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{
					BuildID: build, ConflictToken: described.ConflictToken, IgnoreMissingTaskQueues: missingQueues,
				})
				if err != nil {
					return d.refused(build, err)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s gets all work now.\n", named(build))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "go on without being asked")
	cmd.Flags().BoolVar(&unversioned, "unversioned", false, "have workers without WAYBILL_DEPLOYMENT get all new work")
	addMissingQueues(cmd, &missingQueues)
	return cmd
}

func deploymentsRampCommand(env *settings.Environment, log *slog.Logger) *cobra.Command {
	var yes, missingQueues bool
	var percent int
	cmd := &cobra.Command{
		Use:   "ramp [build]",
		Short: "Have a build get a part of the work",
		Long: `Ramp gives a part of the parcels and refunds to a build. Which ones is up to Temporal, and the same
ones stay with it while the part grows. --percent 0 gives all back to the current version. Without a build, it
is the one of this program.

` + settings.AboutTemporal,
		Example: "  waybill deployments ramp v1.3.0 --percent 10\n  waybill deployments ramp --percent 0",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if percent < 0 || percent > 100 {
				return commandline.Usage(fmt.Errorf("--percent: %d is not allowed: write a number from 0 to 100", percent))
			}
			return deployed(cmd.Context(), env, log, func(ctx context.Context, d workerDeployment) error {
				described, err := d.describe(ctx)
				if err != nil {
					return err
				}
				build, before := buildOf(args), current(described.Info)
				said := fmt.Sprintf("%d %% of the work goes to %s, and the rest to %s", percent, named(build), named(before))
				if percent == 0 {
					build, said = "", "all work goes to "+named(before)
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "Deployment %s: %s.\n", d.name, said)
				if err := confirm(ctx, cmd, yes, "Go on?"); err != nil {
					return err
				}
				_, err = d.handle.SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{
					BuildID: build, Percentage: float32(percent), ConflictToken: described.ConflictToken, IgnoreMissingTaskQueues: missingQueues,
				})
				if err != nil {
					return d.refused(build, err)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "Done: %s.\n", said)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "go on without being asked")
	cmd.Flags().IntVar(&percent, "percent", 0, "how many of a hundred workflows the build gets")
	_ = cmd.MarkFlagRequired("percent")
	addMissingQueues(cmd, &missingQueues)
	return cmd
}

func addMissingQueues(cmd *cobra.Command, ignored *bool) {
	cmd.Flags().BoolVar(ignored, "ignore-missing-queues", false, "go on if the build's workers do not ask for all tasks that those of the current one do, such as exports")
}

// buildOf is the build that a command is about.
func buildOf(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return version.Read().Version
}

// workerDeployment is a Worker Deployment in Temporal.
type workerDeployment struct {
	name   string
	handle client.WorkerDeploymentHandle
}

// deployed does something with the deployment of the settings.
func deployed(ctx context.Context, env *settings.Environment, log *slog.Logger, do func(context.Context, workerDeployment) error) error {
	name := env.Text(settings.Deployment)
	if name == "" {
		return commandline.Usage(fmt.Errorf("%s is not set: workers have no versions, and Temporal gives work to all of them. To change that, see docs/upgrading.md", settings.Deployment))
	}
	options, err := env.TemporalAddress(log) // whoever rolls out needs no keys
	if err != nil {
		return err
	}
	return dial(ctx, options, func(ctx context.Context, temporal client.Client) error {
		return do(ctx, workerDeployment{name, temporal.WorkerDeploymentClient().GetHandle(name)})
	})
}

func (d workerDeployment) describe(ctx context.Context) (client.WorkerDeploymentDescribeResponse, error) {
	described, err := d.handle.Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return described, fmt.Errorf("Temporal knows no Worker Deployment %s: start a worker with %s=%s first", d.name, settings.Deployment, d.name) //nolint:staticcheck // a name
	}
	if err != nil {
		return described, fmt.Errorf("ask Temporal for the Worker Deployment %s: %w", d.name, err)
	}
	return described, nil
}

// refused says why Temporal does not give work to a build, and what to do.
func (d workerDeployment) refused(build string, err error) error {
	_, missing := errors.AsType[*serviceerror.NotFound](err)
	_, unfit := errors.AsType[*serviceerror.FailedPrecondition](err)
	switch {
	case missing:
		return fmt.Errorf("no worker of %s has asked for work: start one with %s=%s, or name a build that waybill deployments show lists", named(build), settings.Deployment, d.name)
	case unfit:
		return fmt.Errorf("Temporal refuses to give work to %s: %w. Either someone else has changed the deployment meanwhile: look at it again with waybill deployments show. Or its workers do not ask for all tasks yet: wait until they have started. If they leave out a queue on purpose, such as exports, add --ignore-missing-queues", named(build), err) //nolint:staticcheck // a name
	}
	return fmt.Errorf("have Temporal give work to %s: %w", named(build), err)
}

// current is the build that gets all work but for what ramps; empty is workers without a version.
func current(info client.WorkerDeploymentInfo) string {
	if v := info.RoutingConfig.CurrentVersion; v != nil {
		return v.BuildID
	}
	return ""
}

// named is a build in a sentence.
func named(build string) string { return cmp.Or(build, "workers without a version") }

// shownDeployment is what "waybill deployments show" prints.
type shownDeployment struct {
	Deployment string         `json:"deployment"`
	Versions   []shownVersion `json:"versions"`
}

// shownVersion is one build. Build is empty for workers without a version, which are listed if they get work.
type shownVersion struct {
	Build  string        `json:"build"`
	Status versionStatus `json:"status"`
	// Percent is how much of the work a ramping version gets.
	Percent float32   `json:"percent,omitempty"`
	Created time.Time `json:"created,omitzero"`
	// Since is when it became current or began to ramp.
	Since time.Time `json:"since,omitzero"`
}

// versionStatus is what becomes of a build.
type versionStatus string

const (
	versionCurrent  versionStatus = "current"
	versionRamping  versionStatus = "ramping"
	versionDraining versionStatus = "draining"
	versionDrained  versionStatus = "drained"
	versionInactive versionStatus = "inactive"
)

// words say what its workers do.
func (s versionStatus) words() string {
	switch s {
	case versionCurrent:
		return "get all work but for what ramps"
	case versionRamping:
		return "get a part of the work"
	case versionDraining:
		return "are needed: short runs end in them"
	case versionDrained:
		return "can be stopped"
	case versionInactive:
	}
	return "have never got work"
}

func (d workerDeployment) show(info client.WorkerDeploymentInfo) shownDeployment {
	routing, shown := info.RoutingConfig, shownDeployment{Deployment: d.name, Versions: []shownVersion{}}
	if routing.CurrentVersion == nil {
		shown.Versions = append(shown.Versions, shownVersion{Status: versionCurrent, Since: routing.CurrentVersionChangedTime})
	}
	versions := slices.Clone(info.VersionSummaries)
	slices.SortFunc(versions, func(a, b client.WorkerDeploymentVersionSummary) int { return b.CreateTime.Compare(a.CreateTime) })
	for _, v := range versions {
		one := shownVersion{Build: v.Version.BuildID, Status: versionInactive, Created: v.CreateTime.UTC()}
		switch {
		case routing.CurrentVersion != nil && *routing.CurrentVersion == v.Version:
			one.Status, one.Since = versionCurrent, routing.CurrentVersionChangedTime.UTC()
		case routing.RampingVersion != nil && *routing.RampingVersion == v.Version:
			one.Status, one.Percent, one.Since = versionRamping, routing.RampingVersionPercentage, routing.RampingVersionChangedTime.UTC()
		case v.DrainageStatus == client.WorkerDeploymentVersionDrainageStatusDraining:
			one.Status = versionDraining
		case v.DrainageStatus == client.WorkerDeploymentVersionDrainageStatusDrained:
			one.Status = versionDrained
		}
		shown.Versions = append(shown.Versions, one)
	}
	return shown
}

func (s shownDeployment) print(w io.Writer) error {
	table := newTable(w)
	fmt.Fprintln(table, "BUILD\tSTATUS\tSINCE\tITS WORKERS")
	for _, v := range s.Versions {
		status, since := string(v.Status), "-"
		if v.Status == versionRamping {
			status = fmt.Sprintf("ramping, %.0f %%", v.Percent)
		}
		if !v.Since.IsZero() {
			since = delivery.Clock(v.Since)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", printable(named(v.Build)), status, since, v.Status.words())
	}
	return table.Flush()
}
