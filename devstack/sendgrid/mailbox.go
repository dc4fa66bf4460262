package sendgrid

import (
	"embed"
	"net/http"
	"slices"

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

// mailPage shows one mail.
func (s *Server) mailPage(w http.ResponseWriter, r *http.Request) {
	m, ok := s.mail(r.PathValue("id"))
	if !ok {
		http.Error(w, "There is no such mail. All mails are on the page /", http.StatusNotFound)
		return
	}
	show.Page(w, pages, "mail.html", m)
}
