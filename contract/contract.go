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

// Query is a question to a workflow, running or closed.
type Query[Out any] string

// Activity is a deed that takes In and ends with Out.
type Activity[In, Out any] string

// Task queues, by work.
const (
	ParcelsQueue = "parcels"
)
