package desk

import (
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"waybill/contract"
	"waybill/delivery"
	"waybill/refund"
	"waybill/words"
)

// reads has everybody in the policy read a language, in a time zone.
func (w *fixture) reads(language words.Language, zone string) {
	for integration, people := range w.people {
		w.people[integration] = slices.Clone(people)
		for i := range people {
			w.people[integration][i].Language, w.people[integration][i].TimeZone = language, zone
		}
	}
}

func (b browser) getIn(path, accept string) response {
	r := b.request(http.MethodGet, path, "")
	r.Header.Set("Accept-Language", accept)
	return b.do(r)
}

func TestAPageIsInTheLanguageOfItsReader(t *testing.T) {
	w := open(t)
	w.ship("demo", 868)
	const signIn = "/sign-in"
	for _, c := range []struct {
		name, accept, path string
		setting            words.Language
		lang, says         string
	}{
		{"the browser's, before signing in", "de-AT,de;q=0.9,en;q=0.8", signIn, "", "de", "Link per E-Mail anfordern"},
		{"the one that the browser likes best", "en;q=0.3, nl;q=0.9", signIn, "", "nl", "Mail mij een link"},
		{"one of ours that the browser takes too", "sv, fr;q=0.5", signIn, "", "fr", "Recevoir un lien"},
		{"not one that the browser refuses", "fr;q=0, es;q=0.1", signIn, "", "es", "Recibir un enlace"},
		{"English, if the browser asks for none of ours", "ja", signIn, "", "en", "Mail me a link"},
		{"English, if the browser asks for any", "*", signIn, "", "en", "Mail me a link"},
		{"English, if what the browser asks for cannot be read", "nl;q=zero,,;;", signIn, "", "en", "Mail me a link"},
		{"English, if the browser asks for nothing", "", signIn, "", "en", "Mail me a link"},
		{"English, if the browser asks for too much", strings.Repeat("nl,", 1000), signIn, "", "en", "Mail me a link"},
		{"the browser's, without a setting", "it", "/parcels", "", "it", "Cerca un pacco"},
		{"the person's setting before that of the browser", "it", "/parcels", words.Dutch, "nl", "Pakket zoeken"},
		{"that of a message", "de", "/parcels/demo/1", "", "de", "Dieses Paket gibt es nicht"},
		{"that of a page that is not there", "de", "/nothing", "", "de", "Diese Seite gibt es nicht"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.reads(c.setting, "")
			sam := w.signedInAs("sam")
			if c.path == signIn {
				sam = w.browser()
			}
			r := sam.request(http.MethodGet, c.path, "")
			r.Header.Set("Accept-Language", c.accept)
			r.Header.Set("Accept", "text/html")
			page := sam.do(r)
			requirePage(t, page.body)
			require.Contains(t, page.body, `<html lang="`+c.lang+`">`)
			require.Contains(t, page.body, c.says)
			require.Equal(t, c.lang, page.header.Get("Content-Language"))
			require.Contains(t, page.header.Values("Vary"), "Accept-Language")
		})
	}
}

func TestTimesAreInTheZoneOfTheReader(t *testing.T) {
	w := open(t)
	w.ship("demo", 868)
	shown := func(accept string) string {
		body := w.signedInAs("sam").getIn("/parcels/demo/868", accept).body
		found := regexp.MustCompile(`<time datetime="2026-11-02T09:00:00Z">([^<]*)</time>`).FindStringSubmatch(body)
		require.NotEmpty(t, found)
		return strings.ReplaceAll(html.UnescapeString(found[1]), "\u00a0", " ")
	}
	require.Equal(t, "Mon 2 Nov 2026, 09:00 UTC", shown("en"), "the country is not known")
	w.shipping.policy.Origin = "NL"
	for accept, want := range map[string]string{
		"en": "Mon 2 Nov 2026, 10:00 CET", "nl": "ma 2 nov 2026, 10:00 CET", "de": "Mo., 2. Nov. 2026, 10:00 Uhr (MEZ)",
		"fr": "lun. 2 nov. 2026 à 10:00 (CET)", "es": "lun, 2 nov 2026, 10:00 (CET)", "it": "lun 2 nov 2026, ore 10:00 (CET)",
	} {
		require.Equal(t, want, shown(accept))
	}
	w.reads("", "America/Sao_Paulo")
	require.Equal(t, "Mon 2 Nov 2026, 06:00 UTC-03:00", shown("en"), "the setting of the person goes before the country")
}

func TestTheCustomersWordsAreInNoLanguage(t *testing.T) {
	w := open(t)
	of := w.ship("demo", 868)
	w.reads(words.German, "")
	require.NotContains(t, w.signedInAs("sam").get(parcelPath(of)).body[30:], " lang=")
}

