package workflows

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
)

func TestEachGateHasAHistoryFromBeforeAndAfter(t *testing.T) {
	files, err := filepath.Glob("testdata/histories/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var recorded [][]byte
	for _, file := range files {
		one, err := os.ReadFile(file)
		require.NoError(t, err)
		recorded = append(recorded, one)
	}
	require.Empty(t, faultsOfGates(t, gates, recorded))
	for _, g := range gates {
		require.NotEmpty(t, g.why, g.name)
		since, err := time.Parse(time.DateOnly, g.since)
		require.NoError(t, err, g.name)
		until, err := time.Parse(time.DateOnly, g.until)
		require.NoError(t, err, g.name)
		require.True(t, until.After(since), g.name)
	}
}

// TestGatesAndHistoriesThatDoNotBelongTogetherAreFound tries the test above: there may be no gate yet.
func TestGatesAndHistoriesThatDoNotBelongTogetherAreFound(t *testing.T) {
	two := []gate{{name: "first"}, {name: "second"}}
	for name, test := range map[string]struct {
		gates    []gate
		recorded [][]byte
		want     []string
	}{
		"no gate":                              {recorded: [][]byte{passing(t)}},
		"each schema was recorded":             {gates: two, recorded: [][]byte{passing(t), passing(t, "first"), passing(t, "first", "second")}},
		"a run that only passed the second":    {gates: two, recorded: [][]byte{passing(t), passing(t, "first"), passing(t, "second")}},
		"nothing from before":                  {gates: two, recorded: [][]byte{passing(t, "first"), passing(t, "second")}, want: []string{"no history of schema 1"}},
		"nothing from between":                 {gates: two, recorded: [][]byte{passing(t), passing(t, "second")}, want: []string{"no history of schema 2"}},
		"nothing from after":                   {gates: two, recorded: [][]byte{passing(t), passing(t, "first")}, want: []string{"no history of schema 3"}},
		"a gate went and its histories stayed": {gates: two[1:], recorded: [][]byte{passing(t), passing(t, "first"), passing(t, "second")}, want: []string{`a history passed "first", which is no gate`}},
		"two gates of one name":                {gates: []gate{two[0], two[0]}, recorded: [][]byte{passing(t), passing(t, "first")}, want: []string{"two gates are called first", "no history of schema 2"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, faultsOfGates(t, test.gates, test.recorded)) })
	}
}

// faultsOfGates compares gates with recorded histories. The schema of a history is that of the newest
// gate that it passed: of each schema that this build replays there has to be one.
func faultsOfGates(t *testing.T, gates []gate, recorded [][]byte) (faults []string) {
	t.Helper()
	schema := map[string]int{}
	for i, g := range gates {
		if schema[g.name] != 0 {
			faults = append(faults, "two gates are called "+g.name)
		}
		schema[g.name] = oldestHistories + 1 + i
	}
	found := map[int]bool{}
	for _, one := range recorded {
		newest := oldestHistories
		for _, name := range gatesPassed(t, one) {
			if schema[name] == 0 {
				faults = append(faults, fmt.Sprintf("a history passed %q, which is no gate", name))
			}
			newest = max(newest, schema[name])
		}
		found[newest] = true
	}
	for s := oldestHistories; s <= oldestHistories+len(gates); s++ {
		if !found[s] {
			faults = append(faults, fmt.Sprintf("no history of schema %d", s))
		}
	}
	return faults
}

// The marks that the SDK leaves where workflow.GetVersion is asked.
const versionMarker, changeID = "Version", "change-id"

// gatesPassed are the names in the SDK's marks of a recorded history.
func gatesPassed(t *testing.T, recorded []byte) (names []string) {
	t.Helper()
	h, err := client.HistoryFromJSON(bytes.NewReader(recorded), client.HistoryJSONOptions{})
	require.NoError(t, err)
	for _, e := range h.GetEvents() {
		marker := e.GetMarkerRecordedEventAttributes()
		if marker.GetMarkerName() != versionMarker {
			continue
		}
		var name string
		require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(marker.GetDetails()[changeID], &name))
		names = append(names, name)
	}
	return slices.Compact(names)
}

// passing is a history with the marks of these gates, written as make histories writes it.
func passing(t *testing.T, names ...string) []byte {
	t.Helper()
	h := &history.History{}
	for _, name := range names {
		id, err := converter.GetDefaultDataConverter().ToPayloads(name)
		require.NoError(t, err)
		h.Events = append(h.Events, &history.HistoryEvent{
			EventId: int64(len(h.GetEvents()) + 1), EventType: enums.EVENT_TYPE_MARKER_RECORDED,
			Attributes: &history.HistoryEvent_MarkerRecordedEventAttributes{MarkerRecordedEventAttributes: &history.MarkerRecordedEventAttributes{
				MarkerName: versionMarker, Details: map[string]*common.Payloads{changeID: id},
			}},
		})
	}
	written, err := protojson.Marshal(h)
	require.NoError(t, err)
	return written
}

func TestTheSchemasOfHistoriesAreOneMoreThanTheGates(t *testing.T) {
	oldest, newest := Histories()
	require.Equal(t, oldestHistories, oldest)
	require.Len(t, gates, newest-oldest)
}
