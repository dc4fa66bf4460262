package sendcloud

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Quirk is one way in which a webhook has been seen, or said, to differ.
type Quirk struct {
	Name string
	bend func(webhook, parcel object) (object, object)
}

// Quirks are all of them. None changes what the webhook means, but for its time
// where it has none that can be used.
var Quirks = []Quirk{
	{"a house number that is a number", inParcel("house_number", 26)},
	{"an empty object that is a list", inParcel("data", []any{})},
	{"an insured value without a fraction", inParcel("insured_value", 0)},
	{"a service point as a text", inParcel("to_service_point", "10875349")},
	{"no tracking address", inParcel("tracking_url", nil)},
	{"an id with a fraction", func(w, p object) (object, object) {
		return w, set(p, "id", json.Number(string(encode(get(p, "id")))+".0"))
	}},
	{"keys that nobody knows", func(w, p object) (object, object) {
		return append(w, field{"x_future", object{{"a", []any{1, nil}}}}), append(p, field{"x_future", true})
	}},
	{"no carrier's time", func(w, p object) (object, object) {
		return without(w, "carrier_status_change_timestamp"), p
	}},
	{"a time in seconds", func(w, p object) (object, object) {
		ms, _ := get(w, "timestamp").(int64)
		return set(w, "timestamp", ms/1000), p
	}},
	{"the documentation's time", func(w, p object) (object, object) {
		return set(set(w, "timestamp", 123), "carrier_status_change_timestamp", 123), p
	}},
	{"nothing but ids and the address", func(w, p object) (object, object) {
		return w, object{{"id", get(p, "id")}, {"status", get(p, "status")}, {"email", get(p, "email")}}
	}},
}

func inParcel(key string, value any) func(object, object) (object, object) {
	return func(w, p object) (object, object) { return w, set(p, key, value) }
}

// QuirkyBody is Body with a quirk.
func (p Parcel) QuirkyBody(q Quirk, s Status, at time.Time) []byte {
	w, parcel := q.bend(p.webhook(s, at), p.fields(s, at))
	return webhook(set(w, "parcel", parcel)...)
}

func get(o object, key string) any {
	for _, f := range o {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

func set(o object, key string, value any) object {
	o = slices.Clone(o)
	for i := range o {
		if o[i].key == key {
			o[i].value = value
		}
	}
	return o
}

func without(o object, key string) object {
	return slices.DeleteFunc(slices.Clone(o), func(f field) bool { return f.key == key })
}

func encode(v any) []byte {
	var b strings.Builder
	write(&b, v)
	return []byte(b.String())
}
