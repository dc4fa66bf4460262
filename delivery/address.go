package delivery

import "regexp"

// MaxAddress is the longest that a mail address can be.
// https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3
const MaxAddress = 254

// Address matches a mail address that stands alone. It is stricter than the standard, and
// takes all addresses that people have.
var Address = regexp.MustCompile(`^` + part + `@` + part + `$`)

const part = `[^\x00-\x20\x7f@<>()\[\],;:\\"]+`
