package workflows

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestADeltaIsSmallAndLeadsFromOneStateToTheNext(t *testing.T) {
	for name, c := range map[string]struct{ before, after, delta string }{
		"nothing changes":                   {`{"a":1}`, `{"a":1}`, ``},
		"a value is replaced":               {`{"a":1,"b":2}`, `{"a":3,"b":2}`, `{"a":3}`},
		"a value goes":                      {`{"a":1,"b":2}`, `{"b":2}`, `{"a":null}`},
		"an object comes":                   {`{}`, `{"a":{"b":1}}`, `{"a":{"=":{"b":1}}}`},
		"an object changes":                 {`{"a":{"b":1,"c":2}}`, `{"a":{"b":1,"c":3}}`, `{"a":{"c":3}}`},
		"a list comes":                      {`{}`, `{"a":[1]}`, `{"a":[1]}`},
		"a line is added":                   {`{"a":[1,2]}`, `{"a":[1,2,3]}`, `{"a":{"+":[3]}}`},
		"the oldest line goes as one comes": {`{"a":[1,2]}`, `{"a":[2,3]}`, `{"a":{"^":1,"+":[3]}}`},
		"a line changes":                    {`{"a":[{"x":1},{"x":2}]}`, `{"a":[{"x":1},{"x":3}]}`, `{"a":{"~":{"1":{"x":3}}}}`},
		"the first line changes":            {`{"a":[{"x":1},{"x":2}]}`, `{"a":[{"x":9},{"x":2}]}`, `{"a":{"~":{"0":{"x":9}}}}`},
		"lines go at the end":               {`{"a":[1,2,3]}`, `{"a":[1]}`, `{"a":{"$":2}}`},
		"a list is emptied":                 {`{"a":[1,2]}`, `{"a":[]}`, `{"a":{"$":2}}`},
		"an object has keys that are signs": {`{"a":{}}`, `{"a":{"+":[1]}}`, `{"a":{"=":{"+":[1]}}}`},
		"null is the same as nothing":       {`{"a":[1]}`, `{"a":null}`, `{"a":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			delta := deltaOf(json.RawMessage(c.before), json.RawMessage(c.after))
			require.Equal(t, c.delta, string(delta))
			after, err := applyDelta(json.RawMessage(c.before), delta)
			require.NoError(t, err)
			if name != "null is the same as nothing" {
				require.JSONEq(t, c.after, string(after))
			}
		})
	}
}

func TestADeltaOfAnotherStateIsAnError(t *testing.T) {
	for _, delta := range []string{`{"+":[1]}`, `{"a":{"^":5}}`, `{"b":{"c":{"+":[]}}}`} {
		_, err := applyDelta(json.RawMessage(`{"a":[1],"b":1}`), json.RawMessage(delta))
		require.Error(t, err, delta)
	}
}

// FuzzDelta tries any two states.
func FuzzDelta(f *testing.F) {
	f.Add(`{"a":[{"x":1},{"x":2}],"b":{"c":"d"}}`, `{"a":[{"x":2}],"b":{"c":{"+":[]},"^":1}}`)
	f.Add(`[1,[2],{"=":1}]`, `[[2],{"=":{"=":2}}]`)
	f.Fuzz(func(t *testing.T, one, other string) {
		before, after := canonical(one), canonical(other)
		if before == nil || after == nil {
			return // a state is JSON
		}
		delta := deltaOf(before, after)
		got, err := applyDelta(before, delta)
		require.NoError(t, err)
		require.JSONEq(t, string(withoutNull(after)), string(withoutNull(got)))
	})
}

// canonical is a text as json.Marshal writes it, or nil if it is not JSON.
func canonical(text string) json.RawMessage {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return nil
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return raw
}

// withoutNull leaves out what is null: to our states that is the same.
func withoutNull(raw json.RawMessage) json.RawMessage {
	var value any
	_ = json.Unmarshal(raw, &value)
	var clean func(any) any
	clean = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for key, item := range v {
				if item == nil {
					delete(v, key)
				} else {
					v[key] = clean(item)
				}
			}
		case []any:
			for i := range v {
				v[i] = clean(v[i])
			}
		}
		return v
	}
	raw, _ = json.Marshal(clean(value))
	return raw
}
