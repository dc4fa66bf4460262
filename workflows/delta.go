package workflows

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// A delta is what a step changes of a workflow's state, as JSON. It is a merge patch
// (https://www.rfc-editor.org/rfc/rfc7386) but for lists: a merge patch replaces the whole
// list for each line that is added, and a patch of paths and verbs (RFC 6902) takes twice the
// bytes. That is why it is written by hand.
//
//	{"phase": "delivered", "agenda": null, "ledger": {"+": [{...}]}}
//
// A list that changes is an object of signs: "^" is how many of its first items go,
// "$" how many of its last, "~" are the deltas of items by their place after that,
// "+" are new items at the end. An item that is replaced and not changed is
// {"=": item}, and so is an object with a key that is a sign.

// listDelta is what changes of a list.
type listDelta struct {
	Drop int        `json:"^,omitempty"`
	Cut  int        `json:"$,omitempty"`
	Set  jsonObject `json:"~,omitempty"`
	Add  jsonList   `json:"+,omitempty"`
}

type (
	jsonObject = map[string]json.RawMessage
	jsonList   = []json.RawMessage
)

// deltaOf is what has to be applied to before to get after: JSON texts in the
// form that json.Marshal gives them. It is empty if they are the same.
func deltaOf(before, after json.RawMessage) json.RawMessage {
	if bytes.Equal(before, after) {
		return nil
	}
	var was, is jsonObject
	if as('{', before, &was) && as('{', after, &is) {
		return objectDelta(was, is)
	}
	var wasList, isList jsonList
	if as('[', before, &wasList) && as('[', after, &isList) {
		return listDeltaOf(wasList, isList)
	}
	return replaced(after)
}

// as reads an object or a list, by its first character; it returns false if the text is none.
func as[T jsonObject | jsonList](first byte, raw json.RawMessage, into *T) bool {
	return len(raw) > 0 && raw[0] == first && json.Unmarshal(raw, into) == nil
}

// encode writes what is made of valid JSON.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

var null = json.RawMessage("null")

// replaced is the delta that puts a value in the place of whatever was there.
func replaced(value json.RawMessage) json.RawMessage {
	if value[0] != '{' {
		return value
	}
	return encode(jsonObject{"=": value})
}

func objectDelta(was, is jsonObject) json.RawMessage {
	delta := jsonObject{}
	for key := range was {
		if _, stays := is[key]; !stays {
			delta[key] = null
		}
	}
	for key, value := range is {
		old, known := was[key]
		if !known {
			old = null
		}
		if changed := deltaOf(old, value); len(changed) > 0 {
			delta[key] = changed
		}
	}
	if _, value := delta["="]; value || ofList(delta) {
		return replaced(encode(is)) // its keys would be taken for signs
	}
	return encode(delta)
}

// listDeltaOf sees items that are dropped at the front, changed in their place,
// and added at the end: that is how our lists change.
func listDeltaOf(was, is jsonList) json.RawMessage {
	delta := listDelta{Set: jsonObject{}}
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
		if changed := deltaOf(kept[i], is[i]); len(changed) > 0 {
			delta.Set[fmt.Sprint(i)] = changed
		}
	}
	delta.Add = is[len(kept):]
	return encode(delta)
}

// ofList reports whether a delta is a list's.
func ofList(delta jsonObject) bool {
	for key := range delta {
		switch key {
		case "^", "$", "~", "+":
		default:
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
	if !as('{', delta, &changes) {
		return delta, nil
	}
	if value, ok := changes["="]; ok {
		return value, nil
	}
	if ofList(changes) {
		return applyListDelta(before, delta)
	}
	is := jsonObject{}
	if len(before) > 0 && !bytes.Equal(before, null) && !as('{', before, &is) {
		return nil, errors.New("apply a delta: it is of an object, and there is none")
	}
	for key, change := range changes {
		if bytes.Equal(change, null) {
			delete(is, key)
			continue
		}
		value, err := applyDelta(is[key], change)
		if err != nil {
			return nil, err
		}
		is[key] = value
	}
	return encode(is), nil
}

func applyListDelta(before, raw json.RawMessage) (json.RawMessage, error) {
	var is jsonList
	var delta listDelta
	if !as('[', before, &is) {
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
	return encode(append(is, delta.Add...)), nil
}
