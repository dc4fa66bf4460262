package recorder

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"waybill/contract"
	"waybill/search"
)

// newestRun leaves out runs that another one continues: they would be the same thing twice.
const newestRun = "ExecutionStatus != 'ContinuedAsNew'"

// running chooses workflows that run.
const running = "ExecutionStatus = 'Running'"

// terms are a question to Temporal's lists: all of them have to hold. Values are checked before they
// become part of a term, because nothing is quoted.
type terms []string

// workflowsOf chooses the workflows of a type, each once.
func workflowsOf[In, Out any](workflow contract.Workflow[In, Out]) terms {
	return terms{fmt.Sprintf("WorkflowType = '%s'", workflow), newestRun}
}

// add adds a term if it is wanted.
func (q *terms) add(wanted bool, term string) {
	if wanted {
		*q = append(*q, term)
	}
}

// equals chooses one value of a search attribute; empty chooses all.
func (q *terms) equals(a contract.SearchAttribute, value string) {
	q.add(value != "", fmt.Sprintf("%s = '%s'", a.Name, value))
}

// integrations chooses one integration and among several. What is empty chooses all.
func (q *terms) integrations(one string, several []string) error {
	for _, name := range append(slices.Clone(several), one) {
		if err := contract.CheckIntegration(name); name != "" && err != nil {
			return err
		}
	}
	q.equals(contract.Integration, one)
	q.add(len(several) > 0, among(contract.Integration, several))
	return nil
}

// since chooses what began at a moment or later; the zero time chooses all.
func (q *terms) since(moment time.Time) { q.moment("StartTime >=", moment) }

// moment compares a time with a moment; the zero time chooses all.
func (q *terms) moment(compared string, with time.Time) {
	q.add(!with.IsZero(), fmt.Sprintf("%s '%s'", compared, with.UTC().Format(time.RFC3339)))
}

func (q terms) String() string { return strings.Join(q, " AND ") }

// unquotable are the characters that no word of a query may have: Temporal's stores differ in how
// they read them.
const unquotable = `'"\`

// checkAttention refuses a reason for attention that cannot stand in a query.
func checkAttention(why contract.Attention) error {
	if strings.ContainsAny(string(why), unquotable) {
		return errors.New("there is no such reason for attention")
	}
	return nil
}

// listedAs chooses what is listed under one of the words of each field that has some.
func listedAs(words search.Listed) (q terms) {
	for _, of := range []struct {
		attribute contract.SearchAttribute
		words     []string
	}{{contract.OrderNumber, words.Order}, {contract.TrackingNumber, words.Tracking}, {contract.Recipient, words.Recipient}} {
		q.add(len(of.words) > 0, among(of.attribute, of.words))
	}
	return q
}

// among chooses one of several values.
func among(a contract.SearchAttribute, values []string) string {
	return fmt.Sprintf("%s IN ('%s')", a.Name, strings.Join(values, "', '"))
}

// notAmong leaves several values out.
func notAmong(a contract.SearchAttribute, values []string) string {
	return fmt.Sprintf("%s NOT IN ('%s')", a.Name, strings.Join(values, "', '"))
}
