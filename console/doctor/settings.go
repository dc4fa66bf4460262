package doctor

import (
	"context"
	"slices"

	"waybill/settings"
)

var settingsCheck = Check{
	Name: "settings", About: "the settings of ingress and worker, their keys among them: form and length",
	Look: lookAtSettings,
}

// lookAtSettings reads the settings as the processes do when they start. The check policy reports
// the faults of the policy.
func lookAtSettings(_ context.Context, d *Deployment) (all []Finding) {
	_, policy := d.Env.Policy()
	said := map[string]bool{}
	if policy != nil {
		said[policy.Error()] = true
	}
	for _, process := range []struct {
		name string
		// marks are settings that only this process has.
		marks []string
		read  func(*settings.Environment) error
	}{
		{"ingress", []string{settings.WebhookKeys, settings.EventKeys}, func(e *settings.Environment) error {
			_, _, _, err := e.Ingress()
			return err
		}},
		{"worker", []string{settings.SendGridKey, settings.MailFrom, settings.APIKeys, settings.PayURLs}, func(e *settings.Environment) error {
			_, err := e.Worker()
			return err
		}},
	} {
		if !slices.ContainsFunc(process.marks, d.Env.Has) {
			all = append(all, skipped("no settings of the %s are set here: run doctor with them too", process.name))
			continue
		}
		faults := parts(process.read(settings.New(d.Env.Environ())))
		if len(faults) == 0 {
			all = append(all, ok("those of the %s are complete", process.name))
		}
		for _, f := range faults {
			if !said[f.Error()] {
				all = append(all, fault(f.Error(), "The "+process.name+" does not start with this.", "Correct the setting as docs/settings.md explains it, and start the "+process.name+" again."))
			}
			said[f.Error()] = true
		}
	}
	return all
}

// parts are the errors that were joined into one.
func parts(err error) []error {
	if err == nil {
		return nil
	}
	// A list that was wrapped is one fault with a heading.
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, parts(e)...)
	}
	return all
}
