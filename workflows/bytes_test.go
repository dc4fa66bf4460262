package workflows_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// budgets are the most bytes of payloads, before compression and encryption, that the newest
// recorded history of a story may have: about what it has, and room for ids and times of another
// length. Whoever has a good reason for more raises the number, and says the reason in the commit.
var budgets = map[string]int{
	"TrackParcel-delivered":      4700,
	"ApproveRefund-one-approver": 13400,
}

// Temporal stores each payload for as long as it keeps the history, and what stands in one is one
// more place with somebody's name: a story says what it needs, once.
func TestAStandardParcelAndRefundStayWithinTheirBytes(t *testing.T) {
	for story, most := range budgets {
		t.Run(story, func(t *testing.T) {
			files, err := filepath.Glob("testdata/histories/" + story + "-20*.json")
			require.NoError(t, err)
			require.NotEmpty(t, files)
			byKind, all := map[string][]int{}, 0
			for _, e := range historyOf(t, slices.Max(files)).GetEvents() {
				for _, size := range payloadBytes(e.ProtoReflect()) {
					byKind[kindOf(e)] = append(byKind[kindOf(e)], size)
					all += size
				}
			}
			var table strings.Builder
			for _, kind := range slices.SortedFunc(maps.Keys(byKind), func(a, b string) int { return sum(byKind[b]) - sum(byKind[a]) }) {
				fmt.Fprintf(&table, "%6d bytes in %2d payloads: %s\n", sum(byKind[kind]), len(byKind[kind]), kind)
			}
			t.Logf("%s: %d bytes of payloads\n%s", filepath.Base(slices.Max(files)), all, &table)
			require.LessOrEqual(t, all, most, "the story says more than before; see the table above for where")
			require.Greater(t, all, most*9/10, "it says less than before: lower the budget, so that it stays so")
		})
	}
}

func historyOf(t *testing.T, file string) *history.History {
	t.Helper()
	recorded, err := os.Open(file)
	require.NoError(t, err)
	defer recorded.Close()
	h, err := client.HistoryFromJSON(recorded, client.HistoryJSONOptions{})
	require.NoError(t, err)
	return h
}

// kindOf is the kind of an event, and what it is about.
func kindOf(e *history.HistoryEvent) string {
	about := cmp.Or(e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName(), e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName())
	return strings.TrimSpace(e.GetEventType().String() + " " + about)
}

// payloadBytes are the sizes of all payloads in a message.
func payloadBytes(m protoreflect.Message) (sizes []int) {
	if p, is := m.Interface().(*common.Payload); is {
		return []int{len(p.GetData())}
	}
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap() && field.MapValue().Message() != nil:
			value.Map().Range(func(_ protoreflect.MapKey, one protoreflect.Value) bool {
				sizes = append(sizes, payloadBytes(one.Message())...)
				return true
			})
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				sizes = append(sizes, payloadBytes(value.List().Get(i).Message())...)
			}
		case !field.IsMap() && !field.IsList() && field.Message() != nil:
			sizes = append(sizes, payloadBytes(value.Message())...)
		}
		return true
	})
	return sizes
}

func sum(sizes []int) (all int) {
	for _, size := range sizes {
		all += size
	}
	return all
}
