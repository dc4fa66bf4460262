package desk

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/ingress"
	"waybill/refund"
	"waybill/words"
)

//go:embed pages/*.tmpl
var pageFiles embed.FS

// pageTemplates are all pages; each is named after its file.
var pageTemplates = template.Must(template.New("").Funcs(functions(words.Plain)).ParseFS(pageFiles, "pages/*.html.tmpl"))

// dict is what a template is given that needs several things: names and values in turn.
func dict(pairs ...any) map[string]any {
	all := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		all[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return all
}

//go:embed pages/style.css
var styleSheet []byte

// stylePath has the hash of what it leads to, so that browsers may keep it.
var stylePath = fmt.Sprintf("/style-%x.css", sha256.Sum256(styleSheet))

// page is what each page has.
type page struct {
	Title *words.Text
	// Language is that of the page.
	Language words.Language
	// Person is who has signed in, empty if nobody has. Refunds says that they decide refunds.
	Person  string
	Refunds bool
	// Style is the address of the style sheet, Styles are those of others.
	Style  string
	Styles []string
	// Done says what was just done, Faults what has to be corrected first.
	Done   *words.Text
	Faults []refund.Fault
	// Form begins the ids of the fields that Faults are about.
	Form    string
	Content any
}

// message is a page that only says something.
type message struct {
	// Name is that of its title and its paragraphs among the texts, and Blanks what fills them in.
	Name   string
	Blanks []any
	// Title and Text are they in words.
	Title string
	Text  []string
	// Standing is where a refund stands, if the page is about one.
	Standing *standing
	// Next is a link, in words and as a path. If empty it leads to the list, or to the
	// sign-in page for those who have not signed in.
	Next *words.Text
	Path string
}

// show writes a page.
func (d *Desk) show(c *gin.Context, code int, outcome, name string, p page) {
	ingress.Note(c, "outcome", outcome)
	reader := d.reads(c)
	p.Style, p.Person, p.Language = stylePath, c.GetString(personKey), reader.Language
	p.Refunds = p.Person != "" && len(d.mine(c)) > 0
	c.Header("Content-Language", string(reader.Language))
	var out bytes.Buffer
	pages, err := d.pagesFor(reader)
	if err == nil {
		err = pages.ExecuteTemplate(&out, name+".html.tmpl", p)
	}
	if err != nil {
		d.log.Error("a page could not be made", "page", name, "fault", err.Error())
		ingress.Reply(c, ingress.InternalFault)
		return
	}
	if code == http.StatusServiceUnavailable {
		c.Header("Retry-After", ingress.RetryAfter)
	}
	c.Data(code, "text/html; charset=utf-8", out.Bytes())
}

// say shows a message.
func (d *Desk) say(c *gin.Context, code int, outcome string, m message) {
	if m.Path == "" {
		m.Next, m.Path = words.Say("next.sign_in"), "/sign-in"
		if c.GetString(personKey) != "" {
			m.Next, m.Path = d.home(c)
		}
	}
	reader := d.reads(c)
	title := words.Say("message."+m.Name+".title", m.Blanks...)
	m.Title = reader.Tell(title)
	m.Text = reader.Paragraphs("message."+m.Name+".text", m.Blanks...)
	d.show(c, code, outcome, "message", page{Title: title, Content: m})
}

// home is the list that a person works on.
func (d *Desk) home(c *gin.Context) (name *words.Text, path string) {
	if strings.HasPrefix(c.FullPath(), "/parcels") || len(d.mine(c)) == 0 {
		return words.Say("next.parcels"), "/parcels"
	}
	return words.Say("next.refunds"), "/refunds"
}

// goTo redirects to another page, so that reloading it does nothing twice.
func goTo(c *gin.Context, outcome, path string) {
	ingress.Note(c, "outcome", outcome)
	c.Redirect(http.StatusSeeOther, path)
}

const pagePolicy = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// allowFrame lets a page show another page of ours in a frame.
func allowFrame(c *gin.Context) { c.Header("Content-Security-Policy", pagePolicy+"; frame-src 'self'") }

// pageHeaders isolate a page: it loads nothing but its style, and no frame and no cache
// may hold it.
func (d *Desk) pageHeaders(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	// Other sites get no referrer. Our own needs one: with no-referrer, browsers would
	// send forms with "Origin: null".
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language")
	if d.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// style serves the style sheet.
func (d *Desk) style(c *gin.Context) {
	ingress.Note(c, "outcome", "style")
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "text/css; charset=utf-8", styleSheet)
}

// forgetPath is a style sheet that the page after signing out loads.
const forgetPath = "/forget.css"

// forget clears the pages that a browser holds for its back button, even those that no
// cache may hold. The page itself is answered too early for that: the browser stores
// the page before it only afterwards.
func (d *Desk) forget(c *gin.Context) {
	ingress.Note(c, "outcome", "forgotten")
	c.Header("Clear-Site-Data", `"cache"`)
	c.Header("Cache-Control", "no-store")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "text/css; charset=utf-8", nil)
}

// countdownPath is a style sheet that says how many seconds are left. A page has it in a file of
// its own because it allows no style in itself.
const countdownPath = "/countdown.css"

// mostCountdown is the longest countdown.
const mostCountdown = time.Hour

// countdown is the address of the style sheet for what is left.
func countdown(left time.Duration) string {
	return fmt.Sprintf("%s?seconds=%d", countdownPath, int(max(left, 0).Round(time.Second).Seconds()))
}

func (d *Desk) countdown(c *gin.Context) {
	seconds, err := strconv.Atoi(c.Query("seconds"))
	if err != nil || seconds < 0 || seconds > int(mostCountdown.Seconds()) {
		ingress.Reply(c, ingress.Answer{Code: http.StatusNotFound, Outcome: "no such page"})
		return
	}
	ingress.Note(c, "outcome", "style")
	c.Header("Cache-Control", "no-store")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "text/css; charset=utf-8", fmt.Appendf(nil, ":root { --seconds: %d; --time: %ds; }\n", seconds, seconds))
}

// Guide implements [ingress.Guide]: browsers say that they want a page.
func (d *Desk) Guide(c *gin.Context) bool {
	if c.Request.Method != http.MethodGet || !strings.Contains(c.GetHeader("Accept"), "text/html") || strings.HasPrefix(c.Request.URL.Path, "/api/") {
		return false
	}
	d.pageHeaders(c)
	d.say(c, http.StatusNotFound, "no such page", message{
		Name: "no_such_page", Next: words.Say("next.start"), Path: "/",
	})
	return true
}

// showClosed says how to open the pages.
func (d *Desk) showClosed(c *gin.Context) {
	d.say(c, http.StatusNotFound, deskClosed.Outcome, message{
		Name: "closed", Next: words.Say("next.again"), Path: "/sign-in",
	})
}
