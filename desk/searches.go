package desk

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/gin-gonic/gin"
)

// open shows a list as its address has it, or as a search that the browser keeps.
func (d *Desk) open(c *gin.Context, show func(*gin.Context, url.Values)) {
	q := c.Request.URL.Query()
	if k, ok := d.kept(c); ok {
		q = url.Values{"q": k.Fields["q"]}
	}
	show(c, q)
}

// searched takes a search as a form, so that no mail address and no name becomes part of a URL, which browsers
// and proxies keep. A number leads to a URL of its own, and an empty search to the whole list.
func (d *Desk) searched(c *gin.Context, list string, show func(*gin.Context, url.Values)) {
	form, ok := d.values(c)
	if !ok {
		return
	}
	switch typed := strings.TrimSpace(form.Get("q")); {
	case typed == "":
		goTo(c, "searched", list)
	case isNumber(typed):
		goTo(c, "searched", list+"?"+url.Values{"q": {typed}}.Encode())
	case !d.leadBack(c, "searched"):
		show(c, url.Values{"q": {typed}})
	}
}

// isNumber reports whether a text can be the number of an order, a return or a parcel, and not a name or a
// mail address: it is one word with a digit.
func isNumber(text string) bool {
	return strings.ContainsFunc(text, unicode.IsDigit) && !strings.Contains(text, "@") && !strings.ContainsFunc(text, unicode.IsSpace)
}
