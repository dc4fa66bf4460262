package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// keeper keeps the state of a workflow. Everything that happens to the state goes
// through [step], and one coroutine looks at everything that comes.
type keeper[S any] struct {
	state S
	// wake says that something happened that the main loop has to look at.
	wake bool
	// broken is why the run cannot go on.
	broken error

	inboxes []inbox
	pending []pending
	// tries are the messages that are being tried, by key: how to call each back.
	tries map[string]workflow.CancelFunc
	timer timer
	// looked is when the main loop last did what was due.
	looked time.Time
	// anew says that an operator has ordered a new run.
	anew bool
}

// carried is what the run before this one left; nil if this is a first run. Everyone who
// reaches Temporal can start a workflow with any input, so that of a run counts only if
// Temporal says that it continues another one. A retry, or the next run of a cron schedule,
// does so too, with the input of the first run.
func carried[S any](ctx workflow.Context, given *S) *S {
	info := workflow.GetInfo(ctx)
	if info.ContinuedExecutionRunID == "" || info.CronSchedule != "" || info.RetryPolicy != nil {
		return nil
	}
	return given
}

// life is what a workflow does each time that something has happened.
type life struct {
	// work does what is due, begins what is to be done, and shows people where things stand.
	work func(workflow.Context) error
	// over reports whether the workflow ends; again continues it as new, nil never does.
	// Neither is asked while something is under way.
	over  func() bool
	again func() error
	// next is when something is due if nothing else happens, and what is waited for.
	next func() (time.Time, string)
}

// live is the main loop of a workflow. It returns nil when the workflow is over.
func (k *keeper[S]) live(ctx workflow.Context, l life) error {
	for {
		err := k.takeIn(ctx)
		if err == nil {
			err = l.work(ctx)
		}
		switch {
		case k.broken != nil:
			return k.broken
		case err != nil:
			return err
		case !k.idle(ctx):
		case l.again != nil && k.anew: // also at the end: this run's history may have to go
			return l.again()
		case l.over():
			return nil
		case l.again != nil && workflow.GetInfo(ctx).GetContinueAsNewSuggested():
			return l.again()
		}
		at, why := l.next()
		if err := k.wait(ctx, at, why); err != nil {
			return err
		}
	}
}

// inbox is one signal. Only the main loop reads it: a coroutine would hide what it has read
// from a run that closes in the same moment.
type inbox struct {
	signals workflow.ReceiveChannel
	// take takes in what has been delivered, up to a slice of it.
	take func(workflow.Context)
}

// slice is how many signals of a kind one workflow task takes in. When no worker runs,
// thousands pile up, and what they come to would be more than a worker may answer (4 MB), or
// take longer than it may.
const slice = 250

// pending is something that is under way, and what to do with its result.
type pending struct {
	future workflow.Future
	settle func(workflow.Context, workflow.Future)
}

