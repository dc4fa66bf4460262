// Package show answers with what a stand-in was given: as a page for people, in
// one look, and as JSON for programs.
package show

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"net/http"
	"time"
)

//go:embed style.html
var style string

// Templates reads the pages of a stand-in. They may use the template "style" and
// the function clock.
func Templates(files fs.FS, pattern string) *template.Template {
	t := template.New("").Funcs(template.FuncMap{
		"clock": func(t time.Time) string { return t.Local().Format("Mon 2 Jan 15:04:05") },
	})
	return template.Must(template.Must(t.Parse(style)).ParseFS(files, pattern))
}

// Page answers with a page.
func Page(w http.ResponseWriter, pages *template.Template, name string, data any) {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// What is shown comes from outside: nothing in it may run or load.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	_, _ = out.WriteTo(w)
}

// JSON answers with JSON that people can read too.
func JSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(v)
}
