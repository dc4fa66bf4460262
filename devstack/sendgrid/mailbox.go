package sendgrid

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"slices"
	"time"
)

//go:embed pages
var pages embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.Local().Format("Mon 2 Jan 15:04:05") },
}).ParseFS(pages, "pages/*.html"))

// mailbox lists the mails, newest first.
func (s *Server) mailbox(w http.ResponseWriter, _ *http.Request) {
	mails := s.Mails()
	slices.Reverse(mails)
	show(w, "mailbox.html", mails)
}

// mailPage shows one mail.
func (s *Server) mailPage(w http.ResponseWriter, r *http.Request) {
	m, ok := s.mail(r.PathValue("id"))
	if !ok {
		http.Error(w, "There is no such mail. All mails are on the page /", http.StatusNotFound)
		return
	}
	show(w, "mail.html", m)
}

func show(w http.ResponseWriter, page string, data any) {
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, page, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// Mails come from outside: nothing in them may run or load.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	_, _ = out.WriteTo(w)
}