// recorded is what a step leaves in history.
type recorded struct {
	// Delta is how the state after the step differs from its draft; see deltaOf.
	Delta  json.RawMessage `json:"delta,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
	// Refused says why nothing happened.
	Refused string `json:"refused,omitempty"`
}

// step lets one thing happen to the state. What comes of it is recorded in history, so a replay
// repeats it whatever rules and policy hold by then. The error says why the step is refused.
func step[S, Answer any](ctx workflow.Context, k *keeper[S], summary string, happens func(*S, time.Time) (Answer, error)) (Answer, error) {
	return stepFrom(ctx, k, k.state, summary, happens)
}

// stepFrom is a step with a draft: what the state is after it as far as that is known without
// rules. History has only how the state differs from the draft, so that what stands in a signal
// does not stand there again. A draft that is wrong costs bytes, and nothing else. Drafts are
// frozen.
func stepFrom[S, Answer any](ctx workflow.Context, k *keeper[S], draft S, summary string, happens func(*S, time.Time) (Answer, error)) (Answer, error) {
	var done recorded
	var answer Answer
	before, at := k.state, now(ctx)
	err := workflow.SideEffectWithOptions(ctx, workflow.SideEffectOptions{Summary: summary}, func(workflow.Context) any {
		return happened(before, draft, at, happens)
	}).Get(&done)
	if err == nil && done.Refused == "" {
		err = k.take(draft, done.Delta)
	}
	if err == nil && len(done.Answer) > 0 {
		err = json.Unmarshal(done.Answer, &answer)
	}
	if err != nil {
		k.broken = fmt.Errorf("read what came of %q: %w", summary, err)
		return answer, k.broken
	}
	k.wake = true
	if done.Refused != "" {
		return answer, errors.New(done.Refused)
	}
	return answer, nil
}

// journaled is a state that says itself what a step changes. One that holds tens of
// thousands of things does: to write and read its JSON at every step takes so long that
// a replay would not be done before Temporal gives up on it.
type journaled[S any] interface {
	// Copy is the state for a step, which may change it. Changes are those since then,
	// and Apply makes them again.
	Copy() S
	Changes() (json.RawMessage, error)
	Apply(changes json.RawMessage) error
}

// now is the time that rules go by, in milliseconds: states are full of times.
func now(ctx workflow.Context) time.Time { return workflow.Now(ctx).UTC().Truncate(time.Millisecond) }

// happened tries something on a copy of the state.
func happened[S, Answer any](before, draft S, at time.Time, happens func(*S, time.Time) (Answer, error)) recorded {
	delta, answer, refused, err := changed(before, draft, at, happens)
	if refused != nil {
		return recorded{Refused: refused.Error()}
	}
	done := recorded{Delta: delta}
	if err == nil {
		done.Answer, err = json.Marshal(answer)
	}
	if err != nil {
		return recorded{Refused: "the step cannot be written: " + err.Error()}
	}
	if string(done.Answer) == "{}" {
		done.Answer = nil
	}
	return done
}

// changed is how the state differs from a draft after something has happened, or why that is refused.
func changed[S, Answer any](before, draft S, at time.Time, happens func(*S, time.Time) (Answer, error)) (delta json.RawMessage, answer Answer, refused, err error) {
	if j, ok := any(&before).(journaled[S]); ok {
		after := j.Copy()
		if answer, refused = happens(&after, at); refused == nil {
			delta, err = any(&after).(journaled[S]).Changes() //nolint:forcetypeassert // before is one
		}
		return delta, answer, refused, err
	}
	was, err := json.Marshal(before)
	if err != nil {
		return nil, answer, nil, err
	}
	after, answer, refused := attempt(was, at, happens)
	if refused != nil {
		return nil, answer, refused, nil
	}
	is, err := json.Marshal(after)
	if err != nil {
		return nil, answer, nil, err
	}
	drafted, err := json.Marshal(draft)
	if err != nil {
		return nil, answer, nil, err
	}
	return deltaOf(drafted, is), answer, nil, nil
}

// attempt lets something happen to a copy of the state.
func attempt[S, Answer any](was json.RawMessage, at time.Time, happens func(*S, time.Time) (Answer, error)) (after S, answer Answer, err error) {
	if err = json.Unmarshal(was, &after); err == nil {
		answer, err = happens(&after, at)
	}
	return after, answer, err
}

// take makes the state of its draft and a delta. A journaled state has no draft.
func (k *keeper[S]) take(draft S, delta json.RawMessage) error {
	if j, ok := any(&k.state).(journaled[S]); ok {
		if len(delta) == 0 {
			return nil
		}
		return j.Apply(delta)
	}
	raw, err := json.Marshal(draft)
	if err != nil {
		return err
	}
	if raw, err = applyDelta(raw, delta); err != nil {
		return err
	}
	var after S
	if err := json.Unmarshal(raw, &after); err != nil {
		return err
	}
	k.state = after
	return nil
}

// certain is a step that nothing refuses and that has no answer.
func (k *keeper[S]) certain(ctx workflow.Context, summary string, happens func(*S, time.Time)) {
	k.certainFrom(ctx, k.state, summary, happens)
}

// certainFrom is one with a draft.
func (k *keeper[S]) certainFrom(ctx workflow.Context, draft S, summary string, happens func(*S, time.Time)) {
	_, err := stepFrom(ctx, k, draft, summary, func(s *S, at time.Time) (struct{}, error) {
		happens(s, at)
		return struct{}{}, nil
	})
	if err != nil && k.broken == nil {
		k.broken = err
	}
}

// onFact has a step for each fact that is told.
func onFact[S, In any](ctx workflow.Context, k *keeper[S], name contract.Signal[In], take func(workflow.Context, In)) {
	onFacts(ctx, k, name, func(ctx workflow.Context, facts []In) {
		for _, in := range facts {
			take(ctx, in)
		}
	})
}

// onFacts has one step for the facts that are told together, oldest first and at least one.
func onFacts[S, In any](ctx workflow.Context, k *keeper[S], name contract.Signal[In], take func(workflow.Context, []In)) {
	signals := workflow.GetSignalChannel(ctx, string(name))
	k.inboxes = append(k.inboxes, inbox{signals, func(ctx workflow.Context) {
		var facts []In
		for len(facts) < slice {
			var in In
			if !signals.ReceiveAsync(&in) {
				break
			}
			facts = append(facts, in)
		}
		if len(facts) > 0 {
			take(ctx, facts)
		}
	}})
}

// onOrder binds an order. As an update it is refused with a reason, if possible before anything
// is written; as a signal, refused notes the reason. followed is called after each order.
func onOrder[S, In, Out any](ctx workflow.Context, k *keeper[S], name contract.Order[In, Out], description string,
	happens func(*S, In, time.Time) (Out, error), refused func(*S, In, error, time.Time), followed func(In),
) error {
	follow := func(ctx workflow.Context, in In) (Out, error) {
		out, err := step(ctx, k, "Follow the order "+string(name)+", or refuse it", func(s *S, at time.Time) (Out, error) { return happens(s, in, at) })
		if err == nil {
			followed(in)
		}
		return out, err
	}
	onFact(ctx, k, name.Signal(), func(ctx workflow.Context, in In) {
		if _, err := follow(ctx, in); err != nil && k.broken == nil {
			k.certain(ctx, "Note that an order was refused", func(s *S, at time.Time) { refused(s, in, err, at) })
		}
	})
	refuse := func(in In) error {
		was, err := json.Marshal(k.state)
		if err == nil {
			_, _, err = attempt(was, now(ctx), func(s *S, at time.Time) (Out, error) { return happens(s, in, at) })
		}
		return err
	}
	return onUpdate(ctx, name.Update(), description, refuse, follow)
}

func (k *keeper[S]) under(future workflow.Future, settle func(workflow.Context, workflow.Future)) {
	k.pending = append(k.pending, pending{future, settle})
}

// takeIn looks at everything that came: signals first, then what was under way. Nothing is
// begun before all of it is taken in: the last scan of a backlog may make the first mail old.
func (k *keeper[S]) takeIn(ctx workflow.Context) error {
	for {
		for _, in := range k.inboxes {
			in.take(ctx)
		}
		if k.broken != nil || !slices.ContainsFunc(k.inboxes, inbox.unread) {
			break
		}
		if err := workflow.Sleep(ctx, time.Millisecond); err != nil { // until the next workflow task
			return err
		}
	}
	for {
		i := slices.IndexFunc(k.pending, pending.ready)
		if i < 0 {
			return k.broken
		}
		done := k.pending[i]
		k.pending = slices.Delete(k.pending, i, i+1)
		done.settle(ctx, done.future)
	}
}

func (p pending) ready() bool { return p.future.IsReady() }

func (in inbox) unread() bool { return in.signals.Len() > 0 }

// told reports whether something came that nobody has looked at.
func (k *keeper[S]) told() bool {
	return k.wake || k.timer.fired() || slices.ContainsFunc(k.pending, pending.ready) ||
		slices.ContainsFunc(k.inboxes, inbox.unread)
}

// due reports, once in a moment, whether it is time to do what is to be done: a step that
// leaves something due would be repeated for ever.
func (k *keeper[S]) due(ctx workflow.Context, at time.Time) bool {
	if at.IsZero() || now(ctx).Before(at) || k.looked.Equal(now(ctx)) {
		return false
	}
	k.looked = now(ctx)
	return true
}

// idle reports that nothing is under way or unread: what a run has not read when it closes is
// lost.
func (k *keeper[S]) idle(ctx workflow.Context) bool {
	return len(k.pending) == 0 && !k.told() && workflow.AllHandlersFinished(ctx)
}

// wait waits until something happens, or a moment comes.
func (k *keeper[S]) wait(ctx workflow.Context, at time.Time, why string) error {
	k.timer.set(ctx, at, why)
	err := workflow.Await(ctx, k.told)
	k.timer.clear()
	k.wake = false
	return err
}
