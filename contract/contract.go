// Package contract holds the names and messages that cross a process: what the
// ingress, the workers, the operator's commands and Temporal's UI call things.
//
// A name carries the type of its message, so that a wrong payload or a wrong
// implementation does not compile. The package knows no SDK: each side binds
// the names with a few lines of its own.
//
// Everything here is written into workflow histories. Names never change, and
// messages only gain fields.
package contract

// Workflow is the name of a workflow that takes In and ends with Out.
type Workflow[In, Out any] string

// Signal is a fact, told to a running workflow.
type Signal[In any] string

// Update is an order to a running workflow, which answers Out or refuses.
type Update[In, Out any] string

// Order is an order that can be given in two ways under one name: as an Update,
// which answers Out or refuses, and as a Signal, for many workflows at once.
type Order[In, Out any] string

// Update is the order as an Update.
func (o Order[In, Out]) Update() Update[In, Out] { return Update[In, Out](o) }

// Signal is the order as a Signal.
func (o Order[In, Out]) Signal() Signal[In] { return Signal[In](o) }

// Query is a question to a workflow, running or closed.
type Query[Out any] string

// Question is a query that says what is asked. Without In, as Temporal's UI sends
// it, its zero value is asked.
type Question[In, Out any] string

// Activity is a task that takes In and ends with Out.
type Activity[In, Out any] string

// Task queues, by work.
const (
	ParcelsQueue = "parcels"
	RefundsQueue = "refunds"
	// ExportsQueue is worked on by workers that have a folder for exports.
	ExportsQueue = "exports"
)