// What stands on a page is either put into words or data: with each text in brackets, no other
// words are left.
func TestEachWordOfAParcelsPagesIsPutIntoWords(t *testing.T) {
	w := open(t)
	of := w.stuck()
	w.reads(words.Marked, "")
	w.shipping.attention = contract.WebhookFailing
	sam := w.signedInAs("sam")
	look := func(name string, r response) {
		t.Helper()
		requirePage(t, r.body)
		requireWords(t, name, r.body)
		keepPage(t, "marked-"+name, r.body)
	}
	look("parcels", sam.get("/parcels"))
	look("parcels-filter", sam.get("/parcels?integration=nonsense&phase=x&attention=%27&since=y&limit=0&parked=yes"))
	look("parcels-found", sam.get("/parcels?q=A-1001"))
	look("parcels-not-found", sam.get("/parcels?q=nothing"))
	look("parcel", sam.get(parcelPath(of)))
	for _, o := range parcelOrders() {
		look("order-"+o.Name, sam.post(parcelPath(of)+"/"+o.Name, url.Values{"email": {"jane@example.org"}, "language": {"fr"}}))
	}
	look("order-wrong", sam.post(parcelPath(of)+"/change-recipient", url.Values{"email": {"jane"}}))
	for _, m := range w.shipping.all[of].Mails {
		look("mail-"+string(m.About.Kind), sam.get(parcelPath(of)+"/mails/"+m.Key))
	}
	w.shipping.all[of].Mails[0].Report = &delivery.Report{Kind: delivery.Bounced, At: w.clock}
	look("parcel-bounced", sam.get(parcelPath(of)))
	w.shipping.all[of].Paused = true
	look("parcel-paused", sam.get(parcelPath(of)))
	w.shipping.all[of].Closed = true
	look("parcel-closed", sam.get(parcelPath(of)))
	look("no-parcel", sam.get("/parcels/demo/1"))
	look("no-mail", sam.get(parcelPath(of)+"/mails/x"))
	w.shipping.silent = errSilent
	look("no-answer", sam.get(parcelPath(of)))
	look("no-list", sam.get("/parcels"))
}

func TestEachWordOfARefundsPagesIsPutIntoWords(t *testing.T) {
	w := open(t)
	look := func(name string, r response) {
		t.Helper()
		requirePage(t, r.body)
		requireWords(t, name, r.body)
		keepPage(t, "marked-"+name, r.body)
	}
	w.reads(words.Marked, "")
	anna := w.signedInAs("anna")
	look("inbox-empty", anna.get("/refunds"))
	for i, state := range refund.States() {
		of := w.inState(int64(i+1), state)
		look("refund-"+string(state), anna.get(pathOf(of)))
		look("refund-as-manager-"+string(state), w.signedInAs("mia").get(pathOf(of)))
	}
	look("inbox", anna.get("/refunds?show=all"))
	look("inbox-groups", anna.get("/refunds"))
	look("inbox-choice", anna.get("/refunds?state=nonsense&page=x&due_within=99&order=oldest&overdue=yes"))
	look("inbox-not-found", anna.get("/refunds?q=nothing"))
	bare := w.request("demo", 91, func(f *refund.Facts) { *f = refund.Facts{Source: refund.FromRefundRequested} })
	look("refund-bare", anna.get(pathOf(bare)))
	look("refund-faults", anna.post(pathOf(bare)+"/approve", url.Values{"amount": {"1.000"}, "orderValue": {"x"}, "currency": {"euro"}, "customerEmail": {"jane"}, "customerCountry": {"x"}}))
	look("refund-lacks", anna.post(pathOf(bare)+"/reject", nil))
	large := w.request("demo", 92)
	look("check", anna.post(pathOf(large)+"/approve", url.Values{"why": {"kind"}}))
	look("more-than-requested", anna.post(pathOf(large)+"/approve", url.Values{"amount": {"500"}}))
	look("several", anna.get("/refunds/several?order=approve&refund=demo/91&refund=demo/92&refund=other/1"))
	look("several-none", anna.post("/refunds/several", url.Values{"order": {"approve"}}))
	start := anna.request(http.MethodGet, "/", "")
	start.Header.Set("Accept", "text/html")
	look("start", anna.do(start))
	look("no-refund", anna.get("/refunds/demo/12345"))
	look("decide", w.browser().open(decidePath, w.decideLink(large, "anna", "n1", w.clock.Add(day))))
	w.silent = errSilent
	look("no-answer", anna.get(pathOf(large)))
}

