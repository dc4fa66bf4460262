package delivery

import (
	"regexp"
	"slices"
)

// Subject is whose message it is: the id of the workflow that keeps it, such as
// parcel:demo:364000001. It never holds personal data.
type Subject string

// SubjectKind is the first part of a subject.
type SubjectKind string

// The kinds of subjects.
const (
	OfParcel      SubjectKind = "parcel"
	OfRefund      SubjectKind = "refund"
	OfSignIn      SubjectKind = "sign-in"
	OfDigest      SubjectKind = "digest"
	OfIntegration SubjectKind = "integration"
)

// SubjectKinds are all kinds.
func SubjectKinds() []SubjectKind {
	return []SubjectKind{OfParcel, OfRefund, OfSignIn, OfDigest, OfIntegration}
}

var subjectName = regexp.MustCompile(`^[0-9A-Za-z_:-]{1,160}$`)

// SubjectOf is the inverse of Kind and Name; ok is false if no subject is so called.
func SubjectOf(kind SubjectKind, name string) (s Subject, ok bool) {
	if !slices.Contains(SubjectKinds(), kind) || !subjectName.MatchString(name) {
		return "", false
	}
	return Subject(string(kind) + ":" + name), true
}
