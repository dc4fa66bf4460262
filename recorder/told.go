package recorder

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"hash/maphash"
	"reflect"

	lru "github.com/hashicorp/golang-lru/v2"

	"waybill/contract"
	"waybill/parcel"
)

// Told remembers which facts this process has told about each parcel, so that a later scan carries
// only what has changed ([parcel.Scan.FactsAs]).
//
// Nothing hangs on what it remembers. Such a scan goes to the one run that was told the facts, whose
// history has them; if that run is over, Temporal refuses the scan, and all is told to the next one.
// Others may tell the run more meanwhile: it knows each telling by its name.
type Told struct {
	seed maphash.Seed
	last *lru.Cache[contract.ParcelRef, telling]
}

// telling is what a run was told last: the scan, by its id and that of the request, and marks of the
// facts, from which nobody learns them.
type telling struct {
	run, scan, request, name string

	marks []uint64
}

// rememberedParcels take about 15 MB.
const rememberedParcels = 50_000

// NewTold remembers nothing yet.
func NewTold() *Told {
	last, err := lru.New[contract.ParcelRef, telling](rememberedParcels)
	if err != nil {
		panic(err) // only a size of 0 is an error
	}
	return &Told{maphash.MakeSeed(), last}
}

// shorten leaves out of a scan what a run was told. ok is false if everything has to be told: also
// for a copy of the last scan, which has to start a new run if that one is over.
func (t *Told) shorten(of contract.ParcelRef, s parcel.Scan) (run string, short parcel.Scan, ok bool) {
	if t == nil {
		return "", s, false
	}
	last, ok := t.last.Get(of)
	if !ok || last.scan == s.ID() {
		return "", s, false
	}
	s.FactsAs = last.name
	if s.FactsName == last.name {
		s.Facts, s.FactsName = parcel.Facts{}, ""
		return last.run, s, true
	}
	facts := reflect.ValueOf(&s.Facts).Elem()
	for i, mark := range t.marks(s.Facts) {
		switch field := facts.Field(i); {
		case mark == last.marks[i]:
			field.SetZero()
		case field.IsZero():
			return "", s, false // it was known, and is not any more
		}
	}
	return last.run, s, true
}

// request is the id of the request that has told the same scan last; empty if another one was told.
func (t *Told) request(of contract.ParcelRef, s parcel.Scan) string {
	if t == nil {
		return ""
	}
	if last, ok := t.last.Get(of); ok && last.scan == s.ID() && last.name == s.FactsName {
		return last.request
	}
	return ""
}

// note remembers that a request has told a run a scan with all its facts.
func (t *Told) note(of contract.ParcelRef, run string, s parcel.Scan, request string) {
	if t != nil {
		t.last.Add(of, telling{run, s.ID(), request, s.FactsName, t.marks(s.Facts)})
	}
}

func (t *Told) forget(of contract.ParcelRef) { t.last.Remove(of) }

// marks are one for each field of the facts.
func (t *Told) marks(f parcel.Facts) (marks []uint64) {
	facts := reflect.ValueOf(f)
	for i := range facts.NumField() {
		marks = append(marks, maphash.Comparable(t.seed, facts.Field(i).Interface()))
	}
	return marks
}

// factsName is the same for the same facts, and 48 bits long.
func factsName(f parcel.Facts) string {
	raw, err := json.Marshal(f)
	if err != nil {
		panic(err) // facts are texts and numbers
	}
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}
