package delivery

import "regexp"

// MaxAddress is the longest that a mail address can be.
// https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3
const MaxAddress = 254

// Address matches a mail address that stands alone and to which a mail can be sent. It is
// stricter than the standard: SendGrid takes no letters outside ASCII before the @.
var Address = regexp.MustCompile(`^[^\x7f-\x{10ffff}` + apart + `]+@[^\x7f` + apart + `]+$`)

const apart = `\x00-\x20@<>()\[\],;:\\"`