// A German writes 1.234,56, and never means 1.23456 by it. What can be two amounts is refused with
// how to write it.
func TestAmountsAreTypedAsTheReaderWritesThem(t *testing.T) {
	for _, c := range []struct {
		name     string
		language words.Language
		typed    string
		amount   string
		says     string
	}{
		{"groups and cents", words.German, "1.234,56", "EUR 1234.56", ""},
		{"groups alone", words.German, "1.234", "EUR 1234.00", ""},
		{"any space in French", words.French, "1\u202f234,56", "EUR 1234.56", ""},
		{"as English writes it", words.English, "1,234.56", "EUR 1234.56", ""},
		{"a point in Dutch", words.Dutch, "79.90", "EUR 79.90", ""},
		{"a comma in English", words.English, "79,90", "EUR 79.90", ""},
		{"two amounts in English", words.English, "1.230", "", "&#34;1.230&#34; can be two amounts: write 1230, or 1.23"},
		{"two amounts in German", words.German, "1,230", "", "„1,230“ kann zwei Beträge bedeuten: Schreiben Sie 1230 oder 1,23."},
		{"no amount in German", words.German, "x", "", "„x“ ist kein Betrag: Schreiben Sie ihn wie 120,00."},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t)
			w.reads(c.language, "")
			of := w.request("demo", 42, func(f *refund.Facts) { f.Amount, f.OrderValue = refund.Money{}, euro(t, "2000") })
			mia := w.signedInAs("mia")
			fields := url.Values{"amount": {c.typed}}
			page := mia.post(pathOf(of)+"/approve", fields)
			requirePage(t, page.body)
			if c.says != "" {
				require.Contains(t, page.body, c.says)
				require.Contains(t, page.body, `value="`+c.typed+`"`, "what was typed is still there")
				return
			}
			require.Contains(t, page.body, `name="sure" value="`+c.amount, "the page asks once more")
		})
	}
}

// requireWords fails if a page has words that are neither in brackets nor data.
func requireWords(t *testing.T, name, body string) {
	t.Helper()
	page, err := html.Parse(strings.NewReader(body))
	require.NoError(t, err)
	var said strings.Builder
	for n := range page.Descendants() {
		for _, a := range n.Attr {
			if slices.Contains([]string{"aria-label", "title", "placeholder", "alt"}, a.Key) {
				requireInWords(t, name, a.Val)
			}
		}
		if n.Type == html.TextNode && !slices.Contains([]string{"style", "bdi", "time", "code", "pre"}, n.Parent.Data) && !recordedInEnglish(n.Parent) {
			said.WriteString(n.Data) // a text may have elements in it
		}
	}
	requireInWords(t, name, said.String())
}

// recordedInEnglish reports whether an element has what the decision log or the terms recorded: it says
// in which language that is, or that it is a person's own words.
func recordedInEnglish(n *html.Node) bool {
	return slices.Contains(n.Attr, html.Attribute{Key: "lang", Val: "en"}) || n.Data == "p" && slices.Contains(n.Attr, html.Attribute{Key: "dir", Val: "auto"})
}

// data are what the fixtures have of names that no language changes.
var data = regexp.MustCompile(`demo|The mug has a crack\.|Arrived broken|Which mug is it\?|It was used\.|HTTP 500|re_1|<jane[^>]*>|anna|ben|mia|EUR|nonsense|other|Waybill|Jane Doe|jane[a-z.]*@example\.(com|org)|Je pakket[^⟦⟧]*|PostNL|postnl|dhl|NL|A-1001|JVGL[0-9A-Z]*|JJD[0-9A-Z]*`)

var marked = regexp.MustCompile(`⟦[^⟦⟧]*⟧`)

func requireInWords(t *testing.T, name, text string) {
	t.Helper()
	left := text
	for marked.MatchString(left) {
		left = marked.ReplaceAllString(left, "")
	}
	left = data.ReplaceAllString(left, "")
	for line := range strings.Lines(left) {
		if strings.ContainsFunc(line, unicode.IsLetter) {
			t.Errorf("%s: %q is not put into words", name, line)
		}
	}
}

// French has a gap before its colons: the language decides, not the page.
func TestNoPageWritesAColonOfItsOwn(t *testing.T) {
	files, err := fs.Glob(pageFiles, "pages/*.tmpl")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		raw, err := pageFiles.ReadFile(name)
		require.NoError(t, err)
		require.Empty(t, regexp.MustCompile(`(\}\}|</[a-z0-9]+>) ?[:;?!]`).FindAllString(string(raw), -1), name)
	}
	french := words.Reader{Language: words.French}
	pages, err := template.New("").Funcs(functions(french)).Parse(`{{say "trial.mails"}}{{colon}}`)
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, pages.Execute(&out, nil))
	require.Equal(t, "E-mails\u00a0:", out.String())
}
