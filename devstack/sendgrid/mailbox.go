package sendgrid

import (
	"embed"
	"net/http"
	"slices"
	"strings"

	"waybill/devstack/show"
)

//go:embed pages
var files embed.FS

var pages = show.Templates(files, "pages/*.html")

// mailbox lists the mails, newest first.
func (s *Server) mailbox(w http.ResponseWriter, _ *http.Request) {
	mails := s.Mails()
	slices.Reverse(mails)
	show.Page(w, pages, "mailbox.html", mails)
}

// Shown is the mail as its page shows it. Its links lead to pages of their own,
// because none may be shown in a frame.
func (m Mail) Shown() string {
	return strings.Replace(m.HTML, "<head>", `<head><base target="_blank">`, 1)
}

// mailPage shows one mail.
func (s *Server) mailPage(w http.ResponseWriter, r *http.Request) {
	m, ok := s.mail(r.PathValue("id"))
	if !ok {
		http.Error(w, "There is no such mail. All mails are on the page /", http.StatusNotFound)
		return
	}
	show.Page(w, pages, "mail.html", m)
}
