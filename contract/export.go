package contract

const (
	// ExportRefunds writes the decision logs of refunds that have ended to a folder, before Temporal
	// forgets them. A Temporal Schedule of the id [ExportScheduleID] runs it once a day.
	ExportRefunds Workflow[ExportStart, Exported] = "ExportRefunds"
	// WriteExport writes those that stand in no file yet. Workers that have the folder work on
	// [ExportsQueue].
	WriteExport Activity[ExportStart, Exported] = "WriteExport"
)

// ExportScheduleID is the id of a Temporal Schedule. Its runs have the same id with a time behind it.
const ExportScheduleID = "export:refunds"

// ExportSilent is the type of the failure of an export that some refunds did not answer.
const ExportSilent = "ExportSilent"

// ExportStart begins a run of ExportRefunds.
type ExportStart struct{}

// Exported is what came of it.
type Exported struct {
	// File is the name of the file in the folder; empty if there was nothing to write.
	File    string `json:"file,omitempty"`
	Refunds int    `json:"refunds"`
}
