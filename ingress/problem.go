package ingress

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// apiPath is below which programs call the API.
const apiPath = "/api/"

// Description is where the file is that describes the API.
const Description = apiPath + "openapi.yaml"

// Problem is how the API refuses a request: https://www.rfc-editor.org/rfc/rfc9457.
type Problem struct {
	// Type leads to the example of the problem in the [Description].
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Outcome tells problems apart. It stays the same, whatever becomes of the other texts.
	Outcome string `json:"outcome"`
	// Fields are the fields, parameters and headers that have to be corrected.
	Fields []Fault `json:"fields,omitempty"`
}

// Fault is one thing that has to be corrected in a request.
type Fault struct {
	// Field is a field of the body, a parameter or a header.
	Field string `json:"field"`
	// Detail says what is wrong with it, and what to write instead.
	Detail string `json:"detail"`
}

// ProblemOf is an answer as a problem.
func ProblemOf(a Answer, fields ...Fault) Problem {
	return Problem{
		Type: Description + "#/components/examples/" + ProblemName(a), Title: capital(a.Outcome), Status: a.Code,
		Detail: capital(a.Hint), Outcome: a.Outcome, Fields: fields,
	}
}

// ProblemName is the name of the answer's example in the [Description].
func ProblemName(a Answer) string {
	return strings.ReplaceAll(strings.ReplaceAll(a.Outcome, "'", ""), " ", "-")
}

// Refuse answers a program with a problem.
func Refuse(c *gin.Context, a Answer, fields ...Fault) {
	c.Header("Content-Type", "application/problem+json; charset=utf-8")
	c.Header("X-Content-Type-Options", "nosniff")
	Describe(c)
	reply(c, a, ProblemOf(a, fields...))
}

// Describe links an answer of the API to the [Description]: https://www.rfc-editor.org/rfc/rfc8631.
func Describe(c *gin.Context) { c.Header("Link", "<"+Description+`>; rel="service-desc"`) }

// capital begins a text with a capital.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
