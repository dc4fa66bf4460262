package workflows

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A delta is what a step changes of a workflow's state, as JSON. It is a merge
// patch (https://www.rfc-editor.org/rfc/rfc7386) but for lists, which a merge
// patch replaces as a whole: a record that grows by a line would stand in history
// as often as it has lines. It is written by hand for that: a patch that names
// each change with its path and its verb (RFC 6902) takes twice the bytes.
//
//	{"phase": "delivered", "agenda": null, "ledger": {"+": [{...}]}}
//
// A list that changes is an object of signs: "-" is how many of its first items go,
// "$" how many of its last, "~" are the deltas of items by their place after that,
// "+" are new items at the end. An item that is replaced and not changed is
// {"=": item}, and so is an object with a key that is a sign.

// listDelta is what changes of a list.
type listDelta struct {
	Drop int                        `json:"-,omitempty"`
	Cut  int                        `json:"$,omitempty"`
	Set  map[string]json.RawMessage `json:"~,omitempty"`
	Add  []json.RawMessage          `json:"+,omitempty"`
}

type (
	jsonObject = map[string]json.RawMessage
	jsonList   = []json.RawMessage
)

// deltaOf is what has to be applied to before to get after: JSON texts in the
// form that json.Marshal gives them. It is empty if they are the same.
func deltaOf(before, after json.RawMessage) (json.RawMessage, error) {
	if bytes.Equal(before, after) {
		return nil, nil
	}
	var was, is jsonObject
	if asObject(before, &was) && asObject(after, &is) {
		return objectDelta(was, is)
	}
	var wasList, isList jsonList
	if asList(before, &wasList) && asList(after, &isList) {
		return listDeltaOf(wasList, isList)
	}
	return replaced(after)
}

func asObject(raw json.RawMessage, into *jsonObject) bool {
	return len(raw) > 0 && raw[0] == '{' && json.Unmarshal(raw, into) == nil
}

func asList(raw json.RawMessage, into *jsonList) bool {
	return len(raw) > 0 && raw[0] == '[' && json.Unmarshal(raw, into) == nil
}

// replaced is the delta that puts a value in the place of whatever was there.
func replaced(value json.RawMessage) (json.RawMessage, error) {
	if value[0] != '{' {
		return value, nil
	}
	return json.Marshal(map[string]json.RawMessage{"=": value})
}

func objectDelta(was, is jsonObject) (json.RawMessage, error) {
	delta := jsonObject{}
	for key := range was {
		if _, stays := is[key]; !stays {
			delta[key] = json.RawMessage("null")
		}
	}
	for key, value := range is {
		old, known := was[key]
		if !known {
			old = json.RawMessage("null")
		}
		changed, err := deltaOf(old, value)
		if err != nil {
			return nil, err
		}
		if len(changed) > 0 {
			delta[key] = changed
		}
	}
	if _, value := delta["="]; value || ofList(delta) {
		after, err := json.Marshal(is) // its keys would be taken for signs
		if err != nil {
			return nil, err
		}
		return replaced(after)
	}
	return json.Marshal(delta)
}

// listDeltaOf sees items that are dropped at the front, changed in their place,
// and added at the end: that is how our lists change.
func listDeltaOf(was, is jsonList) (json.RawMessage, error) {
	var delta listDelta
	for delta.Drop < len(was) && (len(is) == 0 || !bytes.Equal(was[delta.Drop], is[0])) {
		delta.Drop++
	}
	if delta.Drop == len(was) {
		delta.Drop = 0 // the first item itself has changed
	}
	kept := was[delta.Drop:]
	if len(kept) > len(is) {
		delta.Cut = len(kept) - len(is)
		kept = kept[:len(is)]
	}
	for i := range kept {
		changed, err := deltaOf(kept[i], is[i])
		if err != nil {
			return nil, err
		}
		if len(changed) > 0 {
			if delta.Set == nil {
				delta.Set = map[string]json.RawMessage{}
			}
			delta.Set[fmt.Sprint(i)] = changed
		}
	}
	delta.Add = is[len(kept):]
	return json.Marshal(delta)
}

// ofList reports whether a delta is a list's.
func ofList(delta jsonObject) bool {
	for key := range delta {
		if !strings.Contains("-$~+", key) {
			return false
		}
	}
	return len(delta) > 0
}

// applyDelta is the inverse of deltaOf. It is frozen: histories are full of
// deltas.
func applyDelta(before, delta json.RawMessage) (json.RawMessage, error) {
	var changes jsonObject
	if len(delta) == 0 {
		return before, nil
	}
	if !asObject(delta, &changes) {
		return delta, nil
	}
	if value, ok := changes["="]; ok {
		return value, nil
	}
	if ofList(changes) {
		return applyListDelta(before, delta)
	}
	is := jsonObject{}
	if len(before) > 0 && !bytes.Equal(before, []byte("null")) && !asObject(before, &is) {
		return nil, errors.New("apply a delta: it is of an object, and there is none")
	}
	for key, change := range changes {
		if bytes.Equal(change, []byte("null")) {
			delete(is, key)
			continue
		}
		value, err := applyDelta(is[key], change)
		if err != nil {
			return nil, err
		}
		is[key] = value
	}
	return json.Marshal(is)
}

func applyListDelta(before, raw json.RawMessage) (json.RawMessage, error) {
	var is jsonList
	var delta listDelta
	if !asList(before, &is) {
		return nil, errors.New("apply a delta: it is of a list, and there is none")
	}
	if err := json.Unmarshal(raw, &delta); err != nil {
		return nil, fmt.Errorf("read the delta of a list: %w", err)
	}
	if delta.Drop+delta.Cut > len(is) {
		return nil, errors.New("apply a delta: the list is shorter than what is taken from it")
	}
	is = is[delta.Drop : len(is)-delta.Cut]
	for i := range is {
		change, ok := delta.Set[fmt.Sprint(i)]
		if !ok {
			continue
		}
		value, err := applyDelta(is[i], change)
		if err != nil {
			return nil, err
		}
		is[i] = value
	}
	return json.Marshal(append(is, delta.Add...))
}
